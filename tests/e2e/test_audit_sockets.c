/* SPDX-License-Identifier: ISC */
/* The audit log in the journal and in syslog, whose sockets are made here; all but that is in test_audit.c.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/audited.h"
#include "support/command.h"
#include "support/refusal.h"

TestSuite(audit_sockets, .init = audited_begin, .fini = scratch_end, .timeout = 600);

/* Runs a command where /dev/log and the journal's socket are what the Perl text, given the path of one, makes
 * of it. */
static const char socketed[] =
    "#!/bin/sh\n"
    "set -e\n"
    "path=$1 script=$2; shift 2\n"
    "mkdir -p dev; mount -t tmpfs -o mode=755 none dev\n"
    "for node in null zero urandom tty; do touch dev/$node; mount --bind /dev/$node dev/$node; done\n"
    "mount --rbind dev /dev; mount -t tmpfs -o mode=755 none /run; mkdir -p /run/systemd/journal\n"
    "perl -MSocket -e \"$script\" $path >got & perl=$!\n"
    "for i in $(seq 100); do [ -e $path ] && break || sleep 0.05; kill -0 $perl 2>/dev/null || break; done; "
    "sleep 0.2\n"
    "status=0; timeout 20 \"$@\" || status=$?\n"
    "sleep 0.3; kill $perl 2>/dev/null || :; exit $status\n";

#define LISTEN "socket(S, AF_UNIX, SOCK_DGRAM, 0); bind(S, sockaddr_un($ARGV[0])); chmod 0666, $ARGV[0]; "
#define READ   "$| = 1; while (defined recv(S, $line, 99999, 0)) { print \"$line\\n\" }"
#define CLOG                                                                                                 \
    "socket(C, AF_UNIX, SOCK_DGRAM, 0); connect(C, sockaddr_un($ARGV[0])); 1 while "                         \
    "defined send(C, \"x\" x 1000, MSG_DONTWAIT); sleep 100"
#define JOURNAL "/run/systemd/journal/socket"

static struct outcome run_socketed(const char *path, const char *perl, const char *command)
{
    put_file("socketed", socketed, strlen(socketed));
    put_file("script.pl", perl, strlen(perl));
    return shell("chmod 755 socketed; rm -f started\n"
                 "unshare -m ./socketed %s \"$(cat script.pl)\" %s",
                 path, command);
}

static void check_socket(const char *place, const char *path)
{
    struct outcome run;
    /* Absent. */
    audited_configure(place, "required");
    run = run_socketed(path, "sleep 0", "secrun -d store -p app " STARTED);
    cr_expect(strstr(run.err, path), "%s", run.err);
    check_refusal(place, &run, 125, ": No such file or directory\n");
    audited_configure(place, "best");
    run = run_socketed(path, "sleep 0", "secrun -d store -p app " STARTED);
    check_status(run, 0);
    cr_expect(strstr(run.err, "No such file or directory (not recorded)\n"), "%s", run.err);
    outcome_free(&run);
    /* Not read. */
    run = run_socketed(path, LISTEN CLOG, "timeout 3 secrun -d store -p app " STARTED);
    check_status(run, 0);
    cr_expect(strstr(run.err, "nobody reads what is sent there (not recorded)\n"), "%s", run.err);
    outcome_free(&run);
    audited_configure(place, "required");
    run = run_socketed(path, LISTEN CLOG, "secrun -d store -p app " STARTED);
    check_refusal(place, &run, 125, "nobody reads what is sent there\n");
}

Test(audit_sockets, journal_has_fields_and_the_record)
{
    if (getuid() != 0)
        return; /* whose journal is the machine's */
    audited_configure("journal", "required");
    struct outcome run = run_socketed(JOURNAL, LISTEN READ, "secrun -d store -p app -u games -- true");
    check_status(run, 0);
    outcome_free(&run);
    audited_check_output(
        "grep -axE 'MESSAGE=start: .*/true with profile "
        "app|PRIORITY=5|SYSLOG_IDENTIFIER=secrun|SECRUN_[A-Z]+="
        "(start|app|TOKEN|KEY|preload|/.*/store/secrets.age)' got | sed \"s,=$PWD/,=,\"; sed -n "
        "'s/^SECRUN_RECORD=//p' got | "
        "jq -c '[.event, .uid, .user, .names]'",
        "MESSAGE=start: /usr/bin/true with profile app\nPRIORITY=5\nSYSLOG_IDENTIFIER=secrun\n"
        "SECRUN_EVENT=start\nSECRUN_PROFILE=app\nSECRUN_DELIVERY=preload\nSECRUN_STORE=store/secrets.age\n"
        "SECRUN_NAME=TOKEN\nSECRUN_NAME=KEY\n[\"start\",0,5,[\"TOKEN\",\"KEY\"]]\n");
    char *got = get_file("got", NULL);
    audited_check_no_value(got);
    free(got);
}

Test(audit_sockets, journal_takes_a_line_feed_for_no_field)
{
    if (getuid() != 0)
        return; /* whose journal is the machine's */
    audited_configure("journal", "required");
    struct outcome run =
        run_socketed(JOURNAL, LISTEN READ,
                     "secrun -d store -p app -- \"$(cp /bin/true './a\nSECRUN_EVENT=b'; echo './a\n"
                     "SECRUN_EVENT=b')\"");
    check_status(run, 0);
    outcome_free(&run);
    /* The field's name on a line of its own, the size in 8 bytes, the value. */
    audited_check_output(
        "perl -0777 -ne '/\\nSECRUN_PROGRAM\\n(.{8})/s or die; $size = unpack(\"Q<\", $1);\n"
        "$value = substr($_, $+[0], $size + 1); print \"ok\\n\" if length($value) == $size + 1 &&\n"
        "$value =~ m{^/.*/a\\nSECRUN_EVENT=b\\n\\z}s' got",
        "ok\n");
}

Test(audit_sockets, syslog_has_the_record)
{
    if (getuid() != 0)
        return; /* whose /dev/log is the machine's */
    audited_configure("syslog", "required");
    struct outcome run = run_socketed("/dev/log", LISTEN READ, "secrun -d store -p app -- true");
    check_status(run, 0);
    outcome_free(&run);
    audited_check_output(
        "grep -cE '^<85>.* secrun\\[[0-9]+\\]: \\{' got; sed 's/^[^{]*//' got | jq -c '[.event, .names]'",
        "1\n[\"start\",[\"TOKEN\",\"KEY\"]]\n");
    char *got = get_file("got", NULL);
    audited_check_no_value(got);
    free(got);
}

Test(audit_sockets, policy_decides_where_a_socket_is_absent_or_not_read)
{
    if (getuid() != 0)
        return; /* whose sockets are the machine's */
    check_socket("journal", JOURNAL);
    check_socket("syslog", "/dev/log");
    check_socket(NULL, "/dev/log");
}
