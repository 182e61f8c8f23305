/* SPDX-License-Identifier: ISC */
/* The value that a secret had before: when it is kept, for how long, and what a change says of it itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "store/previous.h"

enum { DAY = 86400, WEEK = 7 * DAY };

/* 2026-01-02T03:04:05Z */
static const int64_t now = 1767323045;

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
}

TestSuite(previous, .init = begin);

static struct document parse(const char *text)
{
    struct document document;
    struct reason why = {0};
    cr_assert(document_parse(&document, text, strlen(text), &why), "%s", why.text);
    return document;
}

/* What becomes of the text `after`; NULL: it stays. */
static void check_kept(const char *before, const char *after, int64_t keep, const char *expected)
{
    struct document old = parse(before), new = parse(after);
    struct secret text;
    struct reason why = {0};
    cr_assert(previous_keep(&old, &new, keep, now, &text, &why), "%s", why.text);
    cr_expect(expected ? text.size == strlen(expected) && memcmp(text.bytes, expected, text.size) == 0
                       : text.size == 0,
              "%s: %.*s", after, (int)text.size, text.bytes ? (const char *)text.bytes : "");
    secret_free(&text);
    document_free(&old);
    document_free(&new);
}

Test(previous, is_what_a_change_replaces)
{
    check_kept("[a]\nX = 1\n", "[a]\nX = 2\n", WEEK,
               "[a]\nX = 2\nX.previous = 1\nX.replaced = 2026-01-02T03:04:05Z\n");
    check_kept("[a]\nX = 1\nX.rotated = 2025-01-01T00:00:00Z\n", "[a]\nX = 2\n", WEEK,
               "[a]\nX = 2\nX.previous = 1\nX.previous-rotated = 2025-01-01T00:00:00Z\n"
               "X.replaced = 2026-01-02T03:04:05Z\n");
    check_kept("[a]\nX = 1\n[b]\nX = 1\n", "[a]\nX = 1\n[b]\nX = 2\n", WEEK,
               "[a]\nX = 1\n[b]\nX = 2\nX.previous = 1\nX.replaced = 2026-01-02T03:04:05Z\n");
}

Test(previous, is_nothing_where_no_value_changes)
{
    check_kept("[a]\nX = 1\n", "[a]\nX = 1\n", WEEK, NULL);
    check_kept("[a]\nX = 1\n", "[a]\nX = 1\nX.note = n\nY = 2\n", WEEK, NULL);
    check_kept("[a]\nX = 1\n", "[b]\nX = 2\n", WEEK, NULL);
    check_kept("[a]\nX = 1\n", "[a]\n", WEEK, NULL);
}

Test(previous, is_the_last_one)
{
    check_kept("[a]\nX = 2\nX.previous = 1\nX.replaced = 2026-01-01T00:00:00Z\n",
               "[a]\nX = 3\nX.previous = 1\nX.replaced = 2026-01-01T00:00:00Z\n", WEEK,
               "[a]\nX = 3\nX.previous = 2\nX.replaced = 2026-01-02T03:04:05Z\n");
}

Test(previous, is_what_the_change_itself_says)
{
    check_kept("[a]\nX = 2\nX.previous = 1\nX.replaced = 2026-01-01T00:00:00Z\n",
               "[a]\nX = 1\nX.previous = 2\nX.replaced = 2026-01-02T00:00:00Z\n", WEEK, NULL);
    check_kept("[a]\nX = 2\nX.previous = 1\nX.replaced = 2026-01-01T00:00:00Z\n", "[a]\nX = 3\n", WEEK, NULL);
}

Test(previous, goes_when_its_time_is_over)
{
    check_kept("[a]\nX = 1\n", "[a]\nX = 2\n", 0, NULL);
    check_kept("[a]\n",
               "[a]\nX = 2\nX.previous = 1\nX.previous-rotated = 2024-01-01T00:00:00Z\n"
               "X.replaced = 2025-12-01T00:00:00Z\nY = 1\n",
               WEEK, "[a]\nX = 2\nY = 1\n");
    check_kept("[a]\n",
               "[a]\n.keep-previous = 60d\nX = 2\nX.previous = 1\nX.replaced = 2025-12-01T00:00:00Z\n", WEEK,
               NULL);
    check_kept("[a]\n",
               "[a]\n.keep-previous = 60d\nX = 2\nX.keep-previous = no\nX.previous = 1\n"
               "X.replaced = 2026-01-02T03:04:05Z\n",
               WEEK, "[a]\n.keep-previous = 60d\nX = 2\nX.keep-previous = no\n");
    /* By hand, with no word of when it was replaced. */
    check_kept("[a]\n", "[a]\nX = 2\nX.previous = 1\n", WEEK, "[a]\nX = 2\n");
}

Test(previous, is_kept_to_the_second)
{
    static const struct {
        const char *text;
        int64_t left;
    } cases[] = {
        {"[a]\nX = 2\nX.previous = 1\nX.replaced = 2026-01-02T03:04:05Z\n", WEEK},
        {"[a]\nX = 2\nX.previous = 1\nX.replaced = 2025-12-26T03:04:05Z\n", 0},
        {"[a]\nX = 2\nX.previous = 1\nX.replaced = 2025-12-26T03:04:04Z\n", -1},
        {"[a]\nX = 2\nX.previous = 1\nX.replaced = 2026-01-02T03:04:05Z\nX.keep-previous = 1d\n", DAY},
        {"[a]\nX = 2\nX.previous = 1\nX.replaced = 2026-01-02T03:04:05Z\nX.keep-previous = "
         "9223372036854775807s\n",
         INT64_MAX - 1767323045},
        {"[a]\nX = 2\n", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct document document = parse(cases[i].text);
        struct previous previous = previous_of(&document, document_profile(&document, "a"), "X", WEEK, now);
        cr_expect_eq(previous.left, cases[i].left, "%s: %lld", cases[i].text, (long long)previous.left);
        cr_expect_eq(previous_is_kept(&previous), cases[i].left >= 0);
        document_free(&document);
    }
}
