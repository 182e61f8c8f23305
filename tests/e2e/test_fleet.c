/* SPDX-License-Identifier: ISC */
/* secrunctl fleet seal: each host gets its own, only what changed is sealed again, and mistakes change
 * nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"

#define VALUE "hunter2-Lw9vX3kT"

/* Three hosts and an operator; one document is plaintext, one sealed. */
static void begin(void)
{
    ctl_begin();
    ctl_check("for name in op a b c other; do age-keygen -o $name.key 2>/dev/null; age-keygen -y $name.key "
              ">$name.pub\n"
              "done; mkdir -m 700 documents\n"
              "printf '# all\\n[common]\\nA = " VALUE "1\\n' >documents/1.ini\n"
              "printf '[web]\\n.include = common\\nB = " VALUE "2\\n# was " VALUE "0\\n[db]\\nC = " VALUE
              "3\\nC.previous = " VALUE "9\\n' | age -R op.pub -o documents/2.age\n"
              "minisign -G -W -p sign.pub -s sign.key >/dev/null\n"
              "printf '[fleet]\\nidentity = file:op.key\\nsigning-key = sign.key\\nrecipients = %s\\n' $(cat "
              "op.pub) >fleet.ini\n"
              "for name in a b c; do printf '[%s]\\nrecipients = %s\\n' $name $(cat $name.pub) >>fleet.ini\n"
              "    [ $name = c ] && echo profiles = db || echo profiles = web; done >>fleet.ini",
              "");
}

TestSuite(fleet, .init = begin, .fini = scratch_end, .timeout = 600);

#define SEAL "secrunctl fleet seal fleet.ini"

/* Seals, and expects that of these hosts the files are new. */
static void check_sealed(const char *hosts)
{
    ctl_check(SEAL, hosts);
}

static void expect_refused(const char *command, const char *text)
{
    ctl_check_refused(command, 1, text);
    ctl_check("find sealed fleet.ini.state -type f 2>/dev/null || :", "");
}

Test(fleet, each_host_gets_its_profiles_and_no_other)
{
    check_sealed("a\nb\nc\n");
    ctl_check("for host in a b c; do age -d -i $host.key sealed/$host/secrets.age | sed 's/^# .*/#/'; done",
              "#\n\n[common]\nA = " VALUE "1\n\n[web]\n.include = common\nB = " VALUE "2\n"
              "#\n\n[common]\nA = " VALUE "1\n\n[web]\n.include = common\nB = " VALUE "2\n"
              "#\n\n[db]\nC = " VALUE "3\n");
    ctl_check("age -d -i a.key sealed/b/secrets.age 2>/dev/null || echo no\n"
              "age -d -i op.key sealed/c/secrets.age | grep -c C; find sealed -type f | sort\n"
              "grep -r hunter2 sealed fleet.ini.state || stat -c %a sealed/a fleet.ini.state sealed/a/*",
              "no\n1\nsealed/a/secrets.age\nsealed/a/secrets.age.minisig\nsealed/b/secrets.age\n"
              "sealed/b/secrets.age.minisig\nsealed/c/secrets.age\nsealed/c/secrets.age.minisig\n"
              "700\n600\n600\n600\n");
}

Test(fleet, files_are_what_a_host_takes)
{
    check_sealed("a\nb\nc\n");
    ctl_check("minisign -Vq -p sign.pub -m sealed/a/secrets.age && echo signed\n"
              "mkdir -m 700 host; cp a.key host/machine.key; cp sealed/a/* host\n"
              "printf '[store]\\nsigners = %s\\n' $(sed -n 2p sign.pub) >host/secrun.conf\n"
              "secrun -d host -p web printenv A B; secrunctl -d host verify | grep -c serial",
              "signed\n" VALUE "1\n" VALUE "2\n1\n");
    /* What is sealed next has a higher serial, be it in the same second; so that the one before is refused.
     */
    ctl_check("mkdir old; cp sealed/a/* old; sed -i 's/1$/5/' documents/1.ini; " SEAL
              "; cp sealed/a/* host; secrun -d host -p web printenv A; secrunctl -d host verify --accept "
              ">/dev/null\n"
              "cp old/* host; secrun -d host -p web printenv A 2>&1 | grep -c 'an old one'",
              "a\nb\n" VALUE "5\n1\n");
}

Test(fleet, only_what_changed_is_sealed_again)
{
    check_sealed("a\nb\nc\n");
    ctl_check("cp -a sealed before", "");
    check_sealed("");
    ctl_check("diff -r sealed before && cmp fleet.ini.state fleet.ini.state", "");
    /* Comments and the order of recipients are nothing that a host gets. */
    ctl_check("echo '# more' >>documents/1.ini; sed -i 's/^profiles = web/profiles = web, common/' fleet.ini",
              "");
    check_sealed("");
    ctl_check("sed -i 's/1$/4/' documents/1.ini", "");
    check_sealed("a\nb\n");
    ctl_check("diff -r sealed/c before/c", "");
    ctl_check("sed -i '/^\\[b\\]/,/^rec/s/age1/'$(cat other.pub)' age1/' fleet.ini", "");
    check_sealed("b\n");
    ctl_check("age -d -i other.key sealed/b/secrets.age | grep -c A", "1\n");
    ctl_check("sed -i \"s/$(cat op.pub)/$(cat other.pub)/\" fleet.ini", "");
    check_sealed("a\nb\nc\n");
    ctl_check("age -d -i op.key sealed/a/secrets.age 2>/dev/null || echo no", "no\n");
    ctl_check("minisign -G -f -W -p sign.pub -s sign.key >/dev/null", "");
    check_sealed("a\nb\nc\n");
    ctl_check("minisign -Vq -p sign.pub -m sealed/a/secrets.age && sed -i /^signing/d fleet.ini", "");
    ctl_check(SEAL " 2>/dev/null", "a\nb\nc\n");
    ctl_check("find sealed -name '*.minisig*'", "");
}

Test(fleet, file_that_is_not_as_it_was_is_sealed_again)
{
    check_sealed("a\nb\nc\n");
    ctl_check("rm sealed/a/secrets.age; echo >>sealed/b/secrets.age; echo >>sealed/c/secrets.age.minisig",
              "");
    check_sealed("a\nb\nc\n");
    ctl_check("rm -r sealed/b; rm sealed/c/secrets.age.minisig; ln -sf ../../op.key sealed/a/secrets.age",
              "");
    check_sealed("a\nb\nc\n");
    ctl_check(
        "[ ! -L sealed/a/secrets.age ] && age -d -i a.key sealed/a/secrets.age | grep -c A; ls sealed/*",
        "1\n"
        "sealed/a:\nsecrets.age\nsecrets.age.minisig\n\nsealed/b:\nsecrets.age\nsecrets.age.minisig\n\n"
        "sealed/c:\nsecrets.age\nsecrets.age.minisig\n");
    check_sealed("");
    /* Without the state, nobody knows. */
    ctl_check("rm fleet.ini.state", "");
    check_sealed("a\nb\nc\n");
}

Test(fleet, dry_run_tells_and_changes_nothing)
{
    ctl_check(SEAL " --dry-run", "a\nb\nc\n");
    ctl_check("find sealed fleet.ini.state -type f 2>/dev/null || :", "");
    check_sealed("a\nb\nc\n");
    ctl_check("cp -a sealed before; cp fleet.ini.state state; sed -i 's/1$/4/' documents/1.ini\n" SEAL
              " --dry-run\n"
              "diff -r sealed before && cmp fleet.ini.state state",
              "a\nb\n");
    check_sealed("a\nb\n");
}

Test(fleet, hosts_that_are_named_are_sealed_alone)
{
    ctl_check(SEAL " c a", "c\na\n");
    check_sealed("b\n");
    ctl_check_refused(SEAL " a d", 1, "fleet.ini: no host d");
    ctl_check_refused(SEAL " \"$(printf 'a\\033')\"", 1, "no host a?");
    ctl_check_refused(SEAL " fleet", 1, "no host fleet");
    ctl_check_refused(SEAL " a a", 1, "a: named twice");
}

Test(fleet, prune_removes_what_was_sealed_for_hosts_that_are_gone)
{
    check_sealed("a\nb\nc\n");
    ctl_check("mkdir sealed/mine; echo >sealed/mine/file; echo >sealed/b/mine\n"
              "sed -i '/^\\[b\\]/,/^profiles/d; /^\\[c\\]/,/^profiles/d' fleet.ini",
              "");
    ctl_check(SEAL " 2>&1; ls sealed; " SEAL " --prune --dry-run 2>&1; ls sealed",
              "secrunctl: sealed: files of 2 hosts that the inventory does not have (--prune removes them)\n"
              "a\nb\nc\nmine\n"
              "secrunctl: sealed: files of 2 hosts that the inventory does not have (--prune removes them)\n"
              "a\nb\nc\nmine\n");
    ctl_check(
        SEAL " --prune 2>&1; find sealed -type f | sort; ls sealed; " SEAL " --prune",
        "secrunctl: sealed: files of 2 hosts that the inventory does not have were removed\n"
        "sealed/a/secrets.age\nsealed/a/secrets.age.minisig\nsealed/b/mine\nsealed/mine/file\na\nb\nmine\n");
}

/* Whoever can write in the output directory shall not get at files elsewhere. */
Test(fleet, prune_does_not_go_through_links)
{
    check_sealed("a\nb\nc\n");
    ctl_check("mkdir live; echo live >live/secrets.age; rm -r sealed/b; ln -s ../live sealed/b\n"
              "sed -i '/^\\[b\\]/,/^profiles/d' fleet.ini; " SEAL " --prune 2>&1; cat live/secrets.age",
              "secrunctl: sealed/b: Not a directory\nlive\n");
}

Test(fleet, inventory_says_where_all_is)
{
    ctl_check(
        "mkdir -m 700 fleet; mv documents fleet/text; mv fleet.ini op.key sign.key fleet; mkdir -m 700 out\n"
        "sed -i \"s,^.fleet.,&\\ndocuments = text\\noutput = $PWD/out\\nstate = $PWD/out/.state,\" "
        "fleet/fleet.ini\n"
        "secrunctl fleet seal fleet/fleet.ini; ls -A out; cd fleet; secrunctl fleet seal fleet.ini; ls; cd "
        "/\n"
        "secrunctl fleet seal $OLDPWD/fleet.ini",
        "a\nb\nc\n.state\na\nb\nc\nfleet.ini\nop.key\nsign.key\ntext\n");
}

/* --- mistakes --------------------------------------------------------------------------------------- */

Test(fleet, mistakes_in_documents_are_told_with_file_and_line)
{
    expect_refused("echo 'A = hunter2' >documents/3.ini; " SEAL,
                   "documents/3.ini: line 1: an entry before the first [profile]");
    expect_refused("printf '# x\\n  hunter2\\n' >documents/3.ini; " SEAL, "documents/3.ini: line 2: ");
    expect_refused("printf '\\n[common]\\n' >documents/3.ini; " SEAL,
                   "documents/3.ini: line 2: profile common for the second time");
    expect_refused("printf '[x]\\n.include = none\\n' >documents/0.ini; rm documents/3.ini; " SEAL,
                   "documents/0.ini: line 2: include of none, but there is no such profile");
    expect_refused("printf '[x]\\n\\nA.color = hunter2\\n' | age -R op.pub -o documents/3.age; rm "
                   "documents/0.ini; " SEAL,
                   "documents/3.age: line 3: ");
    expect_refused("echo hunter2 >documents/3.age; " SEAL, "documents/3.age: not a sealed file");
    expect_refused("rm documents/3.age; age -R a.pub -o documents/3.age documents/1.ini; " SEAL,
                   "documents/3.age: sealed for other recipients");
    expect_refused("rm documents/3.age; sed -i /^identity/d fleet.ini; " SEAL,
                   "documents/2.age: sealed, and there is no identity to open it with");
    expect_refused("mkdir none; sed -i 's/^.fleet.$/&\\ndocuments = none/' fleet.ini; " SEAL,
                   "none: no document (*.ini, or sealed: *.age) in it");
    expect_refused("rmdir none; " SEAL, "none: No such file or directory");
}

/* A mark at the beginning of each file, and none at its end. */
Test(fleet, files_are_read_as_each_is)
{
    ctl_check("rm documents/*; printf '\\357\\273\\277[web]\\nA = 1' >documents/1.ini\n"
              "printf '\\357\\273\\277[db]\\nB = 2' >documents/2.ini; : >documents/3.ini; echo x "
              ">documents/README\n"
              "echo x >documents/.hidden.ini; " SEAL "; age -d -i c.key sealed/c/secrets.age | tail -n 2",
              "a\nb\nc\n[db]\nB = 2\n");
}

Test(fleet, mistakes_in_the_inventory_are_told_and_nothing_is_written)
{
    expect_refused("cp fleet.ini good; sed -i 's/= db/= db, dbx/' fleet.ini; " SEAL,
                   "fleet.ini: line 11: [c]: no document has the profile [dbx]\n"
                   "secrunctl: hint: there are: common web db\n");
    ctl_check("sed -i 's/= web/= webx/' fleet.ini; " SEAL " 2>&1 | grep -c 'no document has the profile'",
              "3\n");
    expect_refused("cp good fleet.ini; echo '[a]' >>fleet.ini; " SEAL,
                   "fleet.ini: line 14: [a] for the second time");
    expect_refused("cp good fleet.ini; sed -i 's/key = sign/key = none/' fleet.ini; " SEAL,
                   "none.key: No such file");
    expect_refused("cp good fleet.ini; sed -i 's/file:op/file:none/' fleet.ini; " SEAL,
                   "none.key: No such file or directory\nsecrunctl: hint: bring the key that opens the "
                   "documents, or say where it is: identity in [fleet] of fleet.ini\n");
    expect_refused("cp good fleet.ini; sed -i 's/file:op/file:other/' fleet.ini; " SEAL,
                   "hint: it has to be sealed to the identity in [fleet]");
    expect_refused("cp good fleet.ini; chmod 666 fleet.ini; " SEAL, "fleet.ini: others can write it");
    expect_refused("cp good fleet.ini; chmod 600 fleet.ini; chmod 644 op.key; " SEAL,
                   "op.key: others can read or write it");
    expect_refused("chmod 600 op.key; secrunctl fleet seal none.ini", "none.ini: No such file");
    expect_refused("secrunctl fleet seal /dev/null", "/dev/null: not a regular file");
    ctl_check_refused("secrunctl fleet", 2, "fleet: seal is wanted");
    ctl_check_refused("secrunctl fleet open fleet.ini", 2, "fleet: seal is wanted");
    ctl_check_refused("secrunctl fleet seal", 2, "which inventory?");
    ctl_check_refused(SEAL " --jobs 0", 2, "--jobs: a number from 1 to 256");
    ctl_check_refused(SEAL " --jobs 1x", 2, "--jobs: a number from 1 to 256");
}

/* A host's lines that were copied, and half of them changed. */
Test(fleet, recipient_of_two_hosts_is_told)
{
    ctl_check(
        "sed -i \"/^\\[b]/,/^recip/s/^recip.*/recipients = $(cat other.pub) $(cat a.pub)/\" fleet.ini\n" SEAL
        " --dry-run 2>&1",
        "secrunctl: fleet.ini: [a] and [b] have a recipient in common: each can open the other's file\n"
        "secrunctl: hint: a recipient that is meant for all hosts goes into [fleet]\na\nb\nc\n");
    ctl_check("sed -i \"/^\\[fleet]/,/^recip/s/^recip.*/& $(cat a.pub)/\" fleet.ini\n" SEAL " --dry-run",
              "a\nb\nc\n");
}

Test(fleet, signatures_that_there_will_be_no_more_are_told)
{
    check_sealed("a\nb\nc\n");
    ctl_check(
        "sed -i /signing-key/d fleet.ini; " SEAL " 2>&1; " SEAL,
        "secrunctl: fleet.ini: no signing-key: what was signed for 3 hosts before is not signed any more\n"
        "secrunctl: hint: a host with signers refuses it\na\nb\nc\n");
}

Test(fleet, plaintext_that_others_can_read_is_told)
{
    ctl_check("chmod 644 documents/1.ini; " SEAL "; chmod 755 documents; " SEAL " 2>&1",
              "a\nb\nc\nsecrunctl: documents/1.ini: plaintext that others can read: chmod 600, or seal it to "
              "yourself\n");
}

Test(fleet, state_that_is_not_as_it_was_written_is_no_state)
{
    check_sealed("a\nb\nc\n");
    ctl_check_refused("cp fleet.ini.state kept; head -c 100 kept >fleet.ini.state; " SEAL, 1,
                      "hint: remove it, and the files of all hosts are sealed anew");
    ctl_check_refused("cp kept fleet.ini.state; chmod 644 fleet.ini.state; " SEAL, 1,
                      "fleet.ini.state: others can read or write it");
    ctl_check("chmod 600 fleet.ini.state; " SEAL, "");
}

Test(fleet, nothing_is_written_where_others_could_have_put_it)
{
    ctl_check_refused("mkdir -m 777 sealed; chmod 777 sealed; " SEAL, 1, "sealed: others can write it");
    ctl_check_refused("rmdir sealed; mkdir -m 700 sealed outside; ln -s ../outside sealed/b; " SEAL, 1,
                      "sealed/b: its directory: ");
    ctl_check("ls outside", "");
    ctl_check_refused("rm -r sealed; echo >sealed; " SEAL, 1, "sealed: ");
}

/* --- interruptions ---------------------------------------------------------------------------------- */

Test(fleet, two_at_once_take_turns)
{
    ctl_check(
        SEAL
        " >one & " SEAL " >two; wait; sort one two; " SEAL
        "; for host in a b c; do age -d -i $host.key sealed/$host/secrets.age >/dev/null && minisign -Vq -p "
        "sign.pub -m sealed/$host/secrets.age && echo $host; done",
        "a\nb\nc\na\nb\nc\n");
}

/* Documents that change while it waits for another one are read as they are then. */
Test(fleet, one_that_waited_seals_what_is_there_then)
{
    ctl_check("mkdir -m 700 sealed; flock -o sealed sh -c '" SEAL " >out 2>err & sleep 1.5; sed -i s/1$/7/ "
              "documents/1.ini'; until [ -s fleet.ini.state ]; do sleep 0.1; done; cat err\n"
              "age -d -i a.key sealed/a/secrets.age | grep A; " SEAL,
              "secrunctl: sealed: waiting for another secrunctl\nA = " VALUE "7\n");
    ctl_check("flock -o sealed sh -c '(" SEAL " >out 2>err; echo $? >status) & sleep 0.5; sed -i "
              "/^signing/d fleet.ini'; until [ -s status ]; do sleep 0.1; done; grep -c 'was changed while' "
              "err; cat status",
              "1\n1\n");
}

/* What a run has sealed and could not tell is told by none: so it is told before it is known as sealed. */
Test(fleet, hosts_are_told_before_they_are_known_as_sealed)
{
    ctl_check_refused(SEAL " >/dev/full", 1, "standard output: No space left on device");
    ctl_check("ls fleet.ini.state 2>/dev/null || " SEAL, "a\nb\nc\n");
}

Test(fleet, without_room_on_the_disk_files_stay_as_they_were)
{
    ctl_check(SEAL
              " >/dev/null; cp -a sealed before; cp fleet.ini.state state; sed -i 's/1$/4/' documents/1.ini",
              "");
    if (getuid() != 0) {
        ctl_check_refused("prlimit --fsize=100 " SEAL, 1, "File too large");
    } else {
        ctl_check_refused(
            "mkdir disk; mv sealed keep; unshare -m sh -c 'mount -t tmpfs -o size=64k,mode=700 none disk; cp "
            "-a keep disk/sealed; cp fleet.ini fleet.ini.state disk\n"
            "cp -a documents op.key sign.key disk; cd disk; cat /dev/zero >filler 2>/dev/null\n" SEAL
            "; status=$?; diff -r sealed ../before >&2; cmp fleet.ini.state ../state >&2; rm filler\n" SEAL
            " >../again; exit $status'",
            1, "No space left on device");
        ctl_check("cat again; mv keep sealed", "a\nb\n");
    }
    ctl_check("diff -r sealed before; cmp fleet.ini.state state; find sealed -name '.*'; " SEAL, "a\nb\n");
}

/* --- many ------------------------------------------------------------------------------------------- */

/* Each hundredth has a key of its own, and its file is opened with it. */
Test(fleet, ten_thousand_hosts_have_each_their_own)
{
    ctl_check(
        "for i in $(seq 0 99); do age-keygen -o host-$i.key 2>/dev/null; age-keygen -y host-$i.key; done "
        ">keys\n"
        "awk '{ key[NR - 1] = $1 } END { for (i = 0; i < 10000; i++) printf \"[host-%d]\\nrecipients = "
        "%s\\nprofiles = app-%d, common\\n\", i, key[i % 100], i }' keys >fleet.ini\n"
        "awk 'BEGIN { for (i = 0; i < 10000; i++) printf \"[app-%d]\\nKEY = " VALUE "-%d\\n\", i, i }' "
        ">documents/3.ini; rm documents/2.age\n" SEAL " 2>err >out; wc -l <out; " SEAL " 2>>err\n"
        "sed -i 's/-4711$/-changed/' documents/3.ini; " SEAL " 2>>err; grep -c 'and 9890 more' err\n"
        "for i in $(seq 0 99); do n=$((i * 100 + i)); age -d -i host-$i.key sealed/host-$n/secrets.age | "
        "sed -n 's/^KEY = //p' | grep -qx " VALUE "-$n || echo $n; done\n"
        "age -d -i host-3.key sealed/host-4/secrets.age 2>/dev/null || echo no",
        "10000\nhost-4711\n3\nno\n");
}
