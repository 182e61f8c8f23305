/* SPDX-License-Identifier: ISC */
/* secrunctl list: names, sizes and dates for people and for programs, and never a value. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/pty.h"

/* An RFC 3339 time that many seconds from now. */
static const char *moment(char text[static 32], long seconds)
{
    time_t when = time(NULL) + seconds;
    struct tm utc;
    strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&when, &utc));
    return text;
}

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

static void begin(void)
{
    char document[2048], week[32], old[32], soon[32], hours[32];
    ctl_begin();
    snprintf(document, sizeof document,
             "[common]\n.note = for all\nDSN = hunter2-hunter2\n"
             "[app]\n.include = common\n"
             "KEY = hunter2\nKEY.rotated = %s\nKEY.max-age = 90d\n"
             "OLD = hunter2\nOLD.rotated = %s\nOLD.max-age = 30d\n"
             "SOON = hunter2\nSOON.expires = %s\nSOON.note = ask Ada\n"
             "FRESH_AND_LONG = hunter2\n  hunter2\nFRESH_AND_LONG.rotated = %s\n"
             "NEVER = hunter2\nNEVER.max-age = 1y\n",
             moment(week, -7L * DAY - HOUR), moment(old, -40L * DAY - HOUR), moment(soon, 2L * DAY + HOUR),
             moment(hours, -5L * HOUR - MINUTE));
    ctl_seal(document);
}

TestSuite(ctl_list, .init = begin, .fini = scratch_end, .timeout = 300);

Test(ctl_list, shows_sizes_ages_and_due_dates_in_columns)
{
    ctl_check("secrunctl list", "  NAME              BYTES     AGE  DUE\n"
                                "[common]  note=for all\n"
                                "  DSN                  15       -  -\n"
                                "[app]  includes common\n"
                                "  KEY                   7      7d  in 82d\n"
                                "  OLD                   7     40d  overdue 10d\n"
                                "  SOON                  7       -  in 2d         note=ask Ada\n"
                                "  FRESH_AND_LONG       15      5h  -\n"
                                "  NEVER                 7       -  unknown\n");
}

Test(ctl_list, shows_one_profile_when_asked)
{
    ctl_check("secrunctl list -p common", "  NAME    BYTES     AGE  DUE\n"
                                          "[common]  note=for all\n"
                                          "  DSN        15       -  -\n");
    ctl_check_refused("secrunctl list -p none", 1,
                      "no profile [none]\nsecrunctl: hint: there are: common app\n");
    ctl_check_refused("secrunctl list app", 2, "list: too many operands");
}

Test(ctl_list, tells_for_how_long_a_previous_value_is_kept_yet)
{
    char document[256], replaced[32];
    snprintf(document, sizeof document, "[app]\nKEY = hunter2\nKEY.previous = hunter2\nKEY.replaced = %s\n",
             moment(replaced, -5L * MINUTE));
    ctl_seal(document);
    ctl_check("secrunctl list | grep -o 'previous.*'", "previous kept 7d\n");
    snprintf(document, sizeof document, "[app]\nKEY = hunter2\nKEY.previous = hunter2\nKEY.replaced = %s\n",
             moment(replaced, -6L * DAY - HOUR));
    ctl_seal(document);
    ctl_check("secrunctl list | grep -o 'previous.*'", "previous kept 23h\n");
}

static json_t *listing(const char *command)
{
    struct outcome run = shell("%s", command);
    check_status(run, 0);
    json_error_t error;
    json_t *root = json_loadb(run.out, run.out_size, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(root, "%s: %s\n%s", command, error.text, run.out);
    cr_expect(!strstr(run.out, "hunter2"), "a value is shown:\n%s", run.out);
    outcome_free(&run);
    return root;
}

/* Is it within a few seconds of what it should be? */
static void check_near(const json_t *value, long expected)
{
    cr_assert(json_is_integer(value));
    long long is = json_integer_value(value);
    cr_expect(is >= expected - 100 && is <= expected + 100, "%lld, not %ld", is, expected);
}

Test(ctl_list, tells_programs_the_same)
{
    json_t *root = listing("secrunctl list --json");
    const char *first, *second, *note, *include;
    json_t *secrets;
    cr_assert_eq(json_unpack(root, "{s:[{s:s, s:{s:s}, s:[o]}, {s:s, s:{s:s}, s:o}]}", "profiles", "name",
                             &first, "attributes", "note", &note, "secrets", &secrets, "name", &second,
                             "attributes", "include", &include, "secrets", &secrets),
                 0);
    cr_expect_str_eq(first, "common");
    cr_expect_str_eq(note, "for all");
    cr_expect_str_eq(second, "app");
    cr_expect_str_eq(include, "common");
    cr_assert_eq(json_array_size(secrets), 5);
    json_t *old = json_array_get(secrets, 1), *soon = json_array_get(secrets, 2),
           *lines = json_array_get(secrets, 3), *never = json_array_get(secrets, 4);
    cr_expect_str_eq(json_string_value(json_object_get(old, "name")), "OLD");
    cr_expect_eq(json_integer_value(json_object_get(old, "bytes")), 7);
    cr_expect_str_eq(json_string_value(json_object_get(json_object_get(old, "attributes"), "max-age")),
                     "30d");
    check_near(json_object_get(old, "age_seconds"), 40L * DAY + HOUR);
    check_near(json_object_get(old, "due_in_seconds"), -10L * DAY - HOUR);
    cr_expect(json_is_null(json_object_get(soon, "age_seconds")));
    check_near(json_object_get(soon, "due_in_seconds"), 2L * DAY + HOUR);
    cr_expect_eq(json_integer_value(json_object_get(lines, "bytes")), 15);
    cr_expect(json_is_null(json_object_get(lines, "due_in_seconds")));
    cr_expect(json_is_null(json_object_get(never, "due_in_seconds")));
    json_decref(root);
}

Test(ctl_list, tells_programs_of_one_profile)
{
    json_t *root = listing("secrunctl list --json -p app");
    cr_expect_eq(json_array_size(json_object_get(root, "profiles")), 1);
    json_decref(root);
    ctl_seal("# empty\n");
    root = listing("secrunctl list --json");
    cr_expect_eq(json_array_size(json_object_get(root, "profiles")), 0);
    json_decref(root);
}

Test(ctl_list, names_profiles_and_what_a_run_of_one_gets_for_shells)
{
    ctl_check("secrunctl list --names", "common\napp\n");
    ctl_check("secrunctl list --names -p common", "DSN\n");
    ctl_check("secrunctl list -p app --names", "DSN\nKEY\nOLD\nSOON\nFRESH_AND_LONG\nNEVER\n");
    ctl_check_refused("secrunctl list --names -p none", 1, "no profile [none]");
    ctl_check_refused("secrunctl list --names --json", 2, "list: --names does not go with --json");
    ctl_seal("# empty\n");
    ctl_check("secrunctl list --names", "");
}

Test(ctl_list, is_fit_for_a_terminal_whatever_a_note_holds)
{
    ctl_seal("[app]\nKEY = hunter2\nKEY.note = \x1B[2J\x9B\xC3\xA9\n");
    struct outcome run = shell("secrunctl list");
    check_status(run, 0);
    for (size_t i = 0; i < run.out_size; i++)
        cr_expect(run.out[i] == '\n' || (run.out[i] >= ' ' && run.out[i] <= '~'), "byte %02x", run.out[i]);
    outcome_free(&run);
    json_decref(listing("secrunctl list --json"));
}

Test(ctl_list, fails_when_its_output_does_not_get_through)
{
    ctl_check_refused("secrunctl list >/dev/full", 1, "standard output: No space left");
    ctl_check_refused("secrunctl list --json >/dev/full", 1, "standard output: No space left");
    ctl_check_refused("secrunctl list --names >/dev/full", 1, "standard output: No space left");
}

/* --- on a terminal ----------------------------------------------------------------------------------- */

static void check_screen(const char *command, const char *text)
{
    struct pty pty;
    pty_start(&pty, "%s", command);
    pty_end(&pty);
    cr_expect_eq(pty.status, 0, "%s: %d", command, pty.status);
    cr_expect_str_eq(pty.text, text);
    pty_free(&pty);
}

#define HEADING "  NAME              BYTES     AGE  DUE\r\n"
#define COMMON  "[common]  note=for all\r\n  DSN                  15       -  -\r\n[app]  includes common\r\n"
#define OLD     "  OLD                   7     40d  overdue 10d"
#define SOON    "  SOON                  7       -  in 2d"
#define REST                                                                                                 \
    "  KEY                   7      7d  in 82d\r\n"                                                          \
    "  NEVER                 7       -  unknown\r\n"                                                         \
    "  FRESH_AND_LONG       15      5h  -\r\n"

Test(ctl_list, shows_a_person_what_is_due_first_and_in_colour)
{
    check_screen("env -u NO_COLOR TERM=xterm secrunctl list", HEADING COMMON
                 "\033[31m" OLD "\033[0m\r\n\033[33m" SOON "\033[0m         note=ask Ada\r\n" REST);
    check_screen("env NO_COLOR= TERM=xterm secrunctl list -p common",
                 "  NAME    BYTES     AGE  DUE\r\n[common]  note=for all\r\n  DSN        15       -  -\r\n");
}

Test(ctl_list, has_no_colour_where_none_is_wanted)
{
    static const char *const without[] = {"env NO_COLOR=1 TERM=xterm", "env -u NO_COLOR TERM=dumb",
                                          "env -u NO_COLOR -u TERM", "env -u NO_COLOR TERM="};
    char command[128];
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        snprintf(command, sizeof command, "%s secrunctl list", without[i]);
        check_screen(command, HEADING COMMON OLD "\r\n" SOON "         note=ask Ada\r\n" REST);
    }
    /* Nor where programs read it, whatever the terminal can do. */
    struct outcome run = shell("env -u NO_COLOR TERM=xterm secrunctl list");
    cr_expect(!memchr(run.out, 033, run.out_size), "%s", run.out);
    cr_expect(strstr(run.out, "  KEY ") < strstr(run.out, "  OLD "), "%s", run.out);
    outcome_free(&run);
}
