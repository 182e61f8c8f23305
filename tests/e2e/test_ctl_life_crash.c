/* SPDX-License-Identifier: ISC */
/*
 * rollback, rekey and recipients when things go wrong: killed at random times, without room on the disk. The
 * store opens in any case, for secrun, for secrunctl and for age, and holds what it held.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/victim.h"

enum { KILLS = 200 };

static void begin(void)
{
    ctl_begin();
    ctl_check("echo first | secrunctl set FIRST; echo one | secrunctl set A; echo two | secrunctl set A\n"
              "age-keygen -o ada.key 2>/dev/null; mkdir outside",
              "");
}

TestSuite(life_crash, .init = begin, .fini = scratch_end, .timeout = 900);

/* What the three find, who must agree; fails the test if one finds nothing. */
static void read_store(char found[static 256])
{
    struct outcome run = shell("printf '%%s ' \"$(secrun printenv FIRST A | paste -sd' ')\" \"$(secrunctl "
                               "get FIRST) $(secrunctl get A)\" "
                               "\"$(age -d -i store/machine.key store/secrets.age | sed -n "
                               "'s/^\\(FIRST\\|A\\) = //p' | paste -sd' ')\"");
    cr_assert(run.status == 0 && run.out_size < 256, "exit status %d\n%s%s", run.status, run.out, run.err);
    cr_assert_str_eq(run.err, "", "%s", run.err);
    snprintf(found, 256, "%s", run.out);
    outcome_free(&run);
}

static void check_store(const char *a)
{
    char found[256], expected[256];
    read_store(found);
    snprintf(expected, sizeof expected, "first %s first %s first %s ", a, a, a);
    cr_assert_str_eq(found, expected);
}

/* The next change leaves nothing of those before: of the same files. */
static void check_tidy(void)
{
    ctl_check("secrunctl set TIDY --generate; ls -AI.gitignore store",
              "machine.key\nsecrets.age\nsecrun.conf\n");
}

/* --- rollback --- */

static void rolls_back(void *user, int number, struct victim_command *command)
{
    static const char *const argv[] = {"secrunctl", "rollback", "A", NULL};
    (void)user;
    (void)number;
    *command = (struct victim_command){argv, ""};
}

/* user: the value before, which is one of two. */
static void check_rolled_back(void *user, int number, int status)
{
    char found[256], *is = user;
    const char *other = strcmp(is, "one") == 0 ? "two" : "one";
    read_store(found);
    bool changed = !strstr(found, is);
    cr_assert(status != 0 || changed, "%d: acknowledged, and not done: %s", number, found);
    if (changed)
        strcpy(is, other);
    check_store(is);
}

Test(life_crash, rollback_is_done_or_not)
{
    char value[8] = "two";
    victim_killed_at_random(KILLS, rolls_back, check_rolled_back, value);
    /* Both are there yet. */
    ctl_check("secrunctl rollback A; secrunctl rollback A", "");
    check_store(value);
    check_tidy();
}

/* --- rekey --- */

static void rekeys(void *user, int number, struct victim_command *command)
{
    static const char *const argv[] = {"secrunctl", "rekey", "backup.age", NULL};
    (void)user;
    (void)number;
    ctl_check("cp store/secrets.age backup.age; cp store/machine.key outside/before.key", "");
    *command = (struct victim_command){argv, ""};
}

static void check_rekeyed(void *user, int number, int status)
{
    (void)user;
    check_store("two");
    /* A key that was acknowledged is the one; a backup opens with what is there. */
    struct outcome run =
        shell("age -d -i store/machine.key backup.age | grep -c FIRST\n"
              "age -d -i outside/before.key store/secrets.age >/dev/null 2>&1 && echo old || echo new\n"
              "stat -c '%%a %%U' store/machine.key");
    cr_assert(strncmp(run.out, "2\n", 2) == 0, "%d: the backup does not open: %s%s", number, run.out,
              run.err);
    cr_assert(status != 0 || strstr(run.out, "new\n"), "%d: acknowledged, and sealed to the old key", number);
    cr_assert(strstr(run.out, "600 "), "%d: %s", number, run.out);
    outcome_free(&run);
    if (number % 8 == 7) {
        ctl_check("secrunctl rekey --forget-old 2>/dev/null || { secrunctl rekey && secrunctl rekey "
                  "--forget-old; } "
                  ">/dev/null; grep -c '^AGE-SEC' store/machine.key",
                  "1\n");
        check_store("two");
    }
}

Test(life_crash, rekey_leaves_a_store_that_opens)
{
    victim_killed_at_random(KILLS, rekeys, check_rekeyed, NULL);
    ctl_check("secrunctl rekey | wc -l", "1\n");
    check_tidy();
}

/* --- recipients --- */

static char ada[80];

/* user: is she one? */
static void adds_or_removes(void *user, int number, struct victim_command *command)
{
    static const char *argv[] = {"secrunctl", "recipients", NULL, ada, NULL};
    const bool *is_one = user;
    (void)number;
    argv[2] = *is_one ? "remove" : "add";
    *command = (struct victim_command){argv, ""};
}

static void check_recipients(void *user, int number, int status)
{
    bool *is_one = user, was = *is_one;
    check_store("two");
    struct outcome run =
        shell("age -d -i ada.key store/secrets.age 2>/dev/null | grep -c FIRST; grep -c '^recipients = "
              "age1' store/secrun.conf");
    bool opens = run.out[0] == '2', listed = strstr(run.out, "\n1\n");
    outcome_free(&run);
    cr_assert(status != 0 || (opens == !was && listed == !was), "%d: acknowledged, and not done", number);
    cr_assert(listed || !opens, "%d: it opens for one who is not listed", number);
    *is_one = listed;
    if (opens == listed)
        return;
    /* The same again goes on. */
    run = shell("secrunctl recipients %s %s 2>&1", was ? "remove" : "add", ada);
    check_status(run, 0);
    outcome_free(&run);
    *is_one = !was;
}

Test(life_crash, recipients_are_added_and_removed_or_not)
{
    bool is_one = false;
    struct outcome run = shell("age-keygen -y ada.key");
    snprintf(ada, sizeof ada, "%.62s", run.out);
    outcome_free(&run);
    victim_killed_at_random(KILLS, adds_or_removes, check_recipients, &is_one);
    run = shell("secrunctl recipients %s %s 2>&1", is_one ? "remove" : "add", ada);
    check_status(run, 0);
    outcome_free(&run);
    check_tidy();
}

/* --- no room --- */

Test(life_crash, without_room_on_the_disk_nothing_is_lost)
{
    if (getuid() != 0) {
        static const char *const commands[] = {"rollback A", "rekey",
                                               "recipients add $(age-keygen -y ada.key)"};
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
            char command[128];
            snprintf(command, sizeof command, "prlimit --fsize=100 secrunctl %s", commands[i]);
            ctl_check_refused(command, 1, "File too large");
            check_store("two");
        }
        return;
    }
    struct outcome run =
        shell("mkdir full; ADA=$(age-keygen -y ada.key) unshare -m sh -e -c '\n"
              "mount -t tmpfs -o size=64k,mode=700 tmpfs full; cp -a store/. full; export SECRUN_DIR=full\n"
              "for command in \"rollback A\" rekey \"recipients add $ADA\"; do for free in 0 4 8; do\n"
              "    head -c ${free}k /dev/zero >full/free; cat /dev/zero >full/filler 2>/dev/null || true; rm "
              "full/free\n"
              "    secrunctl $command >/dev/null 2>err && echo set || grep -c \"No space left\" err\n"
              "    [ \"$(secrun printenv FIRST) $(secrunctl get FIRST)\" = \"first first\" ] || echo lost\n"
              "    rm full/filler; done; done\n"
              "secrunctl rollback A; secrunctl rekey >/dev/null; secrunctl recipients add $ADA; secrun "
              "printenv FIRST'");
    check_status(run, 0);
    cr_expect(!strstr(run.out, "lost") && !strstr(run.out, "0\n") && strstr(run.out, "1\n") &&
                  strstr(run.out, "first\n"),
              "%s%s", run.out, run.err);
    cr_expect_str_eq(run.err, "");
    outcome_free(&run);
}
