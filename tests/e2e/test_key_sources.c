/* SPDX-License-Identifier: ISC */
/* Where the machine key comes from, besides a file: credentials, descriptors, commands. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/refusal.h"
#include "support/store.h"

#define VALUE "ks-Qe7vR2mX9tLw4ZbN8sKd"

/* The store has no key: that is in the file `key`. */
static void begin(void)
{
    scratch_begin();
    store_make_text("store",
                    "[default]\nTOKEN = " VALUE "\n[inject]\n.include = default\n.delivery = inject\n");
    struct outcome moved = shell("mv store/machine.key key; ln -s \"$PWD\" here");
    check_status(moved, 0);
    outcome_free(&moved);
    unsetenv("CREDENTIALS_DIRECTORY");
}

TestSuite(key_source, .init = begin, .fini = scratch_end, .timeout = 300);

static void check_opens(const char *command)
{
    struct outcome run = shell("%s", command);
    cr_expect_eq(run.status, 0, "%s: exit status %d\n%s", command, run.status, run.err);
    cr_expect_str_eq(run.out, VALUE "\n", "%s: %s", command, run.out);
    cr_expect_str_eq(run.err, "", "%s: %s", command, run.err);
    outcome_free(&run);
}

static void check_refused(const char *command, const char *text)
{
    struct outcome run = shell("%s -- " STARTED, command);
    const char *key = strstr(run.err, "AGE-SECRET-KEY-1");
    cr_expect(!key || key[16] == '.', "%s", run.err);
    check_refusal(command, &run, 125, text);
}

static void make(const char *script)
{
    struct outcome made = shell("set -e; %s", script);
    check_status(made, 0);
    outcome_free(&made);
}

static void configure(const char *identity)
{
    char text[1024];
    int size = snprintf(text, sizeof text, "[store]\nidentity = %s\n", identity);
    put_file("store/secrun.conf", text, (size_t)size);
}

#define PRINT " -- printenv TOKEN"

/* --- credentials ------------------------------------------------------------------------------------ */

Test(key_source, a_credential_is_a_file_of_that_name_in_the_directory_of_credentials)
{
    make("mkdir credentials; cp key credentials/secrun; chmod 440 credentials/secrun");
    check_opens("CREDENTIALS_DIRECTORY=$PWD/credentials secrun -d store -k credential:secrun" PRINT);
    configure("credential:secrun");
    check_opens("CREDENTIALS_DIRECTORY=$PWD/credentials secrun -d store" PRINT);
    check_refused(
        "CREDENTIALS_DIRECTORY=$PWD/credentials secrun -d store -k credential:other",
        "credentials/other: No such file or directory\nsecrun: hint: in the unit: LoadCredential=other:PATH");
    check_refused("CREDENTIALS_DIRECTORY=credentials secrun -d store",
                  "CREDENTIALS_DIRECTORY: not an absolute path");
    check_refused("secrun -d store -k credential:secrun-no-such",
                  "/run/secrets/secrun-no-such: No such file");
}

/* As Kubernetes lays out a volume: links that are put in place at once, in a directory that all may write. */
Test(key_source, a_credential_may_be_read_by_others_and_reached_by_links)
{
    make("mkdir volume volume/..2026; cp key volume/..2026/secrun; ln -s ..2026 volume/..data\n"
         "ln -s ..data/secrun volume/secrun; chmod 755 volume/..2026; chmod 1777 volume");
    static const char *const modes[] = {"400", "440", "444", "644"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        char command[256];
        snprintf(command, sizeof command,
                 "chmod %s volume/..2026/secrun; CREDENTIALS_DIRECTORY=$PWD/volume secrun -d store "
                 "-k credential:secrun" PRINT,
                 modes[i]);
        check_opens(command);
    }
}

Test(key_source, a_credential_that_others_can_change_is_refused)
{
#define CREDENTIAL "CREDENTIALS_DIRECTORY=$PWD/volume secrun -d store -k credential:secrun"
    make("mkdir volume; cp key volume/secrun; chmod 664 volume/secrun");
    check_refused(CREDENTIAL, "volume/secrun: others can write it (mode 0664)");
    make("chmod 444 volume/secrun; chmod 777 volume");
    check_refused(CREDENTIAL, "volume: directory that others can write (mode 0777)");
    if (getuid() != 0)
        return; /* who cannot give a file away */
    make("chmod 755 volume; chown 54321 volume/secrun");
    check_refused(CREDENTIAL, "volume/secrun: not owned by root (uid 54321)");
    make("chown 0 volume/secrun; chown 54321 volume");
    check_refused(CREDENTIAL, "volume: not owned by root (uid 54321)");
}

Test(key_source, a_secret_of_a_container_is_found_without_a_directory_of_credentials)
{
    if (getuid() != 0) { /* who cannot mount one */
        check_refused("secrun -d store -k credential:secrun-no-such",
                      "/run/secrets/secrun-no-such: No such file");
        return;
    }
    make("chmod 444 key; mkdir -p tree; cp key tree/secrun_key");
    check_opens("unshare -m sh -c 'mount -t tmpfs -o mode=755 none /run && mkdir /run/secrets && "
                "cp tree/secrun_key /run/secrets && exec secrun -d store -k credential:secrun_key" PRINT "'");
}

/* As Compose mounts a file of the host's. /run is a mount of the test's own. */
Test(key_source, a_credential_of_another_owner_is_taken_from_a_read_only_mount_alone)
{
    if (getuid() != 0)
        return; /* who can neither give a file away nor mount it */
    make(
        "cp key theirs; chmod 600 theirs; chown 54321 theirs; cp -p store/secrets.age sealed; chown 54321 "
        "sealed\n"
        "cat >mounted <<'END'\n"
        "set -e\n"
        "mount -t tmpfs -o mode=755 none /run; mkdir /run/secrets; touch /run/secrets/key "
        "/run/secrets/sealed\n"
        "mount --bind theirs /run/secrets/key; mount --bind sealed /run/secrets/sealed\n"
        "[ -z \"$OPTIONS\" ] || mount -o remount,bind,$OPTIONS /run/secrets/key\n"
        "mount -o remount,bind,ro /run/secrets/sealed\n"
        "chmod $MODE /run/secrets; chown $OWNER /run/secrets; exec secrun -d store -k credential:key \"$@\"\n"
        "END\n");
#define MOUNTED(options, mode, owner)                                                                        \
    "OPTIONS=" options " MODE=" mode " OWNER=" owner " unshare -m sh mounted"
    check_opens(MOUNTED("ro", "755", "0") PRINT);
    check_refused(MOUNTED("", "755", "0"), "/run/secrets/key: not owned by root (uid 54321)");
    check_refused(MOUNTED("ro", "777", "0"), "/run/secrets: directory that others can write (mode 0777)");
    check_refused(MOUNTED("ro", "755", "54321"), "/run/secrets: not owned by root (uid 54321)");
    /* It is the key alone that this goes for. */
    check_refused(MOUNTED("ro", "755", "0") " -f /run/secrets/sealed",
                  "/run/secrets/sealed: not owned by root (uid 54321)");
    make("chmod 622 theirs");
    check_refused(MOUNTED("ro", "755", "0"), "/run/secrets/key: others can write it (mode 0622)");
    struct outcome run = shell(MOUNTED("ro", "755", "0") " -k file:/run/secrets/key -n -- true");
    cr_expect(holds(run.err, run.err_size, "/run/secrets/key: not owned by root (uid 54321)"), "%s", run.err);
    cr_expect_eq(run.status, 125);
    outcome_free(&run);
}

Test(key_source, names_that_lead_elsewhere_are_no_credentials)
{
    static const char *const names[] = {"", ".", "..", "../key", "/etc/passwd", "a/b", ".hidden", "..data"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char command[256];
        snprintf(command, sizeof command, "CREDENTIALS_DIRECTORY=$PWD secrun -d store -k 'credential:%s'",
                 names[i]);
        check_refused(command, "credential: takes a name without slashes, which does not begin with a dot");
        configure(command + strlen("CREDENTIALS_DIRECTORY=$PWD secrun -d store -k '"));
        configure("file:machine.key");
    }
}

/* --- descriptors ------------------------------------------------------------------------------------ */

Test(key_source, a_descriptor_is_read_to_its_end_and_closed)
{
    check_opens("secrun -d store -k fd:5" PRINT " 5<key");
    check_opens("cat key | secrun -d store -k fd:0" PRINT);
    check_opens("secrun -d store -k fd:0 -- sh -c 'cat; printenv TOKEN' <key");
    configure("fd:7");
    check_opens("secrun -d store -- sh -c '[ ! -e /proc/self/fd/7 ] && printenv TOKEN' 7<key");
    struct outcome run = shell("secrun -d store -- %s TOKEN 7<key", program("show-static"));
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "TOKEN=" VALUE), "%s", run.out);
    outcome_free(&run);
}

Test(key_source, a_descriptor_that_is_not_open_is_not_one_of_secruns_own)
{
    for (int fd = 3; fd < 8; fd++) {
        char command[128], text[64];
        snprintf(command, sizeof command, "secrun -d store -k fd:%d --delivery inject %d<&-", fd, fd);
        snprintf(text, sizeof text, "secrun: fd:%d: that descriptor is not open\n", fd);
        check_refused(command, text);
    }
    check_refused("secrun -d store -k fd:0 <&-", "fd:0: ");
}

Test(key_source, what_is_no_number_of_a_descriptor_is_refused)
{
    static const char *const numbers[] = {"", "1", "2", "-1", "03", "3x", " 3", "99999999", "3,4"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char command[128];
        snprintf(command, sizeof command, "secrun -d store -k 'fd:%s' 3<key", numbers[i]);
        check_refused(command, "fd: takes a descriptor's number: 0, or 3 and above");
    }
}

Test(key_source, a_descriptor_is_not_asked_for_twice)
{
    check_refused("secrun -d store -p inject -k fd:5 5<key",
                  "secrun: fd:5: read already, when the profile was found to ask for another delivery\n"
                  "secrun: hint: say it before: --delivery inject, ");
    check_opens("secrun -d store -p inject -k fd:5 --delivery inject" PRINT " 5<key");
}

/* --- commands --------------------------------------------------------------------------------------- */

static void put_script(const char *name, const char *text)
{
    char script[1024];
    int size = snprintf(script, sizeof script, "#!/bin/sh\n%s\n", text);
    put_file(name, script, (size_t)size);
    make("chmod 700 script* 2>/dev/null || true");
}

#define COMMAND "secrun -d store -k \"command:$PWD/script"

Test(key_source, a_command_prints_the_key)
{
    check_opens("secrun -d store -k \"command:/bin/cat $PWD/key\"" PRINT);
    put_script("script", "[ $# = 2 ] && [ \"$1\" = 'a*' ] && [ \"$2\" = '\"$HOME\"' ] && exec cat key");
    check_opens(COMMAND "  a*\t \\\"\\$HOME\\\" \"" PRINT);
    check_opens("cd /; secrun -d \"$OLDPWD/store\" -k \"command:/bin/cat $OLDPWD/key\"" PRINT);
    char text[600];
    snprintf(text, sizeof text, "command:/bin/cat %s/key", scratch());
    configure(text);
    check_opens("secrun -d store" PRINT);
    check_opens("secrun -d store -p inject" PRINT); /* which runs it twice */
    make("secrunctl -d store pubkey >public; printf new-value | secrunctl -d store set OTHER");
}

Test(key_source, a_command_has_the_environment_and_nothing_to_read_and_no_descriptor)
{
    put_script("script", "[ \"$OTHER\" = kept ] && [ -z \"$(cat)\" ] && [ -z \"$(ls /proc/self/fd | grep -v "
                         "'^[0-3]$')\" ] && exec cat key\necho \"$OTHER\"; ls -l /proc/self/fd >&2; exit 7");
    check_opens("echo text | OTHER=kept " COMMAND "\"" PRINT " 8</etc/passwd");
}

/* What a shell ignores or blocks, children inherit. */
Test(key_source, a_command_is_waited_for_whatever_signals_the_caller_ignores)
{
    put_script("script", "cat key; exit 0");
    check_opens("trap '' CHLD PIPE; " COMMAND "\"" PRINT);
    check_opens("perl -e '$SIG{CHLD} = \"IGNORE\"; exec @ARGV' " COMMAND "\"" PRINT);
    put_script("script", "cat key; exit 3");
    check_refused("perl -e '$SIG{CHLD} = \"IGNORE\"; exec @ARGV' " COMMAND "\"", "script: exit status 3\n");
}

Test(key_source, a_command_that_fails_is_told_of)
{
    static const char *const cases[][2] = {
        {"exit 3", "script: exit status 3\n"},
        {"cat key; exit 1", "script: exit status 1\n"},
        {"exit 0", "script: prints nothing\n"},
        {"kill -TERM $$", "script: killed by signal 15 (Terminated)\n"},
        {"echo hello", "script: line 1: "},
        {"yes", "script: prints more than 65536 bytes\n"},
        {"head -c 65537 /dev/zero", "script: prints more than 65536 bytes\n"},
        {"age -R /dev/null -p </dev/null; printf 'age-encryption.org/v1\\n-> X\\n'", "script: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases - 1; i++) {
        put_script("script", cases[i][0]);
        check_refused(COMMAND "\"", cases[i][1]);
    }
    put_script("script", "printf 'age-encryption.org/v1\\n'");
    check_refused(COMMAND "\"", "script: sealed with a passphrase, which can be asked for a file: only\n");
}

Test(key_source, a_command_that_cannot_be_trusted_or_run_is_refused)
{
    put_script("script", "cat key");
    make("chmod 722 script");
    check_refused(COMMAND "\"", "script: others can write it (mode 0722)");
    make("chmod 600 script");
    check_refused(COMMAND "\"", "script: cannot be run: Permission denied");
    make("printf '#!/no/such/interpreter\\n' >script; chmod 700 script");
    check_refused(COMMAND "\"", "script: cannot be run: No such file or directory");
    check_refused("secrun -d store -k command:/no/such/file", "/no/such/file: No such file or directory");
    check_refused("secrun -d store -k command:cat",
                  "command: takes an absolute path, and arguments behind it");
    check_refused("secrun -d store -k command:", "command: takes an absolute path, and arguments behind it");
}

/* The whole group: what it has started does not stay behind either. */
Test(key_source, a_command_has_half_a_minute)
{
    put_script("script", "echo $$ >leader; sleep 300 & echo $! >child; cat key; wait");
    struct outcome run =
        shell("s=$(date +%%s); secrun -d store -k \"command:$PWD/script\" -- " STARTED
              " 2>err; r=$?; cat err >&2; e=$(($(date +%%s) - s))\n"
              "[ $e -ge 29 ] && [ $e -le 45 ] || echo $e seconds\n"
              "for pid in $(cat leader child); do [ ! -e /proc/$pid ] || grep -q '^State:.Z' "
              "/proc/$pid/status || echo $pid stays; done; exit $r");
    check_refusal("time", &run, 125, "script: not done within 30 seconds\n");
}

/* Its environment would be in /proc for all of its time. */
Test(key_source, a_command_below_a_target_has_none_of_its_secrets)
{
    put_script("script", "tr '\\0' '\\n' </proc/self/environ >environment; cat key");
    struct outcome run = shell(
        "cat key >store/machine.key; chmod 600 store/machine.key; cp -a store inner; rm inner/machine.key\n"
        "PLAIN=seen secrun -d store -- secrun -d inner -k \"command:$PWD/script\" -- printenv TOKEN\n"
        "grep -c PLAIN=seen environment; grep -c " VALUE " environment; true");
    check_status(run, 0);
    cr_expect_str_eq(run.out, VALUE "\n1\n0\n", "%s%s", run.out, run.err);
    outcome_free(&run);
}

/* --- secrunctl -------------------------------------------------------------------------------------- */

Test(key_source, secrunctl_works_with_each_of_them)
{
    make("mkdir credentials; cp key credentials/secrun; chmod 444 credentials/secrun");
    char command[600];
    snprintf(command, sizeof command, "command:/bin/cat %s/key", scratch());
    static const char *const more[] = {"credential:secrun", "fd:9"};
    const char *const sources[] = {more[0], more[1], command};
    for (size_t i = 0; i < 3; i++) {
        configure(sources[i]);
        struct outcome run = shell(
            "export CREDENTIALS_DIRECTORY=$PWD/credentials; set -e\n"
            "secrunctl -d store check 9<key >check; ! grep FAIL check\n"
            "[ \"$(secrunctl -d store pubkey 9<key)\" = \"$(age-keygen -y key)\" ]\n"
            "printf value-%zu | secrunctl -d store set OTHER 9<key; secrunctl -d store get OTHER 9<key\n"
            "age -d -i key store/secrets.age | grep -c value-%zu",
            i, i);
        cr_expect_eq(run.status, 0, "%s: %s%s", sources[i], run.out, run.err);
        outcome_free(&run);
    }
    configure("fd:9");
    struct outcome run = shell("secrunctl -d store get TOKEN");
    cr_expect_eq(run.status, 1);
    cr_expect(holds(run.err, run.err_size, "secrunctl: fd:9: that descriptor is not open\n"), "%s", run.err);
    outcome_free(&run);
}

Test(key_source, init_makes_a_sealed_file_for_a_key_that_comes_from_elsewhere_and_no_key)
{
    make("rm -rf store; mkdir store; chmod 700 store");
    char text[600];
    snprintf(text, sizeof text, "command:/bin/cat %s/key", scratch());
    configure(text);
    make("secrunctl -d store init >told; [ ! -e store/machine.key ]; [ \"$(ls store)\" = \"$(printf "
         "'secrets.age\\nsecrun.conf')\" ]; printf " VALUE " | secrunctl -d store set TOKEN; age -d -i key "
         "store/secrets.age >/dev/null");
    check_opens("secrun -d store" PRINT);
    make("rm -rf store; mkdir store; chmod 700 store");
    configure("credential:no-such");
    struct outcome run = shell("secrunctl -d store init");
    cr_expect_eq(run.status, 1);
    cr_expect(holds(run.err, run.err_size, "/run/secrets/no-such: No such file or directory\n"), "%s",
              run.err);
    outcome_free(&run);
    make("[ ! -e store/secrets.age ]");
}
