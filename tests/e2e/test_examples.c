/* SPDX-License-Identifier: ISC */
/*
 * The examples run. What a program of them prints under secrun is what it prints with the same variables
 * in a plain environment.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/store.h"

#define EXAMPLES TESTS_DIR "/../examples"
#define PYTHON   "/usr/bin/python3"

TestSuite(examples, .init = scratch_begin, .fini = scratch_end, .timeout = 120);

/* A store whose profile moltbot was imported from the .env file. */
static void import(void)
{
    struct outcome outcome =
        shell("secrunctl -d store init && secrunctl -d store import -p moltbot " EXAMPLES "/moltbot.env");
    check_status(outcome, 0);
    outcome_free(&outcome);
}

/* A store sealed by age from the document; profile moltbot of it has the same secrets as the .env file. */
static void seal(void)
{
    size_t size;
    char *text = get_file(EXAMPLES "/document.ini", &size);
    store_make("store", text, size);
    free(text);
}

/* The shell reads the .env file as its variables: it has the quotes, comments and lines of a shell's. */
static void check_same(const char *command, const char *begin)
{
    struct outcome plain = shell("set -a; . " EXAMPLES "/moltbot.env; exec %s", command);
    check_status(plain, 0);
    cr_assert_eq(strncmp(plain.out, begin, strlen(begin)), 0, "%s", plain.out);
    struct outcome sealed = shell("secrun -d store -p moltbot -- %s", command);
    check_status(sealed, 0);
    cr_expect_str_eq(sealed.out, plain.out);
    cr_expect_str_eq(sealed.err, "");
    outcome_free(&plain);
    outcome_free(&sealed);
}

static void check_programs(void)
{
    check_same("node " EXAMPLES "/gateway.js",
               "gateway: MOLTBOT_API_KEY has 40 characters and ends in 7Q4Z\n");
    check_same(PYTHON " " EXAMPLES "/worker.py",
               "worker: MOLTBOT_API_KEY has 40 characters and ends in 7Q4Z\nworker: DB_PASSWORD has");
    check_same("perl " EXAMPLES "/cron.pl", "cron: DB_URL has ");
}

Test(examples, programs_run_on_the_imported_env_file)
{
    import();
    check_programs();
}

Test(examples, a_script_is_run_by_its_interpreter)
{
    import();
    check_same(EXAMPLES "/cron.pl", "cron: DB_URL has ");
}

Test(examples, programs_end_without_their_secrets)
{
    struct outcome outcome = shell("node " EXAMPLES "/gateway.js || " PYTHON " " EXAMPLES
                                   "/worker.py || perl " EXAMPLES "/cron.pl");
    cr_expect_neq(outcome.status, 0);
    cr_expect(holds(outcome.err, outcome.err_size, "gateway: MOLTBOT_API_KEY is not set"), "%s", outcome.err);
    cr_expect(holds(outcome.err, outcome.err_size, "KeyError: 'MOLTBOT_API_KEY'"), "%s", outcome.err);
    cr_expect(holds(outcome.err, outcome.err_size, "cron: DB_URL is not set"), "%s", outcome.err);
    outcome_free(&outcome);
}

Test(examples, every_profile_of_the_document_can_be_run)
{
    seal();
    struct outcome outcome =
        shell("set -e; for profile in $(sed -n 's/^\\[\\(.*\\)\\]$/\\1/p' " EXAMPLES "/document.ini); do\n"
              "  echo \"[$profile]\"; secrun -d store -n -p $profile -- true | sed -n 's/^secret *//p'\n"
              "done; secrun -d store -p development -- printenv APP_KEY");
    check_status(outcome, 0);
    cr_assert_str_eq(outcome.out,
                     "[common]\nSENTRY_DSN\n"
                     "[moltbot]\nSENTRY_DSN\nMOLTBOT_API_KEY\nDB_PASSWORD\nTLS_PRIVATE_KEY\nDB_URL\n"
                     "[shop]\nAPP_KEY\n[vault]\nROOT_TOKEN\n"
                     "[agent]\nSENTRY_DSN (only getenv; no other process; argv: refuse)\n"
                     "AGENT_API_KEY (no other process; argv: refuse)\n"
                     "GIT_TOKEN (inherited by: git, /usr/lib/git-core/git-remote-http; argv: refuse)\n"
                     "[gateway]\nSENTRY_DSN\nGATEWAY_KEY (no other process)\n"
                     "[development]\nSENTRY_DSN\nAPP_KEY\n"
                     "base64:bm90IGEga2V5\n");
    outcome_free(&outcome);
}

Test(examples, the_document_says_the_same_as_the_env_file)
{
    seal();
    struct outcome outcome = shell("set -a; . " EXAMPLES "/moltbot.env\n"
                                   "for name in MOLTBOT_API_KEY DB_PASSWORD DB_URL SENTRY_DSN; do\n"
                                   "  eval \"plain=\\$$name\"; [ \"$plain\" = \"$(secrun -d store -p moltbot "
                                   "-- printenv $name)\" ] || echo $name\n"
                                   "done");
    check_status(outcome, 0);
    cr_assert_str_eq(outcome.out, "");
    outcome_free(&outcome);
}

/* Every key is in it that is in the one that init writes, and each value is the default. */
Test(examples, the_configuration_is_taken_and_changes_nothing)
{
    import();
    struct outcome outcome =
        shell("set -e; umask 022\n"
              "secrun -d store -n -p moltbot -- true >before\n"
              "sed -n 's/^#* *\\([a-z-]*\\) =.*/\\1/p' store/secrun.conf | sort >written\n"
              "sed -n 's/^#* *\\([a-z-]*\\) =.*/\\1/p' " EXAMPLES "/secrun.conf | sort >keys\n"
              "cat " EXAMPLES "/secrun.conf >store/secrun.conf\n"
              "secrun -d store -n -p moltbot -- true >after\n"
              "diff written keys; cmp before after");
    check_status(outcome, 0);
    outcome_free(&outcome);
}

static void check_demo(const char *become)
{
    struct outcome outcome = shell("%s env TMPDIR=\"$PWD\" examples/demo.sh", become);
    check_status(outcome, 0);
    cr_expect(
        holds(outcome.out, outcome.out_size, "worker: MOLTBOT_API_KEY has 40 characters and ends in 7Q4Z\n"),
        "%s", outcome.out);
    cr_expect(!holds(outcome.out, outcome.out_size, "not-a-real-key"), "shows the key\n%s", outcome.out);
    outcome_free(&outcome);
    outcome = shell("ls -A | grep -vx examples; cd examples\n"
                    "for cwd in /proc/[0-9]*/cwd; do\n"
                    "  [ $cwd = /proc/$$/cwd ] || [ \"$(readlink $cwd)\" != \"$PWD\" ] || echo $cwd\n"
                    "done");
    cr_expect_str_eq(outcome.out, "", "left behind:\n%s", outcome.out);
    outcome_free(&outcome);
}

Test(examples, the_demo_holds_and_leaves_nothing_behind)
{
    struct outcome copied = shell("cp -r " EXAMPLES " .");
    check_status(copied, 0);
    outcome_free(&copied);
    check_demo("");
}

/* In secrun's stead: a launcher that puts the secrets into the environment in the ordinary way. */
Test(examples, the_demo_fails_if_the_key_is_in_proc)
{
    static const char plain[] =
        "#!/bin/sh\nshift 3\nexec env \"MOLTBOT_API_KEY=$(secrunctl get -p moltbot MOLTBOT_API_KEY)\" "
        "DB_PASSWORD=x \"$@\"\n";
    put_file("secrun", plain, sizeof plain - 1);
    struct outcome outcome =
        shell("mkdir -p stage/bin && mv secrun stage/bin && chmod 755 stage/bin/secrun && "
              "SECRUN_STAGE=$PWD/stage " EXAMPLES "/demo.sh");
    check_status(outcome, 1);
    cr_expect(holds(outcome.err, outcome.err_size, "demo: the key is in /proc/"), "%s", outcome.err);
    outcome_free(&outcome);
}

Test(examples, the_demo_holds_for_an_ordinary_user)
{
    struct outcome copied = shell("cp -r " EXAMPLES " .");
    check_status(copied, 0);
    outcome_free(&copied);
    check_demo(scratch_to_ordinary());
}
