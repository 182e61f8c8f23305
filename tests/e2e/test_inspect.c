/* SPDX-License-Identifier: ISC */
/* secrunctl inspect: what a running program exposes is told, what it does not is proved, and no value is
 * shown. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/live.h"
#include "support/program.h"
#include "support/scans.h"
#include "support/store.h"

#define VALUE "hunter2/hunter2+hunter2?"

/* Programs that say when they have begun, and go on until their standard input ends. */
#define WAITS           "sh -c 'echo ready; exec cat'"
#define WAITS_WITH_CORE "sh -c 'ulimit -S -c unlimited || ulimit -c 1; echo ready; exec cat'"
#define PARENTS         "sh -c 'echo ready; cat; :'"

static void begin(void)
{
    ctl_begin();
    ctl_seal("[default]\n.include = app\n[app]\nKEY = " VALUE
             "\n[open]\n.include = app\n.dumpable = yes\n[plain]\n.include = app\n"
             ".static = environ\n[alone]\n.include = app\n.inherit = none\n[cat]\nTOKEN = twelve-hunter2\n");
}

TestSuite(inspect, .init = begin, .fini = scratch_end, .timeout = 300);

#define start(live, ...) live_start(live, "ready", 5, __VA_ARGS__)

static void end(struct live *live)
{
    live_end(live);
    live_free(live);
}

/* Inspects with these options, and expects that status. */
static struct outcome look(const char *before, const char *options, pid_t pid, int status)
{
    struct outcome run = shell("%s secrunctl inspect %s %d", before, options, (int)pid);
    cr_expect_eq(run.status, status, "exit status %d, not %d\n%s%s", run.status, status, run.out, run.err);
    cr_expect(!strstr(run.out, SCANS_PIECE) && !strstr(run.err, SCANS_PIECE), "a value is shown:\n%s%s",
              run.out, run.err);
    return run;
}

/* Is there such a line about that process? */
static void says(const struct outcome *run, const char *level, pid_t pid, const char *text)
{
    char begin_of[32];
    snprintf(begin_of, sizeof begin_of, "%s  %d (", level, (int)pid);
    for (const char *at = run->out; (at = strstr(at, begin_of)); at++) {
        const char *line_end = strchr(at, '\n');
        cr_assert_not_null(line_end);
        if ((at == run->out || at[-1] == '\n') && memmem(at, (size_t)(line_end - at), text, strlen(text)))
            return;
    }
    cr_expect_fail("no line `%s...%s'\n%s%s", begin_of, text, run->out, run->err);
}

/* What is to be said of every program that secrun has started, seen by root, or by its own user. */
static void check_sound(const char *delivery, const char *command)
{
    struct live live;
    bool root = getuid() == 0;
    start(&live, "%s", command);
    struct outcome run = look("", root ? "--memory" : "", live.pid, 0);
    says(&run, "ok  ", live.pid, "not dumpable");
    says(&run, "ok  ", live.pid, "command line: no value of the store");
    says(&run, "ok  ", live.pid, "core limit 0");
    says(&run, "ok  ", live.pid, "nothing traces it");
    says(&run, "ok  ", live.pid, root ? "environment: no value of the store" : "environment: refused");
    says(&run, "ok  ", live.pid, root ? "no capsule is open" : "descriptors: refused");
    says(&run, !root || store_has_secret_memory("store") ? "ok  " : "warn", live.pid,
         root ? delivery : "mappings, which would tell the delivery: refused");
    if (root && store_has_secret_memory("store"))
        says(&run, "ok  ", live.pid, "secret memory: a read from outside is refused, root's too");
    outcome_free(&run);
    end(&live);
}

Test(inspect, finds_nothing_of_a_program_that_is_preloaded)
{
    check_sound("secrets by preload", "secrun -p app -- " WAITS);
    check_sound("secrets by preload",
                "secrun -p app -- python3 -c 'import sys; print(\"ready\", flush=True); sys.stdin.read()'");
    check_sound("secrets by preload",
                "secrun -p app -- node -e 'console.log(\"ready\"); process.stdin.resume()'");
}

Test(inspect, finds_nothing_of_a_program_that_is_injected)
{
    static const char *const programs[] = {"target-static", "target-go"};
    char command[512];
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        snprintf(command, sizeof command, "secrun -p app -- %s KEY", program(programs[i]));
        check_sound("secrets by injection", command);
    }
    snprintf(command, sizeof command, "secrun -p app -- %s sh -c 'echo ready; read -r line'",
             program("busybox-static"));
    check_sound("secrets by injection", command);
}

Test(inspect, finds_nothing_where_secret_memory_is_not_to_be_had)
{
    struct live live;
    if (getuid() != 0)
        return; /* who cannot see the mappings */
    start(&live, "%s memfd_secret 38 secrun -p app -- " WAITS, program("without-call"));
    struct outcome run = look("", "--memory", live.pid, 0);
    says(&run, "warn", live.pid, "secrets by preload, in 4096 bytes of locked memory, which root can read");
    says(&run, "ok  ", live.pid, "memory: no copy of a value");
    outcome_free(&run);
    end(&live);
}

/* Nothing can be locked: what the program holds is told all the same, and is no copy of its own. */
static void check_unlocked(const char *become, const char *delivery, const char *command)
{
    struct live live;
    char said[128];
    start(&live, "%s prlimit --memlock=0:0 secrun -p app --delivery %s -- %s", become, delivery, command);
    struct outcome run = look("", "--memory", live.pid, 0);
    snprintf(said, sizeof said, "secrets by %s, in ",
             strcmp(delivery, "inject") == 0 ? "injection" : "preload");
    says(&run, "warn", live.pid, said);
    says(&run, "warn", live.pid, " bytes of memory that can be swapped");
    says(&run, "ok  ", live.pid, "not dumpable");
    says(&run, "ok  ", live.pid, "memory: no copy of a value");
    outcome_free(&run);
    end(&live);
}

Test(inspect, warns_of_secrets_in_memory_that_is_not_locked)
{
    char become[256], command[512];
    if (getuid() != 0)
        return; /* who cannot see the mappings */
    struct outcome made = shell("cp -a store his && chown -R %u his && chmod 711 .", ordinary_uid());
    check_status(made, 0);
    outcome_free(&made);
    snprintf(become, sizeof become, "setpriv --reuid=%u --clear-groups env SECRUN_DIR=$PWD/his",
             ordinary_uid());
    check_unlocked(become, "preload", WAITS);
    /* What the kernel made one mapping of, of which the capsule is a part. */
    snprintf(command, sizeof command, "%s arenas", program("state"));
    check_unlocked(become, "preload", command);
    snprintf(command, sizeof command, "%s KEY", program("target-static"));
    check_unlocked(become, "inject", command);
}

Test(inspect, fails_a_value_in_the_environment)
{
    struct live live;
    start(&live, "env T=x" VALUE " " WAITS);
    struct outcome run = look("", "", live.pid, 1);
    says(&run, "FAIL", live.pid, "environment: app/KEY stands there, byte ");
    says(&run, "warn", live.pid, "nothing of secrun is mapped");
    outcome_free(&run);
    end(&live);
    start(&live, "env T=$(printf %%s '" VALUE "' | base64) " WAITS);
    run = look("", "", live.pid, 1);
    says(&run, "FAIL", live.pid, "environment: app/KEY stands there in base64, byte ");
    outcome_free(&run);
    end(&live);
}

Test(inspect, fails_what_static_is_environ_asks_for)
{
    struct live live;
    start(&live, "secrun -p plain -- %s KEY", program("target-static"));
    struct outcome run = look("", "", live.pid, 1);
    says(&run, "FAIL", live.pid, "environment: app/KEY stands there, byte ");
    outcome_free(&run);
    end(&live);
}

Test(inspect, fails_a_value_that_the_program_put_into_an_argument)
{
    struct live live;
    start(&live, "secrun -p app -- sh -c 'exec sh -c \"echo ready; cat; :\" \"$KEY\"'");
    struct outcome run = look("", "", live.pid, 1);
    says(&run, "FAIL", live.pid, "command line: app/KEY stands there, byte ");
    cr_expect(strstr(run.out, "\n      everybody on this host can read command lines"), "%s", run.out);
    outcome_free(&run);
    end(&live);
}

Test(inspect, fails_a_program_that_others_of_its_user_can_read)
{
    struct live live;
    start(&live, "secrun -p open -- " WAITS);
    struct outcome run = look("", "", live.pid, 1);
    says(&run, "FAIL", live.pid, "dumpable: programs of uid ");
    says(&run, "ok  ", live.pid, "environment: no value of the store");
    outcome_free(&run);
    end(&live);
}

/* The programs of an ordinary user, seen by root: there, the owner of their files tells. */
Test(inspect, tells_root_of_the_programs_of_others)
{
    struct live live;
    if (getuid() != 0)
        return;
    struct outcome made = shell("cp -a store his && chown -R %u his && chmod 711 .", ordinary_uid());
    check_status(made, 0);
    outcome_free(&made);
    char become[256];
    snprintf(become, sizeof become, "setpriv --reuid=%u --clear-groups env SECRUN_DIR=$PWD/his",
             ordinary_uid());
    start(&live, "%s secrun -p app -- " WAITS, become);
    struct outcome run = look("", "", live.pid, 0);
    says(&run, "ok  ", live.pid, "not dumpable");
    says(&run, "ok  ", live.pid, "secrets by preload");
    outcome_free(&run);
    run = look(become, "", live.pid, 0); /* and as that user: what is promised */
    says(&run, "ok  ", live.pid, "not dumpable");
    says(&run, "ok  ", live.pid, "environment: refused");
    says(&run, "ok  ", live.pid, "descriptors: refused");
    outcome_free(&run);
    end(&live);
    start(&live, "%s secrun -p open -- " WAITS, become);
    run = look("", "", live.pid, 1);
    says(&run, "FAIL", live.pid, "dumpable");
    outcome_free(&run);
    run = look(become, "", live.pid, 1);
    says(&run, "FAIL", live.pid, "dumpable");
    outcome_free(&run);
    end(&live);
    start(&live, WAITS); /* root's, which he cannot judge */
    run = look(become, "", live.pid, 2);
    says(&run, "warn", live.pid, "environment: refused to this user");
    outcome_free(&run);
    end(&live);
}

/* Who owns a user namespace may do what root may in it, dumpable or not. */
Test(inspect, warns_of_an_owner_of_the_user_namespace)
{
    struct live live;
    if (getuid() != 0)
        return; /* whose store nobody in such a namespace trusts */
    start(&live, "unshare --user --map-root-user secrun -p app -- " WAITS);
    struct outcome run = look("", "", live.pid, 0);
    says(&run, "warn", live.pid, "outside its user namespace can read it");
    says(&run, "ok  ", live.pid, "environment: no value of the store");
    outcome_free(&run);
    end(&live);
}

/* A soft limit, where the hard one is not 0 itself: that of secrun's targets is. */
Test(inspect, warns_of_a_core_limit)
{
    struct live live;
    start(&live, "sh -c 'ulimit -S -c unlimited || ulimit -c 1; exec python3 -c \"import ctypes, sys\n"
                 "ctypes.CDLL(None).prctl(4, 0)\nprint(\\\"ready\\\", flush=True); sys.stdin.read()\"'");
    struct outcome run = look("", "", live.pid, 0);
    says(&run, "warn", live.pid, ": no core file is written while it is not dumpable");
    outcome_free(&run);
    end(&live);
    start(&live, "secrun -p open -- " WAITS_WITH_CORE);
    run = look("", "", live.pid, 1);
    says(&run, "FAIL", live.pid, ": a core file would have what it copied of its secrets");
    outcome_free(&run);
    end(&live);
}

Test(inspect, warns_of_a_tracer)
{
    struct live live;
    start(&live, "strace -D -o /dev/null secrun -p app -- " WAITS);
    struct outcome run = look("", "", live.pid, 0);
    says(&run, "warn", live.pid, "traced by strace (process ");
    outcome_free(&run);
    end(&live);
}

/* The number of its one child. */
static pid_t child_of(const struct live *live)
{
    struct outcome run;
    pid_t pid = 0;
    for (int i = 0; i < 100 && pid == 0; i++) {
        run = shell("sleep 0.1; pgrep -P %d", (int)live->pid);
        pid = (pid_t)strtol(run.out, NULL, 10);
        outcome_free(&run);
    }
    cr_assert_gt(pid, 0, "no child of %d", (int)live->pid);
    return pid;
}

Test(inspect, has_a_line_for_each_descendant)
{
    static const struct {
        const char *profile, *says;
    } cases[] = {{"app", "secrets by preload, not dumpable, no value"}, {"alone", "no secrets"}};
    for (size_t i = 0; i < 2; i++) {
        struct live live;
        start(&live, "secrun -p %s -- " PARENTS, cases[i].profile);
        pid_t child = child_of(&live);
        struct outcome run = look("", "", live.pid, 0);
        says(&run, "ok  ", child, getuid() == 0 || i == 1 ? cases[i].says : "refused, not dumpable");
        outcome_free(&run);
        end(&live);
    }
}

/* Of a program that has the shim, an operator expects that it has secrets. */
Test(inspect, warns_of_a_program_that_has_a_shim_and_no_secrets)
{
    struct live live;
    start(&live, "env LD_PRELOAD=$SECRUN_STAGE/lib/secrun/secrun.so " WAITS);
    struct outcome run = look("", "", live.pid, 0);
    says(&run, "warn", live.pid, "the shim is mapped, and holds no secrets");
    outcome_free(&run);
    end(&live);
}

/* Of a thread that is not the first. */
Test(inspect, warns_of_a_tracer_of_any_thread)
{
    struct live live;
    start(&live, "secrun -p open -- python3 -c 'import threading, sys, time\n"
                 "threading.Thread(target=lambda: (print(\"ready\", flush=True), sys.stdin.read())).start()\n"
                 "time.sleep(1000)'");
    struct outcome run =
        shell("strace -o /dev/null -p $(ls /proc/%d/task | tail -n 1) 2>attached & tracer=$!\n"
              "until grep -q attached attached; do sleep 0.1; done; secrunctl inspect %d; kill $tracer",
              (int)live.pid, (int)live.pid);
    says(&run, "warn", live.pid, "traced by strace (process ");
    outcome_free(&run);
    kill(live.pid, SIGKILL);
    end(&live);
}

/* What is not looked for is not said to be absent. */
Test(inspect, tells_that_short_values_are_not_looked_for)
{
    struct live live;
    ctl_seal("[app]\nKEY = " VALUE "\nPIN = 4711\n");
    start(&live, "env PIN=4711 " WAITS);
    struct outcome run = look("", "", live.pid, 0);
    says(&run, "ok  ", live.pid, "environment: no value of the store of 8 bytes or more");
    cr_expect(strstr(run.err, "shorter than 8 bytes: app/PIN"), "%s", run.err);
    outcome_free(&run);
    end(&live);
}

/* Which no exec passes on. */
Test(inspect, bears_secret_memory_of_a_programs_own)
{
    struct live live;
    start(&live,
          "secrun -p app -- python3 -c 'import ctypes, sys\n"
          "ctypes.CDLL(None).syscall(447, 0o2000000); print(\"ready\", flush=True); sys.stdin.read()'");
    struct outcome run = look("", "", live.pid, 0);
    cr_expect(!strstr(run.out, "whatever it executes can map"), "%s", run.out);
    outcome_free(&run);
    end(&live);
}

/* A user who is nobody's root there: then it is certain. */
Test(inspect, fails_a_program_in_a_user_namespace_that_its_user_can_read)
{
    struct live live;
    if (getuid() != 0)
        return;
    start(&live, "secrun -p open -- python3 -c 'import ctypes, os\n"
                 "one = os.pipe(); two = os.pipe(); pid = os.fork()\n"
                 "if pid == 0:\n    ctypes.CDLL(None).unshare(0x10000000); os.write(one[1], b\"x\"); "
                 "os.read(two[0], 1)\n"
                 "    os.setresgid(1000, 1000, 1000); os.setresuid(1000, 1000, 1000)\n"
                 "    os.execvp(\"sh\", [\"sh\", \"-c\", \"echo ready; exec cat\"])\n"
                 "os.read(one[0], 1)\n"
                 "for which in \"uid\", \"gid\":\n"
                 "    open(\"/proc/%%d/%%s_map\" %% (pid, which), \"w\").write(\"0 100000 65536\")\n"
                 "os.write(two[1], b\"x\"); os.waitpid(pid, 0)'");
    pid_t child = child_of(&live);
    struct outcome run = look("", "", child, 1);
    says(&run, "FAIL", child, "dumpable: programs of uid 101000 can read it");
    outcome_free(&run);
    end(&live);
}

/* A static program hands its environment on by itself. */
Test(inspect, fails_a_descendant_that_has_a_value_in_its_environment)
{
    struct live live;
    start(&live, "secrun -p app -- %s sh -c 'echo ready; /bin/cat; :'", program("busybox-static"));
    pid_t child = child_of(&live);
    struct outcome run = look("", "", live.pid, 1);
    says(&run, "FAIL", child, "environment: app/KEY stands there, byte ");
    says(&run, "ok  ", live.pid, "not dumpable");
    outcome_free(&run);
    end(&live);
}

/* Behind more than are told, and when another has taken its place. */
Test(inspect, fails_a_key_behind_many_others_and_one_that_was_replaced)
{
    struct live live;
    start(&live, "python3 -c 'import sys\ns = [open(\"store/secrets.age\") for i in range(20)]\n"
                 "k = open(\"store/machine.key\"); print(\"ready\", flush=True); sys.stdin.read()'");
    struct outcome run = look("", "", live.pid, 1);
    says(&run, "FAIL", live.pid, ": the machine key is open there");
    says(&run, "warn", live.pid, "descriptors: and 5 more such");
    outcome_free(&run);
    run = shell("secrunctl rekey");
    outcome_free(&run);
    run = look("", "", live.pid, 1);
    says(&run, "FAIL", live.pid, ": the machine key is open there");
    outcome_free(&run);
    end(&live);
}

/* Whoever may do less than a program cannot tell whether it may be read. */
Test(inspect, takes_no_refusal_for_proof_that_has_other_reasons)
{
    struct live live;
    if (getuid() != 0)
        return;
    start(&live, "env T=" VALUE " " WAITS);
    struct outcome run =
        look("setpriv --inh-caps -all --bounding-set -all,+setpcap,+setuid,+setgid,+kill", "", live.pid, 2);
    cr_expect(!strstr(run.out, "not dumpable") && !strstr(run.out, "environment: refused\n"), "%s", run.out);
    cr_expect(strstr(run.out, "refused to this user"), "%s", run.out);
    outcome_free(&run);
    end(&live);
}

/* A first thread that has ended leaves /proc/PID empty. */
Test(inspect, finds_what_a_program_without_its_first_thread_shows)
{
    struct live live;
    start(&live, "env T=" VALUE " python3 -c 'import ctypes, threading, sys\n"
                 "def work():\n    print(\"ready\", flush=True); sys.stdin.read()\n"
                 "threading.Thread(target=work).start(); ctypes.CDLL(None).pthread_exit(None)'");
    struct outcome run = shell("sleep 0.3; secrunctl inspect %d", (int)live.pid);
    cr_expect_eq(run.status, 1, "%d", run.status);
    says(&run, "FAIL", live.pid, "environment: app/KEY stands there");
    outcome_free(&run);
    run = shell("secrunctl scan --proc | grep -c 'process %d .*environ: app/KEY'", (int)live.pid);
    cr_expect_str_eq(run.out, "1\n");
    outcome_free(&run);
    end(&live);
}

Test(inspect, fails_a_capsule_or_a_key_that_is_left_open)
{
    struct live live;
    start(&live, "python3 -c 'import os, sys\nos.memfd_create(\"secrun\"); k = open(\"store/machine.key\")\n"
                 "s = open(\"store/secrets.age\"); print(\"ready\", flush=True); sys.stdin.read()'");
    struct outcome run = look("", "", live.pid, 1);
    says(&run, "FAIL", live.pid, ": a capsule, which others can open by way of /proc");
    says(&run, "FAIL", live.pid, ": the machine key is open there");
    says(&run, "warn", live.pid, ": the sealed file is open there");
    outcome_free(&run);
    end(&live);
}

/* --- names, memory, programs ------------------------------------------------------------------------- */

Test(inspect, names_what_a_run_of_the_profile_gets)
{
    struct live live;
    if (getuid() != 0)
        return; /* who cannot see that it holds secrets */
    start(&live, "secrun -p app -- " WAITS);
    struct outcome run = look("", "-p open", live.pid, 0);
    says(&run, "ok  ", live.pid, "a run of [open] gets KEY");
    outcome_free(&run);
    run = look("", "", live.pid, 0);
    says(&run, "ok  ", live.pid, "a run of [cat] gets TOKEN");
    outcome_free(&run);
    end(&live);
}

Test(inspect, finds_copies_in_memory)
{
    struct live live;
    if (getuid() != 0) {
        struct outcome refused = look("", "--memory", 1, 2);
        cr_expect(strstr(refused.err, "--memory is for root"), "%s", refused.err);
        outcome_free(&refused);
        return;
    }
    start(&live, "secrun -p app -- perl -e '$| = 1; $a = \"x$ENV{KEY}\"; print \"ready\"; <STDIN>'");
    struct outcome run = look("", "--memory", live.pid, 0);
    says(&run, "warn", live.pid, "memory, heap: a copy of app/KEY that the program made");
    outcome_free(&run);
    end(&live);
    start(&live, "secrun -p open -- perl -e '$| = 1; $a = \"x$ENV{KEY}\"; print \"ready\"; <STDIN>'");
    run = look("", "--memory", live.pid, 1);
    says(&run, "FAIL", live.pid, "memory, heap: a copy of app/KEY that the program made");
    outcome_free(&run);
    end(&live);
}

/* 1 TiB of addresses, a page of them in use, across the ends of two others. */
Test(inspect, searches_large_reservations_for_what_is_there)
{
    struct live live;
    if (getuid() != 0)
        return;
    start(&live, "secrun -p app -- python3 -c 'import mmap, os, sys\n"
                 "m = mmap.mmap(-1, 1 << 40, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)\n"
                 "v = os.environb[b\"KEY\"]\n"
                 "m[(1 << 39) - 7:(1 << 39) - 7 + len(v)] = v\nprint(\"ready\", flush=True); "
                 "sys.stdin.read()'");
    struct outcome run = look("timeout 60", "--memory", live.pid, 0);
    says(&run, "warn", live.pid, "memory, anonymous: a copy of app/KEY");
    outcome_free(&run);
    end(&live);
}

Test(inspect, tells_programs_the_same)
{
    struct live live;
    start(&live, "env T=" VALUE " " PARENTS);
    pid_t child = child_of(&live);
    struct outcome run = shell(
        "secrunctl inspect --json %d >out; echo $?; jq -r 'select(.level == \"fail\") | [.pid, .parent, "
        ".program, .what, .profile, .name, .form] | @csv' out | sort -n; jq -c keys out | sort -u | "
        "wc -l; jq -r 'select(.what == \"who\") | .pid' out | wc -l",
        (int)live.pid);
    char expected[512];
    snprintf(expected, sizeof expected,
             "1\n%d,%d,\"sh\",\"environ\",\"app\",\"KEY\",\"plain\"\n"
             "%d,%d,\"cat\",\"environ\",\"app\",\"KEY\",\"plain\"\n3\n2\n",
             (int)live.pid, (int)getpid(), (int)child, (int)live.pid);
    cr_expect_str_eq(run.out, expected, "%s%s", run.out, run.err);
    cr_expect(!strstr(run.out, SCANS_PIECE), "%s", run.out);
    outcome_free(&run);
    end(&live);
}

/* --- what cannot be looked at ------------------------------------------------------------------------ */

static void check_refused(const char *command, const char *text)
{
    struct outcome run = shell("%s", command);
    cr_expect_eq(run.status, 2, "%s: exit status %d\n%s%s", command, run.status, run.out, run.err);
    cr_expect(strstr(run.err, text) && strncmp(run.err, "secrunctl: ", 11) == 0, "%s: %s", command, run.err);
    cr_expect_eq(run.out_size, 0, "%s: %s", command, run.out);
    cr_expect(!strstr(run.err, SCANS_PIECE), "%s", run.err);
    outcome_free(&run);
}

Test(inspect, says_why_there_is_nothing_to_look_at)
{
    check_refused("secrunctl inspect $(sh -c 'echo $$')", ": no such process\n");
    check_refused("exec sh -c 'exec secrunctl inspect $$'", " is this secrunctl itself\n");
    check_refused("sh -c 'sleep 0 & echo $! >pid; exec sleep 5' & sleep 1; secrunctl inspect $(cat pid)",
                  ": it has ended, and its parent has not waited for it: nothing is left\n");
    check_refused("python3 -c 'import threading, time\n"
                  "threading.Thread(target=time.sleep, args=(5,), daemon=True).start(); time.sleep(5)' &\n"
                  "sleep 1; secrunctl inspect $(ls /proc/$!/task | tail -n 1)",
                  ": a thread of process ");
    check_refused("secrunctl inspect", "inspect: an operand is missing\n");
    check_refused("secrunctl inspect " VALUE, "inspect: operand 1 is no number of a process\n");
    check_refused("secrunctl inspect 1 0", "inspect: operand 2 is no number of a process\n");
    check_refused("secrunctl inspect -- -1", "inspect: operand 1 is no number of a process\n");
    check_refused("secrunctl inspect 4294967297", "inspect: operand 1 is no number of a process\n");
    check_refused("secrunctl inspect 99999999999999999999999", "operand 1 is no number of a process\n");
    check_refused("secrunctl inspect -p none 1", "no profile [none]\n");
    check_refused("secrunctl inspect $$ >/dev/full", "standard output: No space left");
}

Test(inspect, knows_a_thread_of_the_kernel)
{
    struct outcome found = shell("pgrep -P 2 | head -n 1; exit 0");
    char command[64];
    if (found.out_size > 0) { /* a container has none */
        snprintf(command, sizeof command, "secrunctl inspect %d", (int)strtol(found.out, NULL, 10));
        check_refused(command, ": a thread of the kernel, which holds no secrets\n");
    }
    outcome_free(&found);
}

Test(inspect, tells_the_rest_without_a_store)
{
    struct live live;
    start(&live, WAITS);
    struct outcome run = look("env SECRUN_DIR=$PWD/none", "", live.pid, 2);
    says(&run, "warn", live.pid, "nothing of secrun is mapped");
    cr_expect(strstr(run.err, "so no values are looked for\n"), "%s", run.err);
    cr_expect(!strstr(run.out, "no value of the store"), "%s", run.out);
    outcome_free(&run);
    end(&live);
}

Test(inspect, goes_on_while_processes_come_and_go)
{
    struct live live;
    start(&live, "secrun -p app -- sh -c 'echo ready; while :; do /bin/true; done'");
    for (int i = 0; i < 20; i++) {
        struct outcome run = look("timeout 60", "", live.pid, 0);
        outcome_free(&run);
    }
    kill(live.pid, SIGKILL);
    end(&live);
}

/* --- hostile programs -------------------------------------------------------------------------------- */

Test(inspect, is_not_misled_by_names)
{
    struct live live;
    start(&live, "perl -e '$| = 1; $0 = \"a) Z 1 \\e[2J\\n(\"; print \"ready\"; <STDIN>'");
    struct outcome run = look("", "", live.pid, 0);
    for (size_t i = 0; i < run.out_size; i++)
        cr_expect(run.out[i] == '\n' || (run.out[i] >= ' ' && run.out[i] <= '~'), "byte %02x", run.out[i]);
    says(&run, "ok  ", live.pid, "nothing traces it");
    outcome_free(&run);
    end(&live);
    start(&live, "perl -e '$| = 1; $0 = \"" VALUE "\"; print \"ready\"; <STDIN>'");
    run = look("", "", live.pid, 1); /* which is its command line as well */
    says(&run, "FAIL", live.pid, "command line: app/KEY");
    outcome_free(&run);
    run = look("", "--json", live.pid, 1);
    outcome_free(&run);
    end(&live);
}

Test(inspect, reads_large_environments_and_command_lines_to_their_end)
{
    struct live live;
    start(&live,
          "perl -e '%%ENV = map { (\"V$_\" => \"x\" x 100000) } 1 .. 9; $ENV{Z} = \"%s\";\n"
          "exec \"perl\", \"-e\", q($| = 1; print \"ready\"; <STDIN>), (\"y\" x 100000) x 9, \"%s\"'",
          VALUE, VALUE);
    struct outcome run = look("timeout 60", "", live.pid, 1);
    says(&run, "FAIL", live.pid, "environment: app/KEY");
    says(&run, "FAIL", live.pid, "command line: app/KEY");
    outcome_free(&run);
    end(&live);
}

Test(inspect, bears_many_values_mappings_and_descriptors)
{
    struct live live;
    start(&live, "env T=\"$(yes '" VALUE "' | head -n 4000)\" python3 -c 'import mmap, os, sys\n"
                 "m = [mmap.mmap(-1, 4096, prot=1 + i %% 2 * 2) for i in range(20000)]\n"
                 "f = [os.open(\"/dev/null\", os.O_RDONLY) for i in range(900)]\n"
                 "print(\"ready\", flush=True); sys.stdin.read()'");
    struct outcome run = look("timeout 60", "", live.pid, 1);
    says(&run, "FAIL", live.pid, "environment: app/KEY");
    says(&run, "ok  ", live.pid, "no capsule is open");
    cr_expect_lt(run.out_size, 2000, "%s", run.out);
    outcome_free(&run);
    end(&live);
}
