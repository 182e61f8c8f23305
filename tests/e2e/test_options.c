/* SPDX-License-Identifier: ISC */
/* secrun's options: which store, which profile, which secrets, and what is said about them. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/refusal.h"
#include "support/store.h"

#define DOCUMENT                                                                                             \
    "[default]\nWHICH = value-of-default\n"                                                                  \
    "[printenv]\nWHICH = value-of-printenv\n"                                                                \
    "[many]\nWHICH = value-of-many\nFIRST = value-of-first\nSECOND = value-of-second\nHOME = "               \
    "value-of-home\n"

static void begin(void)
{
    scratch_begin();
    store_make_text("store", DOCUMENT);
}

TestSuite(options, .init = begin, .fini = scratch_end, .timeout = 300);

static void check_prints(const char *command, const char *out, const char *err)
{
    struct outcome run = shell("%s", command);
    check_status(run, 0);
    cr_expect_str_eq(run.out, out, "%s prints:\n%s", command, run.out);
    cr_expect_str_eq(run.err, err, "%s says:\n%s", command, run.err);
    outcome_free(&run);
}

static void check_refused(const char *command, const char *text)
{
    struct outcome run = shell("%s", command);
    check_refusal(command, &run, 125, text);
}

Test(options, the_profile_is_the_named_one_else_the_commands_else_default)
{
    check_prints("secrun -d store -p many printenv WHICH", "value-of-many\n", "");
    check_prints("secrun -d store printenv WHICH", "value-of-printenv\n", "");
    check_prints("secrun -d store /usr/bin/printenv WHICH", "value-of-printenv\n", "");
    check_prints("secrun -d store sh -c 'echo $WHICH'", "value-of-default\n", "");
    check_prints("cp /usr/bin/printenv other; secrun -d store ./other WHICH", "value-of-default\n", "");
}

Test(options, an_unknown_profile_lists_those_there_are)
{
    struct outcome run = shell("secrun -d store -p nope -- " STARTED);
    cr_expect(holds(run.err, run.err_size, "secrun: hint: there are: default printenv many\n"), "%s",
              run.err);
    check_refusal("-p nope", &run, 125, "secrun: no profile [nope]\n");
    store_make_text("second", "[one]\nA = 1\n[two]\nB = 2\n");
    run = shell("secrun -d second -- " STARTED);
    cr_expect(holds(run.err, run.err_size, "secrun: hint: there are: one two\n"), "%s", run.err);
    check_refusal("no default", &run, 125, "secrun: no profile [touch], and no [default]\n");
    check_refused("secrun -d second -p \"$(printf 'a\\033[31mb')\" -- " STARTED, "no profile [a?[31mb]\n");
}

Test(options, only_leaves_the_others_out)
{
    check_prints("secrun -d store -p many -o FIRST,WHICH -- sh -c 'echo \"$WHICH $FIRST ${SECOND-none}\"'",
                 "value-of-many value-of-first none\n", "");
    check_prints(
        "secrun -d store -p many -o FIRST -o SECOND -- sh -c 'echo \"${WHICH-none} $FIRST $SECOND\"'",
        "none value-of-first value-of-second\n", "");
    check_prints("HOME=/home/tester secrun -d store -p many --only=FIRST -- printenv HOME", "/home/tester\n",
                 "");
    check_prints("secrun -d store -p many -o NOPE,FIRST -- printenv FIRST", "value-of-first\n",
                 "secrun: [many] has no NOPE, which -o names\n");
    check_refused("secrun -d store -p many -o FIRST,, -- " STARTED, "an empty name");
}

Test(options, require_refuses_to_run_without)
{
    check_prints("secrun -d store -p many -r FIRST,SECOND -- printenv FIRST", "value-of-first\n", "");
    check_refused("secrun -d store -p many -r FIRST,NOPE -- " STARTED,
                  "[many] has no NOPE, which -r asks for");
    check_refused("secrun -d store -p many -o FIRST -r SECOND -- " STARTED,
                  "[many] has no SECOND, which -r asks for");
    struct outcome run = shell("secrun -d store -p many -r FRIST -- " STARTED);
    cr_expect(holds(run.err, run.err_size, "secrun: hint: there are: WHICH FIRST SECOND HOME\n"), "%s",
              run.err);
    check_refusal("FRIST", &run, 125, "[many] has no FRIST, which -r asks for\n");
    run = shell("secrun -d store -p many -o NOPE -r FIRST -- " STARTED);
    cr_expect(!holds(run.err, run.err_size, "hint"), "%s", run.err);
    check_refusal("nothing", &run, 125, "[many] has no FIRST, which -r asks for\n");
}

Test(options, require_lists_as_many_names_as_a_line_has_room_for)
{
    char document[4096] = "[default]\n", name[32];
    for (int i = 0; i < 64; i++) {
        snprintf(name, sizeof name, "A_LONG_NAME_%d = x\n", i);
        strcat(document, name);
    }
    store_make_text("long", document);
    struct outcome run = shell("secrun -d long -r NOPE -- " STARTED);
    const char *hint = strstr(run.err, "hint: there are: A_LONG_NAME_0 A_LONG_NAME_1 "),
               *end = strstr(run.err, " …\n");
    cr_expect(hint && end && end - hint < 270, "%s", run.err);
    check_refusal("NOPE", &run, 125, "[default] has no NOPE, which -r asks for\n");
}

Test(options, a_dry_run_tells_the_names_and_runs_nothing)
{
    struct outcome run =
        shell("HOME=/ secrun -d store -p many -n -- " STARTED "; s=$?; ls started 2>/dev/null; exit $s");
    check_status(run, 0);
    cr_expect_str_eq(run.err, "");
    cr_expect(holds(run.out, run.out_size, "profile   many\n"), "%s", run.out);
    cr_expect(holds(run.out, run.out_size, "secret    FIRST\n"), "%s", run.out);
    cr_expect(holds(run.out, run.out_size, "secret    HOME (in place of the inherited one)\n"), "%s",
              run.out);
    cr_expect(holds(run.out, run.out_size, "delivery  preload of "), "%s", run.out);
    cr_expect(!holds(run.out, run.out_size, "value-of"), "%s", run.out);
    cr_expect(!holds(run.out, run.out_size, "started"), "%s", run.out);
    outcome_free(&run);
    run = shell("secrun -d store -n -- %s", program("show-static"));
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "delivery  inject ("), "%s", run.out);
    cr_expect(holds(run.out, run.out_size, "a static program"), "%s", run.out);
    outcome_free(&run);
    run = shell("secrun -d store --delivery preload -n -- %s", program("show-static"));
    check_status(run, 126);
    cr_expect(holds(run.out, run.out_size, "delivery  none: "), "%s", run.out);
    cr_expect(holds(run.err, run.err_size, "a static program"), "%s", run.err);
    outcome_free(&run);
}

Test(options, verbose_tells_the_names_and_runs)
{
    struct outcome run = shell("secrun -d store -p many -v -- printenv FIRST");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "value-of-first\n");
    cr_expect(holds(run.err, run.err_size, "secret    FIRST\n"), "%s", run.err);
    cr_expect(!holds(run.err, run.err_size, "value-of"), "%s", run.err);
    outcome_free(&run);
}

Test(options, the_store_is_found_by_option_variable_and_home)
{
    store_make_text("second", "[default]\nWHICH = second\n");
    check_prints("SECRUN_DIR=store secrun -d second -- sh -c 'echo $WHICH'", "second\n", "");
    check_prints("SECRUN_DIR=second secrun -- sh -c 'echo $WHICH'", "second\n", "");
    check_prints("SECRUN_DIR=store secrun -f second/secrets.age -k second/machine.key -- sh -c 'echo $WHICH'",
                 "second\n", "");
    check_prints(
        "SECRUN_DIR=store secrun -f second/secrets.age -k file:second/machine.key -- sh -c 'echo $WHICH'",
        "second\n", "");
    check_refused("secrun -d store -f second/secrets.age -- " STARTED, "second/secrets.age: ");
    struct outcome made =
        shell("mkdir -p home/.config xdg; cp -a store home/.config/secrun; cp -a second xdg/secrun");
    check_status(made, 0);
    outcome_free(&made);
    const char *become = scratch_to_ordinary();
    struct outcome run =
        shell("S=$(command -v secrun); P=$(pwd); %s env -u XDG_CONFIG_HOME HOME=\"$P/home\" \"$S\" -- sh -c "
              "'echo $WHICH'\n"
              "%s env XDG_CONFIG_HOME=\"$P/xdg\" HOME=\"$P/home\" \"$S\" -- sh -c 'echo $WHICH'",
              become, become);
    if (*become || ordinary_uid() != 0) {
        check_status(run, 0);
        cr_expect_str_eq(run.out, "value-of-default\nsecond\n");
    }
    outcome_free(&run);
}

Test(options, a_variable_that_names_the_store_is_passed_on)
{
    check_prints("SECRUN_DIR=store secrun -- printenv SECRUN_DIR; true", "store\n", "");
}

Test(options, wrong_use_is_125)
{
    check_refused("secrun", "no command to run\n");
    check_refused("secrun --", "no command to run\n");
    check_refused("secrun -d", "option -d takes a value");
    check_refused("secrun -Z -- " STARTED, "unknown option -Z");
    check_refused("secrun --nonsense -- " STARTED, "unknown option --nonsense\n");
    check_refused("secrun --watch node", "unknown option --watch\n");
    /* What follows may be a value, put in the wrong place. */
    check_refused("secrun --token=hunter2 -- " STARTED, "unknown option --token\n");
    check_refused("secrun -Zhunter2 -- " STARTED, "unknown option -Z\n");
    check_refused("secrun \"$(printf -- '--a\\033[31mb')\" -- " STARTED, "unknown option --a?[31mb\n");
    check_refused("secrun \"$(printf -- '-\\033[31m')\" -- " STARTED, "unknown option -?\n");
    check_refused("secrun --verbose=1 -- " STARTED, "option -v takes no value\n");
}

Test(options, what_follows_the_command_is_its_own)
{
    check_prints("secrun -d store printf '%s ' -n -v -- --help", "-n -v -- --help ", "");
    check_prints("secrun -d store -- printf '%s ' -p x", "-p x ", "");
}

Test(options, help_and_version_go_to_standard_output)
{
    struct outcome run = shell("secrun --help && secrun -V && secrun -h | head -n 1");
    check_status(run, 0);
    cr_expect_eq(strncmp(run.out, "usage: secrun ", 14), 0);
    cr_expect(holds(run.out, run.out_size, "\nsecrun 0."));
    cr_expect_str_eq(run.err, "");
    outcome_free(&run);
}
