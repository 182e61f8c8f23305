/* SPDX-License-Identifier: ISC */
/* Audit records as text, and their lines as they are read, shown and selected. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "ctl/audit_line.h"
#include "host/audit_record.h"

TestSuite(audit, .timeout = 60);

static const struct audit_origin origin = {
    .time = {1764144000, 123456789},
    .uid = 7,
    .login = UINT32_MAX,
    .pid = 10,
    .parent = 9,
    .version = "1",
};

/* Writes the record; asserts that it is one printable line, of which jansson reads the same. */
static json_t *write_record(const struct audit_record *record, size_t size)
{
    json_error_t error;
    char *text = malloc(size);
    size_t length = audit_record_json(record, &origin, text, size);
    cr_assert_lt(length, size);
    cr_assert_eq(strlen(text), length);
    for (size_t i = 0; i < length; i++)
        cr_assert(text[i] >= ' ' && text[i] <= '~', "byte %d at %zu", text[i], i);
    json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    cr_assert(object, "%s: %s", error.text, text);
    free(text);
    return object;
}

static void check_string(const json_t *object, const char *key, const char *value)
{
    const char *found = json_string_value(json_object_get(object, key));
    cr_expect(found && strcmp(found, value) == 0, "%s: %s", key, found ? found : "(none)");
}

Test(audit, has_what_it_is_given_and_nothing_else)
{
    const struct audit_record record = {.event = AUDIT_START, .program = "/bin/true", .profile = "app"};
    char text[8192];
    audit_record_json(&record, &origin, text, sizeof text);
    cr_expect_str_eq(text,
                     "{\"time\":\"2025-11-26T08:00:00.123456Z\",\"event\":\"start\",\"uid\":7,\"pid\":10,"
                     "\"ppid\":9,\"program\":\"/bin/true\",\"profile\":\"app\",\"version\":\"1\"}");
}

Test(audit, has_every_field)
{
    unsigned char digest[AUDIT_DIGEST_SIZE], before[AUDIT_DIGEST_SIZE];
    const struct audit_name name = {"p", "N"}, bare = {NULL, "M"};
    const struct audit_names names = {&bare, 1}, added = {&name, 1}, none = {NULL, 0};
    const uid_t user = 33;
    const struct audit_origin session = {.uid = 7, .login = 1000, .pid = 10, .parent = 9, .version = "1"};
    char text[8192];
    memset(digest, 0xab, sizeof digest);
    memset(before, 0x01, sizeof before);
    const struct audit_record record = {.event = AUDIT_CHANGE,
                                        .verb = "set",
                                        .delivery = "inject",
                                        .store = "/s",
                                        .signer = "ID",
                                        .reason = "why",
                                        .digest = digest,
                                        .digest_before = before,
                                        .user = &user,
                                        .recipients = 2,
                                        .names = &names,
                                        .added = &added,
                                        .changed = &none,
                                        .removed = &none};
    json_t *object = write_record(&record, 8192);
    check_string(object, "event", "change");
    check_string(object, "verb", "set");
    check_string(object, "delivery", "inject");
    check_string(object, "store", "/s");
    check_string(object, "signer", "ID");
    check_string(object, "reason", "why");
    check_string(object, "digest", "abababababababababababababababababababababababababababababababab");
    check_string(object, "before", "0101010101010101010101010101010101010101010101010101010101010101");
    cr_expect_eq(json_integer_value(json_object_get(object, "user")), 33);
    cr_expect_str_eq(json_string_value(json_array_get(json_object_get(object, "names"), 0)), "M");
    cr_expect_str_eq(json_string_value(json_array_get(json_object_get(object, "added"), 0)), "p/N");
    cr_expect_eq(json_array_size(json_object_get(object, "removed")), 0);
    cr_expect_eq(json_integer_value(json_object_get(object, "recipients")), 2);
    cr_expect_null(json_object_get(object, "loginuid"));
    json_decref(object);
    audit_record_json(&record, &session, text, sizeof text);
    cr_expect(strstr(text, ",\"uid\":7,\"loginuid\":1000,\"user\":33,"), "%s", text);
}

Test(audit, keeps_hostile_bytes_in_their_string)
{
    static const struct {
        const char *text, *read;
    } cases[] = {
        {"a\",\"uid\":0,\"b\":\"", "a\",\"uid\":0,\"b\":\""},
        {"a\\", "a\\"},
        {"a\nb\r\t\x1b[31m\x7f", "a\nb\r\t\x1b[31m\x7f"},
        {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x91 \xc2\x9b",
         "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x91 \xc2\x9b"},
        {"\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe2\x80\xa8\xe2\x80\xae", "\xe2\x80\xa8\xe2\x80\xae"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct audit_record record = {.event = AUDIT_START, .program = cases[i].text};
        json_t *object = write_record(&record, 8192);
        check_string(object, "program", cases[i].read);
        cr_expect_eq(json_integer_value(json_object_get(object, "uid")), 7);
        json_decref(object);
    }
}

Test(audit, cuts_what_is_long_and_counts_names_that_do_not_fit)
{
    enum { LONG = 5000, NAMES = 20000 };
    static char text[LONG + 1], names_text[NAMES][16];
    static struct audit_name names[NAMES];
    static const size_t sizes[] = {8000, 8192, AUDIT_RECORD_MAX};
    memset(text, '\x01', LONG);
    for (size_t i = 0; i < NAMES; i++) {
        snprintf(names_text[i], sizeof names_text[i], "NAME_%zu", i);
        names[i] = (struct audit_name){"profile", names_text[i]};
    }
    const struct audit_names list = {names, NAMES};
    const struct audit_record record = {.event = AUDIT_START,
                                        .verb = text,
                                        .program = text,
                                        .profile = text,
                                        .delivery = text,
                                        .store = text,
                                        .reason = text,
                                        .signer = text,
                                        .names = &list,
                                        .added = &list,
                                        .changed = &list,
                                        .removed = &list};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        json_t *object = write_record(&record, sizes[i]);
        const char *program = json_string_value(json_object_get(object, "program"));
        size_t length = program ? strlen(program) : 0;
        cr_assert_geq(length, 4);
        cr_expect_str_eq(program + length - 3, "...");
        size_t kept = json_array_size(json_object_get(object, "names")) +
                      json_array_size(json_object_get(object, "added")) +
                      json_array_size(json_object_get(object, "changed")) +
                      json_array_size(json_object_get(object, "removed"));
        cr_expect_eq(json_integer_value(json_object_get(object, "omitted")) + (json_int_t)kept,
                     (json_int_t)4 * NAMES);
        for (size_t j = 0; j < json_array_size(json_object_get(object, "names")); j++)
            cr_expect_eq(strncmp(json_string_value(json_array_get(json_object_get(object, "names"), j)),
                                 "profile/NAME_", 13),
                         0);
        json_decref(object);
    }
}

/* --- lines ------------------------------------------------------------------------------------------ */

static char *number(char *out, size_t size, uid_t uid)
{
    snprintf(out, size, "u%u", uid);
    return out;
}

static void check_shown(const char *text, const char *shown)
{
    struct audit_line line;
    char out[AUDIT_LINE_SHOWN];
    cr_assert(audit_line_parse(&line, text, strlen(text)), "%s", text);
    cr_expect_str_eq(audit_line_show(&line, number, out), shown);
    audit_line_free(&line);
}

#define TIME "\"time\":\"2026-11-25T10:00:00.000001Z\""

Test(audit, line_is_shown_in_columns)
{
    check_shown(
        "{" TIME ",\"event\":\"start\",\"uid\":0,\"loginuid\":5,\"user\":6,\"program\":\"/bin/x\","
        "\"profile\":\"app\",\"names\":[\"A\",\"B\"],\"omitted\":3}",
        "2026-11-25T10:00:00Z  u5 as u0 for u6   start    /bin/x                        app           "
        "A B and 3 more");
    check_shown(
        "Nov 25 secrun[7]: {" TIME ",\"event\":\"change\",\"uid\":0,\"verb\":\"set\",\"added\":[\"p/A\"],"
        "\"changed\":[\"p/B\"],\"removed\":[\"p/C\"]}",
        "2026-11-25T10:00:00Z  u0                change   secrunctl set                 -             "
        "+p/A ~p/B -p/C");
    check_shown(
        "{" TIME ",\"event\":\"refused\",\"reason\":\"no\\u001b[2J\",\"uid\":-1,\"loginuid\":\"a\"}",
        "2026-11-25T10:00:00Z                    refused                                -             "
        "no?[2J");
    check_shown(
        "{" TIME ",\"event\":\"change\",\"uid\":0,\"verb\":\"rekey\",\"added\":[],\"recipients\":2}",
        "2026-11-25T10:00:00Z  u0                change   secrunctl rekey               -             "
        "(sealed to 2)");
}

Test(audit, line_that_is_no_record_is_none)
{
    static const char *const texts[] = {
        "",
        "text",
        "{",
        "{}",
        "[]",
        "{" TIME "}",
        "{\"time\":\"yesterday\",\"event\":\"start\"}",
        "{\"time\":5,\"event\":\"start\"}",
        "{" TIME ",\"event\":7}",
        "{" TIME ",\"event\":\"start\"} more",
        "{" TIME "," TIME ",\"event\":\"start\"}",
        "{" TIME ",\"event\":\"st",
        "{" TIME ",\"event\":\"\xff\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct audit_line line;
        cr_expect_not(audit_line_parse(&line, texts[i], strlen(texts[i])), "%s", texts[i]);
        cr_expect_null(line.object);
    }
}

static bool is_wanted(const char *text, struct audit_wanted wanted)
{
    struct audit_line line;
    cr_assert(audit_line_parse(&line, text, strlen(text)), "%s", text);
    bool is = audit_line_is_wanted(&line, &wanted);
    audit_line_free(&line);
    return is;
}

Test(audit, line_is_selected_by_profile_name_and_time)
{
    static const char start[] = "{" TIME ",\"event\":\"start\",\"profile\":\"app\",\"names\":[\"A\",\"AB\"]}",
                      change[] = "{" TIME ",\"event\":\"change\",\"changed\":[\"app/B\",\"other/C\"]}";
    cr_expect(is_wanted(start, (struct audit_wanted){0}));
    cr_expect(is_wanted(start, (struct audit_wanted){.profile = "app"}));
    cr_expect(is_wanted(start, (struct audit_wanted){.profile = "app", .name = "A"}));
    cr_expect(is_wanted(start, (struct audit_wanted){.name = "AB"}));
    cr_expect_not(is_wanted(start, (struct audit_wanted){.profile = "ap"}));
    cr_expect_not(is_wanted(start, (struct audit_wanted){.profile = "other", .name = "A"}));
    cr_expect_not(is_wanted(start, (struct audit_wanted){.name = "B"}));
    cr_expect(is_wanted(change, (struct audit_wanted){.profile = "other"}));
    cr_expect(is_wanted(change, (struct audit_wanted){.profile = "app", .name = "B"}));
    cr_expect_not(is_wanted(change, (struct audit_wanted){.profile = "app", .name = "C"}));
    cr_expect_not(is_wanted(change, (struct audit_wanted){.profile = "ap"}));
    cr_expect(is_wanted(change, (struct audit_wanted){.since = "2026-11-25T10:00:00Z"}));
    cr_expect_not(is_wanted(change, (struct audit_wanted){.since = "2026-11-25T10:00:01Z"}));
}

Test(audit, line_with_thousands_of_names_is_shown_within_its_bounds)
{
    enum { NAMES = 4000 };
    char *text = malloc(NAMES * 16), out[AUDIT_LINE_SHOWN];
    size_t used = (size_t)sprintf(text, "{" TIME ",\"event\":\"start\",\"names\":[\"N\"");
    for (int i = 0; i < NAMES; i++)
        used += (size_t)sprintf(text + used, ",\"NAME_%d\"", i);
    used += (size_t)sprintf(text + used, "]}");
    struct audit_line line;
    cr_assert(audit_line_parse(&line, text, used));
    audit_line_show(&line, number, out);
    cr_expect_lt(strlen(out), sizeof out);
    const char *rest = strstr(out, " and ");
    cr_assert(rest, "%s", out);
    size_t shown = 1;
    for (const char *at = strstr(out, "N "); at && at < rest; at = strchr(at + 1, ' '))
        shown += at[0] == ' ' && at < rest;
    cr_expect_eq(shown + strtoul(rest + 5, NULL, 10), NAMES + 1, "%s", out);
    audit_line_free(&line);
    free(text);
}
