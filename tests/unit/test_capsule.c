/* SPDX-License-Identifier: ISC */
/* The capsule's writer and reader against one another, and the reader against damage. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "deliver/capsule_write.h"

static struct capsule_item item(const char *name, const char *value, uint32_t place)
{
    return (struct capsule_item){name, value, strlen(name), strlen(value), place, CAPSULE_SECRET};
}

/* Measures and writes; malloc aligns to 16. */
static unsigned char *make(const struct capsule_item *items, size_t count, uint32_t places, size_t *size)
{
    struct reason why;
    *size = capsule_measure(items, count, &why);
    cr_assert_gt(*size, 0);
    unsigned char *block = calloc(1, *size);
    cr_assert_not_null(block);
    capsule_write(block, *size, items, count, places, 0);
    return block;
}

static unsigned char *sample(size_t *size)
{
    const struct capsule_item items[] = {item("A", "1", 0), item("LONG_NAME_OF_A_SECRET", "", 2),
                                         item("KEY", "va=lue\nwith more", 3)};
    return make(items, 3, 5, size);
}

static const char *look_up(const unsigned char *block, const char *name)
{
    const struct capsule_header *capsule = (const void *)block;
    size_t size = strlen(name);
    const struct capsule_entry *entry = capsule_find(capsule, name, size, capsule_hash(name, size));
    return entry ? capsule_string(capsule, entry) + entry->name_size + 1 : NULL;
}

Test(capsule, finds_every_entry_and_nothing_else)
{
    size_t size;
    unsigned char *block = sample(&size);
    cr_assert_null(capsule_check(block, size));
    cr_assert_str_eq(look_up(block, "A"), "1");
    cr_assert_str_eq(look_up(block, "LONG_NAME_OF_A_SECRET"), "");
    cr_assert_str_eq(look_up(block, "KEY"), "va=lue\nwith more");
    cr_assert_null(look_up(block, "KE"));
    cr_assert_null(look_up(block, "KEYS"));
    cr_assert_null(look_up(block, ""));
    free(block);
}

Test(capsule, holds_ten_thousand_entries_of_like_names)
{
    enum { COUNT = 10000 };
    struct capsule_item *items = calloc(COUNT, sizeof *items);
    char(*names)[40] = calloc(COUNT, sizeof *names);
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "SERVICE_%05u_API_KEY_OF_THE_HOST", i);
        items[i] = item(names[i], names[i] + 8, i);
    }
    size_t size;
    unsigned char *block = make(items, COUNT, COUNT, &size);
    cr_assert_null(capsule_check(block, size));
    for (unsigned i = 0; i < COUNT; i++)
        cr_assert_str_eq(look_up(block, names[i]), names[i] + 8);
    free(block);
    free(names);
    free(items);
}

Test(capsule, with_no_entries_is_well_formed)
{
    size_t size;
    unsigned char *block = make(NULL, 0, 0, &size);
    cr_assert_null(capsule_check(block, size));
    cr_assert_null(look_up(block, "A"));
    free(block);
}

Test(capsule, too_large_for_the_format_is_refused_by_the_writer)
{
    struct reason why = {0};
    const struct capsule_item large = {"A", "", 1, CAPSULE_SIZE_MAX, 0, CAPSULE_SECRET};
    cr_assert_eq(capsule_measure(&large, 1, &why), 0);
    cr_assert(strstr(why.text, "more than"));
}

Test(capsule, truncated_at_any_length_is_refused)
{
    size_t size;
    unsigned char *block = sample(&size);
    for (size_t cut = 0; cut < size; cut++) {
        /* In memory of just that size, so that a read beyond it is seen by a sanitizer. */
        unsigned char *part = malloc(cut ? cut : 1);
        memcpy(part, block, cut);
        cr_assert_not_null(capsule_check(part, cut), "%zu of %zu bytes", cut, size);
        free(part);
    }
    free(block);
}

/* Flips that only change a value, or a byte that nothing reads, leave a well-formed capsule. */
Test(capsule, with_any_bit_flipped_is_refused_or_still_safe)
{
    size_t size;
    unsigned char *block = sample(&size), *copy = malloc(size);
    const struct capsule_header *header = (const void *)block;
    for (size_t bit = 0; bit < size * 8; bit++) {
        memcpy(copy, block, size);
        copy[bit / 8] ^= (unsigned char)(1u << bit % 8);
        const char *wrong = capsule_check(copy, size);
        if (bit / 8 < header->entries && bit / 8 != 28) /* the low byte of place_count */
            cr_assert(wrong || bit / 8 == 12 || (bit / 8 > 28 && bit / 8 < 32), "header byte %zu", bit / 8);
        if (!wrong)
            look_up(copy, "KEY");
    }
    free(copy);
    free(block);
}

struct damage {
    const char *what;
    void (*apply)(struct capsule_header *header, struct capsule_entry *entries, uint32_t *buckets);
    const char *expected;
};

static void bad_magic(struct capsule_header *h, struct capsule_entry *e, uint32_t *b)
{
    (void)e, (void)b;
    h->magic[0] = 0;
}
static void other_version(struct capsule_header *h, struct capsule_entry *e, uint32_t *b)
{
    (void)e, (void)b;
    h->version++;
}
static void many_entries(struct capsule_header *h, struct capsule_entry *e, uint32_t *b)
{
    (void)e, (void)b;
    h->entry_count = UINT32_MAX;
}
static void no_buckets(struct capsule_header *h, struct capsule_entry *e, uint32_t *b)
{
    (void)e, (void)b;
    h->bucket_count = 0;
}
static void overlap(struct capsule_header *h, struct capsule_entry *e, uint32_t *b)
{
    (void)h, (void)b;
    e[1].string = e[0].string;
}
static void long_value(struct capsule_header *h, struct capsule_entry *e, uint32_t *b)
{
    (void)h, (void)b;
    e[2].value_size = UINT32_MAX;
}
static void far_place(struct capsule_header *h, struct capsule_entry *e, uint32_t *b)
{
    (void)b;
    e[2].place = h->place_count;
}
static void same_place(struct capsule_header *h, struct capsule_entry *e, uint32_t *b)
{
    (void)h, (void)b;
    e[2].place = e[1].place;
}
static void wrong_hash(struct capsule_header *h, struct capsule_entry *e, uint32_t *b)
{
    (void)h, (void)b;
    e[1].hash++;
}
static void bucket_beyond(struct capsule_header *h, struct capsule_entry *e, uint32_t *b)
{
    (void)e;
    for (uint32_t i = 0; i < h->bucket_count; i++)
        if (b[i] == 0)
            b[i] = h->entry_count + 1;
}
static void full_buckets(struct capsule_header *h, struct capsule_entry *e, uint32_t *b)
{
    (void)e;
    for (uint32_t i = 0; i < h->bucket_count; i++)
        b[i] = 1;
}
static void lost_entry(struct capsule_header *h, struct capsule_entry *e, uint32_t *b)
{
    (void)e;
    for (uint32_t i = 0; i < h->bucket_count; i++)
        if (b[i] == 2)
            b[i] = 1;
}

Test(capsule, that_is_hostile_is_refused_with_the_reason)
{
    static const struct damage damages[] = {
        {"magic", bad_magic, "not a capsule"},
        {"version", other_version, "another version"},
        {"entry count", many_entries, "areas"},
        {"bucket count", no_buckets, "areas"},
        {"overlap", overlap, "overlap"},
        {"value size", long_value, "overlap or leave"},
        {"place", far_place, "bad place"},
        {"place twice", same_place, "bad place"},
        {"hash", wrong_hash, "bad hash"},
        {"bucket", bucket_beyond, "bad bucket"},
        {"no empty bucket", full_buckets, "bad bucket"},
        {"entry in no bucket", lost_entry, "not found"},
    };
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        size_t size;
        unsigned char *block = sample(&size);
        struct capsule_header *header = (void *)block;
        struct capsule_entry *entries = (void *)(block + header->entries);
        damages[i].apply(header, entries, (uint32_t *)(void *)(block + header->buckets));
        const char *wrong = capsule_check(block, size);
        cr_assert(wrong && strstr(wrong, damages[i].expected), "%s: %s", damages[i].what,
                  wrong ? wrong : "accepted");
        free(block);
    }
}
