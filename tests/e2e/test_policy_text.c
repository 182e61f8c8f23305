/* SPDX-License-Identifier: ISC */
/* Policy in words: what secrun -n, secrunctl check and secrunctl list say of it, and what is refused. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/program.h"
#include "support/refusal.h"

#define VALUE "hunter2-0123456789"

TestSuite(policy_text, .init = ctl_begin, .fini = scratch_end, .timeout = 300);

/* The lines of secrun's dry run that are about secrets, without their first word. */
static void check_dry_run(const char *document, const char *expected)
{
    ctl_seal(document);
    struct outcome run = shell("NAMED=1 secrun -n -p a -- true");
    check_status(run, 0);
    cr_expect(!strstr(run.out, "hunter2"), "shows a value:\n%s", run.out);
    outcome_free(&run);
    run = shell("NAMED=1 secrun -n -p a -- true | sed -n 's/^secret    //p'");
    cr_expect_str_eq(run.out, expected, "%s\nsays\n%s", document, run.out);
    outcome_free(&run);
}

Test(policy_text, a_dry_run_says_where_policy_is_not_the_usual_one)
{
    check_dry_run("[a]\nA = " VALUE "\nNAMED = " VALUE "\n", "A\nNAMED (in place of the inherited one)\n");
    check_dry_run("[a]\n.inherit = tree\n.expose = environ\n.argv = warn\nA = " VALUE "\n", "A\n");
    check_dry_run("[a]\n.expose = getenv\nA = " VALUE "\nB = " VALUE "\nB.inherit = tree\n",
                  "A (only getenv; no other process)\nB (only getenv)\n");
    check_dry_run("[a]\nA = " VALUE "\nA.inherit = none\nB = " VALUE "\nB.argv = refuse\nC = " VALUE
                  "\nC.argv = allow\n",
                  "A (no other process)\nB (argv: refuse)\nC (argv: allow)\n");
    check_dry_run("[a]\n.inherit = node ,sh,\n  /opt/a b\nNAMED = " VALUE "\n.argv = refuse\n",
                  "NAMED (in place of the inherited one; inherited by: node, sh, /opt/a b; argv: refuse)\n");
}

Test(policy_text, a_dry_run_says_what_comes_of_includes_and_the_configuration)
{
    struct outcome made = shell("printf '[policy]\\nargv = refuse\\ninherit = none\\n' >store/secrun.conf");
    check_status(made, 0);
    outcome_free(&made);
    check_dry_run("[b]\nA = " VALUE "\nB = " VALUE "\n.inherit = tree\n[a]\n.include = b\nB.inherit = git\n"
                  "C = " VALUE "\nC.argv = warn\n",
                  "A (argv: refuse)\nB (inherited by: git; argv: refuse)\nC (no other process)\n");
}

Test(policy_text, a_dry_run_shows_a_terminal_nothing_odd)
{
    check_dry_run("[a]\nA = " VALUE "\nA.inherit = /opt/caf\xc3\xa9\n", "A (inherited by: /opt/caf?\?)\n");
}

Test(policy_text, verbose_says_the_same)
{
    ctl_seal("[a]\nA = " VALUE "\nA.argv = refuse\n");
    struct outcome run = shell("secrun -v -p a -- true");
    check_status(run, 0);
    cr_expect(strstr(run.err, "\nsecret    A (argv: refuse)\n"), "%s", run.err);
    outcome_free(&run);
}

Test(policy_text, nothing_is_said_against_env)
{
    ctl_seal("[a]\nA = " VALUE "\n");
    struct outcome run = shell("secrun -n -p a -- env true");
    check_status(run, 0);
    cr_expect(strstr(run.out, "/env\n") && !strstr(run.out, "note"), "%s", run.out);
    outcome_free(&run);
}

/* --- what is refused --- */

static void check_refused(const char *line, const char *text)
{
    char document[512];
    snprintf(document, sizeof document, "[a]\nA = " VALUE "\n%s\n", line);
    ctl_seal(document);
    struct outcome run = shell("secrun -p a -- " STARTED);
    check_refusal(line, &run, 125, text);
}

Test(policy_text, a_value_that_is_none_is_refused_with_those_there_are)
{
    static const char inherit[] = "secrets.age: line 3: inherit: tree, none, or one to 64 programs (names or "
                                  "absolute paths) with commas between is wanted\n";
    check_refused("A.inherit = node sh", inherit);
    check_refused(".inherit = bin/node", inherit);
    check_refused(".inherit = none, sh", inherit);
    check_refused(".expose = env", "secrets.age: line 3: expose: environ or getenv is wanted\n");
    check_refused("A.argv = no", "secrets.age: line 3: argv: warn, refuse or allow is wanted\n");
    check_refused("B.argv = refuse",
                  "line 3: B.argv, but there is no B in this profile, nor in what it includes\n");
    check_refused(".static = no", "static: inject, withhold, refuse or environ is wanted\n");
    check_refused(".delivery = no", "delivery: auto, preload or inject is wanted\n");
}

Test(policy_text, a_configuration_that_is_wrong_is_refused_with_its_line)
{
    static const struct {
        const char *line, *text;
    } cases[] = {{"inherit = a, none", "secrun.conf: line 2: inherit: tree, none, or one to 64 programs"},
                 {"expose = all", "secrun.conf: line 2: expose: environ or getenv is wanted\n"},
                 {"argv = never", "secrun.conf: line 2: argv: warn, refuse or allow is wanted\n"}};
    ctl_seal("[a]\nA = " VALUE "\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct outcome run =
            shell("printf '[policy]\\n%s\\n' >store/secrun.conf; secrun -p a -- " STARTED, cases[i].line);
        check_refusal(cases[i].line, &run, 125, cases[i].text);
    }
}

/* --- secrunctl --- */

/* The warnings that are not about this host. */
static void check_warnings(const char *document, const char *expected)
{
    ctl_seal(document);
    struct outcome run = shell("secrunctl check | grep -E '^warn +(\\[|.*secrun.conf)' | sed \"s|$PWD/||\"");
    cr_expect_str_eq(run.out, expected, "%s\nsays\n%s", document, run.out);
    cr_expect_str_eq(run.err, "");
    outcome_free(&run);
}

Test(policy_text, check_says_which_program_is_not_here_or_cannot_be_given_a_secret)
{
    char expected[1024];
    check_warnings("[a]\n.inherit = sh, /bin/cat\nA = " VALUE "\nB = " VALUE "\nB.inherit = none\n", "");
    check_warnings("[a]\nA = " VALUE "\n.inherit = sh, no-such-program\nA.inherit = /no/such, cat\n",
                   "warn  [a] .inherit: no-such-program: No such file or directory\n"
                   "warn  [a] A.inherit: /no/such: No such file or directory\n");
    char document[1024];
    const char *plain = program("show-static");
    snprintf(document, sizeof document, "[b]\n[a]\nA = " VALUE "\nA.inherit = cat,%s\n", plain);
    snprintf(expected, sizeof expected,
             "warn  [a] A.inherit: %s: a static program, which no preload reaches\n", plain);
    check_warnings(document, expected);
    snprintf(document, sizeof document, "[a]\nA = " VALUE "\nA.inherit = cat,%s\nA.static = inject\n", plain);
    check_warnings(document, "");
}

Test(policy_text, check_looks_at_the_configuration_too)
{
    struct outcome made = shell("printf '[policy]\\ninherit = cat, no-such-program\\n' >store/secrun.conf");
    check_status(made, 0);
    outcome_free(&made);
    check_warnings("[a]\nA = " VALUE "\n",
                   "warn  store/secrun.conf: inherit: no-such-program: No such file or directory\n");
}

Test(policy_text, check_warns_of_values_too_short_to_be_recognised)
{
    static const char said[] =
        ": a value below 8 bytes is recognised under its own name alone, and in no argument\n";
    char expected[512];
    check_warnings("[a]\nA = 1234567\n", "");
    check_warnings("[a]\n.argv = refuse\nA = 12345678\nB =\nC = 1234567\nC.argv = warn\n", "");
    snprintf(expected, sizeof expected, "warn  [a] A%swarn  [a] B%swarn  [a] C%s", said, said, said);
    check_warnings("[b]\nA = 1234567\n[a]\n.include = b\nA.argv = refuse\nB = 1\nB.inherit = none\nC = 12\n"
                   "C.expose = getenv\n",
                   expected);
}

Test(policy_text, list_shows_it_with_the_other_attributes)
{
    ctl_seal("[common]\nDSN = " VALUE "\n[app]\n.include = common\n.argv = refuse\nKEY = " VALUE
             "\nKEY.inherit = none\nDSN.inherit = sh\nDSN.expose = getenv\n");
    ctl_check("secrunctl list", "  NAME    BYTES     AGE  DUE\n"
                                "[common]\n"
                                "  DSN        18       -  -\n"
                                "[app]  includes common  argv=refuse\n"
                                "  KEY        18       -  -             inherit=none\n"
                                "  DSN         -       -  included      inherit=sh  expose=getenv\n");
    struct outcome run = shell("secrunctl list --json -p app");
    check_status(run, 0);
    json_error_t error;
    json_t *root = json_loadb(run.out, run.out_size, JSON_REJECT_DUPLICATES, &error);
    const char *inherit, *expose;
    size_t size;
    cr_assert(root && json_unpack(root, "{s:[{s:{s:{s:s, s:s}}}]}", "profiles", "included", "DSN", "inherit",
                                  &inherit, "expose", &expose) == 0,
              "%s", run.out);
    cr_expect_str_eq(inherit, "sh");
    cr_expect_str_eq(expose, "getenv");
    size = json_array_size(json_object_get(json_array_get(json_object_get(root, "profiles"), 0), "secrets"));
    cr_expect_eq(size, 1);
    json_decref(root);
    outcome_free(&run);
}

/* --- changing the document --- */

Test(policy_text, a_secret_that_another_profile_restricts_stays)
{
    ctl_seal("[common]\nDSN = " VALUE "\n[app]\n.include = common\nDSN.inherit = none\n");
    ctl_check_refused("secrunctl unset -p common DSN", 1,
                      "line 4: DSN.inherit, but there is no DSN in this profile, nor in what it includes");
}

Test(policy_text, an_attribute_of_an_included_secret_is_imported)
{
    static const char more[] =
        "[common]\nDSN = " VALUE "\n[app]\n.include = common\nKEY = " VALUE "\nDSN.inherit = none\n";
    ctl_seal("[common]\nDSN = " VALUE "\n");
    put_file("more.ini", more, sizeof more - 1);
    struct outcome run = shell("secrunctl import --format ini more.ini >log && secrun -n -p app -- true");
    check_status(run, 0);
    cr_expect(strstr(run.out, "secret    DSN (no other process)\n"), "%s", run.out);
    outcome_free(&run);
}

/* Starts an editor that makes this change while another secrunctl sets D. */
static struct outcome edit(const char *change)
{
    char *script;
    cr_assert_gt(asprintf(&script, "#!/bin/sh\n%s\necho theirs | secrunctl set -p common D\n", change), 0);
    put_file("editor", script, strlen(script));
    free(script);
    return shell("chmod 755 editor; EDITOR=$PWD/editor secrunctl edit </dev/null");
}

Test(policy_text, an_edit_into_a_changed_store_keeps_every_restriction)
{
    ctl_seal("[common]\nDSN = " VALUE "\n[app]\n.include = common\nDSN.inherit = none\nDSN.argv = refuse\n");
    struct outcome run = edit("sed -i '/^DSN.argv/d; s/^DSN.inherit.*/DSN.inherit = sh/' \"$1\"");
    check_status(run, 0);
    outcome_free(&run);
    char *text = ctl_open();
    cr_expect(strstr(text, "DSN.inherit = sh\n") && !strstr(text, "DSN.argv") && strstr(text, "D = theirs\n"),
              "%s", text);
    free(text);
    ctl_seal("[common]\nDSN = " VALUE "\n[app]\n.include = common\nDSN = hunter2\nDSN.inherit = none\n");
    run = edit("sed -i '/^DSN = hunter2$/d' \"$1\"");
    cr_expect_eq(run.status, 1);
    cr_expect(strstr(run.err, "[app] DSN.inherit: another secrunctl has changed the store meanwhile"), "%s",
              run.err);
    outcome_free(&run);
    text = ctl_open();
    cr_expect(strstr(text, "DSN = hunter2\n") && strstr(text, "DSN.inherit = none\n"), "%s", text);
    free(text);
}
