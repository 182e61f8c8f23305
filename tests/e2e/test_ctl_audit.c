/* SPDX-License-Identifier: ISC */
/* secrunctl in the audit log, and secrunctl audit, which reads one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"

#define VALUE "hunter2-Lw9vX3kT"

static void begin(void)
{
    static const char configuration[] = "[store]\naudit-log = log\n[policy]\naudit = required\n";
    ctl_begin();
    ctl_seal("[app]\nA = " VALUE "1\nB = " VALUE "2\n.allow-user = root\n[other]\nA = " VALUE "3\n");
    put_file("store/secrun.conf", configuration, sizeof configuration - 1);
}

TestSuite(ctl_audit, .init = begin, .fini = scratch_end, .timeout = 300);

/* What jq's filter makes of the log; no value is in it. */
static void check_log(const char *filter, const char *expected)
{
    char *log = get_file("store/log", NULL);
    cr_expect_null(strstr(log, "hunter2"), "%s", log);
    free(log);
    put_file("filter", filter, strlen(filter));
    ctl_check("jq -c -f filter store/log", expected);
}

#define CHANGE "[.event, .verb, .added, .changed, .removed]"

Test(ctl_audit, each_change_is_recorded_with_its_names)
{
    ctl_check("printf " VALUE " | secrunctl set -p app C; printf " VALUE "9 | secrunctl set -p app C\n"
              "secrunctl unset -p app B C; printf 'X=" VALUE "\\nY=" VALUE "\\n' >import.env\n"
              "secrunctl import -p new import.env >/dev/null 2>&1; secrunctl rollback -p app A 2>/dev/null\n"
              "EDITOR=\"sed -i -e '/allow-user/d' -e 's/" VALUE "3/" VALUE
              "4/' -e 's/^X = .*/&\\nX.note = n/'\" "
              "secrunctl edit",
              "");
    check_log("select(.event == \"change\") | " CHANGE,
              "[\"change\",\"set\",[\"app/C\"],[],[]]\n[\"change\",\"set\",[],[\"app/C\"],[]]\n"
              "[\"change\",\"unset\",[],[],[\"app/B\",\"app/C\"]]\n"
              "[\"change\",\"import\",[\"new/X\",\"new/Y\"],[],[]]\n"
              "[\"change\",\"edit\",[],[\"new/X\",\"other/A\"],[\"app/.allow-user\"]]\n");
    ctl_check("jq -r 'select(.event == \"change\") | .digest' store/log | sed '$d' >digests\n"
              "jq -r 'select(.event == \"change\") | .before' store/log | sed 1d | cmp - digests\n"
              "[ \"$(jq -r 'select(.event == \"change\") | .digest' store/log | tail -n 1)\" = "
              "\"$(b2sum -l 256 store/secrets.age | cut -d' ' -f1)\" ] && echo same",
              "same\n");
}

Test(ctl_audit, rekey_and_recipients_and_rollback_are_changes)
{
    ctl_check("printf " VALUE "8 | secrunctl set -p app B; secrunctl rollback -p app B 2>/dev/null\n"
              "secrunctl rekey >/dev/null 2>&1\n"
              "secrunctl recipients add $(age-keygen 2>/dev/null | age-keygen -y) >/dev/null 2>&1",
              "");
    check_log(CHANGE, "[\"change\",\"set\",[],[\"app/B\"],[]]\n[\"change\",\"rollback\",[],[\"app/B\"],[]]\n"
                      "[\"change\",\"rekey\",null,null,null]\n[\"change\",\"rekey\",[],[],[]]\n"
                      "[\"change\",\"recipients\",null,null,null]\n[\"change\",\"recipients\",[],[],[]]\n");
    ctl_check("secrunctl audit | grep -o 'secrunctl re.*' | tr -s ' ' | sed \"s/$(secrunctl pubkey)/OWN/; "
              "s/age1.*/ADDED/\"",
              "secrunctl rekey - a new machine key, OWN\nsecrunctl rekey - (sealed to 1)\n"
              "secrunctl recipients - adds ADDED\nsecrunctl recipients - (sealed to 2)\n");
}

Test(ctl_audit, values_that_are_shown_are_recorded)
{
    ctl_check("secrunctl get -p app A; secrunctl export -p other >/dev/null; secrunctl list >/dev/null\n"
              "secrunctl export --format ini >/dev/null; EDITOR=true secrunctl edit 2>/dev/null\n"
              "secrunctl check -p app true >/dev/null; secrunctl get -p app NONE 2>/dev/null || :",
              VALUE "1");
    check_log("[.event, .verb, .profile, .names]",
              "[\"read\",\"get\",\"app\",[\"A\"]]\n[\"read\",\"export\",\"other\",[\"A\"]]\n"
              "[\"read\",\"export\",null,[\"app/A\",\"app/B\",\"other/A\"]]\n"
              "[\"read\",\"edit\",null,[\"app/A\",\"app/B\",\"other/A\"]]\n");
}

Test(ctl_audit, required_changes_and_shows_nothing_without_a_record)
{
    struct outcome made = shell("ln -s log store/link; sed -i s/=.log/=link/ store/secrun.conf; sed -i "
                                "'s/audit-log = log/audit-log = link/' store/secrun.conf");
    check_status(made, 0);
    outcome_free(&made);
    static const char *const commands[] = {
        "printf v | secrunctl set -p app A",
        "secrunctl unset -p app A",
        "secrunctl get -p app A",
        "secrunctl export -p app",
        "secrunctl edit",
        "secrunctl export --format ini",
        "printf 'Z=1' | secrunctl import -p app --format dotenv -",
    };
    cr_assert_eq(setenv("EDITOR", "sed -i s/hunter2/hunter3/", 1), 0);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        ctl_check_refused(commands[i], 1, "audit: " /* the path */);
    cr_assert_eq(unsetenv("EDITOR"), 0);
}

Test(ctl_audit, best_changes_with_a_warning)
{
    struct outcome run =
        shell("sed -i -e s/required/best/ -e 's/audit-log = log/audit-log = no\\/log/' store/secrun.conf\n"
              "printf w | secrunctl set -p app A; secrunctl get -p app A");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "w");
    cr_expect(strstr(run.err, "secrunctl: audit: "), "%s", run.err);
    cr_expect(strstr(run.err, "store/no: No such file or directory (not recorded)\n"), "%s", run.err);
    outcome_free(&run);
}

Test(ctl_audit, change_that_fails_behind_its_record_is_recorded_as_failed)
{
    if (getuid() != 0)
        return; /* who cannot mount a full disk */
    struct outcome run = shell(
        "mkdir disk; printf '#!/bin/sh\\nmount -t tmpfs -o size=256k,mode=700 none disk; cp -r store disk\\n"
        "sed -i \"s,= log,= $PWD/log,\" disk/store/secrun.conf; cat /dev/zero >disk/fill 2>/dev/null\\n"
        "printf v | secrunctl -d disk/store set -p app A; echo $?; rm disk/fill\\n"
        "secrunctl -d disk/store get -p app A\\n' >script; chmod 755 script; unshare -m ./script");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "1\n" VALUE "1", "%s%s", run.out, run.err);
    outcome_free(&run);
    ctl_check("jq -c '[.event, .verb, (.reason // \"\" | endswith(\"No space left on device\"))]' log",
              "[\"change\",\"set\",false]\n[\"failed\",\"set\",true]\n[\"read\",\"get\",false]\n");
}

Test(ctl_audit, check_says_whether_the_log_can_be_written)
{
    ctl_check("secrunctl check | grep 'audit'; ls store",
              "ok    the audit log can be written, from here; where a unit has ProtectSystem=strict it takes "
              "ReadWritePaths=\nmachine.key\nsecrets.age\nsecrun.conf\n");
    ctl_check(
        "mkfifo store/log; secrunctl check >found 2>/dev/null; echo $?; sed -n 's,/.*/,,; /audit:/p' found\n"
        "sed -i s/required/best/ store/secrun.conf; secrunctl check >found 2>/dev/null\n"
        "sed -n 's,/.*/,,; /audit:/p' found",
        "1\nFAIL  audit: log: not a regular file\nwarn  audit: log: not a regular file: starts are not "
        "recorded\n");
}

/* --- reading ---------------------------------------------------------------------------------------- */

#define LINE(time, rest) "{\"time\":\"" time "\",\"event\":" rest "}\n"

/* clang-format off */
static const char sample[] =
    LINE("2026-01-01T00:00:00.000000Z", "\"start\",\"uid\":0,\"program\":\"/bin/x\",\"profile\":\"app\","
                                        "\"names\":[\"A\",\"B\"]")
    LINE("2026-02-01T00:00:00.000000Z", "\"change\",\"uid\":0,\"verb\":\"set\",\"changed\":[\"app/A\"]")
    "Feb 1 secrun[1]: "
    LINE("2026-02-02T00:00:00.000000Z", "\"refused\",\"uid\":4294967294,\"profile\":\"app\","
                                        "\"reason\":\"r\\u001b[2J\\nx\"")
    "no record\n"
    LINE("2026-03-01T00:00:00.000000Z", "\"start\",\"uid\":0,\"program\":\"/bin/y\",\"profile\":\"other\","
                                        "\"names\":[\"A\"]");
/* clang-format on */

static void check_read(const char *arguments, const char *expected)
{
    char command[512];
    snprintf(command, sizeof command,
             "secrunctl audit %s sample 2>/dev/null | awk '{ print $1, $3, $4, $NF }'", arguments);
    ctl_check(command, expected);
}

Test(ctl_audit, log_is_read_and_selected_from)
{
    put_file("sample", sample, sizeof sample - 1);
    check_read("", "TIME EVENT PROGRAM NAMES\n2026-01-01T00:00:00Z start /bin/x B\n"
                   "2026-02-01T00:00:00Z change secrunctl ~app/A\n2026-02-02T00:00:00Z refused app r?[2J?x\n"
                   "2026-03-01T00:00:00Z start /bin/y A\n");
    check_read("-p other", "TIME EVENT PROGRAM NAMES\n2026-03-01T00:00:00Z start /bin/y A\n");
    check_read("--name B", "TIME EVENT PROGRAM NAMES\n2026-01-01T00:00:00Z start /bin/x B\n");
    check_read("-p app --name A --since 2026-01-15",
               "TIME EVENT PROGRAM NAMES\n2026-02-01T00:00:00Z change secrunctl ~app/A\n");
    check_read("--since 2026-02-02T00:00:01Z",
               "TIME EVENT PROGRAM NAMES\n2026-03-01T00:00:00Z start /bin/y A\n");
    check_read("--since 0s", "");
    ctl_check("secrunctl audit --json sample 2>/dev/null | jq -r .event; secrunctl audit - <sample 2>&1 "
              ">/dev/null; "
              "secrunctl audit sample sample 2>&1 >/dev/null; cat sample | secrunctl audit - sample --name B "
              "2>/dev/null | grep -c start",
              "start\nchange\nrefused\nstart\nsecrunctl: 1 line is no record\nsecrunctl: 2 lines are no "
              "record\n2\n");
    ctl_check("LC_ALL=C; export LC_ALL; secrunctl audit sample 2>/dev/null | grep -c '[^ -~]'; secrunctl "
              "audit --json "
              "sample 2>/dev/null | grep -c '[^ -~]' || :",
              "0\n0\n");
}

Test(ctl_audit, log_of_the_store_is_read)
{
    ctl_check("secrunctl get -p app A >/dev/null; secrun -p other true; secrunctl audit -p other | sed 1d | "
              "awk '{ print $3, $NF }'; secrunctl audit --name A --since 1h | sed 1d | wc -l",
              "start A\n2\n");
    ctl_check_refused("rm store/log; secrunctl audit", 1, "store/log: No such file or directory");
    ctl_check_refused(
        "chmod 666 store/log 2>/dev/null || (: >store/log; chmod 666 store/log); secrunctl audit", 1,
        "store/log: others can write it");
    ctl_check_refused("printf '[store]\\naudit-log = journal\\n' >store/secrun.conf; secrunctl audit", 1,
                      "hint: journalctl -t secrun -o cat --output-fields=SECRUN_RECORD | secrunctl audit -");
    ctl_check_refused("rm store/secrun.conf; secrunctl audit", 1, "has no audit-log that is a file");
}

Test(ctl_audit, hostile_logs_are_read_to_their_end)
{
    ctl_check(
        "(head -c 3000000 /dev/zero; echo; head -c 300000 /dev/urandom | tr -d '\\n'; echo\n"
        "printf '{%.0s' $(seq 5000); echo; printf '[%.0s' $(seq 5000); echo\n"
        "printf '{\"time\":\"2026-01-01T00:00:00Z\",\"event\":\"a\",\"names\":['; printf '\"%099d\",' $(seq "
        "1000); "
        "echo '\"\\u0000\"]}'; printf '{\"time\":\"2026-01-01T00:00:00Z\",\"event\":\"last\"}') >hostile\n"
        "secrunctl audit hostile 2>err | awk '{ print $2 }'; secrunctl audit --json hostile 2>/dev/null | jq "
        "-r "
        ".event; cat err",
        "WHO\nlast\nlast\nsecrunctl: 5 lines are no record\n");
}

Test(ctl_audit, command_lines_that_make_no_sense_are_refused)
{
    ctl_check_refused("secrunctl audit --since yesterday", 2, "--since: a time such as");
    ctl_check_refused("secrunctl audit --since", 2, "--since: takes an argument");
    ctl_check_refused("secrunctl audit --memory", 2, "audit does not take --memory");
    ctl_check_refused("secrunctl audit nothing", 1, "nothing: No such file or directory");
    ctl_check_refused("secrunctl audit .", 1, ".: Is a directory");
    ctl_check_refused("printf '[policy]\\naudit = always\\n' >store/secrun.conf; secrunctl list", 1,
                      "line 2: audit: off, best or required is wanted");
    ctl_check_refused("printf '[store]\\naudit-log =\\n' >store/secrun.conf; secrunctl list", 1,
                      "line 2: audit-log: empty path");
}

/* --- signed stores ---------------------------------------------------------------------------------- */

Test(ctl_audit, signer_is_recorded_where_there_are_signers)
{
    ctl_check(
        "minisign -G -W -p key.pub -s key >/dev/null; id=$(sed -n '1s/.* //p' key.pub)\n"
        "(cat store/secrun.conf; printf '[store]\\nsigners = %s\\nsigning-key = %s\\n' $(sed -n 2p key.pub) "
        "$PWD/key) >conf; cat conf >store/secrun.conf; secrunctl sign >/dev/null\n"
        "printf v | secrunctl set -p app N; secrun -p other true\n"
        "jq -r .signer store/log | sort | uniq -c | grep -c \"3 $id\"",
        "1\n");
    check_log("[.event, .verb, .digest == .before]",
              "[\"change\",\"sign\",false]\n[\"change\",\"set\",false]\n[\"start\",null,false]\n");
}

/* --- whole files ------------------------------------------------------------------------------------ */

Test(ctl_audit, file_that_init_makes_is_recorded)
{
    ctl_check("rm store/secrets.age; secrunctl init >/dev/null", "");
    check_log("[.event, .verb, .recipients]", "[\"change\",\"init\",1]\n");
    ctl_check(
        "rm store/secrets.age; mv store/log kept; ln -s ../kept store/log; secrunctl init 2>err; echo $?\n"
        "grep -c 'audit: .*/log: ' err; ls store/secrets.age 2>/dev/null; wc -l <kept",
        "1\n1\n1\n");
}

Test(ctl_audit, backup_that_is_sealed_anew_is_recorded)
{
    ctl_check("cp store/secrets.age copy; secrunctl rekey copy >/dev/null 2>&1; "
              "jq -r 'select(.verb == \"rekey\") | .store' store/log | sed 's,.*/,,'\n"
              "[ \"$(jq -r .digest store/log | tail -n 1)\" = \"$(b2sum -l 256 copy | cut -d' ' -f1)\" ] && "
              "echo same",
              "secrets.age\nsecrets.age\ncopy\nsame\n");
}

/* What cannot be recorded is not done, be it beside the sealed file. */
static void check_not_done(const char *commands, const char *expected)
{
    char command[1024];
    snprintf(command, sizeof command,
             "chmod 666 store/log; sha256sum store/* >before; new=$(age-keygen 2>/dev/null | age-keygen -y)\n"
             "for what in %s; do secrunctl $(echo $what | tr , ' ') >/dev/null 2>err && echo done: $what\n"
             "    grep -c 'store/log: others can write it' err; done\n"
             "sha256sum store/* | diff before -; chmod 600 store/log",
             commands);
    ctl_check(command, expected);
}

Test(ctl_audit, key_and_list_and_serial_stay_where_there_is_no_record)
{
    ctl_check("minisign -G -W -p sign.pub -s sign.key >/dev/null; secrunctl rekey >/dev/null 2>&1", "");
    check_not_done("recipients,add,$new rekey rekey,--forget-old", "1\n1\n1\n");
    ctl_check("secrunctl rekey --forget-old\n"
              "printf '[store]\\nsigners = %s\\n' \"$(sed -n 2p sign.pub)\" >>store/secrun.conf\n"
              "secrunctl sign --signing-key sign.key store/secrets.age >/dev/null",
              "");
    check_not_done("verify,--accept verify,--accept-rollback", "1\n1\n");
    ctl_check(
        "secrunctl verify --accept-rollback >/dev/null\n"
        "jq -r 'select(.reason) | .reason' store/log | sed 's/age1.*/NEW/; s/[0-9]*, be/N, be/'",
        "a new machine key, NEW\nforgets the keys that were replaced\naccepts the serial N, be it an old "
        "one\n");
}
