/* SPDX-License-Identifier: ISC */
/* Changing the document's text: values come back as they were, and all else stays. Runs in the unit
 * tests only. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "store/document.h"

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
}

TestSuite(document_edit, .init = begin, .timeout = 120);

#define SET(profile, name, word, value)                                                                      \
    {                                                                                                        \
        profile, name, word, value, sizeof(value) - 1                                                        \
    }
#define REMOVE(profile, name, word)                                                                          \
    {                                                                                                        \
        profile, name, word, NULL, 0                                                                         \
    }
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool edit(const char *before, size_t size, const struct document_change *changes, size_t count,
                 struct secret *after, struct reason *why)
{
    struct document document;
    cr_assert(document_parse(&document, before, size, why), "%s", why->text);
    bool ok = document_edit(&document, changes, count, after, why);
    document_free(&document);
    return ok;
}

static void check_edit(const char *before, const struct document_change *changes, size_t count,
                       const char *expected)
{
    struct secret after;
    struct reason why = {0};
    cr_assert(edit(before, strlen(before), changes, count, &after, &why), "%s: %s", before, why.text);
    cr_expect_eq(after.size, strlen(expected));
    cr_expect_arr_eq(after.bytes, expected, after.size < strlen(expected) ? after.size : strlen(expected),
                     "not\n%s\nbut\n%.*s", expected, (int)after.size, (const char *)after.bytes);
    secret_free(&after);
}

static void check_change(const char *before, struct document_change change, const char *expected)
{
    check_edit(before, &change, 1, expected);
}

static void check_refused(const char *before, const struct document_change *changes, size_t count,
                          const char *because)
{
    struct secret after;
    struct reason why = {0};
    cr_expect_not(edit(before, strlen(before), changes, count, &after, &why));
    cr_expect_str_eq(why.text, because);
    cr_expect_null(after.bytes);
}

/* --- where things go --- */

static const char text[] = "# about a\n"
                           "[a]\n"
                           "; first\n"
                           ".include = b\n"
                           "\n"
                           "X   =   1\n"
                           "X.note = n\n"
                           "# between\n"
                           "Y = 2\n"
                           "  3\n"
                           "# last of a\n"
                           "\n"
                           "[b]\r\n"
                           "Z = 4\r\n"
                           "# the end\n";

Test(document_edit, no_change_changes_nothing)
{
    check_edit(text, NULL, 0, text);
    check_edit("", NULL, 0, "");
    check_edit("\xEF\xBB\xBF[a]\nX=1", NULL, 0, "\xEF\xBB\xBF[a]\nX=1");
}

Test(document_edit, a_secret_is_replaced_in_its_place)
{
    const struct document_change changes[] = {SET("a", "Y", NULL, "new"), SET("b", "Z", NULL, "4\n5"),
                                              SET("a", "X", "note", "m")};
    check_edit(
        text, changes, COUNT(changes),
        "# about a\n[a]\n; first\n.include = b\n\nX   =   1\nX.note = m\n# between\nY = new\n# last of a\n"
        "\n[b]\r\nZ = 4\n  5\n# the end\n");
}

Test(document_edit, a_new_secret_goes_behind_the_last_one_of_its_profile)
{
    const struct document_change changes[] = {SET("a", "N", NULL, "1"), SET("b", "N", NULL, "2"),
                                              SET("a", "M", NULL, "3")};
    check_edit(text, changes, COUNT(changes),
               "# about a\n[a]\n; first\n.include = b\n\nX   =   1\nX.note = n\n# between\nY = 2\n  3\nN = "
               "1\nM = 3\n"
               "# last of a\n\n[b]\r\nZ = 4\r\nN = 2\n# the end\n");
}

Test(document_edit, a_new_attribute_goes_behind_its_secret_and_what_stands_below_it)
{
    const struct document_change changes[] = {SET("a", "X", "max-age", "90d"), SET("a", "Y", "note", "y"),
                                              SET("a", "", "note", "p"),       SET("b", "", "memory", "best"),
                                              SET("b", "N", NULL, "1"),        SET("b", "N", "note", "n"),
                                              SET("b", "Z", "note", "z")};
    check_edit(
        text, changes, COUNT(changes),
        "# about a\n[a]\n; first\n.include = b\n.note = p\n\nX   =   1\nX.note = n\nX.max-age = 90d\n"
        "# between\nY = 2\n  3\nY.note = y\n# last of a\n\n[b]\r\n.memory = best\nZ = 4\r\nZ.note = z\n"
        "N = 1\nN.note = n\n# the end\n");
}

Test(document_edit, an_attribute_may_come_before_its_new_secret_in_the_list)
{
    const struct document_change changes[] = {SET("c", "N", "note", "n"), SET("c", "M", NULL, "1"),
                                              SET("c", "N", NULL, "2"), SET("c", "", "note", "c")};
    check_edit("[c]\n", changes, COUNT(changes), "[c]\n.note = c\nM = 1\nN = 2\nN.note = n\n");
    check_edit("", changes, COUNT(changes), "[c]\n.note = c\nM = 1\nN = 2\nN.note = n\n");
}

Test(document_edit, a_new_profile_goes_to_the_end_after_a_blank_line)
{
    const struct document_change changes[] = {SET("c", "X", NULL, "1"), SET("d", "Y", NULL, "2"),
                                              SET("c", "Z", NULL, "3")};
    static const char added[] = "[c]\nX = 1\nZ = 3\n\n[d]\nY = 2\n";
    char expected[256];
    static const char *const before[][2] = {{"", ""},
                                            {"[a]\nX = 1\n", "[a]\nX = 1\n\n"},
                                            {"[a]\nX = 1", "[a]\nX = 1\n\n"},
                                            {"[a]\nX = 1\n\n", "[a]\nX = 1\n\n"},
                                            {"[a]\r\nX = 1\r\n\r\n", "[a]\r\nX = 1\r\n\r\n"},
                                            {"# c", "# c\n\n"}};
    for (size_t i = 0; i < COUNT(before); i++) {
        snprintf(expected, sizeof expected, "%s%s", before[i][1], added);
        check_edit(before[i][0], changes, COUNT(changes), expected);
    }
}

Test(document_edit, a_text_without_a_final_line_feed_gets_one_only_where_it_must)
{
    check_change("[a]\nX = 1", (struct document_change)SET("a", "Y", NULL, "2"), "[a]\nX = 1\nY = 2\n");
    check_change("[a]\nX = 1", (struct document_change)SET("a", "X", NULL, "2"), "[a]\nX = 2\n");
    check_change("[a]", (struct document_change)SET("a", "X", NULL, "2"), "[a]\nX = 2\n");
    check_change("[a]\nX = 1\nY = 2", (struct document_change)SET("a", "X", NULL, "2"), "[a]\nX = 2\nY = 2");
    check_change("[a]\nX = 1\nY = 2", (struct document_change)REMOVE("a", "Y", NULL), "[a]\nX = 1\n");
    check_change("[a]\nX = 1\n# c", (struct document_change)SET("a", "Y", NULL, "2"),
                 "[a]\nX = 1\nY = 2\n# c");
}

Test(document_edit, a_secret_goes_with_its_attributes_wherever_they_stand)
{
    check_change(
        text, (struct document_change)REMOVE("a", "X", NULL),
        "# about a\n[a]\n; first\n.include = b\n\n# between\nY = 2\n  3\n# last of a\n\n[b]\r\nZ = 4\r\n"
        "# the end\n");
    check_change("[a]\nX.note = n\nY = 1\nX = 2\n# c\nX.max-age = 1d\n",
                 (struct document_change)REMOVE("a", "X", NULL), "[a]\nY = 1\n# c\n");
    check_change(
        text, (struct document_change)REMOVE("a", "X", "note"),
        "# about a\n[a]\n; first\n.include = b\n\nX   =   1\n# between\nY = 2\n  3\n# last of a\n\n[b]\r\n"
        "Z = 4\r\n# the end\n");
    check_change("[a]\n.note = n\n", (struct document_change)REMOVE("a", "", "note"), "[a]\n");
}

Test(document_edit, of_two_changes_of_one_name_the_later_counts)
{
    const struct document_change twice[] = {SET("a", "X", NULL, "1"), SET("a", "N", NULL, "1"),
                                            SET("a", "X", NULL, "2"), SET("a", "N", NULL, "2")};
    check_edit("[a]\nX = 0\n", twice, COUNT(twice), "[a]\nX = 2\nN = 2\n");
    const struct document_change undone[] = {SET("a", "X", NULL, "1"),   SET("a", "N", NULL, "1"),
                                             SET("a", "N", "note", "n"), SET("c", "N", NULL, "1"),
                                             REMOVE("a", "X", NULL),     REMOVE("a", "N", NULL),
                                             REMOVE("c", "N", NULL)};
    check_edit("[a]\nX = 0\nX.note = n\n", undone, COUNT(undone), "[a]\n");
    const struct document_change again[] = {REMOVE("a", "X", NULL), SET("a", "X", NULL, "1")};
    check_edit("[a]\nX = 0\nX.note = n\nY = 1\n", again, COUNT(again), "[a]\nX = 1\nY = 1\n");
}

Test(document_edit, what_is_not_there_cannot_be_removed)
{
    const struct document_change missing[] = {REMOVE("a", "N", NULL)};
    const struct document_change word[] = {REMOVE("a", "X", "max-age")};
    const struct document_change profile[] = {REMOVE("c", "X", NULL)};
    const struct document_change twice[] = {REMOVE("a", "X", NULL), REMOVE("a", "X", NULL)};
    check_refused(text, missing, 1, "N: not in profile a");
    check_refused(text, word, 1, "X.max-age: not in profile a");
    check_refused(text, profile, 1, "X: not in profile c");
    check_refused(text, twice, 2, "X: not in profile a");
}

Test(document_edit, refuses_what_reading_back_would_refuse)
{
    const struct document_change changes[] = {
        SET("a b", "X", NULL, "1"),       SET("a", "X-Y", NULL, "1"),     SET("a", "SECRUN_X", NULL, "1"),
        SET("a", "X", "foo", "1"),        SET("a", "X", "max-age", "90"), SET("a", "", "inherit", "a,"),
        SET("a", "N", "note", "1"),       SET("a", "X", NULL, "a\0b"),    SET("a", "", NULL, "1"),
        SET("a", "", "include", "nobody")};
    static const char *const because[] = {
        "a profile's name is letters, digits and _.@+-",
        "a name is letters, digits and '_', and begins with no digit",
        "SECRUN_X: a reserved name",
        "unknown attribute X.foo",
        "max-age: a duration such as 90d is wanted",
        "inherit: " POLICY_INHERIT_WANTED " is wanted",
        "N.note: there is no N in profile a",
        "X: a value that holds a NUL byte",
        "a change without a name",
        "the changed document: line 2: include of nobody, but there is no such profile"};
    for (size_t i = 0; i < COUNT(changes); i++)
        check_refused("[a]\nX = 1\n", &changes[i], 1, because[i]);
    const struct document_change orphan[] = {REMOVE("a", "X", NULL), SET("a", "X", "note", "1")};
    check_refused("[a]\nX = 1\n", orphan, 2, "X.note: there is no X in profile a");
}

/* --- spelling --- */

static void check_spelling(const char *value, const char *lines)
{
    struct document_change change = {"a", "X", NULL, value, strlen(value)};
    char expected[1024];
    snprintf(expected, sizeof expected, "[a]\nX =%s\nY = 1\n", lines);
    check_edit("[a]\nX = 0\nY = 1\n", &change, 1, expected);
}

Test(document_edit, values_are_plain_where_that_reads_back_and_shows_well)
{
    check_spelling("", "");
    check_spelling("x", " x");
    check_spelling("a b\tc", " a b\tc");
    check_spelling("; no comment", " ; no comment");
    check_spelling("#x", " #x");
    check_spelling("=x", " =x");
    check_spelling("[x]", " [x]");
    check_spelling("\"x\"", " \"x\"");
    check_spelling("a ; b # c", " a ; b # c");
    check_spelling("\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82", " \xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82");
    check_spelling("a\nb = c\n[d]", " a\n  b = c\n  [d]");
    check_spelling("-----BEGIN KEY-----\nMIIE+/=\n-----END KEY-----",
                   " -----BEGIN KEY-----\n  MIIE+/=\n  -----END KEY-----");
}

Test(document_edit, values_are_base64_where_they_would_be_bent_or_show_badly)
{
    check_spelling("base64:AA==", " base64:YmFzZTY0OkFBPT0=");
    check_spelling(" x", " base64:IHg=");
    check_spelling("x ", " base64:eCA=");
    check_spelling("x\t", " base64:eAk=");
    check_spelling("a\n b", " base64:YQogYg==");
    check_spelling("a\n\nb", " base64:YQoKYg==");
    check_spelling("a\n", " base64:YQo=");
    check_spelling("\na", " base64:CmE=");
    check_spelling("a\n#b", " base64:YQojYg==");
    check_spelling("a\n;b", " base64:YQo7Yg==");
    check_spelling("a\r\nb", " base64:YQ0KYg==");
    check_spelling("a\x1b[31m", " base64:YRtbMzFt");
    check_spelling("a\x7f", " base64:YX8=");
    check_spelling("\xc2\x9b", " base64:wps=");
    check_spelling("\xff", " base64:/w==");
    check_spelling("\xc3", " base64:ww==");
    check_spelling("\xed\xa0\x80", " base64:7aCA");
}

Test(document_edit, base64_is_wrapped_at_76_columns)
{
    char value[56];
    memset(value, 1, sizeof value);
    value[55] = '\0';
    check_spelling(
        value,
        " base64:\n  AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n  AQ==");
    value[48] = '\0'; /* 3 + 8 + 64 columns: as much as one line holds */
    check_spelling(value, " base64:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB");
    memset(value, 1, 49);
    value[49] = '\0';
    check_spelling(value, " base64:\n  AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==");
}

Test(document_edit, a_line_of_4096_bytes_is_plain_and_a_longer_one_is_not)
{
    char value[4098];
    struct document_change change = {"a", "X", NULL, value, 4096};
    struct secret after;
    struct reason why;
    memset(value, 'v', sizeof value);
    cr_assert(edit("", 0, &change, 1, &after, &why));
    cr_expect_null(memmem(after.bytes, after.size, "base64:", 7));
    secret_free(&after);
    change.value_size = 4097;
    cr_assert(edit("", 0, &change, 1, &after, &why));
    cr_expect_not_null(memmem(after.bytes, after.size, "base64:", 7));
    secret_free(&after);
}

/* --- round trips --- */

/* The value goes into a text between two others, and all three and the comments come out. */
static void check_round_trip(const char *name, const char *value, size_t size)
{
    static const char before[] = "# top\n[a]\nFIRST = 1\n# mid\nLAST = 2\n# end\n";
    struct document_change changes[] = {{"a", name, NULL, value, size}, {"a", "FIRST", NULL, value, size}};
    struct secret after;
    struct document document;
    struct reason why;
    cr_assert(edit(before, strlen(before), changes, 2, &after, &why), "%zu bytes: %s", size, why.text);
    cr_assert(document_parse(&document, (const char *)after.bytes, after.size, &why), "%s", why.text);
    cr_assert_eq(document.entry_count, (size_t)3);
    const struct document_entry *first = document_find(&document, document.profiles, "FIRST", NULL);
    const struct document_entry *last = document_find(&document, document.profiles, "LAST", NULL);
    const struct document_entry *found = document_find(&document, document.profiles, name, NULL);
    cr_assert(first && last && found);
    cr_assert(found->value_size == size && (size == 0 || memcmp(found->value, value, size) == 0),
              "%zu bytes do not come back", size);
    cr_assert(first->value_size == size && (size == 0 || memcmp(first->value, value, size) == 0));
    cr_assert_str_eq(last->value, "2");
    cr_assert_eq(found->value[size], '\0');
    cr_assert(memcmp(after.bytes, "# top\n[a]\nFIRST =", 17) == 0);
    cr_assert(memmem(after.bytes, after.size, "\n# mid\nLAST = 2\n", 16));
    cr_assert(memcmp(after.bytes + after.size - 7, "\n# end\n", 7) == 0);
    document_free(&document);
    secret_free(&after);
}

Test(document_edit, every_byte_but_nul_comes_back_wherever_it_stands)
{
    for (int byte = 1; byte < 256; byte++) {
        char c = (char)byte;
        const char values[][6] = {{c},
                                  {c, c},
                                  {c, 'x'},
                                  {'x', c},
                                  {'x', c, 'y'},
                                  {'x', '\n', c},
                                  {c, '\n', 'x'},
                                  {'x', '\n', c, 'y'},
                                  {'x', c, c, 'y'},
                                  {'x', c, '\n', 'y'},
                                  {'x', '\n', 'y', c}};
        for (size_t i = 0; i < COUNT(values); i++)
            check_round_trip("X", values[i], strlen(values[i]));
    }
}

static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state % below;
}

Test(document_edit, random_values_of_many_lengths_come_back)
{
    static const char awkward[] = " \t\n\n\r;#=[]:\"'\\ab \xc3\xa9";
    uint32_t state = 0x0ddba115;
    char value[5000];
    for (int round = 0; round < 600; round++) {
        size_t size = draw(&state, round % 10 == 0 ? sizeof value : 130);
        for (size_t i = 0; i < size; i++)
            value[i] = round % 2 ? (char)(1 + draw(&state, 255)) : awkward[draw(&state, sizeof awkward - 1)];
        check_round_trip("X", value, size);
    }
}

Test(document_edit, awkward_values_come_back)
{
    static const char *const values[] = {"",
                                         "base64:",
                                         "base64:AAAA",
                                         "base64:c2VjcmV0a2V5c2VjcmV0a2V5c2VjcmV0a2V5MTI=",
                                         "Base64:AAAA",
                                         "-----BEGIN KEY-----\nMIIE+/=\n-----END KEY-----\n",
                                         "-----BEGIN KEY-----\r\nMIIE+/=\r\n-----END KEY-----\r\n",
                                         "{\n  \"type\": \"service_account\",\n  \"key\": \"a\\nb\"\n}",
                                         "X = 1\nY = 2",
                                         "[b]",
                                         "x\n[b]\nZ = 1",
                                         "\xEF\xBB\xBFx",
                                         "; x",
                                         "# x",
                                         "= x",
                                         ": x",
                                         "\v",
                                         "\x85",
                                         "\xc2\xa0"};
    char name[DOCUMENT_NAME_MAX + 1];
    memset(name, 'N', sizeof name);
    name[DOCUMENT_NAME_MAX] = '\0';
    for (size_t i = 0; i < COUNT(values); i++) {
        check_round_trip("X", values[i], strlen(values[i]));
        check_round_trip(name, values[i], strlen(values[i]));
    }
}

Test(document_edit, values_of_a_mebibyte_come_back_and_larger_ones_are_refused)
{
    static const char kinds[][4] = {"v", "\n", "v\n", " ", "\xff", "\xc3\xa9", ";\n", "\r\n"};
    char *value = malloc(DOCUMENT_VALUE_MAX + 1);
    cr_assert_not_null(value);
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        size_t period = strlen(kinds[kind]);
        for (size_t i = 0; i <= DOCUMENT_VALUE_MAX; i++)
            value[i] = kinds[kind][i % period];
        check_round_trip("X", value, DOCUMENT_VALUE_MAX);
        check_round_trip("X", value, DOCUMENT_VALUE_MAX - 1);
    }
    struct document_change change = {"a", "X", NULL, value, DOCUMENT_VALUE_MAX + 1};
    check_refused("[a]\n", &change, 1, "X: a value above 1048576 bytes");
    free(value);
}

Test(document_edit, attributes_come_back_too)
{
    const struct document_change changes[] = {SET("a", "X", "note", "two\nlines; # =\n"),
                                              SET("a", "", "note", " base64:\xff")};
    struct secret after;
    struct document document;
    struct reason why;
    cr_assert(edit("[a]\nX = 1\n", 10, changes, COUNT(changes), &after, &why), "%s", why.text);
    cr_assert(document_parse(&document, (const char *)after.bytes, after.size, &why), "%s", why.text);
    cr_expect_str_eq(document_find(&document, document.profiles, "X", "note")->value, changes[0].value);
    cr_expect_str_eq(document_find(&document, document.profiles, "", "note")->value, changes[1].value);
    document_free(&document);
    secret_free(&after);
}

Test(document_edit, ten_thousand_changes_are_made_at_once)
{
    enum { CHANGES = 10000 };
    struct document_change *changes = calloc(CHANGES, sizeof *changes);
    char(*names)[24] = calloc(CHANGES, sizeof *names);
    char *before = malloc(CHANGES * 32);
    struct secret after;
    struct document document;
    struct reason why;
    cr_assert(changes && names && before);
    size_t size = (size_t)sprintf(before, "[a]\n");
    for (int i = 0; i < CHANGES; i++) {
        snprintf(names[i], sizeof names[i], "NAME_%d", i);
        changes[i] = (struct document_change){i % 3 ? "a" : "b", names[i], NULL, names[i], strlen(names[i])};
        if (i % 2)
            size += (size_t)sprintf(before + size, "%s = old\n# %d\n", names[i], i);
    }
    cr_assert(edit(before, size, changes, CHANGES, &after, &why), "%s", why.text);
    cr_assert(document_parse(&document, (const char *)after.bytes, after.size, &why), "%s", why.text);
    for (int i = 0; i < CHANGES; i++) {
        const struct document_profile *profile = document_profile(&document, changes[i].profile);
        cr_assert_str_eq(document_find(&document, profile, names[i], NULL)->value, names[i]);
    }
    document_free(&document);
    secret_free(&after);
    free(changes);
    free(names);
    free(before);
}
