/* SPDX-License-Identifier: ISC */
/* The capsule's writer and reader against one another, and the reader against damage. Runs in the unit tests
 * only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "capsule_sample.h"

static const struct capsule_entry *entry_of(const struct capsule_header *capsule, uint32_t index)
{
    return &capsule_entries(capsule)[index];
}

Test(capsule, finds_every_indexed_entry_and_nothing_else)
{
    struct capsule_header *capsule = capsule_sample();
    cr_assert_str_eq(value_in(capsule, "A"), "1");
    cr_assert_str_eq(value_in(capsule, "LONG_NAME_OF_AN_ENTRY"), "");
    cr_assert_str_eq(value_in(capsule, "KEY"), "va=lue\nwith more");
    cr_assert_str_eq(value_in(capsule, "HIDDEN"), "a hidden value");
    cr_assert_null(value_in(capsule, "KNOWN"));
    cr_assert_null(value_in(capsule, "KE"));
    cr_assert_null(value_in(capsule, "KEYS"));
    cr_assert_null(value_in(capsule, ""));
    free(capsule);
}

Test(capsule, gives_back_every_string_place_and_list)
{
    static const char *const strings[ENTRIES] = {"A=1",
                                                 "LONG_NAME_OF_AN_ENTRY=",
                                                 "KEY=va=lue\nwith more",
                                                 "KEY=another value",
                                                 "=:a nameless string",
                                                 "HIDDEN=a hidden value",
                                                 "KNOWN=a known value"};
    static const uint32_t places[ENTRIES] = {0, 2, 3, 4, 6, CAPSULE_NO_PLACE, CAPSULE_NO_PLACE};
    struct capsule_header *capsule = capsule_sample();
    cr_assert_eq(capsule->entry_count, ENTRIES);
    cr_assert_eq(capsule->flags, CAPSULE_VERBOSE);
    for (uint32_t i = 0; i < ENTRIES; i++) {
        cr_expect_str_eq(capsule_string(capsule, entry_of(capsule, i)), strings[i]);
        cr_expect_eq(entry_of(capsule, i)->place, places[i]);
    }
    cr_expect_eq(entry_of(capsule, SECOND_KEY)->flags, CAPSULE_VALUE | CAPSULE_KEEP);
    cr_expect_eq(memcmp(capsule_list(capsule, entry_of(capsule, KEY)), capsule_sample_lists, 13), 0);
    cr_expect_str_eq(capsule_list(capsule, entry_of(capsule, KNOWN)), "node");
    cr_expect_str_eq(capsule_list(capsule, entry_of(capsule, A)), "");
    free(capsule);
}

Test(capsule, holds_ten_thousand_entries_of_like_names_and_values)
{
    enum { COUNT = 10000 };
    struct capsule_item *items = calloc(COUNT, sizeof *items);
    char(*names)[40] = calloc(COUNT, sizeof *names);
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "SERVICE_%05u_API_KEY_OF_THE_HOST", i);
        items[i] = item_of(names[i], names[i] + 8, i, CAPSULE_INDEXED | CAPSULE_VALUE);
    }
    struct capsule_plan plan = {.place_count = COUNT, .seen_count = COUNT};
    struct capsule_header *capsule = capsule_of(items, COUNT, &plan);
    for (unsigned i = 0; i < COUNT; i++) {
        struct capsule_match match;
        cr_assert_str_eq(value_in(capsule, names[i]), names[i] + 8);
        capsule_match_begin(&match, capsule, names[i], strlen(names[i]));
        cr_assert_eq(capsule_match_next(&match), entry_of(capsule, i));
        cr_assert_null(capsule_match_next(&match));
    }
    free(capsule);
    free(names);
    free(items);
}

Test(capsule, with_no_entries_is_well_formed)
{
    struct capsule_plan plan = {0};
    struct capsule_match match;
    struct capsule_header *capsule = capsule_of(NULL, 0, &plan);
    cr_assert_null(value_in(capsule, "A"));
    capsule_match_begin(&match, capsule, "a text of some length", 21);
    cr_assert_null(capsule_match_next(&match));
    free(capsule);
}

Test(capsule, too_large_for_the_format_is_refused_by_the_writer)
{
    struct capsule_plan plan = {0};
    struct capsule_item item = {.name = "A", .value = "", .name_size = 1, .value_size = CAPSULE_SIZE_MAX};
    capsule_plan(&plan, &item);
    cr_assert_eq(capsule_measure(&plan), 0);
    /* The largest that fits, then one byte more. */
    plan = (struct capsule_plan){0};
    item.value_size = 1;
    capsule_plan(&plan, &item);
    size_t rest = CAPSULE_SIZE_MAX - capsule_measure(&plan);
    plan = (struct capsule_plan){0};
    item.value_size = 1 + rest;
    capsule_plan(&plan, &item);
    cr_assert_eq(capsule_measure(&plan), CAPSULE_SIZE_MAX);
    plan.strings++;
    cr_assert_eq(capsule_measure(&plan), 0);
    plan.strings = UINT64_MAX;
    cr_assert_eq(capsule_measure(&plan), 0);
}

Test(capsule, truncated_at_any_length_is_refused)
{
    struct capsule_header *capsule = capsule_sample();
    for (size_t cut = 0; cut < capsule->size; cut++) {
        /* In memory of just that size, so that a read beyond it is seen by a sanitizer. */
        unsigned char *part = malloc(cut ? cut : 1);
        memcpy(part, capsule, cut);
        cr_assert_not_null(capsule_check(part, cut), "%zu of %u bytes", cut, capsule->size);
        free(part);
    }
    free(capsule);
}

static void use(const struct capsule_header *capsule)
{
    struct capsule_match match;
    value_in(capsule, "KEY");
    for (uint32_t i = 0; i < capsule->entry_count; i++) {
        const struct capsule_entry *entry = entry_of(capsule, i);
        for (const char *list = capsule_list(capsule, entry); *list;)
            list += strlen(list) + 1;
        capsule_match_begin(&match, capsule, capsule_string(capsule, entry), entry->size);
        while (capsule_match_next(&match))
            ;
    }
}

/* May a flip there leave a well-formed capsule? Flags and the two counts of places have several good values,
 * and the filter may let through more than it must. */
static bool may_differ(size_t byte)
{
    return byte == offsetof(struct capsule_header, flags) ||
           (byte >= offsetof(struct capsule_header, place_count) &&
            byte < offsetof(struct capsule_header, entry_count)) ||
           byte >= offsetof(struct capsule_header, filter);
}

Test(capsule, with_any_bit_flipped_is_refused_or_still_safe)
{
    struct capsule_header *capsule = capsule_sample();
    size_t size = capsule->size;
    for (size_t bit = 0; bit < size * 8; bit++) {
        unsigned char *copy = malloc(size);
        memcpy(copy, capsule, size);
        copy[bit / 8] ^= (unsigned char)(1u << bit % 8);
        const char *wrong = capsule_check(copy, size);
        if (bit / 8 < sizeof *capsule)
            cr_assert(wrong || may_differ(bit / 8), "header byte %zu", bit / 8);
        if (!wrong)
            use((const struct capsule_header *)(const void *)copy);
        free(copy);
    }
    free(capsule);
}

Test(capsule, without_a_bit_of_the_filter_that_a_value_needs_is_refused)
{
    struct capsule_header *capsule = capsule_sample();
    for (uint32_t bit = 0; bit < 64 * 64; bit++) {
        uint64_t kept = capsule->filter[bit / 64];
        capsule->filter[bit / 64] &= ~(1ull << bit % 64);
        if (capsule->filter[bit / 64] != kept)
            cr_expect_str_eq(capsule_check(capsule, capsule->size), "with a value that is not found");
        capsule->filter[bit / 64] = kept;
    }
    memset(capsule->filter, 0xff, sizeof capsule->filter);
    cr_expect_null(capsule_check(capsule, capsule->size), "it may let through all");
    free(capsule);
}
