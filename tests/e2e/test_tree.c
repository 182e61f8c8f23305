/* SPDX-License-Identifier: ISC */
/*
 * Deep and large process trees: every process has its secrets and none shows them, nothing is used up by
 * starting children, and nothing waits for ever. The oracle is the same tree with the variables given
 * plainly.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/live.h"
#include "support/program.h"
#include "support/wild.h"
#include "support/wild_watch.h"

TestSuite(tree, .init = scratch_begin, .fini = scratch_end, .timeout = 300);

/* --- depth -------------------------------------------------------------------------------------------- */

/* Appends a program, with what runs it in front, to a chain of deep programs. */
static void append(char *chain, size_t size, const char *interpreter, const char *name)
{
    size_t used = strlen(chain);
    snprintf(chain + used, size - used, " %s %s", interpreter, program(name));
}

struct link {
    const char *interpreter, *name;
};

static const struct link deep_bash = {"bash", "deep.bash"}, deep_sh = {"sh", "deep.sh"},
                         deep_zsh = {"zsh -f", "deep.zsh"}, deep_python = {"/usr/bin/python3", "deep.py"},
                         deep_node = {"node", "deep.js"}, deep_perl = {"perl", "deep.pl"},
                         deep_ruby = {"ruby", "deep.rb"}, deep_php = {"php", "deep.php"},
                         deep_tcl = {"tclsh", "deep.tcl"}, deep_lua = {"lua5.4", "deep.lua"},
                         deep_java = {"java -XX:-UsePerfData -cp", "deep-java"}, deep_c = {"", "deep"},
                         deep_musl = {"", "deep-musl"}, deep_ash = {"", "busybox"};

static void check_chain(const struct link *const *links)
{
    char chain[8192] = "", all[512];
    size_t depth = 0;
    for (; links[depth]; depth++) {
        append(chain, sizeof chain, links[depth]->interpreter, links[depth]->name);
        if (links[depth] == &deep_java)
            strcat(chain, " Deep");
        if (links[depth] == &deep_ash)
            append(chain, sizeof chain, "ash", "deep.sh");
    }
    wild_prepare("", false);
    struct outcome printed = wild_compare(120, "exec \"$RUN\" %s", chain);
    snprintf(all, sizeof all, " KEY=%s TOKEN=%s PEM=%s.\n", wild_key, wild_token, wild_pem);
    cr_expect_eq(wild_count(&printed, all), depth, "not at every one of %zu levels:\n%s", depth, printed.out);
    outcome_free(&printed);
}

#define CHAIN(test, ...)                                                                                     \
    Test(tree, secrets_go_down_##test)                                                                       \
    {                                                                                                        \
        const struct link *const links[] = {__VA_ARGS__, NULL};                                              \
        check_chain(links);                                                                                  \
    }

CHAIN(from_bash_by_python_node_perl_and_ruby_to_c, &deep_bash, &deep_python, &deep_node, &deep_perl,
      &deep_ruby, &deep_c)
CHAIN(between_glibc_and_musl_and_back_again, &deep_musl, &deep_python, &deep_ash, &deep_bash, &deep_musl,
      &deep_c, &deep_ash)
CHAIN(from_java_by_php_tcl_zsh_and_lua_to_musl, &deep_java, &deep_php, &deep_tcl, &deep_zsh, &deep_lua,
      &deep_musl)
CHAIN(from_sh_by_ruby_java_node_and_perl_to_python, &deep_sh, &deep_ruby, &deep_java, &deep_node, &deep_perl,
      &deep_python)
CHAIN(a_dozen_levels_of_c, &deep_c, &deep_c, &deep_musl, &deep_c, &deep_musl, &deep_musl, &deep_c, &deep_c,
      &deep_musl, &deep_c, &deep_c, &deep_c)

/* --- breadth ------------------------------------------------------------------------------------------ */

enum { NODES = 500 };

struct nodes {
    size_t count, with_secrets, showing;
};

/* Looks at the environ of each process that has told its pid. */
static struct nodes look_at_nodes(const struct live *live)
{
    struct nodes nodes = {0};
    char all[128];
    for (const char *line = strstr(live->text, "node "); line; line = strstr(line + 1, "node ")) {
        pid_t pid = (pid_t)strtol(line + strlen("node "), NULL, 10);
        snprintf(all, sizeof all, "node %d KEY=%s\n", pid, wild_key);
        nodes.count++;
        nodes.with_secrets += strncmp(line, all, strlen(all)) == 0;
        size_t size;
        char *bytes = live_proc(pid, "environ", &size);
        cr_assert_not_null(bytes, "environ of process %d cannot be read", pid);
        cr_assert(holds(bytes, size, "USER=tester"), "environ of process %d is not its own", pid);
        bool shows = false;
        for (const char *const *value = wild_values; *value; value++)
            shows |= holds(bytes, size, *value);
        nodes.showing += shows;
        free(bytes);
    }
    return nodes;
}

/* The profile leaves them dumpable so that whoever runs the tests can look; the bytes do not depend on it. */
Test(tree, five_hundred_processes_at_once_have_their_secrets_and_show_none)
{
    wild_prepare(".dumpable = yes\n", true);
    struct live live;
    live_start(&live, "ready", 5, "env USER=tester ./sealed %s %d", program("tree"), NODES);
    struct nodes nodes = look_at_nodes(&live);
    cr_expect_eq(nodes.count, NODES, "%zu processes", nodes.count);
    cr_expect_eq(nodes.with_secrets, NODES, "%zu have their secrets", nodes.with_secrets);
    cr_expect_eq(nodes.showing, 0, "%zu show them", nodes.showing);
    live_end(&live);
    cr_expect_eq(live.status, 0, "wait status %#x", (unsigned)live.status);
    live_free(&live);
}

/* --- speed -------------------------------------------------------------------------------------------- */

/* deep-witness's digest, by which it knows its secrets again; valid until the next call. */
static const char *witness_digest(void)
{
    static char digest[17];
    struct outcome plain = shell("./plain %s", program("deep-witness"));
    check_status(plain, 0);
    cr_assert_eq(plain.out_size, sizeof digest, "%s", plain.out);
    snprintf(digest, sizeof digest, "%.16s", plain.out);
    outcome_free(&plain);
    return digest;
}

static void check_right(struct outcome run)
{
    check_status(run, 0);
    cr_expect(run.out_size >= 6 && strcmp(run.out + run.out_size - 6, "right\n") == 0, "%s%s", run.out,
              run.err);
    cr_expect_str_empty(run.err);
    outcome_free(&run);
}

static void check_storm(const char *name, int count)
{
    wild_prepare("", true);
    const char *digest = witness_digest();
    check_right(
        long_shell(120, "./sealed %s %d %s %s", program(name), count, program("deep-witness"), digest));
}

Test(tree, eight_threads_that_start_children_at_once_lose_none_with_glibc)
{
    check_storm("storm", 500);
}

Test(tree, eight_threads_that_start_children_at_once_lose_none_with_musl)
{
    check_storm("storm-musl", 500);
}

Test(tree, threads_that_start_children_have_no_data_race)
{
    check_storm("storm-tsan", 60);
}

/* A child without its secrets is told as such: else the tests above could not fail. */
Test(tree, a_child_without_secrets_is_found_out)
{
    wild_prepare("", true);
    const char *digest = witness_digest(), *witness = program("deep-witness");
    struct outcome run =
        shell("./sealed sh -c 'unset PEM; %s 4 %s %s; %s 4 %s %s' 2>&1 | grep -c -e wrong -e right",
              program("storm"), witness, digest, program("spawner"), witness, digest);
    check_status(run, 0);
    cr_expect_str_eq(run.out, "2\n", "%s", run.out);
    outcome_free(&run);
}

Test(tree, spawning_for_a_long_time_uses_nothing_up, .timeout = 1500)
{
    wild_prepare("", true);
    const char *digest = witness_digest();
    check_right(long_shell(1400, "./sealed %s %d %s %s", program("spawner"),
                           getenv("SECRUN_LONG") ? 100000 : 10000, program("deep-witness"), digest));
}
