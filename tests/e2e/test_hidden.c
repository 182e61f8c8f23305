/* SPDX-License-Identifier: ISC */
/* Secrets with expose = getenv: found by a look-up by name and in no listing, until the program unsets
 * them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/store.h"

#define KEY   "sk-hidden-4eC39HqLyjWDarjtT1zdp7dc"
#define TOKEN "hidden-token-b6a2f1"
#define SEEN  "seen-by-everything-77"

/* Profiles: one; tree, whose hidden secret goes on to children; all, where everything is hidden. */
#define DOCUMENT                                                                                             \
    "[one]\nKEY = " KEY "\nKEY.expose = getenv\nTOKEN = " TOKEN "\nTOKEN.expose = getenv\nSEEN = " SEEN "\n" \
    "[tree]\nKEY = " KEY "\nKEY.expose = getenv\nKEY.inherit = tree\nSEEN = " SEEN "\n"                      \
    "[all]\n.expose = getenv\nKEY = " KEY "\nTOKEN = " TOKEN "\n"

/* What the environment array is to hold, with and without the secret that is exposed in it. */
#define PLAIN_LIST "| USER=tester\n| LANG=C\n| PATH=/usr/bin:/bin\n"
#define LIST       PLAIN_LIST "| SEEN=" SEEN "\n|\n"

static void begin(void)
{
    scratch_begin();
    store_make_text("store", DOCUMENT);
    put_environment("inherited", "USER=tester", "LANG=C", "PATH=/usr/bin:/bin", (char *)NULL);
}

TestSuite(hidden, .init = begin, .fini = scratch_end, .timeout = 300);

static struct outcome run(const char *profile, const char *command)
{
    return shell("%s inherited secrun -d store -p %s -- %s", program("launch"), profile, command);
}

static void check_prints(const char *profile, const char *command, const char *expected)
{
    struct outcome ran = run(profile, command);
    check_status(ran, 0);
    cr_expect_str_eq(ran.out, expected, "%s\n--- printed\n%s--- not\n%s", command, ran.out, expected);
    cr_expect_str_eq(ran.err, "");
    outcome_free(&ran);
}

/* With both libcs; $P in the steps is the program again. */
static void check_steps(const char *profile, const char *steps, const char *expected)
{
    static const char *const builds[] = {"hidden", "hidden-musl"};
    for (size_t i = 0; i < sizeof builds / sizeof *builds; i++) {
        char command[4096];
        snprintf(command, sizeof command, "$P %s", steps);
        setenv("P", program(builds[i]), 1);
        check_prints(profile, command, expected);
    }
}

Test(hidden, answers_a_look_up_and_stands_in_no_array)
{
    check_steps("one", "get KEY get TOKEN get SEEN get KE get KEYS list",
                "KEY=" KEY "\nTOKEN=" TOKEN "\nSEEN=" SEEN "\nKE none\nKEYS none\n" LIST);
}

Test(hidden, may_be_every_secret_of_a_profile)
{
    check_steps("all", "get KEY get TOKEN list", "KEY=" KEY "\nTOKEN=" TOKEN "\n" PLAIN_LIST "|\n");
}

/* The profile's value wins, hidden or not. */
Test(hidden, takes_the_place_of_an_inherited_variable)
{
    put_environment("inherited", "USER=tester", "KEY=outer", "LANG=C", "PATH=/usr/bin:/bin", (char *)NULL);
    char command[1024];
    snprintf(command, sizeof command, "%s get KEY list unset KEY get KEY", program("hidden"));
    check_prints("one", command, "KEY=" KEY "\n" LIST "KEY none\n");
}

Test(hidden, stays_where_setenv_is_not_to_overwrite)
{
    check_steps("one", "keep KEY other get KEY list", "KEY=" KEY "\n" LIST);
    check_steps("one", "unset KEY keep KEY other get KEY", "KEY=other\n");
}

Test(hidden, is_replaced_by_setenv_for_good)
{
    check_steps("one", "set KEY other get KEY get TOKEN unset KEY get KEY",
                "KEY=other\nTOKEN=" TOKEN "\nKEY none\n");
    check_steps("one", "set KEY other empty get KEY", "KEY none\n");
    check_steps("one", "set KEY '' get KEY", "KEY=\n");
}

Test(hidden, is_replaced_by_putenv_for_good)
{
    check_steps("one", "put KEY=other get KEY unset KEY get KEY get TOKEN",
                "KEY=other\nKEY none\nTOKEN=" TOKEN "\n");
    check_steps("one", "put KEY=other empty get KEY", "KEY none\n");
}

Test(hidden, is_forgotten_when_unset)
{
    check_steps("one", "unset KEY get KEY get TOKEN list", "KEY none\nTOKEN=" TOKEN "\n" LIST);
    check_steps("one", "put KEY get KEY get TOKEN list", "KEY none\nTOKEN=" TOKEN "\n" LIST);
}

Test(hidden, is_forgotten_when_the_environment_is_cleared)
{
    check_steps("one", "clear get KEY get TOKEN get SEEN list set KEY new get KEY",
                "KEY none\nTOKEN none\nSEEN none\n|\nKEY=new\n");
}

/* What libc refuses, and what names something else. */
Test(hidden, stays_after_a_change_that_is_none)
{
    check_steps("one",
                "set '' x set KEY=x y keep KEY=x y unset '' unset KEY=x null unset KE put KEYS get KEY",
                "set: Invalid argument\nset: Invalid argument\nkeep: Invalid argument\n"
                "unset: Invalid argument\nunset: Invalid argument\n"
                "setenv: Invalid argument\nsetenv: Invalid argument\nKEY=" KEY "\n");
}

/* The capsule's memory is the same in both. */
Test(hidden, stays_in_a_process_whose_forked_child_has_unset_it)
{
    check_steps("one", "fork get KEY unset KEY get KEY join get KEY", "KEY=" KEY "\nKEY none\nKEY=" KEY "\n");
    check_steps("one", "fork clear get KEY get TOKEN join get KEY get TOKEN",
                "KEY none\nTOKEN none\nKEY=" KEY "\nTOKEN=" TOKEN "\n");
}

Test(hidden, reaches_no_program_that_is_started)
{
    check_steps("one", "run $P get KEY get TOKEN get SEEN list run $P get KEY list",
                "KEY none\nTOKEN none\nSEEN=" SEEN "\n" LIST "KEY none\n" LIST);
    check_steps("all", "run $P get KEY get TOKEN list", "KEY none\nTOKEN none\n" PLAIN_LIST "|\n");
}

Test(hidden, survives_the_execs_of_its_own_process)
{
    check_steps("one", "exec $P get KEY get SEEN list exec $P get KEY get TOKEN list",
                "KEY=" KEY "\nSEEN=" SEEN "\n" LIST "KEY=" KEY "\nTOKEN=" TOKEN "\n" LIST);
    check_steps("one", "exec $P run $P get KEY list", "KEY none\n" LIST);
}

Test(hidden, reaches_the_tree_where_it_is_said_to)
{
    check_steps("tree", "run $P get KEY list run $P get KEY list exec $P get KEY list",
                "KEY=" KEY "\n" LIST "KEY=" KEY "\n" LIST "KEY=" KEY "\n" LIST);
}

Test(hidden, crosses_from_one_libc_to_the_other)
{
    char command[4096];
    snprintf(command, sizeof command, "%s run %s get KEY list run %s get KEY list", program("hidden"),
             program("hidden-musl"), program("hidden"));
    check_prints("tree", command, "KEY=" KEY "\n" LIST "KEY=" KEY "\n" LIST);
}

Test(hidden, that_was_unset_reaches_nobody)
{
    check_steps("tree", "unset KEY run $P get KEY list", "KEY none\n" LIST);
    check_steps("one", "unset KEY exec $P get KEY get TOKEN list", "KEY none\nTOKEN=" TOKEN "\n" LIST);
    check_steps("tree", "clear run $P get KEY list", "KEY none\n|\n");
}

Test(hidden, that_was_replaced_is_an_ordinary_variable_below)
{
    check_steps("tree", "set KEY other run $P get KEY unset KEY get KEY", "KEY=other\nKEY none\n");
    check_steps("one", "set KEY other run $P get KEY", "KEY=other\n");
}

/* Programs that print their whole environment, each in its way. */
static void check_listing(const char *command)
{
    struct outcome ran = run("one", command);
    check_status(ran, 0);
    cr_expect(holds(ran.out, ran.out_size, "SEEN=" SEEN "\n"), "%s printed:\n%s", command, ran.out);
    cr_expect_not(holds(ran.out, ran.out_size, KEY) || holds(ran.out, ran.out_size, "KEY"), "%s printed:\n%s",
                  command, ran.out);
    outcome_free(&ran);
}

Test(hidden, is_in_no_listing_of_env_and_printenv)
{
    check_listing("env");
    check_listing("printenv");
}

Test(hidden, is_in_no_listing_of_a_shell)
{
    check_listing("bash -c 'set -o posix; set; export -p; env; echo SEEN=$SEEN' hidden");
}

Test(hidden, is_in_no_listing_of_python)
{
    check_listing(
        "/usr/bin/python3 -c '\nimport os\nfor pair in os.environ.items():\n    print(\"=\".join(pair))'");
}

/* Here a look-up by name asks getenv, and the list of names reads the array. */
Test(hidden, is_in_no_listing_of_node_and_answers_by_name)
{
    check_listing(
        "node -e 'for (const n of Object.keys(process.env)) console.log(n + \"=\" + process.env[n])'");
    check_prints("one", "node -p process.env.KEY", KEY "\n");
}

Test(hidden, is_in_no_listing_of_php_and_answers_by_name)
{
    check_listing("php -d variables_order=EGPCS -r '\n"
                  "foreach ([getenv(), $_ENV, $_SERVER] as $list) foreach ($list as $n => $v)\n"
                  "    if (is_string($v) && $n != \"_\") echo \"$n=$v\\n\";'");
    check_prints("one", "php -r 'echo getenv(\"KEY\"), \"\\n\";'", KEY "\n");
}
