/* SPDX-License-Identifier: ISC */
/* rollback, recipients and rekey of a signed store: what they leave is signed, and secrun starts with it; and
 * the backups that a rekey seals anew. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/signed.h"
#include "support/victim.h"

enum { KILLS = 80 };

static void begin(void)
{
    signed_begin();
    ctl_check("echo second | secrunctl set FIRST; age-keygen -o ada.key 2>/dev/null", "");
}

TestSuite(signatures_life, .init = begin, .fini = scratch_end, .timeout = 600);

/* In front of a shell's text: what a start, verify and minisign say, and a serial above the one before. */
#define STARTS                                                                                               \
    "ADA=$(age-keygen -y ada.key)\n"                                                                         \
    "serial() { minisign -Q -V -p $PUB -m $1 | sed 's/timestamp:\\([0-9]*\\).*/\\1/'; }\n"                   \
    "last=$(serial store/secrets.age)\n"                                                                     \
    "starts() { secrun printenv FIRST; secrunctl verify >verified || echo unverified\n"                      \
    "    minisign -q -H -V -p $PUB -m store/secrets.age || echo unsigned\n"                                  \
    "    is=$(serial store/secrets.age); [ $is -gt $last ] || echo no later; last=$is\n"                     \
    "    grep -q \"^serial   $is \" verified && grep -qx \"least    $is\" verified || cat verified; }\n"

/* And a copy of the store in a directory of its own. */
#define BACKUP                                                                                               \
    STARTS "mkdir -m 700 backup; cp store/secrets.age store/secrets.age.minisig backup; copied=$last\n"      \
           "copy() { minisign -q -H -V -p $PUB -m backup/secrets.age || echo unsigned\n"                     \
           "    [ $(serial backup/secrets.age) = $copied ] || echo another serial\n"                         \
           "    age -d -i store/machine.key backup/secrets.age | sed -n 's/^FIRST = //p'; }\n"

#define STORE "machine.key\nsecrets.age\nsecrets.age.minisig\nsecrets.age.serial\nsecrun.conf\n"

Test(signatures_life, goes_on_with_a_rollback)
{
    ctl_check(STARTS
              "secrunctl rollback FIRST; starts; secrunctl rollback FIRST; starts; ls -AI.gitignore store",
              "first\nsecond\n" STORE);
}

Test(signatures_life, goes_on_with_others_who_can_open_it)
{
    ctl_check(STARTS "cp store/secrun.conf before; secrunctl recipients add $ADA; starts\n"
                     "age -d -i ada.key store/secrets.age | sed -n 's/^FIRST = //p'\n"
                     "secrunctl recipients remove $ADA 2>/dev/null; starts\n"
                     "age -d -i ada.key store/secrets.age 2>/dev/null || echo closed\n"
                     "diff before store/secrun.conf | grep '^[<>]'; ls -AI.gitignore store",
              "second\nsecond\nsecond\nclosed\n> recipients =\n" STORE);
}

Test(signatures_life, goes_on_with_another_machine_key)
{
    ctl_check(STARTS
              "cp store/machine.key old.key; secrunctl rekey >/dev/null; starts\n"
              "age -d -i old.key store/secrets.age 2>/dev/null || echo closed\n"
              "secrunctl rekey --forget-old; secrun printenv FIRST; secrunctl verify >/dev/null\n"
              "secrunctl set FIRST --generate; secrunctl rollback FIRST; starts; ls -AI.gitignore store",
              "second\nclosed\nsecond\nsecond\n" STORE);
}

Test(signatures_life, is_left_alone_where_there_is_nothing_to_sign_with)
{
    static const char *const commands[] = {"rollback FIRST", "recipients add $(age-keygen -y ada.key)",
                                           "rekey", "rekey backup.age"};
    ctl_check("sed -i /signing-key/d store/secrun.conf; cp store/secrets.age backup.age; cp -a store before",
              "");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char command[128];
        snprintf(command, sizeof command, "secrunctl %s", commands[i]);
        ctl_check_refused(command, 1, "has signers, and no signing-key to sign a change with");
        ctl_check("diff -r before store; cmp before/secrets.age backup.age; secrun printenv FIRST",
                  "second\n");
    }
}

Test(signatures_life, is_whole_when_all_change_it_at_once)
{
    struct outcome run = shell(
        STARTS
        "(for i in $(seq 8); do secrunctl rekey >/dev/null || echo failed; done) 2>>err & writers=$!\n"
        "(for i in $(seq 11); do secrunctl rollback FIRST || echo failed; done) 2>>err & "
        "writers=\"$writers $!\"\n"
        "(for i in $(seq 6); do secrunctl recipients add $ADA && secrunctl recipients remove $ADA || echo "
        "failed; done) 2>>err & writers=\"$writers $!\"\n"
        "(for i in $(seq 20); do echo $i | secrunctl set B_$i || echo failed; done) 2>>err & "
        "writers=\"$writers $!\"\n"
        "(while [ ! -e done ]; do case $(secrun printenv FIRST) in first | second) ;; *) echo unread ;; "
        "esac\n"
        "    secrunctl verify >/dev/null || echo unverified; done) 2>&1 & reader=$!\n"
        "wait $writers; touch done; wait $reader; starts; secrun printenv B_1 B_20\n"
        "secrunctl list --names -p default | wc -l; grep -c '^AGE-SEC' store/machine.key; ls -AI.gitignore "
        "store\n"
        "grep -v -e 'is new in ' -e 'waiting for another secrunctl$' -e 'who held it' -e 'hint: secrunctl "
        "set -p' -e 'hint: "
        "and' "
        "err >&2");
    cr_expect_str_eq(run.out, "first\n1\n20\n21\n9\n" STORE, "%s", run.out);
    cr_expect_str_eq(run.err, "");
    outcome_free(&run);
}

/* --- backups --- */

Test(signatures_life, of_a_backup_is_made_anew_with_the_serial_that_it_had)
{
    ctl_check(BACKUP
              "echo third | secrunctl set FIRST; cp store/machine.key old.key\n"
              "secrunctl rekey backup/secrets.age >/dev/null; starts; copy; ls -AI.gitignore store backup\n"
              "age -d -i old.key backup/secrets.age 2>/dev/null || echo closed\n"
              "secrunctl rekey --forget-old; copy; echo fourth | secrunctl set FIRST; starts\n"
              "secrunctl rekey backup/secrets.age >/dev/null; starts; copy",
              "third\nsecond\nbackup:\nsecrets.age\nsecrets.age.minisig\n\nstore:\n" STORE
              "closed\nsecond\nfourth\nfourth\nsecond\n");
}

/* Old values, signed by us: they must not pass for what came last. */
Test(signatures_life, of_a_backup_does_not_make_it_the_newer_one)
{
    ctl_check(BACKUP "echo third | secrunctl set FIRST; secrunctl rekey backup/secrets.age >/dev/null\n"
                     "cp backup/secrets.age backup/secrets.age.minisig store",
              "");
    struct outcome run = shell("secrun printenv FIRST");
    cr_expect_eq(run.status, 125);
    cr_expect(strstr(run.err, "secrets.age: an old one: its serial is "), "%s", run.err);
    outcome_free(&run);
    ctl_check_refused("secrunctl get FIRST", 1, "secrets.age: an old one: its serial is ");
    ctl_check("secrunctl verify --accept-rollback >/dev/null; secrun printenv FIRST", "second\n");
}

Test(signatures_life, of_a_backup_may_be_older_than_any_that_is_accepted)
{
    ctl_check(BACKUP "echo \"min-serial = $((last + 100))\" | cat >least; sed -i '/^.store.$/r least' "
                     "store/secrun.conf\n"
                     "cd store; minisign -S -s $KEY -m secrets.age -t \"$(printf "
                     "'timestamp:%d\\tfile:secrets.age' $((last + 100)))\" </dev/null; cd ..\n"
                     "secrunctl rekey backup/secrets.age >/dev/null; starts; copy",
              "second\nsecond\n");
}

Test(signatures_life, of_a_backup_is_none_where_it_had_none)
{
    ctl_check(
        BACKUP
        "rm backup/secrets.age.minisig; secrunctl rekey backup/secrets.age >/dev/null; starts\n"
        "age -d -i store/machine.key backup/secrets.age | sed -n 's/^FIRST = //p'; ls -AI.gitignore backup",
        "second\nsecond\nsecrets.age\n");
}

/* Expects that the store has a new key, and the backup is as it was. */
static void check_backup_refused(const char *path, const char *text)
{
    struct outcome run = shell("rm -rf kept; cp -a backup kept; secrunctl rekey backup/%s", path);
    cr_expect_eq(run.status, 1, "exit status %d", run.status);
    cr_expect_str_eq(run.out, "");
    cr_expect(strstr(run.err, text), "does not say '%s':\n%s", text, run.err);
    outcome_free(&run);
    ctl_check(
        "diff -r kept backup; secrun printenv FIRST; secrunctl verify >/dev/null; ls -AI.gitignore store",
        "second\n" STORE);
}

Test(signatures_life, of_a_backup_has_to_be_one_of_the_signers)
{
    ctl_check(BACKUP "cd backup; minisign -S -s ../theirs.key -m secrets.age </dev/null", "");
    check_backup_refused("secrets.age", "backup/secrets.age.minisig: signed with the key ");
    ctl_check("cp store/secrets.age.minisig backup", "");
    check_backup_refused("secrets.age", "backup/secrets.age.minisig: not a signature of this file");
    ctl_check(
        "cd backup; rm *; cp ../store/secrets.age old.age; cp ../store/secrets.age.minisig old.age.minisig",
        "");
    check_backup_refused("old.age", "signed as secrets.age, and the file's name is old.age\n");
    ctl_check("echo damaged >backup/old.age.minisig", "");
    check_backup_refused("old.age", "backup/old.age.minisig: line 1: ");
}

Test(signatures_life, of_a_backup_has_to_be_good_where_there_is_only_a_key)
{
    ctl_check(BACKUP
              "sed -i /^signers/d store/secrun.conf; secrunctl rekey backup/secrets.age >/dev/null; copy\n"
              "secrun printenv FIRST; minisign -q -V -p $PUB -m store/secrets.age",
              "second\nsecond\n");
    ctl_check("echo \"signers = $(tail -n 1 $PUB)\" >>store/secrun.conf\n"
              "cd backup; minisign -S -s ../theirs.key -m secrets.age </dev/null",
              "");
    check_backup_refused("secrets.age", "backup/secrets.age.minisig: signed with the key ");
    ctl_check("sed -i /^signers/d store/secrun.conf", "");
    struct outcome run = shell("secrunctl rekey backup/secrets.age");
    cr_expect_eq(run.status, 1);
    cr_expect(strstr(run.err, "backup/secrets.age.minisig: signed with the key "), "%s", run.err);
    outcome_free(&run);
    ctl_check("minisign -q -V -p theirs.pub -m backup/secrets.age", "");
}

/* --- killed --- */

static void rekeys(void *user, int number, struct victim_command *command)
{
    static const char *const argv[] = {"secrunctl", "rekey", "backup/secrets.age", NULL};
    (void)user;
    if (number % 8 == 7)
        ctl_check("secrunctl rekey --forget-old 2>/dev/null || { secrunctl rekey && secrunctl rekey "
                  "--forget-old; } >/dev/null",
                  "");
    /* With all signatures: where the last was killed between the renames, it is the next one that is good. */
    ctl_check("rm -rf backup; mkdir -m 700 backup; cp store/secrets.age* backup", "");
    *command = (struct victim_command){argv, ""};
}

static void check_rekeyed(void *user, int number, int status)
{
    (void)user;
    (void)number;
    struct outcome run =
        shell("secrun printenv FIRST; secrunctl get FIRST; secrunctl verify >/dev/null || echo unverified\n"
              "age -d -i store/machine.key backup/secrets.age | sed -n 's/^FIRST = //p'\n"
              "minisign -q -V -p $PUB -m backup/secrets.age 2>/dev/null ||\n"
              "    minisign -q -V -p $PUB -m backup/secrets.age -x backup/secrets.age.minisig.next");
    cr_assert(run.status == 0 && strcmp(run.out, "second\nsecondsecond\n") == 0 && run.err_size == 0,
              "%d: exit status %d\n%s%s", number, status, run.out, run.err);
    outcome_free(&run);
}

Test(signatures_life, of_store_and_backup_is_good_wherever_a_rekey_is_killed)
{
    victim_killed_at_random(KILLS, rekeys, check_rekeyed, NULL);
    ctl_check("secrunctl rekey | wc -l; ls -AI.gitignore store", "1\n" STORE);
}
