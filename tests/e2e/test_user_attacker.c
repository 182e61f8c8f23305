/* SPDX-License-Identifier: ISC */
/*
 * A program that root's secrun runs as another user (-u), as an attacker: what is left to it of root, what it
 * finds of the store, and what other processes of that user find of it. The user is one without an entry; an
 * ordinary user, who cannot have any of this, finds the refusal.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/live.h"
#include "support/program.h"
#include "support/refusal.h"
#include "support/store.h"

#define VALUE "ua-Qe7vR2mX9tLw4ZbN8sKd"
#define USER  "54321:54322"

/* Runs a command without the descriptors of whatever runs the tests. */
static const char bare[] = "#!/bin/bash\n"
                           "for fd in $(ls /proc/$$/fd); do\n"
                           "    case $fd in [0-2] | 8 | 9 | 255) ;; *) eval \"exec $fd>&-\" ;; esac\n"
                           "done\n"
                           "exec \"$@\"\n";

static void begin(void)
{
    scratch_begin();
    put_file("bare", bare, strlen(bare));
    store_make_text("store", "[default]\nTOKEN = " VALUE "\n[none]\n.include = default\n.inherit = none\n");
    struct outcome made = shell("chmod 755 bare; mkdir inner; cp store/* inner; chmod 755 . store inner; "
                                "chmod 644 store/secrets.age");
    check_status(made, 0);
    outcome_free(&made);
}

TestSuite(user_attacker, .init = begin, .fini = scratch_end, .timeout = 300);

/* How many lines are that one. */
static int count(const char *text, const char *line)
{
    int found = 0;
    size_t size = strlen(line);
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
        found += strncmp(text, line, size) == 0 && text[size] == '\n';
    return found;
}

#define EXPECT(run, line)                                                                                    \
    cr_expect_eq(count((run).out, line), 1, "not '%s':\n%s%s", line, (run).out, (run).err)

/* before: what runs secrun. */
static struct outcome captive(const char *before, const char *options, const char *name)
{
    struct outcome run = shell("%s secrun -d store -u " USER " %s -- %s \"$PWD/store/machine.key\" "
                               "\"$PWD/store/secrets.age\" /etc/shadow",
                               before, options, program(name));
    check_status(run, 0);
    EXPECT(run, "TOKEN=" VALUE);
    return run;
}

static void expect_sets(const struct outcome *run, const char *set)
{
    static const char *const names[] = {"CapInh", "CapPrm", "CapEff", "CapAmb"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char line[64];
        snprintf(line, sizeof line, "%s: %s", names[i], set);
        EXPECT(*run, line);
    }
}

#define NONE "0000000000000000"

static void check_nothing_is_left(const char *name)
{
    static const char *const refused[] = {"setuid: EPERM",     "seteuid: EPERM",   "setresuid: EPERM",
                                          "setgid: EPERM",     "setgroups: EPERM", "chroot: EPERM",
                                          "ptrace init: EPERM"};
    struct outcome run = captive("setpriv --groups=0,4,27", "", name);
    EXPECT(run, "Uid: 54321 54321 54321 54321");
    EXPECT(run, "Gid: 54322 54322 54322 54322");
    EXPECT(run, "Groups: 54322 ");
    EXPECT(run, "NoNewPrivs: 0");
    expect_sets(&run, NONE);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        EXPECT(run, refused[i]);
    outcome_free(&run);
}

Test(user_attacker, has_nothing_left_of_root)
{
    if (!may_become_others())
        return;
    check_nothing_is_left("captive");
    check_nothing_is_left("captive-static");
}

#define SOME "--inh-caps=+setgid,+setuid,+sys_admin --ambient-caps=+setgid,+setuid,+sys_admin"

/* What would keep capabilities across a change of the user, or hand them to what is run. */
Test(user_attacker, has_no_capability_whatever_the_caller_has_arranged)
{
    if (!may_become_others())
        return;
    static const char *const befores[] = {
        "setpriv " SOME,
        "setpriv --securebits=+no_setuid_fixup",
        "setpriv --securebits=+no_setuid_fixup,+no_setuid_fixup_locked,+noroot,+noroot_locked " SOME,
        "setpriv --no-new-privs",
    };
    for (size_t i = 0; i < sizeof befores / sizeof *befores; i++) {
        struct outcome run = captive(befores[i], "", "captive");
        expect_sets(&run, NONE);
        EXPECT(run, "setuid: EPERM");
        EXPECT(run, i == 3 ? "NoNewPrivs: 1" : "NoNewPrivs: 0");
        outcome_free(&run);
    }
}

Test(user_attacker, has_the_capabilities_that_are_asked_for_and_no_other)
{
    if (!may_become_others())
        return;
    static const char *const names[] = {"captive", "captive-static"};
    for (size_t i = 0; i < 2; i++) {
        struct outcome run = captive("", "--ambient-caps net_bind_service,CAP_SYS_NICE", names[i]);
        expect_sets(&run, "0000000000800400");
        EXPECT(run, "setuid: EPERM");
        outcome_free(&run);
    }
    struct outcome run = captive("", "--ambient-caps setuid", "captive");
    EXPECT(run, "setuid: done");
    outcome_free(&run);
    run = shell("setpriv --bounding-set=-net_raw secrun -d store -u " USER
                " --ambient-caps net_raw -- " STARTED);
    check_refusal("bounding", &run, 125,
                  "secrun: -u: net_raw: secrun does not have it itself, so it cannot give it\n");
    run = shell("secrun -d store -u " USER " --ambient-caps net_raw,no_such -- " STARTED);
    check_refusal("unknown", &run, 125, "secrun: --ambient-caps: unknown capability no_such\n");
    run = shell("secrun -d store --ambient-caps net_raw -- " STARTED);
    check_refusal("without -u", &run, 125, "secrun: --ambient-caps: only with -u ");
}

/* --- the store ---------------------------------------------------------------------------------------- */

/* The sealed file can be read by all here, the key's is its own. */
Test(user_attacker, finds_neither_the_key_nor_a_descriptor)
{
    if (!may_become_others())
        return;
    char line[1100];
    static const char *const sources[] = {"", "-k fd:9", "-k \"command:/bin/cat $PWD/store/machine.key\""};
    for (size_t i = 0; i < 6; i++) {
        char options[256];
        snprintf(options, sizeof options, "%s", sources[i % 3]);
        struct outcome run = captive(i % 3 == 1 ? "exec 9<store/machine.key; ./bare" : "./bare", options,
                                     i < 3 ? "captive" : "captive-static");
        snprintf(line, sizeof line, "open %s/store/machine.key: EACCES", scratch());
        EXPECT(run, line);
        EXPECT(run, "open /etc/shadow: EACCES");
        cr_expect_null(strstr(run.out, "descriptor "), "%s: %s", options, run.out);
        outcome_free(&run);
    }
}

/* A control of that: what is inherited does show. */
Test(user_attacker, inherits_the_callers_descriptors)
{
    if (!may_become_others())
        return;
    struct outcome run = captive("exec 8</dev/zero; ./bare", "", "captive");
    EXPECT(run, "descriptor 8: /dev/zero");
    outcome_free(&run);
}

Test(user_attacker, has_a_session_keyring_of_its_own)
{
    if (!may_become_others())
        return;
    char before[600];
    snprintf(before, sizeof before, "%s plant", program("captive"));
    struct outcome run = shell("%s plant %s", program("captive"), program("captive"));
    EXPECT(run, "key secrun-planted-key: done");
    outcome_free(&run);
    run = captive(before, "", "captive");
    EXPECT(run, "key secrun-planted-key: ENOKEY");
    cr_expect(strstr(run.out, "session keyring: keyring;54321;54322;"), "%s", run.out);
    outcome_free(&run);
}

/* --- other processes of that user --------------------------------------------------------------------- */

static void check_target_refuses(const char *name)
{
    struct live live;
    live_start(&live, "ready", 5, "secrun -d store -u 54321:54321 -- %s TOKEN", program(name));
    unsigned long address = strtoul(live.text, NULL, 0);
    struct outcome seen = shell("setpriv --reuid=54321 --regid=54321 --clear-groups %s %d %#lx",
                                program("attacker"), (int)live.pid, address);
    check_attack_refused(&seen);
    live_end(&live);
    cr_expect_eq(live.status, 0, "wait status %#x\n%s", (unsigned)live.status, live.text);
    live_free(&live);
}

Test(user_attacker, of_the_same_user_gets_nothing_of_the_program)
{
    if (!may_become_others())
        return;
    check_target_refuses("target");
    check_target_refuses("target-static");
    check_target_refuses("target-go");
}

/* secrun itself would be open to that user for a moment if the system says fs.suid_dumpable = 1, were it not
 * that the saved user is the last to change. */
Test(user_attacker, never_finds_secrun_open)
{
    if (!may_become_others())
        return;
    struct outcome run = shell(
        "strace -o trace -e trace=setresuid,setuid,setreuid,setresgid,prctl,execve secrun -d store -u " USER
        " -- true\n"
        "sed -n '/setresgid(54322/,/execve/p' trace | grep -vE '= -1 E|CAP_AMBIENT|GET_DUMPABLE' | sed "
        "'s/ *=.*//' | head -n 4");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "setresgid(54322, 54322, 54322)\nsetresuid(54321, 54321, -1)\n"
                              "prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE)\nsetresuid(-1, -1, 54321)\n");
    outcome_free(&run);
}

/* --- what the user cannot have ------------------------------------------------------------------------ */

Test(user_attacker, is_not_started_where_the_shim_is_out_of_reach)
{
    if (!may_become_others())
        return;
    struct outcome run = shell("cp \"$SECRUN_STAGE/lib/secrun/secrun.so\" .; unshare -m sh -c '"
                               "mount -t tmpfs -o mode=700 none \"$SECRUN_STAGE/lib/secrun\"\n"
                               "cp secrun.so \"$SECRUN_STAGE/lib/secrun\"\n"
                               "secrun -d store printenv TOKEN || exit 1\n"
                               "exec secrun -d store -u " USER " -- printenv TOKEN'");
    cr_expect_eq(run.status, 125, "%d", run.status);
    cr_expect_str_eq(run.out, VALUE "\n");
    cr_expect(holds(run.err, run.err_size, "secrun.so: Permission denied"), "%s", run.err);
    outcome_free(&run);
}

Test(user_attacker, owns_no_shim_that_root_would_trust)
{
    if (!may_become_others())
        return;
    struct outcome run = shell("cp \"$SECRUN_STAGE/lib/secrun/secrun.so\" .; unshare -m sh -c '"
                               "mount -t tmpfs -o mode=755 none \"$SECRUN_STAGE/lib/secrun\"\n"
                               "cp secrun.so \"$SECRUN_STAGE/lib/secrun\"; chown 54321 "
                               "\"$SECRUN_STAGE/lib/secrun/secrun.so\"\n"
                               "exec secrun -d store -u " USER " -- " STARTED "'");
    check_refusal("shim", &run, 125, "secrun.so: not owned by root (uid 54321)");
}

/* Root's own capability is no longer there to pass over the limit. */
Test(user_attacker, has_its_own_limit_of_locked_memory)
{
    if (!may_become_others() || !store_has_secret_memory("store"))
        return;
    struct outcome run = shell("ulimit -l 0; secrun -d store -n true; secrun -d store -n -u " USER " true");
    check_status(run, 0);
    cr_expect_eq(count(run.out, "memory    memfd_secret"), 1, "%s", run.out);
    cr_expect(holds(run.out, run.out_size, "memory    private memory, not locked (memfd_secret: "), "%s",
              run.out);
    outcome_free(&run);
    run = shell("ulimit -l 64; secrun -d store -n -u " USER " true; secrun -d store -u " USER
                " printenv TOKEN");
    check_status(run, 0);
    cr_expect_eq(count(run.out, "memory    memfd_secret"), 1, "%s", run.out);
    cr_expect_eq(count(run.out, VALUE), 1, "%s", run.out);
    outcome_free(&run);
}

/* --- below another target ----------------------------------------------------------------------------- */

Test(user_attacker, has_of_an_outer_targets_secrets_what_policy_lets_it_have)
{
    if (!may_become_others())
        return;
    struct outcome made = shell("printf '[inner]\\nOTHER = inner-value-0123\\n' | age -r $(age-keygen -y "
                                "store/machine.key) -o inner/secrets.age");
    check_status(made, 0);
    outcome_free(&made);
    static const char *const outer[][2] = {{"default", VALUE " inner-value-0123\n"},
                                           {"none", " inner-value-0123\n"}};
    for (size_t i = 0; i < 2; i++) {
        struct outcome run = shell("secrun -d store -p %s -- sh -c 'secrun -d inner -p inner -u " USER
                                   " -- sh -c \"echo \\$TOKEN \\$OTHER; id -u >&2\"; exit $?'",
                                   outer[i][0]);
        check_status(run, 0);
        cr_expect_str_eq(run.out + (run.out[0] == ' '), outer[i][1] + (outer[i][1][0] == ' '), "%s: %s",
                         outer[i][0], run.out);
        cr_expect_str_eq(run.err, "54321\n");
        outcome_free(&run);
    }
}
