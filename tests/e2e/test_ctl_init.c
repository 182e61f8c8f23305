/* SPDX-License-Identifier: ISC */
/* secrunctl init and pubkey: a store is made whole and private, and nothing is ever overwritten. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"

TestSuite(ctl_init, .init = ctl_begin, .fini = scratch_end, .timeout = 300);

Test(ctl_init, makes_files_that_only_their_owner_reads)
{
    ctl_check("cd store && stat -c '%a %n' . * .[!.]* 2>/dev/null | sort -k2",
              "700 .\n644 .gitignore\n600 machine.key\n600 secrets.age\n644 secrun.conf\n");
    ctl_check("umask 0; secrunctl -d open init >/dev/null; cd open && stat -c '%a %n' . * | sort -k2",
              "700 .\n600 machine.key\n600 secrets.age\n644 secrun.conf\n");
}

Test(ctl_init, prints_the_recipient_and_what_to_do_next)
{
    struct outcome made = shell("secrunctl -d other init");
    check_status(made, 0);
    struct outcome key = shell("age-keygen -y other/machine.key");
    check_status(key, 0);
    cr_expect(strstr(made.out, key.out), "no recipient:\n%s", made.out);
    cr_expect(strstr(made.out, "secrunctl -d other set"), "no next step:\n%s", made.out);
    cr_expect_str_eq(made.err, "");
    outcome_free(&made);
    outcome_free(&key);
}

Test(ctl_init, makes_an_empty_document_with_comments)
{
    char *document = ctl_open();
    cr_expect(document[0] == '#' && strstr(document, "secrun-document(5)"), "%s", document);
    free(document);
    ctl_check("secrunctl list", "");
    ctl_check("secrunctl export --format ini | grep -v '^#'; true", "");
}

Test(ctl_init, writes_a_configuration_whose_defaults_are_the_defaults)
{
    ctl_check("printf v | secrunctl set A; sed -i 's/^# \\([a-z-]* =\\)/\\1/' store/secrun.conf\n"
              "grep -c '^[a-z-]* =' store/secrun.conf; secrunctl get A",
              "13\nv");
}

Test(ctl_init, leaves_a_store_as_it_is)
{
    struct outcome again = shell("printf hunter2 | secrunctl set A; cp -a store before; secrunctl init");
    cr_expect_eq(again.status, 1);
    cr_expect(strstr(again.err, "store: there is a store already\n"), "%s", again.err);
    cr_expect_str_eq(again.out, "");
    outcome_free(&again);
    ctl_check("diff -r before store", "");
}

Test(ctl_init, completes_what_was_interrupted_without_touching_what_is_there)
{
    static const char *const missing[] = {
        "secrun.conf",
        "secrets.age",
        "secrets.age secrun.conf",
        "machine.key secrets.age",
        "machine.key secrets.age secrun.conf",
    };
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        struct outcome run = shell("rm -rf copy before; cp -a store copy; cd copy; rm %s; cd ..\n"
                                   "cp -a copy before; secrunctl -d copy init >/dev/null || exit\n"
                                   "for file in before/*; do [ -e \"$file\" ] || continue\n"
                                   "    cmp \"$file\" \"copy/${file#before/}\" || exit; done\n"
                                   "printf v | secrunctl -d copy set A && secrunctl -d copy get A",
                                   missing[i]);
        cr_expect(run.status == 0 && strcmp(run.out, "v") == 0, "without %s: %s%s", missing[i], run.out,
                  run.err);
        outcome_free(&run);
    }
}

/* What is kept in the store by and by is no more for others than the key is. */
Test(ctl_init, keeps_keys_out_of_git)
{
    ctl_check("git init -q . && cd store && touch 1000.key machine.key.age machine.key.before "
              "secrets.age.minisig secret.txt\n"
              "cd .. && git add -A && git ls-files store",
              "store/.gitignore\nstore/secrets.age\nstore/secrets.age.minisig\nstore/secrun.conf\n");
    ctl_check("mkdir -m 700 mine; echo mine >mine/.gitignore; secrunctl -d mine init >/dev/null\n"
              "cat mine/.gitignore",
              "mine\n");
}

Test(ctl_init, makes_no_new_key_for_a_sealed_file_that_is_there)
{
    ctl_check_refused("mv store/machine.key kept; secrunctl init", 1,
                      "machine.key is not; a new key would not open it");
    ctl_check("ls store; mv kept store/machine.key; secrunctl list", "secrets.age\nsecrun.conf\n");
    ctl_check_refused("mv store/machine.key kept; rm store/secrun.conf; secrunctl init", 1,
                      "a new key would not open it");
}

Test(ctl_init, follows_no_link_to_make_a_file)
{
    ctl_check_refused("mkdir -m 700 linked; ln -s ../stolen linked/machine.key; secrunctl -d linked init", 1,
                      "linked/machine.key: ");
    ctl_check("rm -rf linked; mkdir -m 700 linked; ln -s ../stolen linked/secrets.age\n"
              "secrunctl -d linked init >/dev/null 2>&1; ls stolen 2>/dev/null; true",
              "");
}

Test(ctl_init, makes_the_directories_above_for_others_to_pass)
{
    ctl_check("secrunctl -d a/b/c init >/dev/null; stat -c '%a %n' a a/b a/b/c",
              "755 a\n755 a/b\n700 a/b/c\n");
}

Test(ctl_init, refuses_a_place_that_others_can_change)
{
    ctl_check_refused("mkdir open; chmod 777 open; secrunctl -d open/store init", 1,
                      "open: others can write it (mode 0777)");
    ctl_check_refused("mkdir group; chmod 770 group; secrunctl -d group init", 1,
                      "group: others can write it (mode 0770)");
    ctl_check("ls open/store group 2>/dev/null | grep -e key -e age; true", "");
}

Test(ctl_init, of_two_at_once_makes_one_store)
{
    struct outcome run = shell("for i in 1 2 3 4 5 6 7 8; do\n"
                               "    { secrunctl -d raced init >/dev/null 2>err.$i; echo $? >status.$i; } &\n"
                               "done; wait; cat status.* | sort | uniq -c | tr -s ' '\n"
                               "cat err.* | sort -u; ls raced; secrunctl -d raced list");
    cr_expect_str_eq(run.out,
                     " 1 0\n 7 1\nsecrunctl: raced: there is a store already\n"
                     "machine.key\nsecrets.age\nsecrun.conf\n",
                     "%s%s", run.out, run.err);
    outcome_free(&run);
}

Test(ctl_init, gives_an_ordinary_user_a_store_in_his_configuration)
{
    const char *become = as_ordinary();
    struct outcome run = shell("unset SECRUN_DIR; export HOME=\"$PWD/home\"; %s mkdir home\n"
                               "%s secrunctl init >/dev/null && ls \"$HOME/.config/secrun\"\n"
                               "export XDG_CONFIG_HOME=\"$HOME/elsewhere\"; %s secrunctl init >/dev/null\n"
                               "printf v | %s secrunctl set A && %s secrunctl get A; ls \"$HOME/elsewhere\"",
                               become, become, become, become, become);
    cr_expect_str_eq(run.out, "machine.key\nsecrets.age\nsecrun.conf\nvsecrun\n", "%s%s", run.out, run.err);
    outcome_free(&run);
}

TestSuite(ctl_pubkey, .init = ctl_begin, .fini = scratch_end, .timeout = 300);

Test(ctl_pubkey, is_what_age_keygen_says)
{
    ctl_check("secrunctl pubkey >ours; age-keygen -y store/machine.key >theirs; diff ours theirs", "");
}

Test(ctl_pubkey, is_computed_and_not_what_the_comment_claims)
{
    ctl_check(
        "age-keygen -o other.key 2>/dev/null; other=$(age-keygen -y other.key)\n"
        "secrunctl pubkey >before; sed -i \"s/^# public key: .*/# public key: $other/\" store/machine.key\n"
        "grep -c \"$other\" store/machine.key; secrunctl pubkey >after; diff before after",
        "1\n");
}

Test(ctl_pubkey, is_of_each_identity_in_the_file)
{
    ctl_check("age-keygen 2>/dev/null >>store/machine.key; secrunctl pubkey >ours\n"
              "age-keygen -y store/machine.key >theirs; wc -l <ours; diff ours theirs",
              "2\n");
}

Test(ctl_pubkey, is_what_one_seals_a_store_with)
{
    ctl_check("printf '[default]\\nA = from elsewhere\\n' | age -r \"$(secrunctl pubkey)\" >new.age\n"
              "cp new.age store/secrets.age; secrunctl get A",
              "from elsewhere");
    ctl_check("printf '[default]\\nA = armored\\n' | age -a -r \"$(secrunctl pubkey)\" >new.age\n"
              "cp new.age store/secrets.age; secrunctl get A",
              "armored");
}
