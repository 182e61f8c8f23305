/* SPDX-License-Identifier: ISC */
/* Stores that are not signed as they should be: nothing is decrypted, nothing runs, and every verb that reads
 * says no. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/refusal.h"
#include "support/signed.h"

TestSuite(signatures_refused, .init = signed_begin, .fini = scratch_end, .timeout = 300);

/* Does something to a copy of the store, in it, and expects every reader to refuse it in these words. The
 * copy has another machine key: what is decrypted before the signature is looked at would be refused for
 * that. */
static void check_refused(const char *change, const char *text)
{
    static const char *const verbs[] = {
        "get FIRST", "list",     "list --names", "export", "export --format ini", "unset FIRST",
        "set B",     "import -", "edit",         "verify", "verify --accept",
    };
    char command[512];
    struct outcome changed =
        shell("set -e; rm -rf copy; cp -a store copy; cd copy; umask 022\n" FORGE
              "%s\n[ -e keep ] || { rm machine.key; age-keygen -o machine.key 2>/dev/null; }",
              change);
    check_status(changed, 0);
    outcome_free(&changed);
    struct outcome run = shell("secrun -d copy -- " STARTED);
    check_refusal(change, &run, 125, text);
    run = shell("secrun -n -d copy -- " STARTED);
    check_refusal(change, &run, 125, text);
    struct outcome before = shell("find copy -type f -size -64k -exec sha256sum {} + | sort; ls -A copy");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        snprintf(command, sizeof command, "EDITOR=true; export EDITOR; echo B=2 | secrunctl -d copy %s",
                 verbs[i]);
        ctl_check_refused(command, 1, text);
    }
    struct outcome after = shell("find copy -type f -size -64k -exec sha256sum {} + | sort; ls -A copy");
    cr_expect_str_eq(before.out, after.out, "%s: changed by what refused it", change);
    outcome_free(&before);
    outcome_free(&after);
    run = shell("secrunctl -d copy check");
    cr_expect_eq(run.status, 1);
    cr_expect(holds(run.out, run.out_size, text), "%s: check does not say '%s':\n%s", change, text, run.out);
    cr_expect(strstr(run.out, "FAIL  "), "%s", run.out);
    outcome_free(&run);
}

Test(signatures_refused, without_a_signature)
{
    check_refused("rm secrets.age.minisig", "secrets.age: not signed: there is no copy/secrets.age.minisig");
    check_refused("rm secrets.age.minisig; forge", "secrets.age: not signed");
    check_refused("rm secrets.age.minisig; ln -s nowhere secrets.age.minisig", "secrets.age: not signed");
}

Test(signatures_refused, with_a_signature_that_is_incomplete)
{
    check_refused(": >secrets.age.minisig", "secrets.age.minisig: empty");
    check_refused("truncate -s -2 secrets.age.minisig", "secrets.age.minisig: line 4: ");
    check_refused("truncate -s 100 secrets.age.minisig", "secrets.age.minisig: line 2: ");
    check_refused("sed -i 2,4d secrets.age.minisig", "secrets.age.minisig: line 2: ends too early");
    check_refused("sed -i 3,4d secrets.age.minisig", "secrets.age.minisig: line 3: ends too early");
}

Test(signatures_refused, with_a_signature_that_says_more)
{
    check_refused("cat ../store/secrets.age.minisig >>secrets.age.minisig",
                  "secrets.age.minisig: line 5: something behind the signature");
    check_refused("sed -i 3p secrets.age.minisig", "secrets.age.minisig: line 4: ");
    check_refused("sed -i 1p secrets.age.minisig", "secrets.age.minisig: line 2: ");
    check_refused("head -c 20000 /dev/zero | tr '\\0' a >>secrets.age.minisig",
                  "secrets.age.minisig: larger than 16384 bytes");
    check_refused("truncate -s 4G secrets.age.minisig", "secrets.age.minisig: larger than 16384 bytes");
    check_refused("printf '\\r\\n' >>secrets.age.minisig", "secrets.age.minisig: line 5: ");
    check_refused("sed -i '3s/$/\\r\\r/' secrets.age.minisig", "secrets.age.minisig: line 3: a control byte");
}

Test(signatures_refused, with_a_file_that_was_changed)
{
    check_refused("forge", "secrets.age.minisig: not a signature of this file");
    check_refused("truncate -s -1 secrets.age", "secrets.age.minisig: not a signature of this file");
    check_refused("echo >>secrets.age", "secrets.age.minisig: not a signature of this file");
    check_refused(": >secrets.age", "secrets.age.minisig: not a signature of this file");
}

Test(signatures_refused, with_the_key_of_somebody_else)
{
    char says[192];
    struct outcome ids =
        shell("printf 'secrets.age.minisig: signed with the key %%s, which is not of the signers (%%s)' "
              "\"$(sed -n 's/.* //; 1p' theirs.pub)\" \"$(sed -n 's/.* //; 1p' ours.pub)\"");
    snprintf(says, sizeof says, "%s", ids.out);
    check_refused("minisign -S -s ../theirs.key -m secrets.age </dev/null", says);
    check_refused("forge; minisign -S -s ../theirs.key -m secrets.age </dev/null", says);
    outcome_free(&ids);
}

/* Their signature under our key's ID: all that anybody can do to it. */
Test(signatures_refused, with_the_name_of_our_key_on_the_key_of_somebody_else)
{
    check_refused(
        "id=$(sed -n 2p secrets.age.minisig | base64 -d | head -c 10 | tail -c 8 | base64)\n"
        "minisign -S -s ../theirs.key -m secrets.age </dev/null\n"
        "{ sed -n 1p secrets.age.minisig; { printf ED; echo $id | base64 -d; sed -n 2p secrets.age.minisig | "
        "base64 -d | tail -c 64; } | base64 -w 0; echo; sed -n 3,4p secrets.age.minisig; } >new\n"
        "mv new secrets.age.minisig",
        "secrets.age.minisig: not a signature of this file");
}

Test(signatures_refused, with_the_older_kind_of_signature)
{
    check_refused("minisign -S -l -s $KEY -m secrets.age </dev/null",
                  "secrets.age.minisig: line 2: a signature of the older kind, which is not accepted");
}

Test(signatures_refused, with_another_trusted_comment)
{
    check_refused("sed -i 's/timestamp:/timestamp:9/' secrets.age.minisig",
                  "secrets.age.minisig: its trusted comment is not what was signed");
    /* A good one, of another file that our key signed. */
    check_refused(
        "echo other >other; minisign -S -s $KEY -m other -t "
        "\"$(printf 'timestamp:1999999999\\tfile:secrets.age')\" </dev/null\n"
        "{ sed -n 1,2p secrets.age.minisig; sed -n 3,4p other.minisig; } >new; mv new secrets.age.minisig\n"
        "rm other other.minisig",
        "secrets.age.minisig: its trusted comment is not what was signed");
}

Test(signatures_refused, with_a_trusted_comment_that_does_not_say_enough)
{
    static const struct {
        const char *comment, *says;
    } cases[] = {
        {"hello", "trusted comment: no timestamp: in it"},
        {"file:secrets.age", "trusted comment: no timestamp: in it"},
        {"timestamp:1999999999", "trusted comment: no file: in it"},
        {"timestamp:soon\\tfile:secrets.age", "trusted comment: timestamp: a number"},
        {"timestamp:1\\ttimestamp:1999999999\\tfile:secrets.age",
         "trusted comment: more than one timestamp:"},
        {"timestamp:1999999999\\tfile:a\\tfile:secrets.age", "trusted comment: more than one file:"},
        {"timestamp:1999999999\\tfile:secrets.age ",
         "signed as secrets.age , and the file's name is secrets.age"},
        {"timestamp:1999999999\\tfile:secrets", "signed as secrets, and the file's name is secrets.age"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char change[256];
        snprintf(change, sizeof change,
                 "minisign -S -s $KEY -m secrets.age -t \"$(printf '%s_')\" </dev/null\n"
                 "minisign -S -s $KEY -m secrets.age -t \"$(printf '%s')\" </dev/null",
                 cases[i].comment, cases[i].comment);
        check_refused(change, cases[i].says);
    }
}

Test(signatures_refused, of_another_file_of_the_same_signer)
{
    check_refused("printf '[default]\\nFIRST = of the test system\\n' | age -r \"$(age-keygen -y "
                  "machine.key)\" >test.age\n"
                  "secrunctl -d . sign test.age >/dev/null; mv test.age secrets.age; mv test.age.minisig "
                  "secrets.age.minisig",
                  "secrets.age.minisig: signed as test.age, and the file's name is secrets.age");
    check_refused(
        "printf '[default]\\nFIRST = of the test system\\n' | age -r \"$(age-keygen -y machine.key)\" "
        ">test.age\n"
        "secrunctl -d . sign test.age >/dev/null; mv test.age.minisig secrets.age.minisig; rm test.age",
        "secrets.age.minisig: not a signature of this file");
}

Test(signatures_refused, with_an_old_serial)
{
    ctl_check("cp store/secrets.age store/secrets.age.minisig .; echo second | secrunctl set FIRST", "");
    check_refused("cp ../secrets.age ../secrets.age.minisig .", "secrets.age: an old one: its serial is ");
    check_refused("cp ../secrets.age ../secrets.age.minisig .",
                  "bring the newest, and its .minisig; or if this one is meant: secrunctl -d copy verify "
                  "--accept-rollback");
    /* The new file with its old signature, and the reverse. */
    check_refused("cp ../secrets.age .", "secrets.age.minisig: not a signature of this file");
    check_refused("cp ../secrets.age .", "bring both files, of the same sealing");
    check_refused("cp ../secrets.age.minisig .", "secrets.age.minisig: not a signature of this file");
    ctl_check("secrun printenv FIRST", "second\n");
}

Test(signatures_refused, with_a_serial_below_that_of_the_configuration)
{
    check_refused("echo min-serial = 1999999999 >>secrun.conf",
                  "and min-serial in copy/secrun.conf is 1999999999");
    check_refused("rm secrets.age.serial; echo min-serial = 1999999999 >>secrun.conf", "min-serial");
    ctl_check("echo min-serial = 1999999999 >>store/secrun.conf", "");
    ctl_check_refused("secrunctl verify --accept-rollback", 1, "lower min-serial, if the old one is meant");
    ctl_check("secrunctl sign | grep -c 1999999999; secrun printenv FIRST", "1\nfirst\n");
}

Test(signatures_refused, with_a_kept_serial_that_is_none)
{
    check_refused("echo none >secrets.age.serial", "secrets.age.serial: not the number of a serial");
    check_refused(": >secrets.age.serial", "secrets.age.serial: not the number of a serial");
    check_refused("echo -1 >secrets.age.serial", "secrets.age.serial: not the number of a serial");
    check_refused("echo 1234567890123456789 >secrets.age.serial", "secrets.age.serial: ");
    check_refused("rm secrets.age.serial; ln -s nowhere secrets.age.serial",
                  "secrets.age.serial: No such file");
    check_refused("rm secrets.age.serial; mkdir secrets.age.serial",
                  "secrets.age.serial: not a regular file");
    check_refused("chmod 666 secrets.age.serial", "secrets.age.serial: others can write it (mode 0666)");
}

Test(signatures_refused, with_files_that_others_can_write)
{
    check_refused("chmod 666 secrets.age.minisig", "secrets.age.minisig: others can write it (mode 0666)");
    check_refused("rm secrets.age.minisig; mkfifo secrets.age.minisig",
                  "secrets.age.minisig: not a regular file");
    check_refused("rm secrets.age.minisig; mkdir secrets.age.minisig",
                  "secrets.age.minisig: not a regular file");
    check_refused("mkdir open; chmod 777 open; mv secrets.age.minisig open; ln -s open/secrets.age.minisig .",
                  "open: directory that others can write (mode 0777)");
}

/* Left by a write that was killed, it counts only if it is good. */
Test(signatures_refused, with_a_next_signature_that_is_not_good_either)
{
    check_refused("forge; cp secrets.age.minisig secrets.age.minisig.next",
                  "secrets.age.minisig: not a signature of this file");
    check_refused("rm secrets.age.minisig; : >secrets.age.minisig.next", "secrets.age: not signed");
    check_refused("forge; minisign -S -s ../theirs.key -m secrets.age -x secrets.age.minisig.next </dev/null",
                  "secrets.age.minisig: not a signature of this file");
}

Test(signatures_refused, with_signers_that_are_none)
{
    check_refused("sed -i 's/^signers = ./signers = /' secrun.conf",
                  "secrun.conf: signers: not a public key of minisign");
    check_refused("sed -i 's/^signers.*/signers = ..\\/ours.pub/' secrun.conf",
                  "secrun.conf: signers: not a public key");
    check_refused("sed -i 's/^signers.*/& RW/' secrun.conf", "secrun.conf: signers: not a public key");
    check_refused("sed -i 's/^signers.*/signers =/' secrun.conf",
                  "signers: none, which would accept no store at all");
    check_refused("sed -i 's/^signers.*/signers = , /' secrun.conf", "signers: none");
    check_refused("echo min-serial = -1 >>secrun.conf", "min-serial: a number");
    check_refused("echo min-serial = >>secrun.conf", "min-serial: a number");
    check_refused("echo 'signing-key =' >>secrun.conf", "signing-key: empty path");
}

Test(signatures_refused, by_a_start_from_another_file)
{
    ctl_check("mkdir -m 700 away; cp store/secrets.age away/other.age", "");
    struct outcome run = shell("secrun -f away/other.age -- " STARTED);
    check_refusal("unsigned", &run, 125, "away/other.age: not signed: there is no away/other.age.minisig");
    run = shell("cp store/secrets.age.minisig away/other.age.minisig; secrun -f away/other.age -- " STARTED);
    check_refusal("signed as another", &run, 125, "signed as secrets.age, and the file's name is other.age");
}
