/* SPDX-License-Identifier: ISC */
/* Fuzzes the capsule's reader: what capsule_check lets through must be safe to use in every way. The first
 * byte of the input is the size of a text that values are looked for in; what stands behind the text is the
 * capsule. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "shim/capsule.h"
#include "shim/environ.h"
#include "shim/policy.h"

static unsigned char *copy(const void *bytes, size_t size)
{
    unsigned char *block = malloc(size ? size : 1);
    require(block != NULL);
    return memcpy(block, bytes, size);
}

/* Each value of the text is found at each of its places, and nothing else is. */
static void check_match(const struct capsule_header *capsule, const char *text, size_t size)
{
    const struct capsule_entry *entries = capsule_entries(capsule), *entry;
    struct capsule_match match;
    size_t found = 0, there = 0;
    capsule_match_begin(&match, capsule, text, size);
    while ((entry = capsule_match_next(&match))) {
        size_t length;
        const char *value = capsule_value(capsule, entry, &length);
        require(length >= CAPSULE_VALUE_MIN && match.at + length <= size);
        require(memcmp(text + match.at, value, length) == 0);
        found++;
    }
    for (uint32_t i = 0; i < capsule->entry_count; i++) {
        size_t length;
        const char *value = capsule_value(capsule, &entries[i], &length);
        if (!(entries[i].flags & CAPSULE_VALUE) || length < CAPSULE_VALUE_MIN)
            continue;
        for (size_t at = 0; at + length <= size; at++)
            there += memcmp(text + at, value, length) == 0;
    }
    require(found == there);
}

static void check_entry(const struct capsule_header *capsule, const struct capsule_entry *entry)
{
    static const struct policy_program program = {
        .script = true, .given = "/bin/sh", .interpreter = "/bin/cat"};
    const char *string = capsule_string(capsule, entry), *end = (const char *)capsule + capsule->size;
    size_t size, lists = 0;
    const char *value = capsule_value(capsule, entry, &size);
    uint32_t flags;
    require(string < end && strlen(string) <= entry->size && string[entry->size] == '\0');
    require(value + size == string + entry->size);
    require(entry->place == CAPSULE_NO_PLACE || entry->place < capsule->seen_count);
    for (const char *list = capsule_list(capsule, entry); *list; list += strlen(list) + 1)
        lists += strlen(list) + 1;
    require(lists <= capsule->lists_size);
    if (entry->flags & CAPSULE_INDEXED)
        require(capsule_find(capsule, string, entry->name_size, entry->hash) == entry);
    check_match(capsule, string, entry->size);
    policy_allows(capsule, entry, &program, &flags);
    policy_judge(capsule, string, &program, NULL);
}

/* Into an array of as many slots as it says that there are places. */
static void check_places(const struct capsule_header *capsule)
{
    static char slot[] = "";
    enum { PLACES_MAX = 4096 };
    if (capsule->place_count > PLACES_MAX)
        return;
    char **array = calloc(capsule->place_count + 1u, sizeof *array);
    for (uint32_t i = 0; i < capsule->place_count; i++)
        array[i] = slot;
    require(!environ_patch(array, capsule));
    for (uint32_t i = 0; i < capsule->place_count; i++)
        require((array[i] != NULL) == (i < capsule->seen_count));
    free(array);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    size_t text_size = data[0] < size ? data[0] : size - 1;
    unsigned char *text = copy(data + 1, text_size);
    size -= 1 + text_size;
    unsigned char *block = copy(data + 1 + text_size, size);
    if (!capsule_check(block, size)) {
        const struct capsule_header *capsule = (const void *)block;
        for (uint32_t i = 0; i < capsule->entry_count; i++)
            check_entry(capsule, &capsule_entries(capsule)[i]);
        check_match(capsule, (const char *)text, text_size);
        check_places(capsule);
        capsule_find(capsule, "ABSENT", 6, capsule_hash("ABSENT", 6));
    }
    free(block);
    free(text);
    return 0;
}
