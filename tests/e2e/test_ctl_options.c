/* SPDX-License-Identifier: ISC */
/* secrunctl's command line: help, and no for what makes no sense. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"

enum { SCREEN_LINES = 24, OVERVIEW_LINES = 52, SCREEN_COLUMNS = 100 };

TestSuite(ctl_options, .init = ctl_begin, .fini = scratch_end, .timeout = 300);

static const char *const verbs[] = {"init",     "pubkey",     "set",    "get",      "unset",   "list",
                                    "edit",     "import",     "export", "check",    "sign",    "verify",
                                    "rollback", "recipients", "rekey",  "scan",     "inspect", "audit",
                                    "enroll",   "seal",       "fleet",  "attribute"};
enum { VERBS = sizeof verbs / sizeof *verbs };

static void check_screen(const char *what, const struct outcome *help, size_t most)
{
    size_t lines = 0;
    cr_expect_eq(help->status, 0, "%s: exit status %d", what, help->status);
    cr_expect_str_eq(help->err, "");
    cr_expect_eq(strncmp(help->out, "usage: secrunctl ", 17), 0, "%s: %s", what, help->out);
    for (const char *line = help->out; *line; lines++) {
        const char *feed = strchr(line, '\n');
        cr_assert_not_null(feed, "%s: no line feed at its end", what);
        cr_expect_leq(feed - line, SCREEN_COLUMNS, "%s: %.*s", what, (int)(feed - line), line);
        line = feed + 1;
    }
    cr_expect_leq(lines, most, "%s: %zu lines", what, lines);
}

Test(ctl_options, help_is_an_overview_with_every_verb)
{
    static const char *const forms[] = {"--help", "-h", "-d nowhere --help"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct outcome help = shell("secrunctl %s", forms[i]);
        check_screen(forms[i], &help, OVERVIEW_LINES);
        for (size_t j = 0; j < VERBS; j++) {
            char line[32];
            snprintf(line, sizeof line, "\n  %s ", verbs[j]);
            cr_expect(strstr(help.out, line), "no %s in the help", verbs[j]);
        }
        outcome_free(&help);
    }
}

Test(ctl_options, every_verb_has_help_that_opens_no_store)
{
    for (size_t i = 0; i < VERBS; i++) {
        struct outcome help = shell("secrunctl -d nowhere %s --help", verbs[i]);
        char usage[64];
        check_screen(verbs[i], &help, SCREEN_LINES);
        snprintf(usage, sizeof usage, "usage: secrunctl [-d DIR] %s", verbs[i]);
        cr_expect_eq(strncmp(help.out, usage, strlen(usage)), 0, "%s", help.out);
        outcome_free(&help);
    }
}

Test(ctl_options, version_is_printed)
{
    ctl_check("secrunctl --version | grep -cE '^secrunctl [0-9]+\\.[0-9]+'; secrunctl -V | wc -l", "1\n1\n");
}

Test(ctl_options, that_make_no_sense_are_usage_errors)
{
    ctl_check_refused("secrunctl", 2, "secrunctl --help");
    ctl_check_refused("secrunctl nothing", 2, "nothing: unknown verb\n");
    ctl_check_refused("secrunctl NAME=hunter2", 2, "NAME: unknown verb\n");
    ctl_check_refused("secrunctl \"$(printf 'a\\033[2J')\"", 2, "a?[2J: unknown verb\n");
    ctl_check_refused("secrunctl --nothing get A", 2, "--nothing: unknown option\n");
    ctl_check_refused("secrunctl get A --nothing=hunter2", 2, "--nothing: unknown option\n");
    ctl_check_refused("secrunctl get -z A", 2, "-z: unknown option\n");
    ctl_check_refused("secrunctl get A -p", 2, "-p: takes an argument\n");
    ctl_check_refused("secrunctl get A --profile", 2, "--profile: takes an argument\n");
    ctl_check_refused("secrunctl list --json=hunter2", 2, "--json: takes no argument\n");
    ctl_check_refused("secrunctl get A --json", 2, "get does not take --json\n");
    ctl_check_refused("secrunctl get A --generate", 2, "get does not take --generate\n");
    ctl_check_refused("secrunctl init -p x", 2, "init does not take --profile\n");
    ctl_check_refused("secrunctl export --format yaml", 2, "--format: dotenv, json or ini\n");
    ctl_check_refused("secrunctl export -p x --format ini", 2, "-p does not go with it\n");
    ctl_check_refused("secrunctl import --format yaml -", 2, "--format: dotenv, json or ini\n");
    ctl_check_refused("secrunctl import", 2, "import: an operand is missing\n");
    ctl_check_refused("secrunctl import -p 'a b' -", 2, "");
    ctl_check_refused("secrunctl edit x", 2, "edit: too many operands\n");
    ctl_check_refused("secrunctl pubkey x", 2, "pubkey: too many operands\n");
    ctl_check_refused("secrunctl init x", 2, "init: too many operands\n");
    ctl_check_refused("secrunctl -d '' get A", 1, "");
}

Test(ctl_options, the_directory_is_the_named_one_else_that_of_the_environment)
{
    ctl_check("secrunctl -d other init >/dev/null; echo other | secrunctl set A -d other\n"
              "echo store | secrunctl set A; secrunctl get A; secrunctl get A -d other\n"
              "SECRUN_DIR=$PWD/other secrunctl get A; SECRUN_DIR=$PWD/other secrunctl -d store get A",
              "storeotherotherstore");
}
