/* SPDX-License-Identifier: ISC */
/* The audit log: what is recorded of a start, and what becomes of a start that cannot be recorded. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/audited.h"
#include "support/command.h"
#include "support/refusal.h"

TestSuite(audit, .init = audited_begin, .fini = scratch_end, .timeout = 600);

/* What jq's filter makes of the log, a line each. */
static void check_log(const char *filter, const char *expected)
{
    char *log = get_file("store/log", NULL);
    put_file("filter", filter, strlen(filter));
    struct outcome run = shell("jq -c -f filter store/log");
    check_status(run, 0);
    cr_expect_str_eq(run.out, expected, "%s\n%s", run.out, log);
    audited_check_no_value(log);
    outcome_free(&run);
    free(log);
}

/* Starts `touch started`; with one warning that has this text, and may have a hint. Takes less than that many
 * seconds. */
static void check_starts_unrecorded(const char *before, const char *text)
{
    struct outcome run =
        shell("rm -f started; begin=$(date +%%s%%N); %ssecrun -d store -p app " STARTED " || exit\n"
              "rm started && echo $((($(date +%%s%%N) - begin) / 1000000))",
              before);
    check_status(run, 0);
    cr_expect_lt(strtoul(run.out, NULL, 10), 2000, "%s ms", run.out);
    cr_expect_eq(strncmp(run.err, "secrun: audit: ", 15), 0, "%s", run.err);
    cr_expect(strstr(run.err, text), "%s: %s", text, run.err);
    const char *second = strchr(run.err, '\n');
    cr_expect(second && (!second[1] || strncmp(second, "\nsecrun: hint: ", 15) == 0), "not one: %s", run.err);
    outcome_free(&run);
}

static void check_refuses(const char *before, const char *text)
{
    struct outcome run = shell("%ssecrun -d store -p app " STARTED, before);
    cr_expect(strstr(run.err, "hint: "), "%s", run.err);
    check_refusal(before, &run, 125, text);
}

/* Both policies where the log cannot be written. */
static void check_policies(const char *place, const char *before, const char *text)
{
    audited_configure(place, "required");
    check_refuses(before, text);
    audited_configure(place, "best");
    check_starts_unrecorded(before, text);
    audited_configure(place, NULL);
    check_starts_unrecorded(before, text);
    audited_configure(place, "off");
    char command[1024];
    snprintf(command, sizeof command, "%ssecrun -d store -p app echo y", before);
    audited_check_output(command, "y\n");
}

/* --- what is recorded ------------------------------------------------------------------------------- */

Test(audit, is_off_unless_it_is_asked_for)
{
    audited_check_output("secrun -d store -p app true; ls store", "machine.key\nsecrets.age\n");
    audited_configure("log", "off");
    audited_check_output("secrun -d store -p app true; ls store", "machine.key\nsecrets.age\nsecrun.conf\n");
}

Test(audit, records_a_start_with_names_and_no_value)
{
    char expected[1024];
    audited_configure("log", "required");
    audited_check_output(
        "secrun -d store -p app -- sh -c 'echo $$ $PPID' >ids; stat -c %a store/log; wc -l <store/log",
        "600\n1\n");
    check_log("[.event, .profile, .names, .delivery, .program != null, .verb, .user, .reason]",
              "[\"start\",\"app\",[\"TOKEN\",\"KEY\"],\"preload\",true,null,null,null]\n");
    audited_check_output(
        "sh=$(readlink -f /bin/sh); jq -r '\"\\(.pid) \\(.ppid)\"' store/log | cmp - ids &&\n"
        "[ \"$(jq -r .program store/log)\" = \"$sh\" ] &&\n"
        "[ \"$(jq -r .digest store/log)\" = \"$(b2sum -l 256 store/secrets.age | cut -d' ' -f1)\" ] &&\n"
        "[ \"$(jq -r .store store/log)\" = \"$PWD/store/secrets.age\" ] && jq .uid store/log | grep -x $(id "
        "-u) "
        ">uid && jq -r .time store/log |\n"
        "grep -cE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{6}Z$'\n"
        "then=$(date -d \"$(jq -r .time store/log)\" +%s); now=$(date +%s)\n"
        "[ $((now - then)) -lt 100 ] && [ $((now - then)) -ge 0 ] && echo now",
        "1\nnow\n");
    snprintf(expected, sizeof expected, "[\"TOKEN\"]\n");
    audited_check_output("rm store/log; secrun -d store -p app -o TOKEN true", "");
    check_log(".names", expected);
}

Test(audit, records_a_default_profile_and_a_program_without_secrets)
{
    audited_configure("log", NULL);
    audited_check_output("secrun -d store true", "");
    audited_check_output("secrun -d store -p app -o NONE true 2>err; grep -c NONE err", "1\n");
    check_log("[.event, .profile, .names, .delivery]",
              "[\"start\",\"default\",[\"PLAIN\"],\"preload\"]\n[\"start\",\"app\",[],\"none\"]\n");
}

Test(audit, records_an_injection_and_leaves_it_no_log)
{
    audited_configure("log", "required");
    audited_check_output(
        "secrun -d store -p app --delivery inject -- sh -c 'ls -l /proc/self/fd' | grep -c store/log || :",
        "0\n");
    check_log("[.event, .delivery, .names]", "[\"start\",\"inject\",[\"TOKEN\",\"KEY\"]]\n");
}

/* The directory of the manual's example is nobody's to make; a unit may not write to it. */
Test(audit, tells_what_its_file_lacks)
{
    audited_configure("none/log", NULL);
    audited_check_output("secrun -d store -p app true 2>&1; secrunctl -d store check | grep store/none",
                         "secrun: audit: store/none: No such file or directory (not recorded)\n"
                         "secrun: hint: make its directory: install -d -m 755 store/none/\n"
                         "warn  audit: store/none: No such file or directory: starts are not recorded\n"
                         "      make its directory: install -d -m 755 store/none/\n");
    audited_configure("none/log", "required");
    audited_check_output(
        "secrun -d store -p app echo started 2>&1; mkdir store/none; secrun -d store -p app echo started",
        "secrun: audit: store/none: No such file or directory\n"
        "secrun: hint: make its directory: install -d -m 755 store/none/\nstarted\n");
    if (getuid() == 0)
        audited_check_output(
            "rm store/none/log; unshare -m sh -c 'mount -t tmpfs -o ro none store/none\n"
            "secrun -d store -p app echo started 2>&1; :'",
            "secrun: audit: store/none/log: Read-only file system\n"
            "secrun: hint: in a unit with ProtectSystem=strict: ReadWritePaths=store/none/\n");
}

Test(audit, records_no_dry_run)
{
    audited_configure("log", "required");
    audited_check_output("secrun -d store -p app -n true >report; ls store",
                         "machine.key\nsecrets.age\nsecrun.conf\n");
}

Test(audit, records_refusals_with_their_reason)
{
    audited_configure("log", "required");
    struct outcome run =
        shell("secrun -d store -p nothing true; secrun -d store -p nobody true\n"
              "secrun -d store -p app --require NONE true; echo '#!/no/such' >bad; chmod +x bad\n"
              "secrun -d store -p app ./bad; secrun -d store -p strict -- echo " AUDITED_VALUE "\n"
              "mv store/machine.key key; secrun -d store -p app true; [ $? = 125 ]");
    check_status(run, 0);
    outcome_free(&run);
    char expected[2048];
    snprintf(expected, sizeof expected,
             "[\"refused\",null,null,\"there is no such profile\"]\n"
             "[\"refused\",\"nobody\",null,\"profile [nobody]: not for uid %u\"]\n"
             "[\"refused\",\"app\",null,\"[app] has no NONE, which -r asks for\"]\n"
             "[\"refused\",\"app\",null,\"./bad: its interpreter /no/such: No such file or directory\"]\n"
             "[\"refused\",\"strict\",null,\"echo: argument 1 holds TOKEN (argv = refuse)\"]\n"
             "[\"refused\",\"app\",null,\"store/machine.key: No such file or directory\"]\n",
             getuid());
    check_log("[.event, .profile, .names, .reason]", expected);
}

/* --- many at once ----------------------------------------------------------------------------------- */

static void check_parallel(unsigned count, const char *policy)
{
    char expected[64];
    audited_configure("log", policy);
    struct outcome run =
        shell("for i in $(seq %u); do secrun -d store -p app -- sh -c 'echo $$' & done >pids; wait", count);
    check_status(run, 0);
    cr_expect_str_eq(run.err, "", "%s", run.err);
    outcome_free(&run);
    snprintf(expected, sizeof expected, "%u\n%u\n%u\n", count, count, count);
    audited_check_output(
        "wc -l <store/log; jq -c 'select(.event == \"start\" and .names == [\"TOKEN\", \"KEY\"] and "
        ".digest and .version)' store/log | wc -l\n"
        "jq .pid store/log | sort >logged; sort pids | cmp - logged && uniq logged | wc -l",
        expected);
    char *log = get_file("store/log", NULL);
    audited_check_no_value(log);
    free(log);
}

Test(audit, thousand_starts_at_once_give_a_thousand_records)
{
    check_parallel(1000, "required");
}

Test(audit, starts_at_once_are_all_recorded_with_best_too)
{
    check_parallel(300, "best");
}

Test(audit, starts_that_are_killed_leave_whole_lines)
{
    audited_configure("log", "required");
    struct outcome run =
        shell("for i in $(seq 300); do timeout -s KILL 0.00$((i %% 10)) secrun -d store -p app true & "
              "done 2>/dev/null; wait; secrun -d store -p app true");
    check_status(run, 0);
    outcome_free(&run);
    audited_check_output(
        "[ $(jq -c . store/log | wc -l) = $(wc -l <store/log) ] && tail -c 1 store/log | od -An -c "
        "| tr -d ' '",
        "\\n\n");
}

Test(audit, log_that_is_renamed_meanwhile_loses_nothing)
{
    audited_configure("log", "required");
    audited_check_output(
        "for i in $(seq 300); do secrun -d store -p app true & done\n"
        "for i in $(seq 5); do sleep 0.1; mv store/log store/log.$i 2>/dev/null; done; wait\n"
        "cat store/log* | jq -r .event | sort | uniq -c | tr -s ' '; [ -e store/log.1 ] && echo renamed",
        " 300 start\nrenamed\n");
}

/* --- hostile --------------------------------------------------------------------------------------- */

Test(audit, hostile_path_stays_in_its_string)
{
    audited_configure("log", "required");
    audited_check_output(
        "name=$(printf 'a\"}\\n{\"event\":\"start\",\\033[31m\\377\\\\'); cp /bin/true \"./$name\"\n"
        "secrun -d store -p app -- \"./$name\"; wc -l <store/log; LC_ALL=C grep -c '[^ -~]' store/log || :",
        "1\n0\n");
    check_log(
        "[.event, (.program | endswith(\"/a\\\"}\\n{\\\"event\\\":\\\"start\\\",\\u001b[31m\\ufffd\\\\\"))]",
        "[\"start\",true]\n");
}

Test(audit, value_in_a_path_or_in_place_of_a_command_is_not_recorded)
{
    audited_configure("log", "required");
    struct outcome run =
        shell("cp /bin/true ./" AUDITED_VALUE "; secrun -d store -p app -- ./" AUDITED_VALUE "\n"
              "secrun -d store -p app -- " AUDITED_OTHER "; secrun -d store -p app -- ./" AUDITED_OTHER "\n"
              "secrun -d store -p strict -- ./" AUDITED_VALUE
              "; secrun -d store -p app -- /bin/true/" AUDITED_OTHER);
    outcome_free(&run);
    check_log("[.event, .program, .reason]", "[\"start\",\"(holds the value of a secret)\",null]\n"
                                             "[\"refused\",null,\"the command cannot be run\"]\n"
                                             "[\"refused\",null,\"the command cannot be run\"]\n"
                                             "[\"refused\",\"(holds the value of a secret)\",\"a program "
                                             "whose path holds a secret: argument 0 holds "
                                             "TOKEN (argv = refuse)\"]\n"
                                             "[\"refused\",null,\"the command cannot be run\"]\n");
}

/* The value where the profile belongs. */
Test(audit, name_that_is_no_profile_is_not_recorded)
{
    audited_configure("log", "required");
    struct outcome run = shell("secrun -d store -p " AUDITED_VALUE " -- true");
    cr_expect_eq(run.status, 125);
    outcome_free(&run);
    check_log("[.event, .profile, .reason]", "[\"refused\",null,\"there is no such profile\"]\n");
}

Test(audit, file_that_is_something_else_is_no_log)
{
    audited_configure("secrets.age", NULL);
    audited_check_output("cp store/secrets.age before; secrun -d store -p app true 2>&1; cmp "
                         "store/secrets.age before; secrunctl -d store check | grep -c 'not an audit log'",
                         "secrun: audit: store/secrets.age: not an audit log: it begins with something else "
                         "(not recorded)\n1\n");
}

/* It may be the syslog daemon's as well. */
Test(audit, no_hint_takes_a_directory_from_others)
{
    audited_configure("shared/log", "required");
    audited_check_output("mkdir -m 775 store/shared; secrun -d store -p app true 2>&1; :",
                         "secrun: audit: store/shared: others can write it (mode 0775)\n"
                         "secrun: hint: a directory of its own: install -d -m 755 /var/lib/secrun\n");
}

Test(audit, line_that_was_cut_does_not_take_the_next_one_with_it)
{
    audited_configure("log", "required");
    audited_check_output("umask 077; printf '{\"time\":\"2026-1' >store/log; secrun -d store -p app true\n"
                         "secrun -d store -p app true; wc -l <store/log; tail -n 2 store/log | jq -r .event",
                         "3\nstart\nstart\n");
}

/* --- where it cannot be written ---------------------------------------------------------------------- */

Test(audit, policy_decides_where_the_log_cannot_be_opened)
{
    struct outcome made =
        shell("mkdir -m 700 place place/directory; mkfifo place/fifo; ln -s target place/link\n"
              "mkdir -m 777 open; mkdir open/below; chmod 777 open\n"
              ": >place/writable; chmod 666 place/writable");
    check_status(made, 0);
    outcome_free(&made);
    check_policies("../nowhere/log", "", "nowhere: No such file or directory");
    check_policies("../place/directory", "", "place/directory: ");
    check_policies("../place/fifo", "", "place/fifo: not a regular file");
    check_policies("../place/link", "", "place/link: ");
    check_policies("../place/writable", "", "place/writable: others can write it");
    check_policies("../open/log", "", "open: others can write it");
    check_policies("../open/below/log", "", "open: directory that others can write");
    audited_check_output("ls place open; ls open/below",
                         "open:\nbelow\n\nplace:\ndirectory\nfifo\nlink\nwritable\n");
}

Test(audit, policy_decides_where_a_file_size_limit_cuts_the_record)
{
    /* Beyond what the capsule's own memory takes. */
    struct outcome made =
        shell("umask 077; for i in $(seq 1000); do printf '{%%0998d\\n' 0; done >store/log\n"
              "cp store/log kept");
    check_status(made, 0);
    outcome_free(&made);
    check_policies("log", "prlimit --fsize=1000100 ", "store/log: no room for a record (100 of ");
    audited_check_output("cmp kept store/log", "");
    check_policies("log", "prlimit --fsize=1000000 ", "store/log: File too large");
    audited_check_output("cmp kept store/log", "");
    audited_configure("log", "required");
    audited_check_output("secrun -d store -p app true; tail -n +1001 store/log | jq -r .event", "start\n");
    audited_check_output(
        "secrun -d store -p app grep SigIgn /proc/self/status >with; grep SigIgn /proc/self/status >without\n"
        "cmp with without",
        "");
}

Test(audit, policy_decides_where_the_disk_is_full)
{
    if (getuid() != 0)
        return; /* who cannot mount one: a file size limit, above, cuts in the same place */
    static const char script[] =
        "#!/bin/sh\n"
        "mkdir -p disk; mount -t tmpfs -o size=64k,mode=700 none disk\n"
        "secrun -d store -p app true\n"
        "cat /dev/zero >disk/fill 2>/dev/null\n"
        "i=0; while secrun -d store -p app true 2>>err; do i=$((i + 1)); [ $i -lt 500 ] || exit 1; done\n"
        "tail -n 2 err; rm -f started; secrun -d store -p app touch started 2>/dev/null; echo $?; ls "
        "started\n"
        "sed -i s/required/best/ store/secrun.conf; secrun -d store -p app touch started; echo $?; ls "
        "started\n"
        "rm disk/fill; sed -i s/best/required/ store/secrun.conf; secrun -d store -p app true; echo $?\n"
        "jq -r .event disk/log | sort | uniq -c | wc -l; [ $(wc -l <disk/log) = $((i + 2)) ]; echo $?\n"
        "jq -c . disk/log | wc -l | grep -qx $((i + 2)); echo $?\n";
    audited_configure("../disk/log", "required");
    put_file("script", script, strlen(script));
    struct outcome run = shell("chmod 755 script; unshare -m ./script 2>&1");
    check_status(run, 0);
    cr_expect(strstr(run.out, "/disk/log: no room for a record (") ||
                  strstr(run.out, "No space left on device"),
              "%s", run.out);
    cr_expect(strstr(run.out, "secrun: hint: mend it; or audit = best"), "%s", run.out);
    const char *rest = strstr(run.out, "125\n");
    cr_assert(rest, "%s", run.out);
    cr_expect(strstr(rest, "ls: cannot access 'started'"), "%s", run.out);
    cr_expect(strstr(rest, "(not recorded)\n0\nstarted\n0\n1\n0\n0\n"), "%s", run.out);
    outcome_free(&run);
}

Test(audit, required_waits_for_another_writer_and_best_does_not)
{
    audited_configure("log", "best");
    struct outcome run = shell(
        "secrun -d store -p app true; sh -c 'flock 9; exec sleep 60' 9>>store/log & holder=$!; sleep 0.5\n"
        "begin=$(date +%%s%%N); secrun -d store -p app true; echo $?\n"
        "[ $((($(date +%%s%%N) - begin) / 1000000)) -lt 2000 ] && echo soon; wc -l <store/log\n"
        "sed -i s/best/required/ store/secrun.conf; secrun -d store -p app touch started 2>err; echo $?\n"
        "grep -o 'locked by another process' err; ls started 2>/dev/null; wc -l <store/log\n"
        "(sleep 1; kill $holder) & secrun -d store -p app true; echo $?; wc -l <store/log");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "0\nsoon\n2\n125\nlocked by another process\n2\n0\n3\n", "%s", run.out);
    outcome_free(&run);
}

/* --- another user ----------------------------------------------------------------------------------- */

Test(audit, another_user_starts_with_a_record_that_he_cannot_write)
{
    if (!may_become_others())
        return;
    audited_configure("log", "required");
    audited_check_output(
        "secrun -d store -p app -u 60001:60001 -- sh -c 'ls -l /proc/self/fd | grep -c store/log; id -u; "
        "cat store/log'  2>/dev/null; stat -c '%u %a' store/log",
        "0\n60001\n0 600\n");
    check_log("[.event, .uid, .user]", "[\"start\",0,60001]\n");
}

/* --- what was recorded, and then was not so ---------------------------------------------------------- */

Test(audit, failed_exec_is_recorded_behind_its_start)
{
    audited_configure("log", "required");
    struct outcome run = shell("cp /bin/true busy; exec 9>>busy; secrun -d store -p app -- ./busy; echo $?");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "126\n");
    outcome_free(&run);
    check_log("[.event, .profile, (.reason // \"\" | endswith(\": Text file busy\"))]",
              "[\"start\",\"app\",false]\n[\"failed\",\"app\",true]\n");
}
