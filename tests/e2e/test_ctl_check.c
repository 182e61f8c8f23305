/* SPDX-License-Identifier: ISC */
/* secrunctl check: says what would stop secrun, and its word is that of secrun. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/program.h"
#include "support/store.h"

static void begin(void)
{
    ctl_begin();
    ctl_seal("[default]\nA = hunter2\nA.rotated = 2026-01-01T00:00:00Z\n");
}

TestSuite(ctl_check, .init = begin, .fini = scratch_end, .timeout = 300);

/* Every line of it is of one of four kinds. */
static void check_form(const struct outcome *run, const char *what)
{
    for (const char *line = run->out; *line;) {
        const char *feed = strchr(line, '\n');
        cr_assert_not_null(feed);
        cr_expect(strncmp(line, "ok    ", 6) == 0 || strncmp(line, "warn  ", 6) == 0 ||
                      strncmp(line, "FAIL  ", 6) == 0 || strncmp(line, "      ", 6) == 0,
                  "%s: %.*s", what, (int)(feed - line), line);
        line = feed + 1;
    }
    cr_expect(!strstr(run->out, "hunter2") && !strstr(run->err, "hunter2"), "%s: shows a value:\n%s%s", what,
              run->out, run->err);
}

Test(ctl_check, passes_a_store_that_runs)
{
    struct outcome run = shell("secrunctl check && secrun printenv A");
    check_status(run, 0);
    cr_expect(!strstr(run.out, "FAIL"), "%s", run.out);
    cr_expect(strstr(run.out, "ok    the sealed file opens: 1 profile"), "%s", run.out);
    cr_expect(strstr(run.out, "secrun.so\n"), "%s", run.out);
    cr_expect_str_eq(run.err, "");
    outcome_free(&run);
}

/* Spoils a copy: check names it and says no, and so does secrun. */
static void check_fails(const char *change, const char *text)
{
    char line[512];
    struct outcome run = shell("set -e; rm -rf copy; cp -a store copy; cd copy; umask 022; %s\n"
                               "cd ..; secrunctl -d copy check",
                               change);
    cr_expect_eq(run.status, 1, "%s: exit status %d", change, run.status);
    check_form(&run, change);
    snprintf(line, sizeof line, "%s", text);
    char *fail = strstr(run.out, "FAIL  "), *found = strstr(run.out, line);
    cr_expect(fail && found && found > fail, "%s: does not say '%s':\n%s", change, text, run.out);
    cr_expect_eq(strncmp(run.err, "secrunctl: check: ", 18), 0, "%s: %s", change, run.err);
    outcome_free(&run);
    run = shell("secrun -d copy true");
    cr_expect_eq(run.status, 125, "%s: secrun runs: %d", change, run.status);
    outcome_free(&run);
}

Test(ctl_check, fails_what_would_stop_secrun)
{
    check_fails("chmod 644 machine.key", "machine.key: others can read or write it (mode 0644)");
    check_fails("chmod 664 secrets.age", "secrets.age: others can write it (mode 0664)");
    check_fails("chmod 777 .", "copy: directory that others can write (mode 0777)");
    check_fails("chmod 666 secrun.conf", "secrun.conf: others can write it");
    check_fails("echo hunter2 >secrun.conf", "secrun.conf: line 1: ");
    check_fails("rm machine.key", "machine.key: No such file");
    check_fails("rm secrets.age", "secrets.age: No such file");
    check_fails("rm machine.key; age-keygen -o machine.key 2>/dev/null", "secrets.age: ");
    check_fails("echo hunter2 >machine.key; chmod 600 machine.key", "machine.key: ");
    check_fails("truncate -s -1 secrets.age", "secrets.age: ");
    check_fails(
        "printf '[default]\\nA = hunter2\\nhunter2\\n' | age -r $(age-keygen -y machine.key) -o secrets.age",
        "secrets.age: line 3: ");
}

Test(ctl_check, fails_a_shim_that_is_not_there_or_not_to_be_trusted)
{
    /* Nobody else can put something in its place for one process alone. */
    if (getuid() != 0)
        return;
    struct outcome run = shell("unshare -m sh -c 'mount --bind /dev/null \"$1\" && secrunctl check' sh "
                               "\"$SECRUN_STAGE/lib/secrun/secrun.so\"");
    cr_expect_eq(run.status, 1, "%s%s", run.out, run.err);
    check_form(&run, "shim");
    char *fail = strstr(run.out, "FAIL  ");
    cr_expect(fail && strstr(fail, "secrun.so"), "%s", run.out);
    outcome_free(&run);
}

static void check_warns(const char *document, const char *text)
{
    ctl_seal(document);
    struct outcome run = shell("secrunctl check");
    cr_expect_eq(run.status, 0, "%s%s", run.out, run.err);
    check_form(&run, document);
    char *warning = strstr(run.out, text);
    cr_expect(warning && warning - run.out >= 6 && strncmp(warning - 6, "warn  ", 6) == 0,
              "does not warn of '%s':\n%s", text, run.out);
    outcome_free(&run);
}

Test(ctl_check, warns_of_what_weakens)
{
    check_warns("[a]\nA = hunter2\nA.max-age = 90d\n", "[a] A: has a max-age, but not when it was set");
    check_warns("[a]\nA = \"hunter2\"\n", "[a] A: its value is in quotes, part of it");
    check_warns("[a]\nA = 'hunter2'\n", "[a] A: its value is in quotes");
    check_warns("# nothing\n", "the store is empty");
}

#define OVERDUE "A.rotated = 2001-01-01T00:00:00Z\nA.max-age = 90d\n"

Test(ctl_check, fails_on_what_is_overdue)
{
    static const char *const documents[] = {"[a]\nA = hunter2\n" OVERDUE,
                                            "[a]\nA = hunter2\nA.expires = 2001-01-01\n"};
    for (size_t i = 0; i < 2; i++) {
        ctl_seal(documents[i]);
        struct outcome run = shell("secrunctl check");
        cr_expect_eq(run.status, 1);
        cr_expect(strstr(run.out, "FAIL  [a] A: due for another value since "), "%s", run.out);
        cr_expect(strstr(run.err, "check: 1 to be mended"), "%s", run.err);
        outcome_free(&run);
    }
}

Test(ctl_check, prints_metrics_that_prometheus_reads)
{
    ctl_seal("[a]\nA = hunter2\n" OVERDUE "[b]\nB = hunter2\n");
    struct outcome run = shell("secrunctl check --prometheus");
    cr_expect_eq(run.status, 1);
    cr_expect(strstr(run.out,
                     "# TYPE secrun_secret_due_seconds gauge\nsecrun_secret_due_seconds{profile=\"a\","
                     "name=\"A\"} -"),
              "%s", run.out);
    cr_expect(strstr(run.out, "secrun_secret_age_seconds{profile=\"a\",name=\"A\"} "), "%s", run.out);
    cr_expect(strstr(run.out, "\nsecrun_secrets{profile=\"b\"} 1\n"), "%s", run.out);
    cr_expect(strstr(run.out, "\nsecrun_check_failures 1\n"), "%s", run.out);
    cr_expect(!strstr(run.out, "hunter2") && !strstr(run.out, "ok  ") && !strstr(run.out, "name=\"B\""), "%s",
              run.out);
    outcome_free(&run);
    run = shell("secrunctl check --prometheus | grep -vE '^(# (HELP|TYPE) [a-z_]+ .+|"
                "[a-z_]+(\\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*\\})? -?[0-9]+)$\'");
    cr_expect_str_eq(run.out, "");
    outcome_free(&run);
    run = shell("chmod 644 store/machine.key; secrunctl check --prometheus");
    cr_expect_eq(run.status, 1);
    cr_expect(strstr(run.out, "secrun_check_failures 1\n"), "%s", run.out);
    outcome_free(&run);
}

Test(ctl_check, warns_of_a_public_key_that_is_not_the_key)
{
    struct outcome run =
        shell("age-keygen -o other.key 2>/dev/null; other=$(age-keygen -y other.key)\n"
              "sed -i \"s/^# public key: .*/# public key: $other/\" store/machine.key; secrunctl check");
    check_status(run, 0);
    cr_expect(strstr(run.out, "warn  identity 1: its `# public key:` comment is not its public key"), "%s",
              run.out);
    outcome_free(&run);
    run = shell("sed -i '/public key/d' store/machine.key; secrunctl check");
    check_status(run, 0);
    cr_expect(strstr(run.out, "warn  identity 1 has no `# public key:` comment"), "%s", run.out);
    outcome_free(&run);
}

Test(ctl_check, says_whether_secret_memory_is_to_be_had)
{
    const char *become = scratch_to_ordinary();
    struct outcome run = shell("ulimit -l 0; %s secrunctl check", become);
    check_status(run, 0);
    cr_expect(strstr(run.out, "warn  memfd_secret"), "%s", run.out);
    outcome_free(&run);
    run = shell("printf '[policy]\\nmemory = secret\\n' >store/secrun.conf; ulimit -l 0; %s secrunctl check",
                become);
    cr_expect_eq(run.status, 1);
    cr_expect(strstr(run.out, "FAIL  memfd_secret"), "%s", run.out);
    outcome_free(&run);
}

/* --- a command ------------------------------------------------------------------------------------ */

/* Is there a line of that kind that holds the text? And does secrun say the same by its status? */
static void check_of_command(const char *document, const char *command, const char *kind, const char *text)
{
    ctl_seal(document);
    struct outcome run = shell("secrunctl check -- %s >out 2>&1; secrun -n -- %s >/dev/null 2>&1; s=$?\n"
                               "grep '^%s' out | grep -qF \"%s\" || cat out; exit $s",
                               command, command, kind, text);
    cr_expect_str_eq(run.out, "", "%s: not '%s %s':\n%s", command, kind, text, run.out);
    cr_expect_eq(run.status != 0, strcmp(kind, "FAIL") == 0, "%s: secrun -n ends with %d", command,
                 run.status);
    outcome_free(&run);
}

#define SECRET "[default]\nA = hunter2-hunter2\n"

Test(ctl_check, of_a_command_tells_the_delivery_and_what_is_in_the_way)
{
    const char *plain = program("show-static");
    check_of_command(SECRET, "node -e 1", "ok", ": preload (");
    check_of_command(SECRET, plain, "ok", ": inject (");
    check_of_command(SECRET ".delivery = inject\n", "node -e 1", "ok", ": inject (");
    check_of_command(SECRET ".delivery = preload\n", plain, "FAIL", "a static program");
    check_of_command(SECRET, "no-such-command", "FAIL", "no-such-command: No such file");
    check_of_command("[other]\nA = hunter2-hunter2\n", "node", "FAIL", "no profile [node], and no [default]");
    check_of_command(SECRET ".inherit = none\n", plain, "FAIL", "nothing would hold it to inherit of A");
    check_of_command(SECRET ".expose = getenv\n", plain, "FAIL",
                     "nothing would hold it to expose = getenv of A");
    check_of_command(SECRET ".inherit = none\n.static = inject\n", plain, "warn",
                     "A: nothing holds the program to");
    check_of_command(SECRET ".static = withhold\n", plain, "warn", "A: it runs without");
    check_of_command(SECRET ".static = environ\n", plain, "warn", "A: in the plain environment");
    check_of_command(SECRET ".static = refuse\n", plain, "FAIL", "not run with A (static = refuse)");
    check_of_command(SECRET ".static = refuse\n", "node", "ok", ": preload (");
    check_of_command(SECRET, program("show-go"), "warn", "/proc shows of them");
    check_of_command(SECRET ".delivery = preload\n.inherit = none\n", program("show-go"), "FAIL",
                     "nothing would hold it to inherit of A");
    check_of_command(SECRET ".static = withhold\n", plain, "ok", "no delivery needed");
}

Test(ctl_check, of_a_command_that_is_refused_says_nothing_good_of_its_delivery)
{
    ctl_seal(SECRET ".inherit = none\n");
    struct outcome run = shell("secrunctl check %s | grep -c '^ok.*inject'", program("show-static"));
    cr_expect_str_eq(run.out, "0\n");
    outcome_free(&run);
}

Test(ctl_check, takes_what_follows_a_command_for_that_ones)
{
    ctl_seal(SECRET);
    struct outcome run = shell("secrunctl check sh -c 'exit 3' -p nope --bad");
    check_status(run, 0);
    cr_expect(strstr(run.out, ": preload ("), "%s", run.out);
    outcome_free(&run);
    run = shell("secrunctl check -p nope sh -c x");
    cr_expect_eq(run.status, 1);
    cr_expect(strstr(run.out, "no profile [nope]"), "%s", run.out);
    outcome_free(&run);
}

Test(ctl_check, fails_where_a_profile_takes_no_other_memory_than_secret_memory)
{
    ctl_seal(SECRET "[other]\n.memory = secret\nB = b\n");
    struct outcome run = shell("ulimit -l 0; %s secrunctl check", scratch_to_ordinary());
    cr_expect_eq(run.status, 1);
    cr_expect(strstr(run.out, "FAIL  [other] has memory = secret"), "%s", run.out);
    outcome_free(&run);
}

Test(ctl_check, warns_of_an_attribute_that_lacks_its_dot)
{
    ctl_seal(SECRET "inherit = none\n");
    struct outcome run = shell("secrunctl check");
    check_status(run, 0);
    cr_expect(strstr(run.out, "warn  [default] inherit: a secret of that name; the attribute is .inherit\n"),
              "%s", run.out);
    outcome_free(&run);
}

Test(ctl_check, of_a_command_that_is_to_be_injected_tries_whether_it_can_be_traced)
{
    struct outcome run = shell("secrunctl check %s", program("show-static"));
    check_status(run, 0);
    cr_expect(strstr(run.out, "ok    a program can be traced here"), "%s", run.out);
    outcome_free(&run);
    run = shell("strace -f -o /dev/null secrunctl check %s", program("show-static"));
    cr_expect_eq(run.status, 1);
    cr_expect(strstr(run.out, "FAIL  ") && strstr(run.out, "traced already"), "%s", run.out);
    outcome_free(&run);
    run = shell("strace -f -o /dev/null secrunctl check %s", program("show-go"));
    check_status(run, 0);
    cr_expect(strstr(run.out, "warn  ") && strstr(run.out, "it is preloaded instead"), "%s", run.out);
    outcome_free(&run);
}

Test(ctl_check, keys_that_were_replaced_are_told_as_long_as_they_are_kept)
{
    ctl_check(
        "secrunctl rekey >/dev/null; secrunctl check | grep -A 1 'still kept'; secrunctl rekey >/dev/null\n"
        "secrunctl check | grep 'still kept'; secrunctl rekey --forget-old; secrunctl check | grep kept || :",
        "warn  1 key was replaced, and still kept\n      secrunctl rekey --forget-old, once no backup is "
        "sealed "
        "to it\nwarn  2 keys were replaced, and still kept\n");
}
