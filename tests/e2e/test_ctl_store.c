/* SPDX-License-Identifier: ISC */
/* The store under secrunctl: whom it trusts, what it replaces, and to whom it seals. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"

static void begin(void)
{
    ctl_begin();
    ctl_seal("[default]\nA = hunter2\n");
}

TestSuite(ctl_store, .init = begin, .fini = scratch_end, .timeout = 300);

/* Spoils a copy of the store; neither reading nor writing goes on, and the copy stays as it is. */
static void check_untrusted(const char *change, const char *text)
{
    static const char *const verbs[] = {"get A", "echo 2 | set B", "unset A", "list",
                                        "edit",  "import -",       "export",  "export --format ini"};
    char command[512];
    struct outcome changed = shell("set -e; rm -rf copy; cp -a store copy; cd copy; %s", change);
    check_status(changed, 0);
    outcome_free(&changed);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        snprintf(command, sizeof command, "EDITOR=true; export EDITOR; echo B=2 | secrunctl -d copy %s",
                 strncmp(verbs[i], "echo 2 | ", 9) == 0 ? verbs[i] + 9 : verbs[i]);
        ctl_check_refused(command, 1, text);
    }
    ctl_check("ls -AI.gitignore copy | grep -v -e secrets.age -e machine.key -e secrun.conf; true", "");
}

Test(ctl_store, that_others_can_change_or_read_is_refused)
{
    check_untrusted("chmod 644 machine.key", "machine.key: others can read or write it (mode 0644)");
    check_untrusted("chmod 640 machine.key", "machine.key: others can read or write it (mode 0640)");
    check_untrusted("chmod 664 secrets.age", "secrets.age: others can write it (mode 0664)");
    check_untrusted("chmod 770 .", "copy: directory that others can write (mode 0770)");
    check_untrusted("chmod 666 secrun.conf", "secrun.conf: others can write it");
}

/* Only root can give files away; an ordinary user meets root's instead. */
Test(ctl_store, of_another_user_is_refused)
{
    if (getuid() == 0) {
        check_untrusted("chown 54322 machine.key", "machine.key: not owned by root (uid 54322)");
        check_untrusted("chown 54322 secrets.age", "secrets.age: not owned by root (uid 54322)");
        check_untrusted("chown 54322 .", "copy: not owned by root (uid 54322)");
    } else {
        check_untrusted("echo '[store]\nidentity = /etc/shadow' >secrun.conf",
                        "/etc/shadow: Permission denied");
    }
}

Test(ctl_store, that_is_not_there_or_does_not_open_is_refused)
{
    check_untrusted("rm machine.key", "machine.key: No such file");
    check_untrusted("rm secrets.age", "secrets.age: No such file");
    check_untrusted("rm machine.key; age-keygen -o machine.key 2>/dev/null", "secrets.age: ");
    check_untrusted("truncate -s -1 secrets.age", "secrets.age: ");
    check_untrusted("echo hunter2 >secrun.conf", "secrun.conf: line 1: ");
    ctl_check_refused("echo 1 | secrunctl -d nowhere set A", 1, "nowhere/machine.key: No such file");
}

Test(ctl_store, is_written_for_the_real_age)
{
    ctl_check("printf 'two\\nlines' | secrunctl set B\n"
              "age -d -i store/machine.key store/secrets.age | sed 's/\\(rotated = \\).*/\\1now/'",
              "[default]\nA = hunter2\nB = two\n  lines\nB.rotated = now\n");
}

Test(ctl_store, keeps_the_mode_and_the_owner_of_its_file)
{
    ctl_check("chmod 440 store/secrets.age; secrunctl set B --generate; stat -c %a store/secrets.age",
              "440\n");
    ctl_check("chmod 400 store/secrets.age; secrunctl unset B; stat -c %a store/secrets.age", "400\n");
    if (getuid() == 0)
        ctl_check("chown 0:54322 store/secrets.age; chmod 640 store/secrets.age; secrunctl set B --generate\n"
                  "stat -c '%a %u:%g' store/secrets.age",
                  "640 0:54322\n");
}

Test(ctl_store, behind_a_symbolic_link_is_replaced_where_it_lies)
{
    ctl_check("mkdir -m 700 real; mv store/secrets.age real/sealed; ln -s ../real/sealed store/secrets.age\n"
              "echo 2 | secrunctl set B; readlink store/secrets.age; ls -AI.gitignore real store\n"
              "secrunctl -d store get B; age -d -i store/machine.key real/sealed | grep -c '^B = 2'",
              "../real/sealed\nreal:\nsealed\n\nstore:\nmachine.key\nsecrets.age\nsecrun.conf\n21\n");
    ctl_check("ln -s store linked; echo 3 | secrunctl -d linked set B; secrunctl get B", "3");
}

Test(ctl_store, lies_where_the_configuration_says)
{
    ctl_check("mkdir -m 700 keys sealed; mv store/machine.key keys/host; mv store/secrets.age sealed/app\n"
              "printf '[store]\\nidentity = file:%s/keys/host\\nsealed-file = ../sealed/app\\n' \"$PWD\" "
              ">store/secrun.conf\n"
              "echo 2 | secrunctl set B; secrunctl get B; ls sealed store",
              "2sealed:\napp\n\nstore:\nsecrun.conf\n");
}

#define RECOVERY                                                                                             \
    "age-keygen -o recovery.key 2>/dev/null; recovery=$(age-keygen -y recovery.key)\n"                       \
    "age-keygen -o second.key 2>/dev/null; second=$(age-keygen -y second.key)\n"

Test(ctl_store, is_sealed_to_the_configured_recipients_too)
{
    ctl_check(RECOVERY "printf '[store]\\nrecipients = %s, %s %s\\n' $recovery $second $(secrunctl pubkey) "
                       ">store/secrun.conf\n"
                       "echo 2 | secrunctl set B; grep -a -c '^-> X25519' store/secrets.age\n"
                       "for key in recovery.key second.key store/machine.key; do\n"
                       "    age -d -i $key store/secrets.age | grep '^B ='; done",
              "3\nB = 2\nB = 2\nB = 2\n");
}

Test(ctl_store, shuts_no_recipient_out_unless_told_to)
{
    ctl_check(RECOVERY
              "age -d -i store/machine.key store/secrets.age |\n"
              "    age -r $recovery -r $(secrunctl pubkey) >new.age; cat new.age >store/secrets.age\n"
              "secrunctl get A",
              "hunter2");
    ctl_check_refused("echo 2 | secrunctl set B", 1,
                      "secrets.age: sealed to 2 recipients, of which 1 are known here");
    ctl_check_refused("secrunctl unset A", 1, "or shut them out: --drop-recipients");
    ctl_check_refused("echo B=2 | secrunctl import -", 1, "recipients");
    ctl_check_refused("EDITOR='sed -i s/A/B/' secrunctl edit", 1, "recipients");
    ctl_check("echo 2 | secrunctl set --drop-recipients B; age -d -i recovery.key store/secrets.age "
              ">/dev/null 2>&1; echo $?; secrunctl get B",
              "1\n2");
}

Test(ctl_store, is_not_sealed_to_what_is_no_recipient)
{
    ctl_check("printf '[store]\\nrecipients = age1nothing\\n' >store/secrun.conf; secrunctl get A",
              "hunter2");
    ctl_check_refused("echo 2 | secrunctl set B", 1, "secrun.conf: recipients: ");
}

Test(ctl_store, is_waited_for_and_that_is_said_after_a_second)
{
    struct outcome run =
        shell("flock store sleep 2 & sleep 0.2; echo 2 | secrunctl set B; wait; secrunctl get B");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "2");
    cr_expect(strstr(run.err, "waiting for another secrunctl\n"), "%s", run.err);
    outcome_free(&run);
    /* Who only reads does not wait. */
    ctl_check("flock store sleep 8 >/dev/null 2>&1 & sleep 0.2; timeout 5 secrunctl get A", "hunter2");
}
