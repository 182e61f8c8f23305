/* SPDX-License-Identifier: ISC */
/* What the document and the options say of programs that no preload reaches, as secrun's own command: static,
 * delivery, and what secrun says of them. Below a target the leak matrix looks at the same. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/live.h"
#include "support/program.h"
#include "support/store.h"

TestSuite(statics, .init = scratch_begin, .fini = scratch_end, .timeout = 300);

#define VALUE "tk-static-0123456789"
#define OTHER "ot-static-9876543210"

/* The secrets, with that in front of them in the profile. */
static void make(const char *attributes)
{
    char text[1024];
    struct outcome removed = shell("rm -rf store");
    outcome_free(&removed);
    snprintf(text, sizeof text, "[default]\n%s\nTOKEN = " VALUE "\nOTHER = " OTHER "\n", attributes);
    store_make_text("store", text);
}

enum { TOKEN = 1, OTHER_ONE = 2, BOTH = 3, NOT_RUN = 0, NEITHER = 4 };

/* Runs a static program by secrun with these options: what it finds, and what stands on standard error (a
 * part of it; "" for nothing at all). */
static void check_with(const char *attributes, const char *options, const char *command, int status,
                       int finds, const char *says)
{
    char *shown = NULL;
    make(attributes);
    struct outcome run = shell("secrun -d store %s -- %s TOKEN OTHER", options, command);
    cr_assert_gt(asprintf(&shown, "[%s] %s: exit status %d\n%s", attributes, options, run.status, run.err),
                 0);
    cr_expect_eq(run.status, status, "%s", shown);
    cr_expect_eq(holds(run.out, run.out_size, "look TOKEN=" VALUE), (finds & TOKEN) != 0, "%s", shown);
    cr_expect_eq(holds(run.out, run.out_size, "look OTHER=" OTHER), (finds & OTHER_ONE) != 0, "%s", shown);
    cr_expect_eq(holds(run.out, run.out_size, "ready"), finds != NOT_RUN, "%s", shown);
    cr_expect(*says ? holds(run.err, run.err_size, says) : run.err_size == 0, "%s: not '%s'", shown, says);
    free(shown);
    outcome_free(&run);
}

static void check(const char *attributes, int status, int finds, const char *says)
{
    check_with(attributes, "", program("show-static"), status, finds, says);
    check_with(attributes, "", program("show-go-static"), status, finds, says);
}

Test(statics, are_given_what_is_not_restricted)
{
    check("", 0, BOTH, "");
    check(".inherit = tree\n.argv = refuse", 0, BOTH, "");
}

Test(statics, are_not_run_with_what_is_restricted_unless_that_is_said)
{
    check(".inherit = none", 126, NOT_RUN,
          "nothing would hold it to inherit of TOKEN\nsecrun: hint: secrunctl edit: TOKEN.static = inject");
    check("OTHER.inherit = show-static", 126, NOT_RUN, "nothing would hold it to inherit of OTHER\n");
    check(".expose = getenv", 126, NOT_RUN, "nothing would hold it to expose = getenv of TOKEN\n");
    check(".expose = getenv\n.inherit = tree", 126, NOT_RUN,
          "nothing would hold it to expose = getenv of TOKEN\n");
    check(".inherit = none\n.static = inject", 0, BOTH, "");
    check(".expose = getenv\n.static = inject", 0, BOTH, "");
    check(".inherit = none\n.static = inject\nOTHER.static = refuse", 126, NOT_RUN,
          "not run with OTHER (static = refuse)");
}

Test(statics, run_without_what_is_withheld_and_secrun_says_so)
{
    check(".static = withhold", 0, NEITHER, ": it runs without TOKEN (static = withhold)\n");
    check("OTHER.static = withhold", 0, TOKEN, ": it runs without OTHER (static = withhold)\n");
    check(".inherit = none\n.static = withhold\nTOKEN.static = inject", 0, TOKEN,
          ": it runs without OTHER (static = withhold)\n");
    check_with("OTHER.static = withhold", "-r OTHER", program("show-static"), 126, NOT_RUN,
               "[default] withholds OTHER from this program (static = withhold), and -r asks for it\n");
    check_with("OTHER.static = withhold", "-r TOKEN -o TOKEN", program("show-static"), 0, TOKEN, "");
}

Test(statics, are_not_run_where_that_is_refused)
{
    check(".static = refuse", 126, NOT_RUN, ": not run with TOKEN (static = refuse)\n");
    check("OTHER.static = refuse", 126, NOT_RUN, ": not run with OTHER (static = refuse)\n");
    check_with("OTHER.static = refuse", "-o TOKEN", program("show-static"), 0, TOKEN, "");
    check_with(".static = refuse", "", program("show"), 0, BOTH, "");
}

Test(statics, have_a_plain_environment_where_that_is_said_with_a_warning)
{
    check(".static = environ", 0, BOTH,
          "OTHER is in its plain environment (static = environ): /proc shows it to root");
    check("TOKEN.static = environ\nOTHER.static = inject", 0, BOTH, "TOKEN is in its plain environment");
    check("TOKEN.static = environ\nOTHER.static = withhold", 0, TOKEN, "TOKEN is in its plain environment");
    check(".static = environ\n.expose = getenv", 0, BOTH, "TOKEN is in its plain environment");
    check_with(".static = environ", "", program("show"), 0, BOTH, "");
}

/* Does /proc/PID/environ show it? */
static bool is_seen(const char *attributes, const char *value)
{
    char text[256];
    struct live live;
    size_t size;
    snprintf(text, sizeof text, "%s\n.dumpable = yes", attributes);
    make(text);
    live_start(&live, "ready", sizeof "ready", "secrun -d store -- %s", program("show-static"));
    char *bytes = live_proc(live.pid, "environ", &size);
    cr_assert_not_null(bytes);
    bool seen = holds(bytes, size, value);
    free(bytes);
    live_end(&live);
    live_free(&live);
    return seen;
}

Test(statics, show_a_secret_in_proc_only_where_environ_is_said)
{
    cr_expect_not(is_seen("", VALUE));
    cr_expect_not(is_seen("OTHER.static = environ", VALUE));
    cr_expect(is_seen("OTHER.static = environ", OTHER));
    cr_expect_not(is_seen(".static = withhold", VALUE));
}

/* --- delivery ------------------------------------------------------------------------------------- */

Test(statics, delivery_is_that_of_the_option_then_the_profile_then_the_configuration)
{
    static const char reads[] = "secrun -d store %s -n -- node | sed -n 's/^delivery *\\([a-z]*\\).*/\\1/p'";
    static const struct {
        const char *attributes, *configuration, *option, *delivery;
    } cases[] = {
        {"", "auto", "", "preload"},
        {"", "inject", "", "inject"},
        {".delivery = preload", "inject", "", "preload"},
        {".delivery = inject", "preload", "", "inject"},
        {".delivery = inject", "inject", "--delivery preload", "preload"},
        {".delivery = preload", "preload", "--delivery=inject", "inject"},
        {".delivery = preload", "inject", "--delivery auto", "preload"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[32];
        make(cases[i].attributes);
        struct outcome made =
            shell("printf '[policy]\\ndelivery = %s\\n' >store/secrun.conf", cases[i].configuration);
        check_status(made, 0);
        outcome_free(&made);
        struct outcome run = shell(reads, cases[i].option);
        snprintf(expected, sizeof expected, "%s\n", cases[i].delivery);
        cr_expect_str_eq(run.out, expected, "case %zu: %s%s", i, run.out, run.err);
        outcome_free(&run);
    }
}

/* The helper of an injection that is not to be, or is to be all the same. */
Test(statics, are_delivered_to_as_the_profile_says_whatever_the_configuration_has_prepared)
{
    static const struct {
        const char *configuration, *attributes, *mapped;
    } cases[] = {
        {"inject", ".delivery = preload", "secrun.so\n"},
        {"preload", ".delivery = inject", "secrun-stub\n"},
        {"inject", "", "secrun-stub\n"},
        {"auto", "", "secrun.so\n"},
        {"inject", ".static = environ", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char attributes[128]; /* its user reads what is mapped */
        snprintf(attributes, sizeof attributes, "%s\n.dumpable = yes", cases[i].attributes);
        make(attributes);
        struct outcome run = shell("printf '[policy]\\ndelivery = %s\\n' >store/secrun.conf; secrun -d store "
                                   "-- sh -c 'test $TOKEN && "
                                   "grep -oE \"secrun.so|secrun-stub\" /proc/$$/maps | sort -u'",
                                   cases[i].configuration);
        cr_expect_str_eq(run.out, cases[i].mapped, "case %zu: %s%s", i, run.out, run.err);
        outcome_free(&run);
    }
}

/* The store is opened, closed, and opened again once the helper is there. */
Test(statics, a_profile_can_ask_for_injection)
{
    check_with(".delivery = inject", "", program("show"), 0, BOTH, "");
    check_with(
        ".delivery = inject\n.inherit = none", "", program("show"), 126, NOT_RUN,
        "show: injected, as is asked for (delivery = inject): nothing would hold it to inherit of TOKEN\n");
    check_with(".delivery = preload", "", program("show-static"), 126, NOT_RUN,
               "a static program, which no preload reaches\nsecrun: hint: delivery = preload is asked for; "
               "auto would inject\n");
    check_with("", "--delivery maybe", program("show"), 125, NOT_RUN,
               "--delivery: auto, preload or inject is wanted\n");
    check_with("", "--delivery", program("show"), 125, NOT_RUN,
               "--delivery: auto, preload or inject is wanted\n");
}

Test(statics, in_go_count_as_such_by_either_delivery)
{
    static const char *const deliveries[] = {"", ".delivery = preload\n", ".delivery = inject\n"};
    for (size_t i = 0; i < sizeof deliveries / sizeof *deliveries; i++) {
        static const struct {
            const char *attributes;
            int status, finds;
            const char *says;
        } cases[] = {
            {"", 0, BOTH, ""},
            {".inherit = none", 126, NOT_RUN, "nothing would hold it to inherit of TOKEN"},
            {"OTHER.expose = getenv", 126, NOT_RUN, "nothing would hold it to expose = getenv of OTHER"},
            {".inherit = none\n.static = inject", 0, BOTH, ""},
            {".expose = getenv\n.static = inject", 0, BOTH, ""},
            {"OTHER.inherit = none\nOTHER.static = withhold", 0, TOKEN, "it runs without OTHER"},
            {"OTHER.static = refuse", 126, NOT_RUN, "not run with OTHER (static = refuse)"},
        };
        for (size_t j = 0; j < sizeof cases / sizeof *cases; j++) {
            char attributes[256];
            snprintf(attributes, sizeof attributes, "%s%s", deliveries[i], cases[j].attributes);
            check_with(attributes, "", program("show-go"), cases[j].status, cases[j].finds, cases[j].says);
        }
    }
    check_with(".inherit = none", "--delivery preload", program("show-go"), 126, NOT_RUN,
               "written in Go, which starts its children without libc: nothing would hold it");
    check_with(".inherit = none", "--delivery preload -n", program("show-go"), 126, NOT_RUN,
               "nothing would hold it");
}

Test(statics, with_nothing_to_deliver_run_whatever_delivery_is_asked_for)
{
    check_with(".delivery = preload", "-o NOPE", program("show-static"), 0, NEITHER, "has no NOPE");
}

Test(statics, that_are_refused_are_reported_on_all_the_same)
{
    make(".inherit = none");
    struct outcome run = shell("secrun -d store -v -- %s TOKEN", program("show-static"));
    cr_expect_eq(run.status, 126);
    cr_expect(holds(run.err, run.err_size, "delivery  none: "), "%s", run.err);
    cr_expect(holds(run.err, run.err_size, "profile   default\nsecret    TOKEN (nothing holds the program"),
              "%s", run.err);
    outcome_free(&run);
}

Test(statics, report_that_children_show_what_they_are_passed)
{
    make("");
    struct outcome run = shell("secrun -d store -n -- %s; secrun -d store -n -- %s", program("show-static"),
                               program("show-go"));
    check_status(run, 0);
    char *first = strstr(run.out, "\nchildren  what the program passes on to others, /proc shows of them\n");
    cr_assert_not_null(first, "%s", run.out);
    cr_expect_not_null(strstr(first + 1, "\nchildren  "), "%s", run.out);
    outcome_free(&run);
    run = shell("secrun -d store -n -- %s", program("show"));
    cr_expect_null(strstr(run.out, "children"), "%s", run.out);
    outcome_free(&run);
}

/* --- with others ---------------------------------------------------------------------------------- */

Test(statics, below_another_target_get_what_both_give)
{
    store_make_text("store", "[a]\nTOKEN = " VALUE "\n[b]\nOTHER = " OTHER
                             "\n[c]\n.inherit = none\nTOKEN = " VALUE "\n");
    struct outcome run =
        shell("secrun -d store -p a -- secrun -d store -p b -- %s TOKEN OTHER", program("show-static"));
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "look TOKEN=" VALUE) &&
              holds(run.out, run.out_size, "look OTHER=" OTHER));
    outcome_free(&run);
    run = shell("secrun -d store -p c -- secrun -d store -p b -- %s TOKEN OTHER", program("show-static"));
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "none TOKEN") &&
              holds(run.out, run.out_size, "look OTHER=" OTHER));
    cr_expect(holds(run.err, run.err_size, "runs without 1 of the secrets that secrun was given itself"));
    outcome_free(&run);
}

Test(statics, in_the_place_of_an_entrypoint_do_not_run_without_in_silence)
{
    static const char line[] = "secrun -d store -- sh -c 'exec \"$0\" TOKEN OTHER' %s";
    make("");
    struct outcome run = shell(line, program("show-static"));
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "look TOKEN=" VALUE));
    cr_expect_str_eq(run.err, "");
    outcome_free(&run);
    make(".inherit = none");
    run = shell(line, program("show-static"));
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "none TOKEN"));
    cr_expect(holds(run.err, run.err_size,
                    "a static program, which no preload reaches: runs without OTHER and 1 more "
                    "(static = inject would give it)\n"),
              "%s", run.err);
    outcome_free(&run);
    make(".inherit = none\n.static = inject");
    run = shell(line, program("show-static"));
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "look TOKEN=" VALUE));
    outcome_free(&run);
}

Test(statics, below_a_target_are_held_to_what_is_said_of_a_hidden_secret)
{
    make("OTHER.expose = getenv\nOTHER.inherit = tree\nOTHER.static = refuse");
    struct outcome run = shell("secrun -d store -- sh -c '%s TOKEN OTHER; exit $?'", program("show-static"));
    cr_expect_eq(run.status, 126);
    cr_expect(holds(run.err, run.err_size, "not run with OTHER (static = refuse)"), "%s", run.err);
    outcome_free(&run);
    make("OTHER.expose = getenv\nOTHER.inherit = tree\nOTHER.static = inject");
    run = shell("secrun -d store -- sh -c '%s TOKEN OTHER; exit $?'", program("show-static"));
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "look OTHER=" OTHER));
    outcome_free(&run);
    make("OTHER.expose = getenv\nOTHER.inherit = tree");
    run = shell("secrun -d store -v -- sh -c '%s TOKEN OTHER; exit $?'", program("show-static"));
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "none OTHER"));
    cr_expect(holds(run.err, run.err_size,
                    "which no preload reaches: runs without OTHER (static = inject would give it)\n"),
              "%s", run.err);
    outcome_free(&run);
}

Test(statics, below_a_target_are_told_of_each_with_its_own_cause)
{
    make(".inherit = sh\nOTHER.static = inject\nTOKEN.inherit = tree\nTOKEN.static = withhold");
    struct outcome run =
        shell("secrun -d store -v -- sh -c '%s TOKEN OTHER; exit $?'", program("show-static"));
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "none TOKEN") && holds(run.out, run.out_size, "none OTHER"));
    cr_expect(holds(run.err, run.err_size, "show-static: not among those that inherit: runs without OTHER\n"),
              "%s", run.err);
    cr_expect(holds(run.err, run.err_size,
                    "which no preload reaches: runs without TOKEN (static = inject would give it)\n"),
              "%s", run.err);
    outcome_free(&run);
    make("OTHER.expose = getenv");
    run = shell("secrun -d store -v -- sh -c '%s TOKEN OTHER; exit $?'", program("show"));
    cr_expect(holds(run.err, run.err_size, "show: not among those that inherit: runs without OTHER\n"), "%s",
              run.err);
    outcome_free(&run);
}

Test(statics, are_warned_of_once_when_they_are_handed_off)
{
    make("");
    struct outcome run =
        shell("secrun -d store -- sh -c '%s TOKEN \"$OTHER\"; exit $?'", program("show-static"));
    check_status(run, 0);
    char *first = strstr(run.err, "argument 2 holds OTHER");
    cr_assert_not_null(first, "%s", run.err);
    cr_expect_null(strstr(first + strlen("argument 2 holds OTHER"), "holds OTHER"), "%s", run.err);
    outcome_free(&run);
}

/* --- where nobody may trace ------------------------------------------------------------------------ */

static void check_traced(const char *attributes, const char *name, int status, int finds, const char *says)
{
    make(attributes);
    struct outcome run =
        shell("strace -o /dev/null secrun -d store -- %s TOKEN OTHER 2>err; s=$?; cat err >&2; exit $s",
              program(name));
    cr_expect_eq(run.status, status, "[%s] %s: %d\n%s", attributes, name, run.status, run.err);
    cr_expect_eq(holds(run.out, run.out_size, "look TOKEN=" VALUE), (finds & TOKEN) != 0, "[%s] %s",
                 attributes, name);
    cr_expect_eq(holds(run.out, run.out_size, "ready"), finds != NOT_RUN, "[%s] %s", attributes, name);
    cr_expect(holds(run.err, run.err_size, says), "[%s] %s: not '%s': %s", attributes, name, says, run.err);
    outcome_free(&run);
}

Test(statics, run_where_nobody_may_trace_if_nothing_is_to_be_injected)
{
    check_traced("", "show-static", 125, NOT_RUN, "traced already, by strace");
    check_traced(".static = environ", "show-static", 0, BOTH, "is in its plain environment");
    check_traced(".static = withhold", "show-static", 0, NEITHER, "it runs without TOKEN");
    check_traced(".static = refuse", "show-static", 126, NOT_RUN, "not run with TOKEN");
    check_traced("OTHER.static = environ", "show-static", 125, NOT_RUN, "traced already, by strace");
    check_traced(".delivery = preload", "show-go", 0, BOTH, "");
    check_traced("", "show-go", 0, BOTH, "");
    check_traced(".inherit = none", "show-go", 126, NOT_RUN, "nothing would hold it");
    check_traced(".static = withhold", "show-go", 0, NEITHER, "it runs without TOKEN");
    check_traced(".delivery = inject", "show-go", 125, NOT_RUN, "traced already, by strace");
    check_traced("", "show", 0, BOTH, "");
}

Test(statics, handing_off_is_for_the_shim)
{
    make("");
    struct outcome run = shell("secrun --handoff %s show", program("show-static"));
    cr_expect_eq(run.status, 125);
    cr_expect_str_eq(run.err, "secrun: --handoff is for programs that secrun runs\n");
    outcome_free(&run);
    run = shell("secrun --handoff");
    cr_expect_eq(run.status, 125);
    outcome_free(&run);
}
