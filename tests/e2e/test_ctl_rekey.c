/* SPDX-License-Identifier: ISC */
/* secrunctl rekey and recipients: who can open the store, and that nobody is shut out who should. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/store.h"

static void begin(void)
{
    ctl_begin();
    ctl_check("echo hunter2 | secrunctl set A; cp store/machine.key old.key; cp store/secrets.age old.age\n"
              "age-keygen -o ada.key 2>/dev/null; age-keygen -o eve.key 2>/dev/null",
              "");
}

TestSuite(ctl_rekey, .init = begin, .fini = scratch_end, .timeout = 300);
TestSuite(ctl_recipients, .init = begin, .fini = scratch_end, .timeout = 300);

/* A line about each key: can it open the file? */
#define OPENS                                                                                                \
    "opens() { for k in $2; do age -d -i $k $1 2>/dev/null | grep -q 'A = hunter2' && echo \"$k\" "          \
    "|| echo \"not $k\"; done; }\n"                                                                          \
    "ADA=$(age-keygen -y ada.key) EVE=$(age-keygen -y eve.key)\n"

/* --- rekey --- */

Test(ctl_rekey, seals_the_store_to_a_new_key_and_to_the_old_one_no_more)
{
    ctl_check(OPENS
              "secrunctl rekey >printed; cmp printed - <<E\n$(secrunctl pubkey)\nE\n"
              "[ \"$(secrunctl pubkey)\" = \"$(age-keygen -y old.key)\" ] || echo another\n"
              "opens store/secrets.age 'store/machine.key old.key'; secrun printenv A; secrunctl get A\n"
              "stat -c %a store/machine.key",
              "another\nstore/machine.key\nnot old.key\nhunter2\nhunter2600\n");
}

Test(ctl_rekey, keeps_the_old_key_until_it_is_to_be_forgotten)
{
    ctl_check(OPENS "secrunctl rekey >/dev/null; opens old.age store/machine.key\n"
                    "echo more | secrunctl set B; opens store/secrets.age 'store/machine.key old.key'\n"
                    "secrunctl rekey --forget-old; opens old.age store/machine.key; opens store/secrets.age "
                    "store/machine.key\n"
                    "grep -c '^AGE-SECRET-KEY-1' store/machine.key; grep -c replaced store/machine.key; "
                    "secrun printenv A; stat -c %a store/machine.key",
              "store/machine.key\nstore/machine.key\nnot old.key\nnot store/machine.key\nstore/machine.key\n"
              "1\n0\nhunter2\n600\n");
}

Test(ctl_rekey, reseals_the_backups_that_are_named)
{
    ctl_check(OPENS
              "cp old.age second.age; chmod 640 old.age\n"
              "secrunctl rekey old.age second.age >/dev/null; secrunctl rekey --forget-old\n"
              "opens old.age 'store/machine.key old.key'; opens second.age 'store/machine.key old.key'\n"
              "stat -c %a old.age",
              "store/machine.key\nnot old.key\nstore/machine.key\nnot old.key\n640\n");
}

Test(ctl_rekey, tells_which_backup_it_could_not_reseal)
{
    struct outcome run =
        shell("echo text >text; secrunctl rekey none.age text old.age; echo $?\n"
              "secrunctl rekey --forget-old; age -d -i store/machine.key old.age | grep -c hunter2\n"
              "secrun printenv A");
    cr_expect(strstr(run.out, "1\n1\nhunter2\n"), "%s", run.out);
    cr_expect(strstr(run.err, "none.age: No such file or directory\n"), "%s", run.err);
    cr_expect(strstr(run.err, "text: not an age file"), "%s", run.err);
    outcome_free(&run);
}

Test(ctl_rekey, goes_on_for_many_keys)
{
    ctl_check("for i in $(seq 31); do secrunctl rekey >/dev/null || echo failed; done\n"
              "grep -c '^AGE-SECRET-KEY-1' store/machine.key; age -d -i store/machine.key old.age | grep -c "
              "hunter2",
              "32\n1\n");
    ctl_check_refused("secrunctl rekey", 1, "hint: secrunctl rekey --forget-old drops");
    ctl_check("secrunctl rekey --forget-old && secrunctl rekey | wc -l; secrun printenv A", "1\nhunter2\n");
}

Test(ctl_rekey, is_begun_again_where_it_was_interrupted)
{
    /* The new key is there, and the sealed file is sealed to the old one. */
    ctl_check(
        "age-keygen -o new.key 2>/dev/null; { cat new.key; echo '# replaced: 2026-01-02T03:04:05Z'; cat "
        "old.key; } >both; cat both >store/machine.key; secrun printenv A",
        "hunter2\n");
    ctl_check_refused("secrunctl rekey --forget-old", 1,
                      "sealed to the key that was replaced\nsecrunctl: hint: secrunctl rekey\n");
    ctl_check("secrunctl rekey >/dev/null; secrunctl rekey --forget-old; secrun printenv A\n"
              "age -d -i old.key store/secrets.age 2>/dev/null || age -d -i new.key store/secrets.age "
              "2>/dev/null || "
              "echo neither",
              "hunter2\nneither\n");
}

Test(ctl_rekey, seals_to_no_fewer_others)
{
    ctl_check(OPENS "secrunctl recipients add $ADA; secrunctl rekey >/dev/null\n"
                    "opens store/secrets.age 'ada.key store/machine.key old.key'",
              "ada.key\nstore/machine.key\nnot old.key\n");
    ctl_check("age -r $(secrunctl pubkey) -r $(age-keygen -y ada.key) -r $(age-keygen -y eve.key) -o new.age "
              "<<E\n[default]\nA = hunter2\nE\ncat new.age >store/secrets.age; cp store/machine.key before",
              "");
    ctl_check_refused("secrunctl rekey", 1, "sealed to 3 recipients, of which 2 are known here\n");
    ctl_check("secrun printenv A; secrunctl rekey --drop-recipients >/dev/null; secrun printenv A; cat "
              "store/machine.key "
              "| grep -c '^AGE-SEC'",
              "hunter2\nhunter2\n4\n");
}

Test(ctl_rekey, takes_a_key_that_is_a_file_of_its_own)
{
    ctl_check("mkdir keys; chmod 700 keys; mv store/machine.key keys/here.key\n"
              "printf '[store]\\nidentity = file:%s/keys/here.key\\n' \"$PWD\" >store/secrun.conf\n"
              "secrunctl rekey >/dev/null; secrun printenv A; grep -c '^AGE-SEC' keys/here.key; ls store",
              "hunter2\n2\nsecrets.age\nsecrun.conf\n");
    ctl_check(
        "printf '[store]\\nidentity = command:/bin/cat %s/keys/here.key\\n' \"$PWD\" >store/secrun.conf", "");
    ctl_check_refused("secrunctl rekey", 1, "not a file: that a rekey could write\nsecrunctl: hint: ");
    ctl_check_refused("secrunctl rekey --forget-old old.age", 2, "--forget-old takes no backups");
}

Test(ctl_rekey, keeps_every_start_going)
{
    struct outcome run =
        shell("(while [ ! -e done ]; do [ \"$(secrun printenv A)\" = hunter2 ] || echo no start; "
              "[ \"$(secrunctl get A)\" = hunter2 ] || echo no get; done) 2>&1 & reader=$!\n"
              "for i in $(seq 20); do secrunctl rekey >/dev/null && secrunctl rekey --forget-old || echo "
              "failed; done\n"
              "touch done; wait $reader");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "", "%s", run.out);
    outcome_free(&run);
}

Test(ctl_rekey, by_two_at_once_leaves_a_store_that_opens)
{
    struct outcome run =
        shell("for w in 1 2; do (for i in $(seq 12); do secrunctl rekey >/dev/null || echo failed; done) "
              "2>>err & done\n"
              "for i in $(seq 20); do echo $i | secrunctl set B_$i || echo failed; done 2>>err; wait\n"
              "grep -v -e 'waiting for another secrunctl$' -e 'is new in .default.$' err\n"
              "secrun printenv A B_1 B_20; grep -c '^AGE-SEC' store/machine.key; secrunctl rekey "
              "--forget-old; secrun "
              "printenv A");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "hunter2\n1\n20\n25\nhunter2\n", "%s", run.out);
    outcome_free(&run);
}

/* --- recipients --- */

Test(ctl_recipients, are_added_and_removed)
{
    ctl_check(
        OPENS
        "secrunctl recipients add $ADA $EVE; opens store/secrets.age 'ada.key eve.key store/machine.key'\n"
        "secrunctl recipients list | cut -d' ' -f2-\n"
        "secrunctl recipients remove $EVE 2>/dev/null; opens store/secrets.age 'ada.key eve.key'\n"
        "grep '^recipients' store/secrun.conf | sed \"s/$ADA/ADA/\"\n"
        "secrunctl recipients remove $ADA 2>/dev/null; opens store/secrets.age 'ada.key store/machine.key'\n"
        "grep '^recipients' store/secrun.conf; secrunctl recipients list | cut -d' ' -f2-",
        "ada.key\neve.key\nstore/machine.key\n this host\n secrun.conf\n secrun.conf\n"
        "ada.key\nnot eve.key\nrecipients = ADA\nnot ada.key\nstore/machine.key\nrecipients =\n this host\n");
}

Test(ctl_recipients, leave_the_rest_of_the_configuration_as_it_is)
{
    ctl_check(
        OPENS
        "printf '# top\\n\\n[policy]\\nargv = allow\\n\\n; about it\\n[store]\\nmin-serial = 0\\n# end\\n"
        "[policy]\\ndumpable = no' >store/secrun.conf; cp store/secrun.conf before\n"
        "secrunctl recipients add $ADA; diff before store/secrun.conf | sed \"s/$ADA/ADA/\"\n"
        "cp store/secrun.conf before; secrunctl recipients add $EVE\n"
        "diff before store/secrun.conf | sed \"s/$ADA/ADA/;s/$EVE/EVE/\"\n"
        "printf '[policy]\\nargv = allow' >store/secrun.conf; secrunctl recipients add --drop-recipients "
        "$ADA $EVE\n"
        "sed \"s/$ADA/ADA/;s/$EVE/EVE/\" store/secrun.conf; rm store/secrun.conf\n"
        "secrunctl recipients add --drop-recipients $ADA $EVE; sed \"s/$ADA/ADA/;s/$EVE/EVE/\" "
        "store/secrun.conf",
        "8a9\n> recipients = ADA\n9c9\n< recipients = ADA\n---\n> recipients = ADA EVE\n"
        "[policy]\nargv = allow\n\n[store]\nrecipients = ADA EVE\n[store]\nrecipients = ADA EVE\n");
}

Test(ctl_recipients, who_is_removed_has_known_what_was_there)
{
    struct outcome run =
        shell(OPENS "secrunctl recipients add $ADA; echo x | secrunctl set -p other B 2>told\n"
                    "secrunctl recipients remove $ADA");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "");
    cr_expect_str_eq(
        run.err, "secrunctl: who held it may have kept the values that it could open until now: rotate them\n"
                 "secrunctl: hint: secrunctl set -p default A\n"
                 "secrunctl: hint: secrunctl set -p other B\n");
    outcome_free(&run);
}

Test(ctl_recipients, are_refused_where_they_make_no_sense)
{
    ctl_check_refused("secrunctl recipients", 2, "recipients: an operand is missing");
    ctl_check_refused("secrunctl recipients give x", 2, "recipients: add, remove or list is wanted\n");
    ctl_check_refused("secrunctl recipients add", 2, "recipients add: which?");
    ctl_check_refused("secrunctl recipients list x", 2, "recipients list: too many operands");
    ctl_check_refused("secrunctl recipients add hunter2", 1, "operand 2: not a recipient");
    ctl_check_refused("secrunctl recipients add \"$(grep AGE-SEC old.key)\"", 1,
                      "operand 2: an identity, not a recipient\n");
    ctl_check_refused("secrunctl recipients add age1hunter", 1, "age1hunter: a damaged recipient");
    ctl_check_refused("secrunctl recipients add \"age1$(printf '\\033[2J')\"", 1,
                      "age1?[2J: a damaged recipient");
    ctl_check_refused("secrunctl recipients add 'ssh-ed25519 AAAA'", 1, "operand 2: an SSH public key");
    ctl_check_refused("secrunctl recipients remove $(age-keygen -y ada.key)", 1,
                      "not among the recipients in ");
    ctl_check_refused("secrunctl recipients remove $(secrunctl pubkey)", 1,
                      ": this host's own key\nsecrunctl: hint: secrunctl rekey");
}

Test(ctl_recipients, that_nothing_is_known_of_are_not_dropped)
{
    ctl_check(
        "age -r $(secrunctl pubkey) -r $(age-keygen -y eve.key) -o new.age <<E\n[default]\nA = hunter2\nE\n"
        "cat new.age >store/secrets.age; secrunctl recipients list 2>&1 | sed 's/.*: "
        "sealed/sealed/;s/^age1[^ "
        "]*/age1/'",
        "sealed to 1 that are not known here, too\nage1  this host\n");
    ctl_check_refused("secrunctl recipients add $(age-keygen -y ada.key)", 1,
                      "of which 1 are known here\n"
                      "secrunctl: hint: if the one that is added is among the others: --drop-recipients\n");
    ctl_check("secrunctl recipients add --drop-recipients $(age-keygen -y ada.key); age -d -i ada.key "
              "store/secrets.age",
              "[default]\nA = hunter2\n");
}

/* Where secrun.conf was changed by hand, or a kill came in between, the same command finishes it. */
Test(ctl_recipients, in_a_list_that_is_not_yet_sealed_to_are_sealed_to)
{
    ctl_check(OPENS
              "echo \"recipients = $ADA\" | cat >list; sed -i '/^.store.$/r list' store/secrun.conf\n"
              "opens store/secrets.age ada.key; secrunctl recipients list 2>&1 | sed 's/.*: sealed/sealed/' "
              "| head -n 1\n"
              "secrunctl recipients add $ADA; opens store/secrets.age ada.key\n"
              "secrunctl recipients add $ADA; opens store/secrets.age ada.key",
              "not ada.key\nsealed to 1 of them so far\nada.key\nada.key\n");
}

/* As secrunctl(1) tells it. */
Test(ctl_recipients, make_a_store_that_two_machines_change)
{
    ctl_check("git init -q r; cp -a store r/store; cd r; git add -A; git -c user.name=n -c user.email=e "
              "commit -qm one\n"
              "cd ..; git clone -q r other; chmod 700 other/store; cd other; (umask 077; age-keygen -o "
              "store/machine.key 2>/dev/null)\n"
              "new=$(secrunctl -d store pubkey); cd ../r; secrunctl -d store recipients add $new $(secrunctl "
              "-d store pubkey)\n"
              "cp store/secrets.age store/secrun.conf ../other/store; cd ../other\n"
              "secrunctl -d store get A; echo two | secrunctl -d store set A; cp store/secrets.age "
              "../r/store; secrunctl -d ../r/store get A",
              "hunter2two");
}

Test(ctl_recipients, of_two_at_once_are_all_there)
{
    ctl_check("printf '# top\\n[policy]\\nargv = allow\\n# between\\n[store]\\nmin-serial = 0\\nrecipients "
              "=\\n# end' "
              ">store/secrun.conf; cp store/secrun.conf before\n"
              "for i in $(seq 6); do age-keygen -o 1-$i.key; age-keygen -o 2-$i.key; done 2>/dev/null",
              "");
    struct outcome run = shell(
        OPENS
        "for w in 1 2; do (for i in $(seq 6); do key=$(age-keygen -y $w-$i.key)\n"
        "    secrunctl recipients add $ADA $key || echo failed\n"
        "    case $i in 2 | 4 | 6) secrunctl recipients remove $key || echo failed ;; esac; done) 2>>err &\n"
        "    writers=\"${writers-} $!\"; done\n"
        "(for i in $(seq 20); do echo $i | secrunctl set B_$i || echo failed; done) 2>>err & "
        "writers=\"$writers $!\"\n"
        "(while [ ! -e done ]; do [ \"$(secrun printenv A)\" = hunter2 ] || echo no start\n"
        "    secrunctl recipients list >/dev/null || echo no list\n"
        "    sed 's/^recipients =.*/recipients =/' store/secrun.conf | cmp - before; done) 2>>err & "
        "reader=$!\n"
        "wait $writers; touch done; wait $reader; opens store/secrets.age '1-1.key 1-2.key 1-3.key 1-4.key "
        "1-5.key 1-6.key 2-1.key 2-2.key 2-3.key 2-4.key 2-5.key 2-6.key ada.key eve.key'\n"
        "secrunctl recipients list | cut -d' ' -f2- | sort | uniq -c\n"
        "for i in $(seq 20); do [ \"$(secrunctl get B_$i)\" = $i ] || echo lost; done; ls -AI.gitignore "
        "store\n"
        "grep -v -e 'waiting for another secrunctl$' -e 'is new in ' -e 'who held it' -e 'hint: secrunctl "
        "set -p ' -e ' so "
        "far$' -e 'hint: and' err >&2");
    cr_expect_str_eq(
        run.out,
        "1-1.key\nnot 1-2.key\n1-3.key\nnot 1-4.key\n1-5.key\nnot 1-6.key\n2-1.key\nnot 2-2.key\n"
        "2-3.key\nnot 2-4.key\n2-5.key\nnot 2-6.key\nada.key\nnot eve.key\n"
        "      7  secrun.conf\n      1  this host\n"
        "machine.key\nsecrets.age\nsecrun.conf\n",
        "%s", run.out);
    cr_expect_str_eq(run.err, "");
    outcome_free(&run);
}
