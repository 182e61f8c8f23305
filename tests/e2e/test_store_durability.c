/* SPDX-License-Identifier: ISC */
/* The store when things go wrong: killed, interleaved, out of space. There is always the old one or the new
 * one, and what was acknowledged is in it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/store.h"
#include "support/victim.h"

enum { KILLS = 200, CALLS_MAX = 4096, KILLED = 128 + SIGKILL };

static void begin(void)
{
    ctl_begin();
    ctl_check("echo first | secrunctl set FIRST", "");
}

TestSuite(store_durability, .init = begin, .fini = scratch_end, .timeout = 600);

static const char *const set_a[] = {"secrunctl", "set", "A", NULL};

/* What is in the store; it must open. */
static json_t *stored(void)
{
    struct outcome run = shell("secrunctl export --format json");
    check_status(run, 0);
    json_t *secrets = json_loadb(run.out, run.out_size, 0, NULL);
    cr_assert_not_null(secrets, "%s", run.out);
    outcome_free(&run);
    return secrets;
}

/* Nothing that a write makes on the way is left once the next one is through. */
static void check_tidy(const char *store)
{
    struct outcome run = shell("secrunctl -d %s set TIDY --generate && ls -AI.gitignore %s", store, store);
    cr_expect_str_eq(run.out, "machine.key\nsecrets.age\nsecrun.conf\n", "%s: %s%s", store, run.out, run.err);
    outcome_free(&run);
}

struct growing {
    json_t *expected;
    char name[32], value[32];
    const char *argv[4];
};

static void sets_another(void *user, int number, struct victim_command *command)
{
    struct growing *growing = user;
    snprintf(growing->name, sizeof growing->name, number < 0 ? "BEFORE_%d" : "N_%d", abs(number));
    snprintf(growing->value, sizeof growing->value, "value-%d", number);
    growing->argv[0] = "secrunctl";
    growing->argv[1] = "set";
    growing->argv[2] = growing->name;
    *command = (struct victim_command){growing->argv, growing->value};
}

static void check_grown(void *user, int number, int status)
{
    const struct growing *growing = user;
    json_t *is = stored();
    (void)number;
    if (status == 0 || json_object_get(is, growing->name))
        json_object_set_new(growing->expected, growing->name, json_string(growing->value));
    cr_assert(json_equal(is, growing->expected), "%s, exit status %d: the store holds something else",
              growing->name, status);
    json_decref(is);
}

Test(store_durability, killed_at_random_times_it_has_every_value_that_was_acknowledged)
{
    struct growing growing = {.expected = stored()};
    victim_killed_at_random(KILLS, sets_another, check_grown, &growing);
    json_decref(growing.expected);
    check_tidy("store");
}

Test(store_durability, killed_at_any_system_call_it_is_the_old_or_the_new_one)
{
    char before[32] = "second", value[32];
    bool is_new = false;
    size_t n = 0;
    /* With a value, and one before it, each change takes the same calls. */
    ctl_check("echo first | secrunctl set A; echo second | secrunctl set A", "");
    for (int status = KILLED; status == KILLED;) {
        snprintf(value, sizeof value, "value-%zu", ++n);
        status = victim_killed_at_call(n, set_a, value);
        json_t *is = stored();
        const char *a = json_string_value(json_object_get(is, "A"));
        cr_assert(status == 0 || status == KILLED, "exit status %d", status);
        cr_assert_str_eq(json_string_value(json_object_get(is, "FIRST")), "first");
        cr_assert(strcmp(a ? a : "", value) == 0 || strcmp(a ? a : "", before) == 0, "call %zu: '%s'", n, a);
        /* Once it is the new one, it is so from there on. */
        cr_assert(!is_new || strcmp(a ? a : "", value) == 0, "call %zu: the old one again", n);
        is_new = a && strcmp(a, value) == 0;
        snprintf(before, sizeof before, "%s", a ? a : "");
        json_decref(is);
    }
    cr_expect(is_new);
    cr_expect_gt(n, 50, "%zu calls", n);
    check_tidy("store");
}

Test(store_durability, of_an_init_that_was_killed_at_any_system_call_is_completed)
{
    static const char *const init[] = {"secrunctl", "-d", "new", "init", NULL};
    size_t n = 0;
    for (int status = KILLED; status == KILLED;) {
        status = victim_killed_at_call(++n, init, "");
        cr_assert(status == 0 || status == KILLED, "exit status %d", status);
        struct outcome run =
            shell("cp new/machine.key before 2>/dev/null\n"
                  "secrunctl -d new init >/dev/null 2>err || grep -q 'a store already' err || cat err\n"
                  "[ ! -e before ] || cmp before new/machine.key\n"
                  "echo v | secrunctl -d new set A && secrunctl -d new get A && ls -AI.gitignore new\n"
                  "rm -rf new before");
        cr_expect_str_eq(run.out, "vmachine.key\nsecrets.age\nsecrun.conf\n", "call %zu: %s%s", n, run.out,
                         run.err);
        outcome_free(&run);
    }
    cr_expect_gt(n, 50, "%zu calls", n);
}

static size_t find(const long *calls, size_t from, size_t count, long call)
{
    while (from < count && calls[from] != call)
        from++;
    return from;
}

Test(store_durability, is_on_the_disk_before_it_is_acknowledged)
{
    static long calls[CALLS_MAX];
    size_t count = victim_calls(calls, CALLS_MAX, set_a, "value");
    cr_assert_leq(count, CALLS_MAX);
    size_t locked = find(calls, 0, count, SYS_flock);
    size_t file = find(calls, locked, count, SYS_fsync);
    size_t renamed = find(calls, file, count, SYS_renameat);
    size_t directory = find(calls, renamed, count, SYS_fsync);
    cr_expect(locked < file && file < renamed && renamed < directory && directory < count,
              "of %zu calls flock is %zu, fsync %zu, renameat %zu, fsync %zu", count, locked, file, renamed,
              directory);
    cr_expect_eq(find(calls, 0, file, SYS_renameat), file, "renamed before the first fsync");
}

Test(store_durability, is_the_old_one_where_a_system_call_fails)
{
    static const struct {
        long call;
        int error;
    } faults[] = {{SYS_fsync, EIO},    {SYS_renameat, EIO}, {SYS_renameat, ENOSPC},
                  {SYS_fchmod, EPERM}, {SYS_flock, ENOLCK}, {SYS_getrandom, ENOSYS}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        /* What getrandom is asked for comes from /dev/urandom then, or not at all, but never is it less than
         * random. */
        int status = victim_failing(faults[i].call, faults[i].error, set_a, "hunter2");
        char *err = get_file("victim.err", NULL);
        if (faults[i].call == SYS_getrandom)
            cr_expect(status == 0 || status == 1 || status == 128 + SIGABRT, "exit status %d: %s", status,
                      err);
        else
            cr_expect(status == 1 && strstr(err, "secrets.age") && strstr(err, strerror(faults[i].error)),
                      "call %ld, error %d: exit status %d\n%s", faults[i].call, faults[i].error, status, err);
        free(err);
        if (status != 0)
            ctl_check("secrunctl list | grep -c ' A '; secrunctl get FIRST; ls -AI.gitignore store",
                      "0\nfirstmachine.key\nsecrets.age\nsecrun.conf\n");
    }
}

Test(store_durability, has_all_values_of_writers_at_once)
{
    /* And whoever reads meanwhile always finds a whole one. */
    struct outcome run = shell(
        "for w in 1 2 3 4 5 6 7 8; do\n"
        "    (for i in $(seq 50); do echo \"$w-$i\" | secrunctl set \"N_${w}_$i\" || echo failed; done) &\n"
        "    writers=\"${writers-} $!\"\n"
        "done\n"
        "(while [ ! -e done ]; do [ \"$(secrunctl get FIRST)\" = first ] || echo unread; done) 2>&1 & "
        "reader=$!\n"
        "wait $writers; touch done; wait $reader");
    cr_expect_eq(run.status, 0);
    cr_expect_str_eq(run.out, "", "%s", run.out);
    json_t *is = stored();
    cr_expect_eq(json_object_size(is), 401, "%zu", json_object_size(is));
    for (int w = 1; w <= 8; w++) {
        for (int i = 1; i <= 50; i++) {
            char name[32], value[32];
            snprintf(name, sizeof name, "N_%d_%d", w, i);
            snprintf(value, sizeof value, "%d-%d", w, i);
            const char *found = json_string_value(json_object_get(is, name));
            cr_expect(found && strcmp(found, value) == 0, "%s: %s", name, found ? found : "not there");
        }
    }
    json_decref(is);
    outcome_free(&run);
    check_tidy("store");
}

/* Again and again another file takes the sealed file's place, as a write does; ends by a signal. */
static void replace_for_ever(void)
{
    size_t size;
    char from[1024], to[1024], *sealed = get_file("store/secrets.age", &size);
    snprintf(from, sizeof from, "%s/store/new", scratch());
    snprintf(to, sizeof to, "%s/store/secrets.age", scratch());
    for (;;) {
        put_file("store/new", sealed, size);
        if (rename(from, to) != 0)
            _exit(1);
        usleep(100);
    }
}

Test(store_durability, is_read_while_it_is_replaced)
{
    pid_t writer = fork();
    cr_assert_geq(writer, 0);
    if (writer == 0)
        replace_for_ever();
    struct outcome run =
        shell("for i in $(seq 150); do secrunctl get FIRST; secrun printenv FIRST; done | sort | uniq -c");
    kill(writer, SIGKILL);
    cr_expect_eq(victim_end(writer), KILLED);
    cr_expect_str_eq(run.err, "");
    cr_expect(strstr(run.out, " 150 firstfirst\n"), "%s", run.out);
    outcome_free(&run);
}

/* Expects a refusal that leaves the old store, and nothing of the new one. */
static void check_kept(const char *command, const char *error)
{
    ctl_check_refused(command, 1, error);
    ctl_check("secrunctl get FIRST; ls -AI.gitignore store", "firstmachine.key\nsecrets.age\nsecrun.conf\n");
}

Test(store_durability, is_the_old_one_when_a_file_may_not_grow)
{
    char *value = ctl_large_value(100000);
    put_file("value", value, 100000);
    free(value);
    check_kept("prlimit --fsize=65536 secrunctl set A --file value", "secrets.age: File too large");
    check_kept("prlimit --fsize=0 secrunctl set A --generate", "secrets.age: File too large");
    check_kept("prlimit --fsize=1 secrunctl unset FIRST", "secrets.age: File too large");
}

Test(store_durability, is_the_old_one_on_a_full_disk)
{
    /* An ordinary user has no disk to fill: for him the limit on a file's size stands in. */
    if (getuid() != 0)
        return;
    struct outcome run =
        shell("mkdir store.full; head -c 100000 /dev/zero | tr '\\0' x >value; unshare -m sh -e -c '\n"
              "mount -t tmpfs -o size=64k,mode=700 tmpfs store.full; cp -a store/. store.full\n"
              "export SECRUN_DIR=store.full; sha256sum <store.full/secrets.age >before\n"
              "secrunctl set A --file value || echo $?\n"
              "cat /dev/zero >store.full/filler 2>/dev/null || true\n"
              "echo small | secrunctl set A || echo $?\n"
              "sha256sum <store.full/secrets.age | diff - before; secrunctl get FIRST; ls -AI.gitignore "
              "store.full\n"
              "rm store.full/filler; echo small | secrunctl set A; secrunctl get A'");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "1\n1\nfirstfiller\nmachine.key\nsecrets.age\nsecrun.conf\nsmall", "%s%s",
                     run.out, run.err);
    cr_expect(strstr(run.err, "store.full/secrets.age: No space left on device\n"), "%s", run.err);
    outcome_free(&run);
}

Test(store_durability, is_the_old_one_in_a_directory_that_cannot_be_written)
{
    if (getuid() == 0)
        ctl_check_refused(
            "unshare -m sh -c 'mount --bind store store && mount -o remount,ro,bind store && secrunctl "
            "set A --generate'",
            1, "secrets.age: cannot be written: .secrets.age.new: Read-only file system");
    char command[256];
    snprintf(command, sizeof command, "chmod 500 store; %s secrunctl set A --generate",
             scratch_to_ordinary());
    ctl_check_refused(command, 1, "secrets.age: cannot be written: .secrets.age.new: Permission denied");
    ctl_check("chmod 700 store", "");
}
