/* SPDX-License-Identifier: ISC */
/* Finding values in a text, held against a search that looks everywhere for everything. Runs in the unit
 * tests only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "capsule_sample.h"

enum { VALUES_MAX = 8, TEXT_MAX = 64 };

/* Each in a string of its own without a name, so that a capsule takes any bytes. */
static struct capsule_header *capsule_with(const char *const *values, size_t count)
{
    struct capsule_item items[VALUES_MAX];
    struct capsule_plan plan = {0};
    for (size_t i = 0; i < count; i++)
        items[i] = item_of(i % 2 ? "NAME" : NULL, values[i], CAPSULE_NO_PLACE, CAPSULE_VALUE);
    return capsule_of(items, count, &plan);
}

/* Compares what is found at each place of the text; the text has just its bytes, without a NUL. */
static void check_found(const struct capsule_header *capsule, const char *text, size_t size)
{
    bool found[TEXT_MAX][VALUES_MAX] = {{false}};
    const struct capsule_entry *entries = capsule_entries(capsule), *entry;
    struct capsule_match match;
    char *exact = malloc(size ? size : 1);
    memcpy(exact, text, size);
    capsule_match_begin(&match, capsule, exact, size);
    while ((entry = capsule_match_next(&match))) {
        cr_assert_lt(match.at, size);
        cr_assert_not(found[match.at][entry - entries], "found twice at %zu", match.at);
        found[match.at][entry - entries] = true;
    }
    cr_assert_null(capsule_match_next(&match), "nothing comes after the last");
    for (size_t at = 0; at < size; at++)
        for (uint32_t i = 0; i < capsule->entry_count; i++) {
            size_t length;
            const char *value = capsule_value(capsule, &entries[i], &length);
            bool there =
                length >= CAPSULE_VALUE_MIN && length <= size - at && memcmp(exact + at, value, length) == 0;
            cr_assert_eq(found[at][i], there, "\"%s\" at %zu of \"%.*s\"", value, at, (int)size, text);
        }
    free(exact);
}

#define VALUES(...) ((const char *[]){__VA_ARGS__})

static void check(const char *text, const char *const *values, size_t count)
{
    struct capsule_header *capsule = capsule_with(values, count);
    check_found(capsule, text, strlen(text));
    free(capsule);
}

static size_t count_in(const char *text, const char *const *values, size_t count)
{
    struct capsule_header *capsule = capsule_with(values, count);
    struct capsule_match match;
    size_t found = 0;
    capsule_match_begin(&match, capsule, text, strlen(text));
    while (capsule_match_next(&match))
        found++;
    free(capsule);
    return found;
}

Test(match, finds_a_value_at_the_beginning_the_end_and_in_between)
{
    cr_expect_eq(count_in("12345678", VALUES("12345678"), 1), 1);
    cr_expect_eq(count_in("12345678-", VALUES("12345678"), 1), 1);
    cr_expect_eq(count_in("-12345678", VALUES("12345678"), 1), 1);
    cr_expect_eq(count_in("A=12345678,12345678", VALUES("12345678"), 1), 2);
    cr_expect_eq(count_in("https://me:123456789@host/", VALUES("123456789"), 1), 1);
}

Test(match, finds_nothing_in_what_is_empty_short_or_cut_off)
{
    cr_expect_eq(count_in("", VALUES("12345678"), 1), 0);
    cr_expect_eq(count_in("1234567", VALUES("12345678"), 1), 0);
    cr_expect_eq(count_in("123456781234567", VALUES("1234567812345678"), 1), 0);
    cr_expect_eq(count_in("12345678x", VALUES("12345678y"), 1), 0);
    cr_expect_eq(count_in("any text at all", NULL, 0), 0);
}

Test(match, passes_over_values_that_are_too_short_to_be_looked_for)
{
    cr_expect_eq(count_in("1234567, and an empty one", VALUES("1234567", ""), 2), 0);
    cr_expect_eq(count_in("1234567, and 12345678", VALUES("1234567", "12345678"), 2), 1);
}

Test(match, finds_every_one_of_values_that_begin_alike)
{
    cr_expect_eq(count_in("postgres://a:b@c",
                          VALUES("postgres://a:b@c", "postgres://a", "postgres", "postgres://b"), 4),
                 3);
    cr_expect_eq(count_in("12345678", VALUES("12345678", "12345678", "12345678"), 3), 3);
}

Test(match, finds_values_within_and_across_one_another)
{
    check("abcdefghijklmnop", VALUES("abcdefghijklmnop", "efghijkl", "ijklmnop", "abcdefgh", "bcdefghi"), 5);
    /* Of 15, 16 and 17 bytes: long ones are looked for by more of their bytes. */
    check("x0123456789abcdefg",
          VALUES("0123456789abcde", "0123456789abcdef", "0123456789abcdefg", "01234567"), 4);
    check("0123456789abcde", VALUES("0123456789abcde", "0123456789abcdef", "123456789abcde"), 3);
    check("aaaaaaaaaaaa", VALUES("aaaaaaaa", "aaaaaaaaaaaa", "aaaaaaaaaaaaa"), 3);
    check("abababababababab", VALUES("abababab", "babababa", "abababababab"), 3);
}

Test(match, looks_at_what_it_was_given_and_no_further)
{
    struct capsule_header *capsule = capsule_with(VALUES("12345678"), 1);
    for (size_t size = 0; size <= 18; size++)
        check_found(capsule, "12345678 12345678.", size);
    free(capsule);
}

/* Of few letters, so that much of it matches, in whole or nearly. */
static size_t make_up(char text[static TEXT_MAX], size_t most)
{
    size_t size = (size_t)rand() % (most + 1);
    int letters = 1 + rand() % 3;
    for (size_t i = 0; i < size; i++)
        text[i] = "ab\xff"[rand() % letters];
    text[size] = '\0';
    return size;
}

Test(match, finds_in_random_texts_what_a_search_everywhere_finds)
{
    srand(1);
    for (int round = 0; round < 3000; round++) {
        char texts[VALUES_MAX][TEXT_MAX], text[TEXT_MAX];
        const char *values[VALUES_MAX];
        size_t count = (size_t)rand() % (VALUES_MAX + 1);
        for (size_t i = 0; i < count; i++) {
            make_up(texts[i], 24);
            values[i] = texts[i];
        }
        struct capsule_header *capsule = capsule_with(values, count);
        for (int i = 0; i < 4; i++)
            check_found(capsule, text, make_up(text, TEXT_MAX - 1));
        free(capsule);
    }
}
