/* SPDX-License-Identifier: ISC */
/* Reading the document, and what a run gets of it. Runs in the unit tests only. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "base/timestamp.h"
#include "store/document.h"

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
}

TestSuite(document, .init = begin);

static void parse(struct document *document, const char *text)
{
    struct reason why = {0};
    cr_assert(document_parse(document, text, strlen(text), &why), "%s: %s", text, why.text);
}

/* The value of profile, name and word; NULL if there is none. */
static const char *value_of(const struct document *document, const char *profile, const char *name,
                            const char *word)
{
    const struct document_profile *found = document_profile(document, profile);
    cr_assert_not_null(found, "%s", profile);
    const struct document_entry *entry = document_find(document, found, name, word);
    cr_assert(!entry || strlen(entry->value) == entry->value_size);
    return entry ? entry->value : NULL;
}

static void check_refused_bytes(const char *text, size_t size, const char *because)
{
    struct document document;
    struct reason why = {0};
    cr_expect_not(document_parse(&document, text, size, &why), "%.200s", text);
    cr_expect_str_eq(why.text, because);
    cr_expect_null(document.values.bytes);
    cr_expect_null(document.entries);
}

static void check_refused(const char *text, const char *because)
{
    check_refused_bytes(text, strlen(text), because);
}

/* A line within [p] that already has X, as line 3. */
static void check_line(const char *line, const char *because)
{
    char text[4096], reason[512];
    snprintf(text, sizeof text, "[p]\nX = 1\n%s\nY = 2\n", line);
    snprintf(reason, sizeof reason, "line 3: %s", because);
    check_refused(text, reason);
}

static void check_accepted(const char *line)
{
    char text[4096];
    struct document document;
    snprintf(text, sizeof text, "[p]\nX = 1\n%s\nY = 2\n[q]\n", line);
    parse(&document, text);
    document_free(&document);
}

/* --- reading --- */

static const char example[] = "# all of it\n"
                              "[common]\n"
                              "SENTRY_DSN = https://x@y/1 ; not a comment\n"
                              "\n"
                              "[moltbot]\n"
                              ".include = common\n"
                              "MOLTBOT_API_KEY         = sk-\xc3\xa9\n"
                              "MOLTBOT_API_KEY.rotated = 2026-11-23T18:00:00Z\n"
                              "TLS_KEY = -----BEGIN PRIVATE KEY-----\n"
                              "  MIIEvQ\n"
                              "\t-----END PRIVATE KEY-----\n"
                              "BLOB = base64:AQID\n"
                              "QUOTED: \"a b\"\n"
                              "EMPTY =\n";

Test(document, reads_profiles_secrets_and_attributes)
{
    struct document document;
    parse(&document, example);
    cr_expect_eq(document.profile_count, (size_t)2);
    cr_expect_eq(document.entry_count, (size_t)8);
    cr_expect_str_eq(value_of(&document, "common", "SENTRY_DSN", NULL), "https://x@y/1 ; not a comment");
    cr_expect_str_eq(value_of(&document, "moltbot", "", "include"), "common");
    cr_expect_str_eq(value_of(&document, "moltbot", "MOLTBOT_API_KEY", NULL), "sk-\xc3\xa9");
    cr_expect_str_eq(value_of(&document, "moltbot", "MOLTBOT_API_KEY", "rotated"), "2026-11-23T18:00:00Z");
    cr_expect_str_eq(value_of(&document, "moltbot", "TLS_KEY", NULL),
                     "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----");
    cr_expect_str_eq(value_of(&document, "moltbot", "BLOB", NULL), "\x01\x02\x03");
    cr_expect_str_eq(value_of(&document, "moltbot", "QUOTED", NULL), "\"a b\"");
    cr_expect_str_empty(value_of(&document, "moltbot", "EMPTY", NULL));
    cr_expect_null(value_of(&document, "moltbot", "SENTRY_DSN", NULL));
    cr_expect_null(value_of(&document, "moltbot", "TLS_KEY", "rotated"));
    cr_expect_null(value_of(&document, "moltbot", "", NULL));
    cr_expect_null(document_profile(&document, "nobody"));
    document_free(&document);
}

Test(document, knows_which_bytes_of_the_text_are_whose)
{
    struct document document;
    parse(&document, example);
    const struct document_profile *profile = &document.profiles[1];
    const struct document_entry *key = document_find(&document, profile, "TLS_KEY", NULL);
    cr_expect_eq(strncmp(example + key->begin, "TLS_KEY", 7), 0);
    cr_expect_eq(strncmp(example + key->end, "BLOB", 4), 0);
    cr_expect_eq(key->line, 9u);
    cr_expect_eq(key->profile, 1u);
    cr_expect_eq(strncmp(example + profile->begin, "[moltbot]", 9), 0);
    cr_expect_eq(profile->end, strlen(example));
    cr_expect_eq(profile->line, 5u);
    cr_expect_eq(profile->first, 1u);
    cr_expect_eq(profile->count, 7u);
    cr_expect_eq(strncmp(example + document.profiles[0].end, "\n[moltbot]", 10), 0);
    document_free(&document);
}

Test(document, an_empty_text_has_no_profiles)
{
    struct document document;
    struct reason why;
    cr_expect(document_parse(&document, NULL, 0, &why));
    cr_expect_eq(document.profile_count, (size_t)0);
    document_free(&document);
}

Test(document, every_text_fits_the_room_made_for_its_values)
{
    static const char *const tight[] = {"[p]\na=", "[p]\na=\n", "[p]\na=\na.note=", "[p]\n.note=", "[p]"};
    for (size_t i = 0; i < sizeof tight / sizeof tight[0]; i++) {
        struct document document;
        parse(&document, tight[i]);
        document_free(&document);
    }
}

Test(document, finds_each_of_ten_thousand_secrets)
{
    enum { COUNT = 10000 };
    char *text = malloc(COUNT * 40), name[32];
    size_t size = 0;
    struct document document;
    cr_assert_not_null(text);
    size += (size_t)sprintf(text, "[p]\n");
    for (int i = 0; i < COUNT; i++)
        size += (size_t)sprintf(text + size, "NAME_%d = value %d\n", i, i);
    parse(&document, text);
    cr_expect_eq(document.entry_count, (size_t)COUNT);
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "NAME_%d", i);
        const char *value = value_of(&document, "p", name, NULL);
        cr_assert(value && atoi(value + strlen("value ")) == i, "%s", name);
    }
    document_free(&document);
    free(text);
}

/* --- refusing --- */

Test(document, refuses_what_the_ini_reader_refuses)
{
    check_line(" # c", "an indented comment");
    check_line("foo", "neither [section], NAME = value nor a comment");
    check_line("[a", "no ']' after the section's name");
    check_line("= 1", "no name before the '='");
    check_refused("[p]\nX = 1\n\n  2\n", "line 4: indented, but the line above is no entry");
    check_refused_bytes("[p]\nX = \0\n", 11, "line 2: a NUL byte");
}

Test(document, refuses_an_entry_before_the_first_profile)
{
    check_refused("# c\nX = 1\n[p]\n", "line 2: an entry before the first [profile]");
}

Test(document, refuses_a_profile_name_that_is_none)
{
    check_line("[a b]", "a profile's name is letters, digits and _.@+-");
    check_line("[ a]", "a profile's name is letters, digits and _.@+-");
    check_line("[a/b]", "a profile's name is letters, digits and _.@+-");
    check_line("[\xc3\xa9]", "a profile's name is letters, digits and _.@+-");
    check_accepted("[Az09_.@+-]");
    check_accepted("[0123456789012345678901234567890123456789012345678]");
    check_line("[01234567890123456789012345678901234567890123456789]", "a section's name above 49 bytes");
}

Test(document, refuses_a_profile_or_a_name_for_the_second_time)
{
    check_line("[p]", "profile p for the second time");
    check_line("X = 2", "X for the second time");
    check_refused("[p]\nX = 1\nX.note = a\nX.note = b\n", "line 4: X.note for the second time");
    check_refused("[p]\n.note = a\n.note = b\n", "line 3: .note for the second time");
    check_accepted("[r]\nX = 1");
    check_accepted("x = 1");
}

Test(document, refuses_a_name_that_is_none_and_does_not_repeat_it)
{
    static const char because[] = "a name is letters, digits and '_', and begins with no digit";
    check_line("A B = 1", because);
    check_line("9A = 1", because);
    check_line("A-B = 1", because);
    check_line("\xc3\x89 = 1", because);
    check_line("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC/+ab== ", because);
    check_line("A B.note = 1", because);
    check_accepted("_a9Z = 1");
}

Test(document, a_name_has_room_for_255_bytes_and_no_more)
{
    char line[300];
    memset(line, 'N', sizeof line);
    strcpy(line + 255, " = 1");
    check_accepted(line);
    strcpy(line + 256, " = 1");
    line[255] = 'N';
    check_line(line, "a name above 255 bytes");
}

Test(document, refuses_the_names_that_the_shim_lives_by)
{
    check_line("LD_PRELOAD = 1", "LD_PRELOAD: a reserved name");
    check_line("SECRUN_ = 1", "SECRUN_: a reserved name");
    check_line("SECRUN_CAPSULE = 1", "SECRUN_CAPSULE: a reserved name");
    check_line("SECRUN_X.note = 1", "SECRUN_X: a reserved name");
    check_accepted("SECRUN = 1\nLD_PRELOADS = 1\nMY_SECRUN_X = 1");
}

Test(document, refuses_bad_base64)
{
    static const char because[] = "not base64 after 'base64:'";
    static const char *const bad[] = {"A",     "AA=",  "AAA==", "AA===", "====",   "AA-_", "AA AA",
                                      " AAAA", "AB==", "AAB=",  "AB",    "AA\tAA", "AAAA;"};
    static const char *const good[] = {
        "", "QQ==", "QQ", "QUI=", "QUI", "QUJD", "QUJD\n  QUJD\n\tQQ==", "\n QUJD"};
    char line[64];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(line, sizeof line, "B = base64:%s", bad[i]);
        check_line(line, because);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(line, sizeof line, "B = base64:%s", good[i]);
        check_accepted(line);
    }
    check_line("B = base64:QQBC", "a value that holds a NUL byte");
    check_line("B = base64:\n  QUJD\n  A", because);
    check_accepted("B = base64\nC = Base64:?");
}

Test(document, a_value_has_room_for_a_mebibyte_decoded_and_no_more)
{
    enum { ENCODED = (DOCUMENT_VALUE_MAX + 2) / 3 * 4 };
    char *text = malloc(ENCODED + 64);
    struct document document;
    cr_assert_not_null(text);
    size_t head = (size_t)sprintf(text, "[p]\nX=base64:");
    memset(text + head, 'Q', ENCODED);
    strcpy(text + head + ENCODED - 2, "==\n");
    parse(&document, text);
    cr_expect_eq(document.entries[0].value_size, (size_t)DOCUMENT_VALUE_MAX);
    document_free(&document);
    strcpy(text + head + ENCODED - 2, "QQ\n");
    check_refused(text, "line 2: a value above 1048576 bytes");
    memset(text + 6, 'Q', DOCUMENT_VALUE_MAX);
    strcpy(text + 6 + DOCUMENT_VALUE_MAX, "\n");
    parse(&document, text);
    document_free(&document);
    strcpy(text + 6 + DOCUMENT_VALUE_MAX, "Q\n");
    check_refused(text, "line 2: a value above 1048576 bytes");
    free(text);
}

Test(document, refuses_a_text_above_its_limit)
{
    char *text = calloc(1, DOCUMENT_MAX + 1);
    cr_assert_not_null(text);
    check_refused_bytes(text, DOCUMENT_MAX + 1, "a document above 33554432 bytes");
    free(text);
}

/* --- attributes --- */

Test(document, refuses_an_unknown_attribute)
{
    check_line("X.foo = 1", "unknown attribute X.foo");
    check_line(".foo = 1", "unknown attribute .foo");
    check_line("X.include = p",
               "X.include: include is said of a profile: a line with nothing before the dot");
    check_line("X.memory = best",
               "X.memory: memory is said of a profile: a line with nothing before the dot");
    check_line(".rotated = 2026-11-23T18:00:00Z",
               ".rotated: rotated is said of each secret, with its name in front, not of a profile");
    check_line("X. = 1", "unknown attribute X.");
    check_line("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.SflKxwRJSM = 1", "an unknown attribute");
}

Test(document, refuses_an_attribute_of_a_secret_that_is_not_in_the_profile)
{
    check_line("Z.note = 1", "Z.note, but there is no Z in this profile");
    check_refused("[p]\nX = 1\n[q]\n.include = p\nX.note = 1\n",
                  "line 5: X.note, but there is no X in this profile");
    check_accepted("Z.note = before it\nZ = 1");
}

Test(document, an_attribute_has_its_form)
{
    static const char time[] = "rotated: a time such as 2026-11-23T18:00:00Z is wanted";
    static const char expires[] =
        "expires: a date such as 2026-11-23 or a time such as 2026-11-23T18:00:00Z is wanted";
    static const char include[] = "include: one to 64 profiles with commas between is wanted";
    check_accepted("X.rotated = 2026-11-23T18:00:00Z");
    check_line("X.rotated = 2026-11-23", time);
    check_line("X.rotated = yesterday", time);
    check_accepted("X.expires = 2026-11-23");
    check_accepted("X.expires = 2026-11-23T18:00:00.000Z");
    check_line("X.expires = 2026-02-29", expires);
    check_line("X.expires =", expires);
    check_accepted("X.max-age = 90d");
    check_line("X.max-age = 90", "max-age: a duration such as 90d is wanted");
    check_accepted("X.note =\n.note = any; text\n  of two lines");
    check_accepted(".include = q");
    check_accepted(".include = q ,q,\n  q");
    check_line(".include =", include);
    check_line(".include = q,", include);
    check_line(".include = ,q", include);
    check_line(".include = q q", include);
    check_line(".include = q/", include);
    check_accepted(".memory = best");
    check_accepted(".memory = secret");
    check_line(".memory = worst", "memory: best or secret is wanted");
    check_accepted(".dumpable = no");
    check_accepted(".dumpable = yes");
    check_line(".dumpable = true", "dumpable: no or yes is wanted");
}

Test(document, static_and_delivery_have_values_of_their_own)
{
    static const char *const accepted[] = {".static = refuse",   ".static = inject",    "X.static = environ",
                                           ".static = withhold", ".delivery = preload", ".delivery = inject",
                                           ".delivery = auto"};
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++)
        check_accepted(accepted[i]);
    check_line(".static = no", "static: inject, withhold, refuse or environ is wanted");
    check_line("X.static = \x1b[31m", "static: inject, withhold, refuse or environ is wanted");
    check_line(".delivery = best", "delivery: auto, preload or inject is wanted");
    check_line("X.delivery = inject",
               "X.delivery: delivery is said of a profile: a line with nothing before the dot");
}

Test(document, allow_takes_lists_of_users_and_of_programs)
{
    static const char *const accepted[] = {"user = root", "user = 0",
                                           "user = a.b, DOM\\u , u@example.org,1000", "exec = /bin/sh",
                                           "exec = /a b/c, /d"};
    static const char *const users[] = {"", ",", "a b", "a,", "a,,b", "a:b", "a/b", "-1", "+x", "a\tb"};
    static const char *const programs[] = {"", "sh", "/bin/", "/a, b", "./a", "none", "/a,", "/a /b"};
    char line[128];
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        snprintf(line, sizeof line, ".allow-%s", accepted[i]);
        check_accepted(line);
    }
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        snprintf(line, sizeof line, ".allow-user = %s", users[i]);
        check_line(line, "allow-user: one to 64 users (names or numbers) with commas between is wanted");
    }
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        snprintf(line, sizeof line, ".allow-exec = %s", programs[i]);
        check_line(line, "allow-exec: one to 64 absolute paths of programs with commas between is wanted");
    }
    check_line("X.allow-user = root",
               "X.allow-user: allow-user is said of a profile: a line with nothing before the dot");
}

Test(document, on_expiry_warns_or_refuses)
{
    static const char *const refused[] = {".on-expiry = ", ".on-expiry = ignore", "X.on-expiry = \x1b[31m"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        check_line(refused[i], "on-expiry: warn or refuse is wanted");
}

Test(document, durations_have_a_unit_and_fit)
{
    int64_t seconds;
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {{"0s", 0},
                {"90d", 7776000},
                {"12h", 43200},
                {"2w", 1209600},
                {"1y", 31536000},
                {"5m", 300},
                {"9223372036854775807s", INT64_MAX}};
    static const char *const bad[] = {"",
                                      "d",
                                      "90",
                                      "-1d",
                                      "+1d",
                                      "1.5d",
                                      "1d2h",
                                      "1 d",
                                      "1dd",
                                      "1D",
                                      "9223372036854775808s",
                                      "9223372036854775807m",
                                      "99999999999999999999999d"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cr_expect(timespan_parse(good[i].text, &seconds), "%s", good[i].text);
        cr_expect_eq(seconds, good[i].seconds, "%s: %" PRId64, good[i].text, seconds);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_not(timespan_parse(bad[i], &seconds), "%s", bad[i]);
}

Test(document, spans_are_rounded_down_and_what_is_left_up)
{
    static const struct {
        int64_t seconds;
        const char *down, *up;
    } cases[] = {
        {-5, "0s", "0s"},
        {0, "0s", "0s"},
        {59, "59s", "59s"},
        {60, "1m", "1m"},
        {61, "1m", "2m"},
        {3599, "59m", "1h"},
        {3601, "1h", "2h"},
        {86399, "23h", "1d"},
        {86400, "1d", "1d"},
        {7 * 86400, "7d", "7d"},
        {7 * 86400 - 1, "6d", "7d"},
        {6 * 86400 + 1, "6d", "7d"},
        {INT64_MAX, "106751991167300d", "106751991167300d"},
    };
    char text[TIMESPAN_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_str_eq(timespan(text, cases[i].seconds), cases[i].down);
        cr_expect_str_eq(timespan_up(text, cases[i].seconds), cases[i].up);
    }
}

Test(document, times_are_those_of_the_calendar)
{
    int64_t seconds;
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {{"1970-01-01T00:00:00Z", 0},
                {"2026-11-23T18:00:00Z", 1795456800},
                {"2026-11-23", 1795392000},
                {"2000-02-29T23:59:59Z", 951868799},
                {"1969-12-31T23:59:59Z", -1},
                {"9999-12-31T23:59:59Z", INT64_C(253402300799)},
                {"0001-01-01", INT64_C(-62135596800)},
                {"2026-11-23T18:00:00.123456789Z", 1795456800}};
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-11",
                                      "2026-11-23T",
                                      "2026-11-23T18:00Z",
                                      "2026-11-23T18:00:00",
                                      "2026-11-23T18:00:00+00:00",
                                      "2026-11-23T18:00:00.Z",
                                      "2026-11-23T18:00:00Zx",
                                      "2026-11-23 18:00:00Z",
                                      "2026-11-23Z",
                                      "2026-13-01",
                                      "2026-00-01",
                                      "2026-01-00",
                                      "2026-04-31",
                                      "2025-02-29",
                                      "1900-02-29",
                                      "0000-01-01",
                                      "2026-11-23T24:00:00Z",
                                      "2026-11-23T18:60:00Z",
                                      "2026-11-23T18:00:60Z",
                                      "26-11-23",
                                      "+026-11-23"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cr_expect(document_time(good[i].text, &seconds), "%s", good[i].text);
        cr_expect_eq(seconds, good[i].seconds, "%s: %" PRId64, good[i].text, seconds);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_not(document_time(bad[i], &seconds), "%s", bad[i]);
}

/* --- includes --- */

/* "NAME=value" of each selected secret, with blanks between. */
static void check_selected(const char *text, const char *profile, const char *expected)
{
    struct document document;
    const struct document_entry **selected;
    struct reason why;
    size_t count;
    char out[1024] = "";
    parse(&document, text);
    cr_assert(document_select(&document, document_profile(&document, profile), &selected, &count, &why));
    for (size_t i = 0; i < count; i++) {
        strcat(out, selected[i]->name);
        strcat(out, "=");
        strcat(out, selected[i]->value);
        strcat(out, " ");
    }
    cr_expect_str_eq(out, expected);
    free(selected);
    document_free(&document);
}

Test(document, a_run_gets_its_profiles_secrets_in_order_and_no_others)
{
    check_selected("[a]\nB = 1\nA = 2\nA.note = x\n[b]\nC = 3\n", "a", "B=1 A=2 ");
    check_selected("[a]\n[b]\nC = 3\n", "a", "");
}

Test(document, included_secrets_come_first_and_ones_own_win)
{
    check_selected("[a]\nX = own\n.include = b\nY = 1\n[b]\nX = theirs\nZ = 2\n", "a", "Z=2 X=own Y=1 ");
}

Test(document, of_two_includes_the_later_wins)
{
    check_selected("[b]\nX = b\nB = 1\n[c]\nX = c\n[a]\n.include = b, c\n", "a", "B=1 X=c ");
    check_selected("[b]\nX = b\nB = 1\n[c]\nX = c\n[a]\n.include = c, b\n", "a", "X=b B=1 ");
}

Test(document, what_the_later_include_includes_wins_over_the_earlier_one)
{
    check_selected("[d]\nX = d\n[b]\n.include = d\nX = b\n[c]\n.include = d\n[a]\n.include = b, c\n", "a",
                   "X=d ");
    check_selected("[d]\nX = d\n[b]\n.include = d\nX = b\n[c]\n.include = d\n[a]\n.include = c, b\n", "a",
                   "X=b ");
}

Test(document, many_ways_to_one_include_take_no_time)
{
    char text[8192] = "[p0]\nX = 1\n";
    for (int i = 1; i <= DOCUMENT_INCLUDE_DEPTH; i++) {
        size_t size = strlen(text);
        snprintf(text + size, sizeof text - size, "[p%d]\n.include = p%d, p%d, p%d, p%d, p%d, p%d\n", i,
                 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    }
    check_selected(text, "p16", "X=1 ");
}

Test(document, refuses_an_include_that_is_not_there_or_of_itself)
{
    check_refused("[a]\n.include = b\n", "line 2: include of b, but there is no such profile");
    check_refused("[a]\n.include = a\n", "line 2: include of a, which would include itself");
    check_refused("[a]\n.include = b\n[b]\n.include = c\n[c]\nX = 1\n.include = a\n",
                  "line 7: include of a, which would include itself");
}

Test(document, includes_nest_sixteen_deep_and_no_deeper_in_either_order)
{
    for (int turn = 0; turn < 2; turn++) {
        char text[2048] = "";
        struct document document;
        struct reason why = {0};
        for (int depth = DOCUMENT_INCLUDE_DEPTH; depth <= DOCUMENT_INCLUDE_DEPTH + 1; depth++) {
            text[0] = '\0';
            for (int i = 0; i <= depth; i++) {
                int level = turn == 0 ? i : depth - i;
                size_t size = strlen(text);
                snprintf(text + size, sizeof text - size, level > 0 ? "[p%d]\n.include = p%d\n" : "[p%d]\n",
                         level, level - 1);
            }
            bool ok = document_parse(&document, text, strlen(text), &why);
            cr_expect_eq(ok, depth == DOCUMENT_INCLUDE_DEPTH, "depth %d: %s", depth, why.text);
            document_free(&document);
        }
        cr_expect(strstr(why.text, "includes nested deeper than 16"), "%s", why.text);
    }
}

Test(document, one_include_has_room_for_64_profiles)
{
    char text[1024] = "[q]\n[p]\n.include = q";
    struct document document;
    for (int i = 1; i < DOCUMENT_INCLUDE_MAX; i++)
        strcat(text, ",q");
    parse(&document, text);
    document_free(&document);
    strcat(text, ",q");
    check_refused(text, "line 3: include: one to 64 profiles with commas between is wanted");
}
