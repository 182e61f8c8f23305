/* SPDX-License-Identifier: ISC */
/* Secrets that are due for another value, at a start of secrun. */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/refusal.h"
#include "support/store.h"

TestSuite(expiry, .init = scratch_begin, .fini = scratch_end, .timeout = 60);

#define OLD  "A = hunter2-hunter2\nA.rotated = 2001-01-01T00:00:00Z\nA.max-age = 90d\n"
#define GONE "B = hunter3-hunter3\nB.expires = 2001-01-01\n"

static void make(const char *document)
{
    struct outcome removed = shell("rm -rf store");
    outcome_free(&removed);
    store_make_text("store", document);
}

static void check_runs(const char *document, const char *options, const char *error)
{
    make(document);
    struct outcome run = shell("secrun -d store %s -- sh -c 'echo \"$A\"'", options);
    cr_expect_eq(run.status, 0, "%s%s", document, run.err);
    cr_expect_str_eq(run.err, error, "%s", document);
    outcome_free(&run);
}

Test(expiry, of_a_secret_is_warned_of_and_it_is_delivered)
{
    check_runs("[default]\n" OLD, "", "secrun: [default] A: due for another value (secrunctl list)\n");
    check_runs("[default]\n" OLD GONE, "",
               "secrun: [default] A, B: due for another value (secrunctl list)\n");
    check_runs("[default]\n" OLD GONE "C = 1\nC.expires = 2001-01-01\nD = 1\nD.expires = 2001-01-01\n"
               "E = 1\nE.expires = 2001-01-01\n",
               "", "secrun: [default] A, B, C and 2 more: due for another value (secrunctl list)\n");
    check_runs("[default]\n.on-expiry = warn\n" OLD, "",
               "secrun: [default] A: due for another value (secrunctl list)\n");
}

Test(expiry, that_is_yet_to_come_is_not_told)
{
    check_runs("[default]\nA = hunter2\nA.expires = 2999-01-01\n", "", "");
    check_runs("[default]\nA = hunter2\nA.rotated = 2999-01-01T00:00:00Z\nA.max-age = 90d\n", "", "");
    check_runs("[default]\n.on-expiry = refuse\nA = hunter2\nA.max-age = 90d\n", "", "");
}

static void check_refused(const char *document, const char *options, const char *text)
{
    make(document);
    struct outcome run = shell("secrun -d store %s -- " STARTED, options);
    check_refusal(document, &run, 125, text);
}

Test(expiry, stops_the_start_where_the_document_says_refuse)
{
    check_refused("[default]\n.on-expiry = refuse\n" OLD, "", "[default] A: due for another value since ");
    check_refused("[default]\nA.on-expiry = refuse\n" OLD GONE, "",
                  "[default] A: due for another value since ");
    check_refused("[default]\n.include = more\n[more]\n.on-expiry = refuse\n" OLD, "",
                  "[more] A: due for another value since ");
    check_refused("[default]\n.include = more\n.on-expiry = refuse\n[more]\n" OLD, "",
                  "secrun: hint: secrunctl -d store set -p more A\n");
    check_runs("[default]\n.include = more\n.on-expiry = warn\n[more]\n.on-expiry = refuse\n" OLD, "",
               "secrun: [default] A: due for another value (secrunctl list)\n");
}

Test(expiry, of_a_secret_that_is_not_delivered_stops_nothing)
{
    check_runs("[default]\n.on-expiry = refuse\nA = hunter2\n" GONE, "-o A", "");
}

Test(expiry, is_said_by_a_dry_run)
{
    make("[default]\n" OLD);
    struct outcome run = shell("secrun -d store -n -- true");
    cr_expect_eq(run.status, 0);
    cr_expect(strstr(run.out, "secret    A (overdue since "), "%s", run.out);
    outcome_free(&run);
    make("[default]\n.on-expiry = refuse\n" OLD);
    run = shell("secrun -d store -n -- true");
    cr_expect_eq(run.status, 125);
    cr_expect(strstr(run.out, "delivery  none: [default] A: due"), "%s", run.out);
    outcome_free(&run);
}

Test(expiry, can_be_refused_for_all_profiles_in_the_configuration)
{
    make("[default]\n" OLD);
    struct outcome run =
        shell("printf '[policy]\\non-expiry = refuse\\n' >store/secrun.conf; secrun -d store -- " STARTED);
    check_refusal("secrun.conf", &run, 125, "[default] A: due for another value since ");
    run = shell("printf '[policy]\\non-expiry = never\\n' >store/secrun.conf; secrun -d store -- " STARTED);
    check_refusal("secrun.conf", &run, 125, "on-expiry: warn or refuse is wanted");
}

Test(expiry, is_over_with_a_new_value)
{
    make("[default]\n.on-expiry = refuse\n" OLD);
    struct outcome run = shell("echo new-value | secrunctl -d store set A && secrun -d store -- printenv A");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "new-value\n", "%s%s", run.out, run.err);
    outcome_free(&run);
}
