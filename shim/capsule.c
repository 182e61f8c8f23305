/* SPDX-License-Identifier: ISC */
/*
 * Reading a capsule: see capsule.h. Runs inside the target (as part of the shim) and in the launcher's
 * tests; sees secrets. It MUST ensure, before anything is used, that every offset and size stays inside
 * the block, whatever the block holds. No libc: only loops over bytes.
 */
#include "shim/capsule.h"

#include <stdbool.h>

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
    const uint64_t odd = 0x9e3779b97f4a7c15u; /* 2^64 over the golden ratio */
    uint64_t hash = size * odd;
    if (size >= 8) {
        for (size_t i = 0; i + 8 < size; i += 8)
            hash = ((hash ^ load64(name + i)) * odd) ^ (hash >> 29);
        hash = (hash ^ load64(name + size - 8)) * odd;
    } else if (size >= 4) {
        hash = (hash ^ ((uint64_t)load32(name) << 32 | load32(name + size - 4))) * odd;
    } else {
        for (size_t i = 0; i < size; i++)
            hash = (hash ^ (unsigned char)name[i]) * odd;
    }
    return (uint32_t)(hash >> 32 ^ hash >> 15);
}

const struct capsule_entry *capsule_find(const struct capsule_header *capsule, const char *name, size_t size,
                                         uint32_t hash)
{
    const struct capsule_entry *entries = capsule_entries(capsule);
    const uint32_t *buckets = capsule_buckets(capsule);
    uint32_t mask = capsule->bucket_count - 1;
    for (uint32_t at = hash & mask; buckets[at] != 0; at = (at + 1) & mask) {
        const struct capsule_entry *entry = &entries[buckets[at] - 1];
        if (entry->hash == hash && entry->name_size == size &&
            same(capsule_string(capsule, entry), name, size))
            return entry;
    }
    return NULL;
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
    if (capsule->flags & ~CAPSULE_DUMPABLE)
        return "with an unknown flag";
    uint64_t entries = sizeof *capsule;
    uint64_t buckets = entries + (uint64_t)capsule->entry_count * sizeof(struct capsule_entry);
    uint64_t strings = buckets + (uint64_t)capsule->bucket_count * sizeof(uint32_t);
    if (capsule->entries != entries || capsule->buckets != buckets || capsule->strings != strings ||
        strings + capsule->strings_size != size)
        return "with areas that overlap or leave it";
    if ((capsule->bucket_count & (capsule->bucket_count - 1)) != 0 ||
        capsule->bucket_count <= capsule->entry_count)
        return "with a bad number of buckets";
    return NULL;
}

static const char *check_entry(const struct capsule_header *capsule, const struct capsule_entry *entry,
                               uint64_t expected)
{
    uint64_t end = expected + entry->name_size + (uint64_t)entry->value_size + 2;
    if (entry->string != expected || end > capsule->size)
        return "with strings that overlap or leave it";
    if (entry->flags & ~CAPSULE_SECRET)
        return "with an unknown flag";
    const char *string = capsule_string(capsule, entry);
    for (uint32_t i = 0; i < entry->name_size; i++)
        if (string[i] == '=' || string[i] == '\0')
            return "with a bad name";
    if (entry->name_size == 0 || string[entry->name_size] != '=')
        return "with a bad name";
    if (string[end - expected - 1] != '\0')
        return "with an unterminated string";
    if (entry->hash != capsule_hash(string, entry->name_size))
        return "with a bad hash";
    return NULL;
}

static const char *check_entries(const struct capsule_header *capsule)
{
    const struct capsule_entry *entries = capsule_entries(capsule);
    uint64_t expected = capsule->strings;
    uint64_t next_place = 0;
    for (uint32_t i = 0; i < capsule->entry_count; i++) {
        const char *wrong = check_entry(capsule, &entries[i], expected);
        if (wrong)
            return wrong;
        if (entries[i].place < next_place || entries[i].place >= capsule->place_count)
            return "with a bad place";
        next_place = (uint64_t)entries[i].place + 1;
        expected += entries[i].name_size + (uint64_t)entries[i].value_size + 2;
    }
    return expected == capsule->size ? NULL : "with bytes after its end";
}

/* As many buckets are in use as there are entries, and each entry is found: so none is used twice,
 * no name stands twice, and at least one bucket is empty, which ends every probe. */
static const char *check_buckets(const struct capsule_header *capsule)
{
    const struct capsule_entry *entries = capsule_entries(capsule);
    const uint32_t *buckets = capsule_buckets(capsule);
    uint32_t used = 0;
    for (uint32_t i = 0; i < capsule->bucket_count; i++) {
        if (buckets[i] > capsule->entry_count)
            return "with a bad bucket";
        used += buckets[i] != 0;
    }
    if (used != capsule->entry_count)
        return "with a bad bucket";
    for (uint32_t i = 0; i < capsule->entry_count; i++) {
        const struct capsule_entry *entry = &entries[i];
        const char *name = capsule_string(capsule, entry);
        if (capsule_find(capsule, name, entry->name_size, entry->hash) != entry)
            return "with a name that is not found";
    }
    return NULL;
}

const char *capsule_check(const void *block, size_t size)
{
    const struct capsule_header *capsule = block;
    const char *wrong = check_areas(capsule, size);
    if (!wrong)
        wrong = check_entries(capsule);
    if (!wrong)
        wrong = check_buckets(capsule);
    return wrong;
}
