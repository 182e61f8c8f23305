/* SPDX-License-Identifier: ISC */
/*
 * An injected program finds its process as a plain execve leaves it. The oracle is the same program, run from
 * the same shell, with nothing in front of it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/pty.h"
#include "support/store.h"

TestSuite(inject, .init = scratch_begin, .fini = scratch_end, .timeout = 300);

/* What injects it: `secrun` and options. A dynamic one has to be asked for. */
struct kind {
    const char *program, *secrun;
};

static const struct kind kinds[] = {
    {"state-static", "secrun -d store"},        {"state-static-pie", "secrun -d store"},
    {"state-static-musl", "secrun -d store"},   {"state", "secrun -d store --delivery inject"},
    {"state-static", "secrun -d store -- env"}, /* env's shim has it injected, by secrun --handoff */
};
enum { KINDS = sizeof kinds / sizeof *kinds, HANDED_OFF = KINDS - 1 };

static void prepare(void)
{
    store_make_text("store", "[default]\nTOKEN = pk-inject-0123456789\n[readable]\n.include = default\n"
                             ".dumpable = yes\n");
}

/* Runs `how` program `arguments` in both ways; what is printed must not differ, and must hold `expected`. */
static void check_same(const struct kind *kind, const char *how, const char *arguments, const char *expected)
{
    const char *path = program(kind->program);
    struct outcome run = shell("%s %s %s >out 2>&1; echo \"status $?\" >>out; mv out plain\n"
                               "%s %s -- %s %s >out 2>&1; echo \"status $?\" >>out; mv out injected\n"
                               "cat plain; diff plain injected",
                               how, path, arguments, how, kind->secrun, path, arguments);
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, expected), "%s", run.out);
    cr_expect(holds(run.out, run.out_size, "status 0\n"), "%s", run.out);
    outcome_free(&run);
}

static void check_state(const char *words, const char *expected)
{
    prepare();
    for (size_t i = 0; i < KINDS; i++) {
        char how[4096];
        snprintf(how, sizeof how, "%s %s", program("state"), words);
        check_same(&kinds[i], how, "show 'a  b' \"\" '*'", expected);
    }
}

/* --- the state of the process ------------------------------------------------------------------------- */

Test(inject, whatever_is_unusual_about_the_process_stays_so)
{
    check_state("prepare", "personality 0x40000");
}

Test(inject, with_every_signal_blocked_what_is_pending_stays_so)
{
    check_state("blocked", "SigPnd:\t0000000000");
}

/* SIGCHLD, blocked: the helper's end must not be taken for that of a child, nor hide it. */
Test(inject, what_ended_before_is_found_to_have_ended)
{
    check_state("blocked", "children 0, waited 0, status 0, errno 10\n");
    for (size_t i = 0; i < KINDS; i++) {
        char how[4096];
        snprintf(how, sizeof how, "%s bereft", program("state"));
        check_same(&kinds[i], how, "show", "waited 1, status 0x700, errno 0\n");
    }
}

Test(inject, a_sigcont_that_is_pending_stays_so)
{
    check_state("continued", "SigPnd:\t0000000000");
}

Test(inject, with_every_signal_ignored_they_stay_ignored)
{
    check_state("ignoring 0", "SigIgn:\tfffffff");
}

Test(inject, each_signal_that_is_ignored_stays_ignored)
{
    prepare();
    for (int number = 1; number <= SIGRTMAX; number++) {
        char how[4096];
        snprintf(how, sizeof how, "%s ignoring %d", program("state"), number);
        check_same(&kinds[0], how, "show", "SigIgn:");
    }
}

/* It is a process of the kernel's with no child, no tracer, and no zombie: see print_children of state.c. */
Test(inject, no_child_and_no_tracer_is_there)
{
    check_state("ignoring 17", "children 0, waited 0, status 0, errno 10\n");
    for (size_t i = 0; i < KINDS; i++)
        check_same(&kinds[i], "", "show", "TracerPid:\t0\n");
}

Test(inject, limits_stay_as_they_are)
{
    prepare();
    for (size_t i = 0; i < KINDS; i++)
        check_same(&kinds[i],
                   "prlimit --fsize=123456 --cpu=77:99 --as=900000000 --memlock=70000 --nproc=5000", "show",
                   "limit 1: 123456 123456\n");
}

Test(inject, a_go_program_finds_the_same)
{
    static const struct kind go = {"state-go", "secrun -d store"};
    static const char *const ways[] = {"prepare", "ignoring 0", "ignoring 17"};
    prepare();
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char how[4096];
        snprintf(how, sizeof how, "%s %s", program("state"), ways[i]);
        check_same(&go, how, "'a  b' ''", "children  no child processes\n");
    }
}

Test(inject, the_target_has_secruns_pid)
{
    prepare();
    struct outcome run =
        shell("sh -c 'echo $$; exec secrun -d store -- %s sh -c \"echo \\$\\$\"' | uniq | wc -l",
              program("busybox-static"));
    check_status(run, 0);
    cr_expect_eq(atoi(run.out), 1, "%s", run.out);
    outcome_free(&run);
}

Test(inject, it_is_as_open_to_others_as_its_profile_says)
{
    prepare();
    for (size_t i = 0; i < HANDED_OFF; i++) {
        const char *path = program(kinds[i].program);
        struct outcome run = shell("%s shield; %s -p default -- %s shield; %s -p readable -- %s shield", path,
                                   kinds[i].secrun, path, kinds[i].secrun, path);
        check_status(run, 0);
        char *line = strchr(run.out, '\n');
        cr_assert_not_null(line);
        static const char shut[] = "\ndumpable 0 core 0 0\n";
        cr_assert(strncmp(line, shut, strlen(shut)) == 0, "%s", run.out);
        line[1] = '\0';
        cr_expect_str_eq(line + strlen(shut), run.out, "dumpable = yes is not as plainly");
        outcome_free(&run);
    }
}

/* --- descriptors and standard input ------------------------------------------------------------------- */

Test(inject, the_descriptors_are_those_it_would_have_had)
{
    static const char *const redirections[] = {
        "</dev/null", "<&-",          ">&-",
        "2>&-",       "<&- >&-",      "<&- 2>&-",
        ">&- 2>&-",   "<&- >&- 2>&-", "3</dev/null 9>nine 7<store/secrets.age",
    };
    prepare();
    for (size_t k = 0; k < KINDS; k++)
        for (size_t i = 0; i < sizeof redirections / sizeof *redirections; i++) {
            const char *path = program(kinds[k].program);
            struct outcome run = shell(
                "%s descriptors fds %s && mv fds plain && %s -- %s descriptors fds %s && diff plain fds",
                path, redirections[i], kinds[k].secrun, path, redirections[i]);
            cr_expect_eq(run.status, 0, "%s with %s:\n%s%s", kinds[k].program, redirections[i], run.out,
                         run.err);
            outcome_free(&run);
        }
}

Test(inject, standard_input_is_left_unread)
{
    prepare();
    struct outcome run =
        shell_with_input("one\ntwo", 7, "secrun -d store -- %s cat", program("busybox-static"));
    check_status(run, 0);
    cr_expect_str_eq(run.out, "one\ntwo");
    outcome_free(&run);
}

/* --- registers and memory ------------------------------------------------------------------------------ */

static void check_entry(const char *name)
{
    prepare();
    const char *path = program(name);
    struct outcome run =
        shell("setarch -R %s one two >plain && setarch -R secrun -d store -- %s one two >injected && "
              "cat plain && diff plain injected | sed -n 's/^[<>] /&/p' >&2",
              path, path);
    check_status(run, 0);
    cr_expect(!holds(run.out, run.out_size, "general"), "a register is not zero even plainly:\n%s", run.out);
    cr_expect(holds(run.out, run.out_size, "stack: aligned 1, argc 3, argv 1\n"), "%s", run.out);
    cr_expect_str_eq(run.err, "> mapping rw-s /secretmem (deleted)\n"
                              "> mapping r-xp /memfd:secrun-stub (deleted)\n");
    outcome_free(&run);
}

Test(inject, a_static_program_begins_with_registers_and_memory_as_plainly)
{
    check_entry("entry-static");
}

Test(inject, a_static_pie_begins_with_registers_and_memory_as_plainly)
{
    check_entry("entry-static-pie");
}

Test(inject, a_static_musl_program_begins_with_registers_and_memory_as_plainly)
{
    check_entry("entry-static-musl");
}

/* For the dynamic one it is the loader's. */
Test(inject, the_code_at_the_entry_point_is_the_files_again)
{
    prepare();
    for (size_t i = 0; i < KINDS; i++)
        check_same(&kinds[i], "", "text", "0 pages of code differ, of more than ten\n");
}

/* --- a terminal ---------------------------------------------------------------------------------------- */

static void check_terminal(const char *shell_words, const char *expected)
{
    prepare();
    for (size_t i = 0; i < KINDS; i++) {
        struct pty pty;
        char script[8192];
        const char *path = program(kinds[i].program);
        snprintf(script, sizeof script,
                 "%s terminal\n%s -- %s terminal\n%s show | cat >plain\n"
                 "%s -- %s show | cat >injected\necho the end\n",
                 path, kinds[i].secrun, path, path, kinds[i].secrun, path);
        put_file("script", script, strlen(script));
        pty_start(&pty, "%s script", shell_words);
        pty_expect(&pty, expected);
        pty_expect(&pty, expected);
        pty_expect(&pty, "the end");
        pty_end(&pty);
        pty_free(&pty);
    }
}

Test(inject, the_terminal_stays_the_controlling_one)
{
    check_terminal("sh", "terminal 1, its session 1, in front 1\r\n");
    struct outcome run = shell("diff plain injected && grep 'stat 7: [^0]' plain");
    check_status(run, 0);
    outcome_free(&run);
}

Test(inject, with_job_control_each_job_is_in_front)
{
    check_terminal("bash -m", "terminal 1, its session 1, in front 1\r\n");
}

/* What is sent from the keyboard is the target's, and nobody else's: it stops, and goes on. */
Test(inject, a_target_can_be_stopped_and_continued_from_its_terminal)
{
    struct pty pty;
    prepare();
    pty_start(&pty, "bash --norc -i");
    pty_type_text(&pty, "PS1='ready''> '\n");
    pty_expect(&pty, "ready> ");
    char line[4096];
    snprintf(line, sizeof line, "secrun -d store -- %s sh -c 'echo up$TOKEN; read x; echo got $x'\n",
             program("busybox-static"));
    pty_type_text(&pty, line);
    pty_expect(&pty, "uppk-inject-");
    pty_type(&pty, "\x1a", 1);
    pty_expect(&pty, "Stopped");
    pty_type_text(&pty, "fg\n");
    pty_type_text(&pty, "word\n");
    pty_expect(&pty, "got word");
    pty_type_text(&pty, "exit\n");
    pty_end(&pty);
    cr_expect_eq(pty.status, 0);
    pty_free(&pty);
}
