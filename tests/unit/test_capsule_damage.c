/* SPDX-License-Identifier: ISC */
/* Capsules that somebody damaged, a field at a time: each is refused, and for what is wrong with it. Runs in
 * the unit tests only. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "capsule_sample.h"

/* --- one field ----------------------------------------------------------------------------------- */

enum { HEADER = -1 };

struct change {
    int entry;       /* or HEADER */
    size_t field;    /* its offset, of 4 bytes, */
    uint32_t add;    /* to which this is added */
    const char *why; /* in the refusal */
};

#define OF_HEADER(member, add, why)                                                                          \
    {                                                                                                        \
        HEADER, offsetof(struct capsule_header, member), (uint32_t)(add), why                                \
    }
#define OF_ENTRY(entry, member, add, why)                                                                    \
    {                                                                                                        \
        entry, offsetof(struct capsule_entry, member), (uint32_t)(add), why                                  \
    }

static const struct change changes[] = {
    OF_HEADER(magic, 1, "not a capsule"),
    OF_HEADER(version, 1, "of another version"),
    OF_HEADER(version, -1, "of another version"),
    OF_HEADER(flags, 8, "unknown flag"),
    OF_HEADER(flags, 1u << 31, "unknown flag"),
    OF_HEADER(size, 1, "of a wrong size"),
    OF_HEADER(size, -1, "of a wrong size"),
    OF_HEADER(place_count, -2, "bad place"),
    OF_HEADER(seen_count, 2, "bad place"),
    OF_HEADER(seen_count, -2, "bad place"),
    OF_HEADER(entry_count, 1, "areas"),
    OF_HEADER(entry_count, -1, "areas"),
    OF_HEADER(entry_count, UINT32_MAX - ENTRIES, "areas"),
    OF_HEADER(name_count, 1, "areas"),
    OF_HEADER(name_count, UINT32_MAX / 2, "areas"),
    OF_HEADER(value_count, -1, "areas"),
    OF_HEADER(entries, 28, "areas"),
    OF_HEADER(names, 4, "areas"),
    OF_HEADER(values, -4, "areas"),
    OF_HEADER(lists, 1, "areas"),
    OF_HEADER(lists_size, 1, "areas"),
    OF_HEADER(lists_size, UINT32_MAX / 2, "areas"),
    OF_HEADER(strings, -1, "areas"),
    OF_ENTRY(A, string, 1, "strings that overlap"),
    OF_ENTRY(KEY, string, -1, "strings that overlap"),
    OF_ENTRY(KNOWN, string, UINT32_MAX / 2, "strings that overlap"),
    OF_ENTRY(A, size, 1, "unterminated string"),
    OF_ENTRY(A, size, -1, "unterminated string"),
    OF_ENTRY(KNOWN, size, 1, "overlap or leave it"),
    OF_ENTRY(KEY, size, UINT32_MAX / 2, "overlap or leave it"),
    OF_ENTRY(KEY, name_size, 1, "bad name"),
    OF_ENTRY(KEY, name_size, 3, "bad name"), /* up to the next '=' */
    OF_ENTRY(KEY, name_size, -3, "bad name"),
    OF_ENTRY(SECOND_KEY, name_size, -3, "bad hash"),
    OF_ENTRY(NAMELESS, name_size, 1, "bad name"),
    OF_ENTRY(A, name_size, UINT32_MAX / 2, "bad name"),
    OF_ENTRY(A, place, 2, "bad place"),      /* that of the next */
    OF_ENTRY(EMPTY, place, -2, "bad place"), /* that of the one before */
    OF_ENTRY(KEY, place, 6, "bad place"),    /* behind the next */
    OF_ENTRY(NAMELESS, place, 2, "bad place"),
    OF_ENTRY(NAMELESS, place, UINT32_MAX - 7, "bad place"),
    OF_ENTRY(HIDDEN, place, 9, "bad place"), /* 8: not to be seen */
    OF_ENTRY(KNOWN, place, 8, "bad place"),  /* 7, but behind those that have none */
    OF_ENTRY(A, hash, 1, "bad hash"),
    OF_ENTRY(KNOWN, hash, 1, "bad hash"),
    OF_ENTRY(A, flags, 512, "unknown flag"),
    OF_ENTRY(NAMELESS, flags, CAPSULE_INDEXED, "bad name"),
    OF_ENTRY(SECOND_KEY, flags, CAPSULE_INDEXED, "bad bucket"),
    OF_ENTRY(KEY, flags, -CAPSULE_INDEXED, "bad bucket"),
    OF_ENTRY(NAMELESS, flags, CAPSULE_VALUE, "bad bucket"),
    OF_ENTRY(KNOWN, flags, -CAPSULE_VALUE, "bad bucket"),
    OF_ENTRY(KNOWN, flags, CAPSULE_INDEXED, "bad bucket"),
    OF_ENTRY(A, list, CAPSULE_SAMPLE_LISTS + 1, "bad list"),
    OF_ENTRY(KEY, list, UINT32_MAX - 1, "bad list"),
};

static void check_refused(const struct capsule_header *capsule, size_t size, const char *why, size_t number)
{
    const char *wrong = capsule_check(capsule, size);
    cr_expect(wrong && strstr(wrong, why), "%zu: %s instead of %s", number, wrong ? wrong : "taken", why);
}

Test(capsule_damage, of_one_field_is_refused_with_the_reason)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const struct change *change = &changes[i];
        struct capsule_header *capsule = capsule_sample();
        size_t size = capsule->size, base = 0;
        if (change->entry != HEADER)
            base = capsule->entries + (size_t)change->entry * sizeof(struct capsule_entry);
        uint32_t field;
        memcpy(&field, (char *)capsule + base + change->field, sizeof field);
        field += change->add;
        memcpy((char *)capsule + base + change->field, &field, sizeof field);
        check_refused(capsule, size, change->why, i);
        free(capsule);
    }
}

Test(capsule_damage, by_bytes_behind_its_end_is_refused)
{
    struct capsule_header *capsule = capsule_sample();
    size_t size = capsule->size + 1u;
    capsule = realloc(capsule, size);
    ((char *)capsule)[size - 1] = '\0';
    check_refused(capsule, size, "of a wrong size", 0);
    capsule->size++;
    check_refused(capsule, size, "bytes after its end", 1);
    free(capsule);
}

/* --- strings and lists --------------------------------------------------------------------------- */

static char *string_of(struct capsule_header *capsule, uint32_t entry)
{
    return (char *)capsule + capsule_entries(capsule)[entry].string;
}

Test(capsule_damage, of_a_string_is_refused_with_the_reason)
{
    static const struct {
        uint32_t entry, at;
        char byte;
        const char *why;
    } bytes[] = {
        {KEY, 3, '-', "bad name"},
        {KEY, 0, '=', "bad name"},
        {KEY, 1, '\0', "bad name"},
        {KEY, 0, 'B', "bad hash"},
        {A, 3, 'x', "unterminated string"},
        {KNOWN, 19, 'x', "unterminated string"},
        {KNOWN, 6, 'x', "value that is not found"},
        {SECOND_KEY, 4, 'x', "value that is not found"},
    };
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        struct capsule_header *capsule = capsule_sample();
        string_of(capsule, bytes[i].entry)[bytes[i].at] = bytes[i].byte;
        check_refused(capsule, capsule->size, bytes[i].why, i);
        free(capsule);
    }
}

Test(capsule_damage, of_the_end_of_the_lists_is_refused)
{
    for (uint32_t i = 1; i <= 2; i++) {
        struct capsule_header *capsule = capsule_sample();
        ((char *)capsule)[capsule->strings - i] = 'x';
        check_refused(capsule, capsule->size, "unterminated list", i);
        free(capsule);
    }
}

Test(capsule_damage, that_leaves_a_list_of_one_byte_is_refused)
{
    struct capsule_plan plan = {.lists = "", .lists_size = 1}, none = {0};
    struct capsule_writer writer;
    size_t size = capsule_measure(&plan);
    unsigned char *block = calloc(1, size);
    capsule_begin(&writer, block, &plan);
    check_refused((const struct capsule_header *)(const void *)block, size, "unterminated list", 0);
    free(block);
    free(capsule_of(NULL, 0, &none));
}

/* --- buckets ------------------------------------------------------------------------------------- */

struct tables {
    struct capsule_entry *entries;
    uint32_t *names, *values;
    uint32_t name_count, value_count;
};

static struct tables tables_of(struct capsule_header *capsule)
{
    char *bytes = (char *)capsule;
    return (struct tables){(void *)(bytes + capsule->entries), (void *)(bytes + capsule->names),
                           (void *)(bytes + capsule->values), capsule->name_count, capsule->value_count};
}

static void fill(uint32_t *buckets, uint32_t count, uint32_t with)
{
    for (uint32_t i = 0; i < count; i++)
        if (buckets[i] == 0)
            buckets[i] = with;
}

static void names_beyond(struct tables t)
{
    fill(t.names, t.name_count, ENTRIES + 1);
}
static void values_beyond(struct tables t)
{
    fill(t.values, t.value_count, UINT32_MAX);
}
static void names_full(struct tables t)
{
    fill(t.names, t.name_count, A + 1);
}
static void values_full(struct tables t)
{
    fill(t.values, t.value_count, KEY + 1);
}
static void name_lost(struct tables t)
{
    *bucket_of(t.names, t.name_count, HIDDEN) = 0;
}
static void value_lost(struct tables t)
{
    *bucket_of(t.values, t.value_count, KNOWN) = 0;
}
static void name_twice(struct tables t)
{
    *bucket_of(t.names, t.name_count, HIDDEN) = A + 1;
}
static void value_twice(struct tables t)
{
    *bucket_of(t.values, t.value_count, KNOWN) = KEY + 1;
}
/* One that has no value to be recognised by is there instead. */
static void value_of_another(struct tables t)
{
    *bucket_of(t.values, t.value_count, KNOWN) = NAMELESS + 1;
}

/* Into the bucket right before its own, and so out of its chain. */
static void move_out(uint32_t *buckets, uint32_t count, uint32_t entry, uint32_t hash)
{
    uint32_t *other = &buckets[(hash - 1) & (count - 1)], kept = *other;
    *other = entry + 1;
    for (uint32_t i = 0; i < count; i++)
        if (&buckets[i] != other && buckets[i] == entry + 1)
            buckets[i] = kept;
}
static void name_in_no_chain(struct tables t)
{
    move_out(t.names, t.name_count, HIDDEN, t.entries[HIDDEN].hash);
}
static void value_in_no_chain(struct tables t)
{
    move_out(t.values, t.value_count, KNOWN, capsule_value_hash("a known value", sizeof "a known value" - 1));
}

static void one_name_indexed_twice(struct tables t)
{
    uint32_t at = t.entries[KEY].hash;
    t.entries[SECOND_KEY].flags |= CAPSULE_INDEXED;
    while (t.names[at & (t.name_count - 1)] != 0)
        at++;
    t.names[at & (t.name_count - 1)] = SECOND_KEY + 1;
}

/* Of those in no place, the hidden come first. */
static void hidden_behind_known(struct tables t)
{
    t.entries[HIDDEN].flags &= ~CAPSULE_INDEXED;
    t.entries[KNOWN].flags |= CAPSULE_INDEXED;
    *bucket_of(t.names, t.name_count, HIDDEN) = KNOWN + 1;
}

Test(capsule_damage, of_the_buckets_is_refused_with_the_reason)
{
    static const struct {
        void (*apply)(struct tables tables);
        const char *why;
    } damages[] = {
        {names_beyond, "bad bucket"},
        {values_beyond, "bad bucket"},
        {names_full, "bad bucket"},
        {values_full, "bad bucket"},
        {name_lost, "bad bucket"},
        {value_lost, "bad bucket"},
        {name_twice, "name that is not found"},
        {value_twice, "value that is not found"},
        {value_of_another, "value that is not found"},
        {name_in_no_chain, "name that is not found"},
        {value_in_no_chain, "value that is not found"},
        {one_name_indexed_twice, "name that is not found"},
        {hidden_behind_known, "bad place"},
    };
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        struct capsule_header *capsule = capsule_sample();
        damages[i].apply(tables_of(capsule));
        check_refused(capsule, capsule->size, damages[i].why, i);
        free(capsule);
    }
}
