/* SPDX-License-Identifier: ISC */
/* Who may have a profile (allow-user, allow-exec), and what the administrator is told of who may not. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/refusal.h"
#include "support/store.h"

#define VALUE "al-Qe7vR2mX9tLw4ZbN8sKd"

static void begin(void)
{
    scratch_begin();
    char document[4096];
    snprintf(document, sizeof document,
             "[mine]\nTOKEN = " VALUE "\n.allow-user = nosuch-user, %u\n"
             "[others]\n.allow-user = nosuch-user, 60001\nTOKEN = " VALUE "\n"
             "[name]\n.allow-user = games\nTOKEN = " VALUE "\n"
             "[printenv]\n.allow-exec = /no/such, /usr/bin/printenv\nTOKEN = " VALUE "\n"
             "[script]\n.allow-exec = %s/allowed\nTOKEN = " VALUE "\n"
             "[through]\n.include = one, others\n[one]\n.include = two\n[two]\nA = 1\n"
             "[through-exec]\n.include = mine, printenv\n",
             getuid(), scratch());
    store_make_text("store", document);
    struct outcome made =
        shell("printf '#!/bin/sh\\nprintenv TOKEN\\n' >allowed; cp allowed other; chmod 755 allowed "
              "other; ln -s /usr/bin/printenv linked; ln -s allowed linked-script");
    check_status(made, 0);
    outcome_free(&made);
}

TestSuite(allow, .init = begin, .fini = scratch_end, .timeout = 300);

static void check_runs(const char *arguments)
{
    struct outcome run = shell("secrun -d store %s", arguments);
    cr_expect_eq(run.status, 0, "%s: exit status %d\n%s", arguments, run.status, run.err);
    cr_expect_str_eq(run.out, VALUE "\n", "%s", arguments);
    outcome_free(&run);
}

static void check_refused(const char *arguments, const char *text)
{
    struct outcome run = shell("secrun -d store %s", arguments);
    cr_expect_null(strstr(run.err, VALUE), "%s", run.err);
    check_refusal(arguments, &run, 125, text);
}

Test(allow, user_is_the_one_who_calls)
{
    char refusal[256];
    check_runs("-p mine printenv TOKEN");
    snprintf(refusal, sizeof refusal,
             "secrun: profile [others]: not for uid %u\nsecrun: hint: allow-user = nosuch-user, 60001\n",
             getuid());
    check_refused("-p others " STARTED, refusal);
    check_refused("-n -p others " STARTED, refusal);
    snprintf(refusal, sizeof refusal, "secrun: profile [name]: not for uid %u\n", getuid());
    check_refused("-p name " STARTED, refusal);
}

Test(allow, user_is_the_one_who_is_to_be_become)
{
    if (getuid() != 0) { /* who cannot become one */
        check_refused("-p others -u 60001:1 -- " STARTED, "secrun: -u: it takes root to become another user");
        return;
    }
    check_runs("-p others -u 60001:1 -- printenv TOKEN");
    check_runs("-p name -u games -- printenv TOKEN");
    check_runs("-p name -u 5:1 -- printenv TOKEN");
    check_refused("-p mine -u games -- " STARTED, "secrun: profile [mine]: not for uid 5 (games)\n");
    check_refused("-p others -u 60002:60001 -- " STARTED, "secrun: profile [others]: not for uid 60002\n");
}

Test(allow, exec_is_the_command_or_the_program_that_starts_by_whatever_link)
{
    check_runs("-p printenv printenv TOKEN");
    check_runs("-p printenv -- ./linked TOKEN");
    check_runs("-p script -- ./allowed");
    check_runs("-p script -- ./linked-script");
    check_refused("-p printenv " STARTED, "secrun: profile [printenv]: not for the program /usr/bin/touch\n"
                                          "secrun: hint: allow-exec = /no/such, /usr/bin/printenv\n");
    check_refused("-p script -- ./other", "secrun: profile [script]: not for the program ./other\n");
    check_refused("-p script -- sh -c './allowed'",
                  "secrun: profile [script]: not for the program /usr/bin/sh\n");
}

Test(allow, exec_names_the_interpreter_for_all_its_scripts)
{
    struct outcome run =
        shell("sh=$(readlink -f /bin/sh); printf \"[default]\\n.allow-exec = $sh\\nTOKEN = " VALUE "\\n\" | "
              "age -r $(age-keygen -y store/machine.key) -o store/secrets.age\n"
              "secrun -d store ./other && secrun -d store /bin/sh -c 'printenv TOKEN'");
    check_status(run, 0);
    cr_expect_str_eq(run.out, VALUE "\n" VALUE "\n");
    outcome_free(&run);
}

Test(allow, holds_for_what_is_included_too)
{
    check_refused("-p through " STARTED, "secrun: profile [others]: not for uid ");
    check_refused("-p through-exec " STARTED,
                  "secrun: profile [printenv]: not for the program /usr/bin/touch\n");
    check_runs("-p through-exec printenv TOKEN");
}

Test(allow, shows_no_control_characters)
{
    struct outcome run = shell("cp /bin/true \"$(printf 'a\\033[31m\\nb')\"; secrun -d store -p script -- "
                               "\"./$(printf 'a\\033[31m\\nb')\"");
    check_refusal("odd name", &run, 125, "not for the program ./a?[31m?b\n");
}

Test(allow, is_what_check_tells)
{
    struct outcome run = shell("secrunctl -d store check -p printenv -- touch");
    cr_expect_eq(run.status, 1);
    cr_expect(holds(run.out, run.out_size, "FAIL  profile [printenv]: not for the program /usr/bin/touch\n"),
              "%s", run.out);
    outcome_free(&run);
    run = shell("secrunctl -d store check -p printenv -- printenv");
    check_status(run, 0);
    cr_expect_not(holds(run.out, run.out_size, "not for"), "%s", run.out);
    outcome_free(&run);
    run = shell("secrunctl -d store check -p others -- printenv");
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "warn  profile [others]: not for uid "), "%s", run.out);
    outcome_free(&run);
}

/* --- syslog ----------------------------------------------------------------------------------------- */

/* Runs a command where /dev/log is what the Perl text makes of it. */
static const char logged[] = "#!/bin/sh\n"
                             "set -e\n"
                             "mkdir -p dev; mount -t tmpfs -o mode=755 none dev\n"
                             "for node in null zero urandom tty; do touch dev/$node; mount --bind /dev/$node "
                             "dev/$node; done\n"
                             "mount --rbind dev /dev\n"
                             "perl -MSocket -e \"$1\" >log & perl=$!\n"
                             "for i in $(seq 100); do [ -e /dev/log ] && break || sleep 0.05; done\n"
                             "shift; status=0; timeout 20 \"$@\" || status=$?\n"
                             "sleep 0.3; kill $perl; exit $status\n";

#define LISTEN                                                                                               \
    "socket(S, AF_UNIX, SOCK_DGRAM, 0); bind(S, sockaddr_un(\"/dev/log\")); chmod 0666, \"/dev/log\"; "
#define READ "$| = 1; while (defined recv(S, $line, 9999, 0)) { print \"$line\\n\" }"
/* Fills what there is room for, and reads none of it. */
#define CLOG                                                                                                 \
    "socket(C, AF_UNIX, SOCK_DGRAM, 0); connect(C, sockaddr_un(\"/dev/log\")); 1 while "                     \
    "defined send(C, \"x\" x 1000, MSG_DONTWAIT); sleep 100"

static struct outcome run_logged(const char *perl, const char *command)
{
    put_file("logged", logged, strlen(logged));
    put_file("script.pl", perl, strlen(perl));
    return shell("chmod 755 logged; unshare -m ./logged \"$(cat script.pl)\" %s", command);
}

Test(allow, tells_syslog_of_a_refusal)
{
    if (getuid() != 0) { /* who cannot have a /dev/log: it is refused all the same */
        check_refused("-p others " STARTED, "secrun: profile [others]: not for uid ");
        return;
    }
    struct outcome run = run_logged(LISTEN READ, "secrun -d store -p others -u games -- " STARTED);
    check_refusal("logged", &run, 125, "secrun: profile [others]: not for uid 5 (games)\n");
    char *log = get_file("log", NULL);
    cr_expect_eq(strncmp(log, "<85>", 4), 0, "%s", log);
    cr_expect(strstr(log, " secrun["), "%s", log);
    cr_expect(strstr(log, "]: profile [others]: not for uid 5 (games) (uid 0 asks, with profile others)\n"),
              "%s", log);
    cr_expect_null(strstr(log, VALUE), "%s", log);
    free(log);
    run = run_logged(LISTEN READ,
                     "secrun -d store -p script -- \"$(cp /bin/true './a\n<85>b'; echo './a\n<85>b')\"");
    check_refusal("forged", &run, 125, "not for the program ./a?<85>b\n");
    log = get_file("log", NULL);
    cr_expect(strstr(log, "not for the program ./a?<85>b (uid 0 asks"), "%s", log);
    free(log);
}

Test(allow, does_not_wait_for_a_syslog_that_nobody_reads)
{
    if (getuid() != 0)
        return; /* whose /dev/log is the machine's */
    struct outcome run = run_logged(LISTEN CLOG, "secrun -d store -p others -- " STARTED);
    check_refusal("clogged", &run, 125, "secrun: profile [others]: not for uid 0\n");
}
