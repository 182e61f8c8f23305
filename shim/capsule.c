/* SPDX-License-Identifier: ISC */
/*
 * Reading a capsule: see capsule.h. Runs inside the target (as part of the shim) and in the launcher; sees
 * secrets. It MUST ensure, before anything is used, that every offset and size stays inside the block,
 * whatever the block holds. No libc: only loops over bytes.
 */
#include "shim/capsule.h"

static uint64_t load64(const char *bytes)
{
    uint64_t word;
    __builtin_memcpy(&word, bytes, sizeof word);
    return word;
}

static uint32_t load32(const char *bytes)
{
    uint32_t word;
    __builtin_memcpy(&word, bytes, sizeof word);
    return word;
}

/* Eight bytes a step, the last overlapping the one before, as below. */
static bool same(const char *a, const char *b, size_t size)
{
    if (size >= 8) {
        for (size_t i = 0; i + 8 < size; i += 8)
            if (load64(a + i) != load64(b + i))
                return false;
        return load64(a + size - 8) == load64(b + size - 8);
    }
    if (size >= 4)
        return load32(a) == load32(b) && load32(a + size - 4) == load32(b + size - 4);
    for (size_t i = 0; i < size; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

/* Eight bytes a step; the last step overlaps the one before, so that no byte is left over. */
uint32_t capsule_hash(const char *name, size_t size)
{
    uint64_t hash = capsule_mix(size + 1);
    if (size >= 8) {
        for (size_t i = 0; i + 8 < size; i += 8)
            hash = capsule_mix(hash ^ load64(name + i));
        hash = capsule_mix(hash ^ load64(name + size - 8));
    } else if (size >= 4) {
        hash = capsule_mix(hash ^ ((uint64_t)load32(name) << 32 | load32(name + size - 4)));
    } else {
        for (size_t i = 0; i < size; i++)
            hash = capsule_mix(hash ^ (unsigned char)name[i]);
    }
    return (uint32_t)(hash >> 32);
}

const struct capsule_entry *capsule_find(const struct capsule_header *capsule, const char *name, size_t size,
                                         uint32_t hash)
{
    const struct capsule_entry *entries = capsule_entries(capsule);
    const uint32_t *buckets = capsule_names(capsule);
    uint32_t mask = capsule->name_count - 1;
    for (uint32_t at = hash & mask; buckets[at] != 0; at = (at + 1) & mask) {
        const struct capsule_entry *entry = &entries[buckets[at] - 1];
        if (entry->hash == hash && entry->name_size == size &&
            same(capsule_string(capsule, entry), name, size))
            return entry;
    }
    return NULL;
}

enum { LONG_VALUE = 16 }; /* bytes; from there on they have chains of their own */

/* Begins the chain of long or short values for where the match is. */
static void enter_chain(struct capsule_match *match, bool is_short)
{
    const char *here = match->text + match->at;
    match->is_short = is_short;
    match->bucket = capsule_value_hash(here, is_short ? CAPSULE_VALUE_MIN : LONG_VALUE) &
                    (match->capsule->value_count - 1);
}

/* Goes to the first place from match->at on that may begin a value. */
static void skip_to_candidate(struct capsule_match *match)
{
    size_t at = match->at, end = match->size >= CAPSULE_VALUE_MIN ? match->size - CAPSULE_VALUE_MIN + 1 : 0;
    while (at < end && !capsule_may_hold(match->capsule, match->text + at))
        at++;
    match->at = at;
    if (at < end)
        enter_chain(match, match->size - at < LONG_VALUE);
}

void capsule_match_begin(struct capsule_match *match, const struct capsule_header *capsule, const char *text,
                         size_t size)
{
    *match = (struct capsule_match){.capsule = capsule, .text = text, .size = size};
    skip_to_candidate(match);
}

const struct capsule_entry *capsule_match_next(struct capsule_match *match)
{
    const struct capsule_header *capsule = match->capsule;
    const struct capsule_entry *entries = capsule_entries(capsule);
    const uint32_t *buckets = capsule_values(capsule);
    uint32_t mask = capsule->value_count - 1;
    while (match->at + CAPSULE_VALUE_MIN <= match->size) {
        while (buckets[match->bucket] != 0) {
            const struct capsule_entry *entry = &entries[buckets[match->bucket] - 1];
            size_t size;
            const char *value = capsule_value(capsule, entry, &size);
            match->bucket = (match->bucket + 1) & mask;
            if (size <= match->size - match->at && (size < LONG_VALUE) == match->is_short &&
                same(value, match->text + match->at, size))
                return entry;
        }
        if (!match->is_short) {
            enter_chain(match, true);
            continue;
        }
        match->at++;
        skip_to_candidate(match);
    }
    return NULL;
}

static bool is_power_of_two(uint32_t count)
{
    return count != 0 && (count & (count - 1)) == 0;
}

/* The areas follow one another without gaps, so that none can overlap another. */
static const char *check_areas(const struct capsule_header *capsule, size_t size)
{
    if (size < sizeof *capsule)
        return "truncated";
    if (!same((const char *)capsule->magic, CAPSULE_MAGIC, sizeof capsule->magic))
        return "not a capsule";
    if (capsule->version != CAPSULE_VERSION)
        return "of another version of secrun";
    if (capsule->size != size || size > CAPSULE_SIZE_MAX)
        return "of a wrong size";
    if (capsule->flags & ~CAPSULE_FLAGS)
        return "with an unknown flag";
    uint64_t entries = sizeof *capsule;
    uint64_t names = entries + (uint64_t)capsule->entry_count * sizeof(struct capsule_entry);
    uint64_t values = names + (uint64_t)capsule->name_count * sizeof(uint32_t);
    uint64_t lists = values + (uint64_t)capsule->value_count * sizeof(uint32_t);
    uint64_t strings = lists + capsule->lists_size;
    if (capsule->entries != entries || capsule->names != names || capsule->values != values ||
        capsule->lists != lists || capsule->strings != strings || strings > size)
        return "with areas that overlap or leave it";
    if (!is_power_of_two(capsule->name_count) || !is_power_of_two(capsule->value_count))
        return "with a bad number of buckets";
    if (capsule->seen_count > capsule->place_count)
        return "with a bad place";
    const char *end = (const char *)capsule + strings;
    if (capsule->lists_size > 0 && (capsule->lists_size < 2 || end[-1] != '\0' || end[-2] != '\0'))
        return "with an unterminated list";
    return NULL;
}

static const char *check_string(const struct capsule_header *capsule, const struct capsule_entry *entry)
{
    const char *string = capsule_string(capsule, entry);
    if (entry->name_size > 0 && (entry->name_size >= entry->size || string[entry->name_size] != '='))
        return "with a bad name";
    for (uint32_t i = 0; i < entry->name_size; i++)
        if (string[i] == '=' || string[i] == '\0')
            return "with a bad name";
    if (string[entry->size] != '\0')
        return "with an unterminated string";
    if (entry->hash != capsule_hash(string, entry->name_size))
        return "with a bad hash";
    return NULL;
}

static const char *check_entry(const struct capsule_header *capsule, const struct capsule_entry *entry,
                               uint64_t expected)
{
    if (entry->string != expected || expected + entry->size + 1 > capsule->size)
        return "with strings that overlap or leave it";
    if (entry->flags & ~CAPSULE_ENTRY_FLAGS)
        return "with an unknown flag";
    if (entry->list > capsule->lists_size)
        return "with a bad list";
    if ((entry->flags & CAPSULE_INDEXED) && entry->name_size == 0)
        return "with a bad name";
    return check_string(capsule, entry);
}

static const char *check_entries(const struct capsule_header *capsule)
{
    const struct capsule_entry *entries = capsule_entries(capsule);
    uint64_t expected = capsule->strings;
    uint64_t next_place = 0;
    bool hidden = true; /* could one come here? They are the first of those without a place */
    for (uint32_t i = 0; i < capsule->entry_count; i++) {
        const char *wrong = check_entry(capsule, &entries[i], expected);
        if (wrong)
            return wrong;
        if (entries[i].place == CAPSULE_NO_PLACE) {
            next_place = CAPSULE_NO_PLACE;
            if (!hidden && (entries[i].flags & CAPSULE_INDEXED))
                return "with a bad place";
            hidden = (entries[i].flags & CAPSULE_INDEXED) != 0;
        } else if (entries[i].place < next_place || entries[i].place >= capsule->seen_count) {
            return "with a bad place";
        } else {
            next_place = (uint64_t)entries[i].place + 1;
        }
        expected += (uint64_t)entries[i].size + 1;
    }
    return expected == capsule->size ? NULL : "with bytes after its end";
}

/* How many buckets are in use, or above the number of entries if one is bad. */
static uint64_t count_used(const struct capsule_header *capsule, const uint32_t *buckets, uint32_t count)
{
    uint64_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (buckets[i] > capsule->entry_count)
            return UINT64_MAX;
        used += buckets[i] != 0;
    }
    return used;
}

/* As many buckets are in use as there are entries to be found, and each of them is found: so none is used
 * twice, no name stands twice, and at least one bucket is empty, which ends every probe. */
static const char *check_names(const struct capsule_header *capsule)
{
    const struct capsule_entry *entries = capsule_entries(capsule);
    uint64_t indexed = 0;
    for (uint32_t i = 0; i < capsule->entry_count; i++)
        indexed += (entries[i].flags & CAPSULE_INDEXED) != 0;
    if (indexed >= capsule->name_count ||
        count_used(capsule, capsule_names(capsule), capsule->name_count) != indexed)
        return "with a bad bucket";
    for (uint32_t i = 0; i < capsule->entry_count; i++) {
        const struct capsule_entry *entry = &entries[i];
        const char *name = capsule_string(capsule, entry);
        if ((entry->flags & CAPSULE_INDEXED) &&
            capsule_find(capsule, name, entry->name_size, entry->hash) != entry)
            return "with a name that is not found";
    }
    return NULL;
}

static bool in_values(const struct capsule_entry *entry)
{
    uint32_t skip = entry->name_size > 0 ? entry->name_size + 1 : 0;
    return (entry->flags & CAPSULE_VALUE) && entry->size - skip >= CAPSULE_VALUE_MIN;
}

static bool is_in_its_chain(const struct capsule_header *capsule, uint32_t index)
{
    const uint32_t *buckets = capsule_values(capsule);
    uint32_t mask = capsule->value_count - 1;
    size_t size;
    const char *value = capsule_value(capsule, &capsule_entries(capsule)[index], &size);
    uint32_t hash = capsule_value_hash(value, size);
    for (uint32_t at = hash & mask; buckets[at] != 0; at = (at + 1) & mask)
        if (buckets[at] == index + 1)
            return capsule_may_hold(capsule, value);
    return false;
}

static const char *check_values(const struct capsule_header *capsule)
{
    const struct capsule_entry *entries = capsule_entries(capsule);
    uint64_t values = 0;
    for (uint32_t i = 0; i < capsule->entry_count; i++)
        values += in_values(&entries[i]);
    if (values >= capsule->value_count ||
        count_used(capsule, capsule_values(capsule), capsule->value_count) != values)
        return "with a bad bucket";
    for (uint32_t i = 0; i < capsule->entry_count; i++)
        if (in_values(&entries[i]) && !is_in_its_chain(capsule, i))
            return "with a value that is not found";
    return NULL;
}

const char *capsule_check(const void *block, size_t size)
{
    const struct capsule_header *capsule = block;
    const char *wrong = check_areas(capsule, size);
    if (!wrong)
        wrong = check_entries(capsule);
    if (!wrong)
        wrong = check_names(capsule);
    if (!wrong)
        wrong = check_values(capsule);
    return wrong;
}
