/* SPDX-License-Identifier: ISC */
/*
 * secrunctl fleet seal killed at random times and at each of its system calls: every host's file is the old
 * or the new one, opens for the host with the real age, and is signed; and the next run makes all of them
 * new.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/victim.h"

enum { KILLS = 200, HOSTS = 3 };

static const char *const argv[] = {"secrunctl", "fleet", "seal", "--jobs", "2", "fleet.ini", NULL};

static void begin(void)
{
    ctl_begin();
    ctl_check(
        "mkdir -m 700 documents host; age-keygen -o host/machine.key 2>/dev/null\n"
        "minisign -G -W -p sign.pub -s sign.key >/dev/null; echo '[app]' >documents/1.ini\n"
        "echo 'A = none' >>documents/1.ini; printf '[fleet]\\nsigning-key = sign.key\\nrecipients = %s\\n' "
        "$(age-keygen -y host/machine.key) >fleet.ini\n"
        "for i in 0 1 2; do printf '[h%s]\\nrecipients = %s\\nprofiles = app\\n' $i $(age-keygen -y "
        "host/machine.key); done >>fleet.ini\n"
        "printf '[store]\\nsigners = %s\\n' $(sed -n 2p sign.pub) >host/secrun.conf; secrunctl fleet seal "
        "fleet.ini >/dev/null",
        "");
}

TestSuite(fleet_crash, .init = begin, .fini = scratch_end, .timeout = 900);

static void change(int number)
{
    char text[64];
    int size = snprintf(text, sizeof text, "[app]\nA = value%d\n", number);
    put_file("documents/1.ini", text, (size_t)size);
}

/* What a host makes of its files, each on a line: the value that secrun gives, which age finds too. A start
 * does with either of the two signatures. */
static void read_hosts(char values[static HOSTS][32])
{
    struct outcome run = shell("for i in 0 1 2; do rm -f host/secrets.*; cp sealed/h$i/* host\n"
                               "    value=$(secrun -d host -p app printenv A) && age -d -i host/machine.key "
                               "sealed/h$i/secrets.age |\n"
                               "    grep -qx \"A = $value\" && echo $value || exit 1; done");
    cr_assert(run.status == 0 && run.err_size == 0, "exit status %d\n%s%s", run.status, run.out, run.err);
    cr_assert_eq(sscanf(run.out, "%31s %31s %31s", values[0], values[1], values[2]), HOSTS);
    outcome_free(&run);
}

static void check_hosts(int number, int status, const char *old)
{
    char values[HOSTS][32], expected[32];
    snprintf(expected, sizeof expected, "value%d", number);
    read_hosts(values);
    for (size_t i = 0; i < HOSTS; i++)
        cr_assert(strcmp(values[i], expected) == 0 || (status != 0 && (!old || strcmp(values[i], old) == 0)),
                  "%d: host %zu has %s, and not %s", number, i, values[i], expected);
}

/* Goes on where it stopped, and leaves nothing behind. */
static void finish(int number)
{
    char values[HOSTS][32], expected[32];
    snprintf(expected, sizeof expected, "value%d", number);
    ctl_check("secrunctl fleet seal fleet.ini >/dev/null; secrunctl fleet seal fleet.ini; find sealed -type "
              "f | wc -l; "
              "ls -A | grep -c state; for i in 0 1 2; do minisign -Vq -p sign.pub -m sealed/h$i/secrets.age "
              "|| echo $i; "
              "done",
              "6\n1\n");
    read_hosts(values);
    for (size_t i = 0; i < HOSTS; i++)
        cr_assert_str_eq(values[i], expected);
}

/* --- at random -------------------------------------------------------------------------------------- */

static void seals(void *user, int number, struct victim_command *command)
{
    (void)user;
    change(number);
    *command = (struct victim_command){argv, ""};
}

/* Some are begun anew only after several kills: then older values can be there as well. */
static void check_sealed(void *user, int number, int status)
{
    (void)user;
    char values[HOSTS][32];
    if (status == 0)
        check_hosts(number, status, NULL);
    else
        read_hosts(values);
    if (number % 8 == 7)
        finish(number);
}

Test(fleet_crash, killed_at_random_leaves_files_that_open)
{
    victim_killed_at_random(KILLS, seals, check_sealed, NULL);
}

/* --- at each system call ---------------------------------------------------------------------------- */

Test(fleet_crash, killed_at_any_system_call_leaves_the_old_or_the_new_file)
{
    char old[32] = "none";
    int status = -1;
    size_t n = 1;
    for (; status != 0; n++) {
        change((int)n);
        status = victim_killed_at_call(n, argv, "");
        check_hosts((int)n, status, old);
        finish((int)n);
        snprintf(old, sizeof old, "value%zu", n);
    }
    cr_expect_gt(n, 100, "%zu calls", n);
}

/* --- while others read ------------------------------------------------------------------------------ */

/* Who copies a host's files, signature last, while they are being replaced has what starts, if not now then
 * with the next copy: no copy is half of a file. */
Test(fleet_crash, files_are_whole_while_they_are_replaced)
{
    ctl_check("(for i in $(seq 60); do printf '[app]\\nA = value%s\\n' $i >documents/1.ini; secrunctl fleet "
              "seal fleet.ini "
              ">/dev/null; done; echo >done) &\n"
              "while [ ! -e done ]; do age -d -i host/machine.key sealed/h1/secrets.age | grep -c '^A = ' || "
              "echo bad\n"
              "done | sort -u; wait",
              "1\n");
}
