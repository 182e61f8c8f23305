/* SPDX-License-Identifier: ISC */
/* Capsules for the unit tests: see capsule_sample.h. Runs in the unit tests only. */
#include "capsule_sample.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

struct capsule_item item_of(const char *name, const char *value, uint32_t place, uint32_t flags)
{
    return (struct capsule_item){name, value, name ? strlen(name) : 0, strlen(value), place, flags, 0};
}

struct capsule_header *capsule_of(const struct capsule_item *items, size_t count, struct capsule_plan *plan)
{
    struct capsule_writer writer;
    for (size_t i = 0; i < count; i++)
        capsule_plan(plan, &items[i]);
    size_t size = capsule_measure(plan);
    cr_assert_gt(size, 0);
    unsigned char *block = calloc(1, size);
    cr_assert_not_null(block);
    capsule_begin(&writer, block, plan);
    for (size_t i = 0; i < count; i++)
        capsule_put(&writer, &items[i]);
    const char *wrong = capsule_check(block, size);
    cr_assert_null(wrong, "%s", wrong);
    return (struct capsule_header *)(void *)block;
}

const char *value_in(const struct capsule_header *capsule, const char *name)
{
    size_t size = strlen(name);
    const struct capsule_entry *entry = capsule_find(capsule, name, size, capsule_hash(name, size));
    return entry ? capsule_value(capsule, entry, &size) : NULL;
}

uint32_t *bucket_of(uint32_t *buckets, uint32_t count, uint32_t index)
{
    uint32_t at = 0;
    while (at < count && buckets[at] != index + 1)
        at++;
    cr_assert_lt(at, count, "entry %u is in no bucket", index);
    return &buckets[at];
}

const char capsule_sample_lists[CAPSULE_SAMPLE_LISTS] = "sh\0/bin/cat\0\0node\0";

struct capsule_header *capsule_sample(void)
{
    struct capsule_item items[ENTRIES] = {
        [A] = item_of("A", "1", 0, CAPSULE_INDEXED | CAPSULE_VALUE),
        [EMPTY] = item_of("LONG_NAME_OF_AN_ENTRY", "", 2, CAPSULE_INDEXED),
        [KEY] = item_of("KEY", "va=lue\nwith more", 3, CAPSULE_INDEXED | CAPSULE_VALUE | CAPSULE_TREE),
        [SECOND_KEY] = item_of("KEY", "another value", 4, CAPSULE_VALUE | CAPSULE_KEEP),
        [NAMELESS] = item_of(NULL, "=:a nameless string", 6, 0),
        [HIDDEN] = item_of("HIDDEN", "a hidden value", CAPSULE_NO_PLACE, CAPSULE_INDEXED | CAPSULE_VALUE),
        [KNOWN] = item_of("KNOWN", "a known value", CAPSULE_NO_PLACE, CAPSULE_VALUE),
    };
    struct capsule_plan plan = {.flags = CAPSULE_VERBOSE,
                                .place_count = 9,
                                .seen_count = 8,
                                .lists = capsule_sample_lists,
                                .lists_size = CAPSULE_SAMPLE_LISTS};
    items[KEY].list = 1;
    items[KNOWN].list = 14;
    return capsule_of(items, ENTRIES, &plan);
}
