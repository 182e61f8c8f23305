/* SPDX-License-Identifier: ISC */
/* Signatures: minisign(1) verifies what secrunctl makes, and the reverse; who signs with what, and what
 * serial it has then. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/pty.h"
#include "support/signed.h"

TestSuite(signatures, .init = signed_begin, .fini = scratch_end, .timeout = 300);

/* minisign -H: of no older kind. */
#define GOOD "minisign -q -H -V -p $PUB -m store/secrets.age || echo bad\n"

Test(signatures, of_every_change_are_verified_by_minisign)
{
    ctl_check(GOOD "echo 2 | secrunctl set B\n" GOOD "secrunctl unset B\n" GOOD
                   "echo C=3 | secrunctl import - >/dev/null\n" GOOD
                   "EDITOR='sed -i \"s/= 3$/= 4/\"' secrunctl edit\n" GOOD "secrunctl sign >/dev/null\n" GOOD
                   "secrunctl get C; secrun printenv C",
              "44\n");
}

Test(signatures, have_the_trusted_comment_that_minisign_gives_them)
{
    ctl_check("minisign -Q -V -p $PUB -m store/secrets.age | sed 's/:[0-9]*/:N/'; cp store/secrets.age "
              ".\n" MINISIGN_SIGN
              " -m secrets.age; minisign -Q -V -p $PUB -m secrets.age | sed 's/:[0-9]*/:N/'",
              "timestamp:N\tfile:secrets.age\thashed\ntimestamp:N\tfile:secrets.age\thashed\n");
}

Test(signatures, of_minisign_open_the_store)
{
    ctl_check("rm store/secrets.age.*; printf '[default]\\nA = by age\\n' |\n"
              "    age -r \"$(age-keygen -y store/machine.key)\" -o store/secrets.age\n"
              "cd store; " MINISIGN_SIGN " -m secrets.age -c whatever; cd ..\n"
              "secrunctl get A; secrun printenv A; secrunctl verify >/dev/null",
              "by ageby age\n");
    /* As other systems end lines. */
    ctl_check("sed -i 's/$/\\r/' store/secrets.age.minisig; secrunctl get A", "by age");
}

Test(signatures, of_an_armored_file_are_of_its_bytes)
{
    ctl_check("printf '[default]\\nA = armored\\n' | age -a -r \"$(age-keygen -y store/machine.key)\" "
              "-o store/secrets.age; secrunctl sign >/dev/null\n" GOOD "secrun printenv A",
              "armored\n");
}

Test(signatures, may_be_of_one_of_several)
{
    ctl_check("printf '[store]\\nsigners = %s, %s\\n' \"$(tail -n 1 theirs.pub)\" \"$(tail -n 1 $PUB)\" "
              ">store/secrun.conf; secrunctl get FIRST\n"
              "secrunctl sign --signing-key theirs.key >/dev/null; secrun printenv FIRST\n"
              "minisign -q -V -p theirs.pub -m store/secrets.age",
              "firstfirst\n");
}

Test(signatures, are_made_at_once_where_there_is_only_a_key)
{
    ctl_check("printf '[store]\\nsigning-key = ../ours.key\\n' >store/secrun.conf; rm store/secrets.age.*\n"
              "secrunctl get FIRST; echo 2 | secrunctl set B\n" GOOD
              "rm store/secrets.age.minisig; secrun printenv B",
              "first2\n");
}

Test(signatures, are_not_asked_for_where_there_are_no_signers)
{
    ctl_check(
        "rm store/secrun.conf store/secrets.age.*; secrunctl get FIRST; echo 2 | secrunctl set B; ls store",
        "firstmachine.key\nsecrets.age\n");
}

Test(signatures, are_there_from_the_beginning)
{
    ctl_check(
        "mkdir -m 700 new; cp store/secrun.conf new; secrunctl -d new init >/dev/null; ls -AI.gitignore new\n"
        "minisign -q -V -p $PUB -m new/secrets.age; secrunctl -d new list; secrunctl -d new verify | "
        "grep -c -e '^key'",
        "machine.key\nsecrets.age\nsecrets.age.minisig\nsecrets.age.serial\nsecrun.conf\n1\n");
    struct outcome run = shell(
        "mkdir -m 700 none; sed /signing-key/d store/secrun.conf >none/secrun.conf; secrunctl -d none init");
    check_status(run, 0);
    cr_expect(strstr(run.err, "to be signed before it is of use"), "%s", run.err);
    outcome_free(&run);
}

Test(signatures, belong_to_the_file_that_is_named)
{
    ctl_check(
        "mkdir -m 700 away; cp store/secrets.age away/other.age\n"
        "secrunctl sign away/other.age | sed -n 's/ *(.*//; s/[0-9]*$//; /file/p'; ls -AI.gitignore away\n"
        "secrun -f away/other.age printenv FIRST; secrunctl verify away/other.age | grep -c serial\n"
        "minisign -Q -V -p $PUB -m away/other.age | cut -f 2; ls store",
        "file     away/other.age\nother.age\nother.age.minisig\nfirst\n1\nfile:other.age\n"
        "machine.key\nsecrets.age\nsecrets.age.minisig\nsecrets.age.serial\nsecrun.conf\n");
}

Test(signatures, lie_beside_a_symbolic_link_or_behind_one)
{
    ctl_check(
        "mkdir -m 700 real; mv store/secrets.age real/sealed; ln -s ../real/sealed store/secrets.age\n"
        "echo 2 | secrunctl set B; secrun printenv B; ls -AI.gitignore real store\n" GOOD
        "mv store/secrets.age.minisig real/signature; ln -s ../real/signature store/secrets.age.minisig\n"
        "echo 3 | secrunctl set B; secrun printenv B; ls -AI.gitignore real; readlink "
        "store/secrets.age.minisig\n" GOOD,
        "2\nreal:\nsealed\n\nstore:\nmachine.key\nsecrets.age\nsecrets.age.minisig\nsecrets.age.serial\n"
        "secrun.conf\n3\nsealed\nsignature\n../real/signature\n");
}

Test(signatures, can_be_read_by_who_can_read_the_sealed_file)
{
    ctl_check("chmod 440 store/secrets.age; echo 2 | secrunctl set B; cd store\n"
              "stat -c %a secrets.age secrets.age.minisig secrets.age.serial",
              "440\n440\n440\n");
    if (getuid() == 0)
        ctl_check("chown 0:54322 store/secrets.age; echo 2 | secrunctl set B; cd store\n"
                  "stat -c '%a %u:%g' secrets.age secrets.age.minisig secrets.age.serial",
                  "440 0:54322\n440 0:54322\n440 0:54322\n");
}

/* --- the key --- */

Test(signatures, take_a_key_that_is_one_of_the_signers)
{
    ctl_check("cp store/secrun.conf good; sed -i s/ours.key/theirs.key/ store/secrun.conf", "");
    ctl_check_refused("echo 2 | secrunctl set B", 1, "is none of the signers in ");
    ctl_check_refused("EDITOR=false secrunctl edit", 1, "is none of the signers in ");
    ctl_check_refused("secrunctl sign", 1, "is none of the signers in ");
    ctl_check("sed -i /signing-key/d store/secrun.conf; secrunctl get FIRST", "first");
    ctl_check_refused("echo 2 | secrunctl set B", 1, "has signers, and no signing-key to sign a change with");
    ctl_check_refused("EDITOR=false secrunctl edit", 1, "no signing-key");
    ctl_check_refused("echo B=2 | secrunctl import -", 1, "no signing-key");
    ctl_check_refused("secrunctl unset FIRST", 1, "no signing-key");
    ctl_check_refused("secrunctl sign", 1, "no key to sign with");
}

Test(signatures, take_a_key_that_nobody_else_can_read)
{
    ctl_check("chmod 644 ours.key", "");
    ctl_check_refused("echo 2 | secrunctl set B", 1, "ours.key: others can read or write it (mode 0644)");
    ctl_check("chmod 600 ours.key; echo damaged >ours.key", "");
    ctl_check_refused("echo 2 | secrunctl set B", 1, "ours.key: not a secret key of minisign");
    ctl_check("rm ours.key", "");
    ctl_check_refused("echo 2 | secrunctl set B", 1, "ours.key: No such file");
}

static void give_passphrase(struct pty *pty, const char *passphrase, const char *command)
{
    pty_start(pty, "%s", command);
    pty_expect(pty, "Passphrase for ");
    cr_assert_not(pty_echoes(pty));
    pty_type_text(pty, passphrase);
    pty_end(pty);
    cr_expect_null(strstr(pty->text, "correct horse"), "%s", pty->text);
}

Test(signatures, are_made_with_a_key_that_takes_a_passphrase)
{
    struct pty pty;
    ctl_check(
        "printf 'correct horse\\ncorrect horse\\n' | minisign -G -f -p ours.pub -s ours.key >/dev/null 2>&1\n"
        "sed -i \"s|^signers.*|signers = $(tail -n 1 ours.pub)|\" store/secrun.conf; chmod 600 ours.key",
        "");
    give_passphrase(&pty, "wrong horse\n", "secrunctl sign");
    cr_expect_eq(pty.status, 1);
    cr_expect(strstr(pty.text, "ours.key: not its passphrase"), "%s", pty.text);
    pty_free(&pty);
    give_passphrase(&pty, "correct horse\n", "secrunctl sign");
    cr_expect_eq(pty.status, 0, "%s", pty.text);
    pty_free(&pty);
    give_passphrase(&pty, "correct horse\n", "secrunctl unset FIRST");
    cr_expect_eq(pty.status, 0, "%s", pty.text);
    pty_free(&pty);
    ctl_check(GOOD "secrun true", "");
    ctl_check_refused("echo 2 | setsid -w secrunctl set B", 1,
                      "ours.key: protected with a passphrase, and there is no terminal to ask on");
}

/* --- serials --- */

#define SERIAL "minisign -Q -V -p $PUB -m store/secrets.age | sed 's/timestamp:\\([0-9]*\\).*/\\1/'"

Test(signatures, have_a_serial_that_rises_with_every_change)
{
    struct outcome run =
        shell("for i in 1 2 3 4 5; do echo $i | secrunctl set B; " SERIAL "; done >serials\n"
              "sort -n -u serials | cmp - serials && wc -l <serials\n"
              "tail -n 1 serials | cmp - store/secrets.age.serial\n"
              "echo 1900000000 >store/secrets.age.serial; secrunctl sign >/dev/null; " SERIAL);
    check_status(run, 0);
    cr_expect_str_eq(run.out, "5\n1900000001\n", "%s%s", run.out, run.err);
    outcome_free(&run);
}

Test(signatures, have_the_time_as_their_serial)
{
    ctl_check("before=$(date +%s); rm store/secrets.age.serial; sleep 2.1; secrunctl sign >/dev/null; "
              "serial=$(" SERIAL ")\n"
              "[ $serial -gt $before ] && [ $serial -le $(date +%s) ]; echo $?",
              "0\n");
}

Test(signatures, are_told_of)
{
    ctl_check(
        "id=$(sed -n 's/.* //; 1p' ours.pub); serial=$(" SERIAL ")\n"
        "time=$(date -u -d @$serial +%Y-%m-%dT%H:%M:%SZ)\n"
        "printf '%s\\n' \"file     $PWD/store/secrets.age\" \"key      $id\" \"serial   $serial ($time)\" "
        "\"least    $serial\" >expected; secrunctl verify | diff - expected; rm store/machine.key\n"
        "secrunctl verify | diff - expected",
        "");
    struct outcome run =
        shell("secrunctl check | grep signed; cd store; minisign -S -s $KEY -m secrets.age -t "
              "'timestamp:4000000000\tfile:secrets.age' </dev/null; secrunctl verify");
    check_status(run, 0);
    cr_expect(strstr(run.err, "its serial is ahead of this host's clock"), "%s", run.err);
    outcome_free(&run);
}

/* What was brought here, and was not accepted yet, is told by check. */
Test(signatures, from_elsewhere_are_accepted_by_verify)
{
    ctl_check("cp -a store old; cd store; minisign -S -s $KEY -m secrets.age -t "
              "\"$(printf 'timestamp:1999999999\\tfile:secrets.age')\" </dev/null; cd ..\n"
              "secrunctl check 2>/dev/null | grep -c 'an older one, signed as well, would be accepted'\n"
              "secrunctl verify --accept 2>/dev/null | grep least; cat store/secrets.age.serial\n"
              "secrunctl check 2>/dev/null | grep -c -e 'ok .*signed with' -e 'an older one'",
              "1\nleast    1999999999\n1999999999\n1\n");
    ctl_check("cp old/secrets.age old/secrets.age.minisig store", "");
    ctl_check_refused("secrunctl get FIRST", 1, "and one of 1999999999 was accepted before");
    ctl_check_refused("secrunctl verify --accept", 1, "and one of 1999999999 was accepted before");
    ctl_check("secrunctl verify --accept-rollback | grep -c -e least; secrun printenv FIRST; cat "
              "old/secrets.age.serial | cmp - store/secrets.age.serial\n"
              "echo 2 | secrunctl set B; secrun printenv B",
              "1\nfirst\n2\n");
}

/* As secrunctl itself does it: no start in between is refused. */
Test(signatures, from_elsewhere_may_come_first)
{
    ctl_check(
        "mkdir -m 700 away; printf '[default]\\nFIRST = new\\n' |\n"
        "    age -r \"$(age-keygen -y store/machine.key)\" -o away/secrets.age\n"
        "sleep 2.1; (cd away; " MINISIGN_SIGN " -m secrets.age)\n"
        "cp away/secrets.age.minisig store/secrets.age.minisig.next; secrun printenv FIRST\n"
        "cp away/secrets.age store/new; mv store/new store/secrets.age; secrun printenv FIRST\n"
        "secrunctl verify --accept >/dev/null; secrun printenv FIRST; ls -AI.gitignore store\n" GOOD,
        "first\nnew\nnew\nmachine.key\nsecrets.age\nsecrets.age.minisig\nsecrets.age.serial\nsecrun.conf\n");
}

Test(signatures, take_options_that_make_sense)
{
    ctl_check_refused("secrunctl verify --accept --accept-rollback", 2, "does not go with");
    ctl_check_refused("secrunctl verify a b", 2, "too many operands");
    ctl_check_refused("secrunctl sign a b", 2, "too many operands");
    ctl_check_refused("secrunctl sign --accept", 2, "sign does not take --accept");
    ctl_check_refused("secrunctl sign nowhere", 1, "nowhere: No such file");
    ctl_check_refused("echo text >text; secrunctl sign text", 1, "text: not a sealed file");
    ctl_check_refused("secrunctl sign --signing-key nowhere", 1, "nowhere: No such file");
    ctl_check_refused("sed -i /signers/d store/secrun.conf; secrunctl verify", 1, "has no signers");
}
