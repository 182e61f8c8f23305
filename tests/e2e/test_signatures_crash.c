/* SPDX-License-Identifier: ISC */
/* A signed store when things go wrong: killed, interleaved, out of space. Two files cannot be replaced at
 * once, but there always is a store with a good signature: the old one or the new one. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/signed.h"
#include "support/victim.h"

enum { KILLS = 200, KILLED = 128 + SIGKILL };

TestSuite(signatures_crash, .init = signed_begin, .fini = scratch_end, .timeout = 900);

static const char *const set_a[] = {"secrunctl", "set", "A", NULL};

/* The value of A, or nothing: by a start and by secrunctl, which must agree. */
static void read_a(char value[static 32])
{
    struct outcome run =
        shell("secrunctl export --format ini >document || exit\n"
              "secrun sh -c 'echo \"$FIRST-$A\"' >environment || exit\n"
              "a=$(sed -n 's/^A = //p' document)\n"
              "[ \"$(cat environment)\" = \"first-$a\" ] || cat environment; printf %%s \"$a\"");
    cr_assert(run.status == 0 && run.err_size == 0 && run.out_size < 32, "exit status %d\n%s%s", run.status,
              run.out, run.err);
    snprintf(value, 32, "%s", run.out);
    outcome_free(&run);
}

/* The next write leaves nothing of those before, and what minisign verifies. */
static void check_tidy(void)
{
    ctl_check(
        "secrunctl set TIDY --generate; ls -AI.gitignore store; minisign -q -V -p $PUB -m store/secrets.age; "
        "secrunctl verify "
        ">/dev/null",
        "machine.key\nsecrets.age\nsecrets.age.minisig\nsecrets.age.serial\nsecrun.conf\n");
}

struct replacing {
    char before[32], value[32];
};

static void sets_a(void *user, int number, struct victim_command *command)
{
    struct replacing *replacing = user;
    snprintf(replacing->value, sizeof replacing->value, "value-%d", number);
    *command = (struct victim_command){set_a, replacing->value};
}

static void check_replaced(void *user, int number, int status)
{
    struct replacing *replacing = user;
    char is[32];
    read_a(is);
    cr_assert(strcmp(is, replacing->value) == 0 || (status != 0 && strcmp(is, replacing->before) == 0),
              "%d: '%s'", number, is);
    snprintf(replacing->before, sizeof replacing->before, "%s", is);
}

Test(signatures_crash, killed_at_random_times_the_store_is_signed)
{
    struct replacing replacing = {0};
    victim_killed_at_random(KILLS, sets_a, check_replaced, &replacing);
    check_tidy();
}

/* Each kill meets what the one before it has left. */
Test(signatures_crash, killed_at_any_system_call_the_store_is_signed)
{
    char before[32] = "", value[32], is[32];
    size_t n = 0, next_alone = 0;
    for (int status = KILLED; status == KILLED;) {
        snprintf(value, sizeof value, "value-%zu", ++n);
        status = victim_killed_at_call(n, set_a, value);
        cr_assert(status == 0 || status == KILLED, "exit status %d", status);
        read_a(is);
        cr_assert(strcmp(is, value) == 0 || strcmp(is, before) == 0, "call %zu: '%s'", n, is);
        cr_assert(status == KILLED || strcmp(is, value) == 0, "acknowledged, and not there");
        snprintf(before, sizeof before, "%s", is);
        /* Between the two renames it is the next signature that is good. */
        struct outcome run =
            shell("cd store; minisign -q -V -p $PUB -m secrets.age 2>/dev/null ||\n"
                  "{ minisign -q -V -p $PUB -m secrets.age -x secrets.age.minisig.next && echo next; }");
        check_status(run, 0);
        next_alone += strcmp(run.out, "next\n") == 0;
        outcome_free(&run);
    }
    cr_expect_gt(n, 80, "%zu calls", n);
    cr_expect_gt(next_alone, 0, "no kill between the two renames");
    check_tidy();
}

/* Again and again at the worst moment: between the renames. */
Test(signatures_crash, killed_where_another_was_killed_before_the_store_is_signed)
{
    char value[32], is[32];
    size_t n = 0, worst = 0;
    for (int status = KILLED; status == KILLED && worst == 0;) {
        status = victim_killed_at_call(++n, set_a, "value");
        struct outcome run = shell("minisign -q -V -p $PUB -m store/secrets.age 2>/dev/null");
        if (run.status != 0)
            worst = n;
        outcome_free(&run);
    }
    cr_assert_gt(worst, 0);
    for (size_t i = 0; i < 60; i++) {
        snprintf(value, sizeof value, "again-%zu", i);
        victim_killed_at_call(worst - 30 + i, set_a, value);
        read_a(is);
    }
    check_tidy();
}

Test(signatures_crash, a_sign_that_is_killed_leaves_a_signed_store)
{
    static const char *const sign[] = {"secrunctl", "sign", NULL};
    char is[32];
    size_t n = 0;
    for (int status = KILLED; status == KILLED;) {
        status = victim_killed_at_call(++n, sign, "");
        cr_assert(status == 0 || status == KILLED, "exit status %d", status);
        read_a(is);
    }
    check_tidy();
}

Test(signatures_crash, an_init_that_is_killed_is_completed)
{
    static const char *const init[] = {"secrunctl", "-d", "new", "init", NULL};
    size_t n = 0;
    for (int status = KILLED; status == KILLED;) {
        ctl_check("rm -rf new; mkdir -m 700 new; cp store/secrun.conf new", "");
        status = victim_killed_at_call(++n, init, "");
        cr_assert(status == 0 || status == KILLED, "exit status %d", status);
        struct outcome run =
            shell("secrunctl -d new init >/dev/null 2>err || grep -q 'a store already' err || cat err\n"
                  "secrunctl -d new list && echo v | secrunctl -d new set A && secrun -d new printenv A; ls "
                  "-AI.gitignore new");
        cr_expect_str_eq(
            run.out, "v\nmachine.key\nsecrets.age\nsecrets.age.minisig\nsecrets.age.serial\nsecrun.conf\n",
            "call %zu: %s%s", n, run.out, run.err);
        outcome_free(&run);
    }
}

Test(signatures_crash, where_a_system_call_fails_it_is_the_old_one)
{
    static const struct {
        long call;
        int error;
    } faults[] = {{SYS_fsync, 5}, {SYS_renameat, 5}, {SYS_renameat, 28}, {SYS_fchmod, 1}, {SYS_flock, 37}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        int status = victim_failing(faults[i].call, faults[i].error, set_a, "hunter2");
        char *err = get_file("victim.err", NULL);
        cr_expect(status == 1 && strstr(err, "secrets.age") && strstr(err, strerror(faults[i].error)),
                  "call %ld, error %d: exit status %d\n%s", faults[i].call, faults[i].error, status, err);
        free(err);
        ctl_check("secrunctl list | grep -c ' A '; secrun printenv FIRST; minisign -q -V -p $PUB -m "
                  "store/secrets.age",
                  "0\nfirst\n");
    }
    check_tidy();
}

Test(signatures_crash, on_a_full_disk_it_is_the_old_one)
{
    char *value = ctl_large_value(100000);
    put_file("value", value, 100000);
    free(value);
    ctl_check_refused("prlimit --fsize=65536 secrunctl set A --file value", 1, "secrets.age: File too large");
    ctl_check_refused("prlimit --fsize=100 secrunctl set A --generate", 1,
                      "secrets.age.minisig.next: File too large");
    ctl_check("secrun printenv FIRST; ls -AI.gitignore store",
              "first\nmachine.key\nsecrets.age\nsecrets.age.minisig\nsecrets.age.serial\nsecrun.conf\n");
    if (getuid() != 0)
        return;
    struct outcome run = shell(
        "mkdir store.full; unshare -m sh -e -c '\n"
        "mount -t tmpfs -o size=64k,mode=700 tmpfs store.full; cp -a store/. store.full\n"
        "export SECRUN_DIR=store.full; for free in 0 4 8; do\n"
        "    head -c ${free}k /dev/zero >store.full/free; cat /dev/zero >store.full/filler 2>/dev/null "
        "|| true\n"
        "    rm store.full/free; echo small | secrunctl set A 2>err && echo set || grep -c \"No space "
        "left\" err\n"
        "    secrun printenv FIRST; rm store.full/filler; done\n"
        "ls -AI.gitignore store.full; echo small | secrunctl set A; secrun printenv A; ls -AI.gitignore "
        "store.full | wc -l'");
    check_status(run, 0);
    cr_expect(strstr(run.out, "first\n") && strstr(run.out, "secrun.conf\nsmall\n5\n") &&
                  !strstr(run.out, "0\n"),
              "%s%s", run.out, run.err);
    cr_expect_str_eq(run.err, "");
    outcome_free(&run);
}

/* Whoever reads meanwhile finds a file and its signature, never one of each. */
Test(signatures_crash, is_read_while_it_is_written)
{
    struct outcome run = shell(
        "for w in 1 2 3; do\n"
        "    (for i in $(seq 60); do echo \"$w-$i\" | secrunctl set \"N_${w}_$i\" || echo failed; done) "
        "2>>errors &\n"
        "    writers=\"${writers-} $!\"\n"
        "done\n"
        "(while [ ! -e done ]; do [ \"$(secrun printenv FIRST)\" = first ] && [ \"$(secrunctl get FIRST)\" = "
        "first ] ||\n"
        "    echo unread; secrunctl verify >/dev/null || echo unverified; done) 2>&1 & reader=$!\n"
        "wait $writers; touch done; wait $reader; secrunctl list --names -p default | wc -l\n"
        "grep -v -e 'is new in ' -e ': waiting for another secrunctl$' errors >&2; rm errors");
    cr_expect_eq(run.status, 0);
    cr_expect_str_eq(run.out, "181\n", "%s", run.out);
    cr_expect_str_eq(run.err, "");
    outcome_free(&run);
    check_tidy();
}
