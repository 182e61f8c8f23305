/* SPDX-License-Identifier: ISC */
/* A document of some profiles of another one. Runs in secrunctl; sees every secret. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "store/document_internal.h"
#include "store/previous.h"

/* Each once. */
struct closure {
    uint32_t *profiles; /* owned */
    size_t count, capacity;
};

static bool add(struct closure *closure, uint32_t profile, struct reason *why)
{
    for (size_t i = 0; i < closure->count; i++)
        if (closure->profiles[i] == profile)
            return true;
    void *array = array_make_room(closure->profiles, closure->count, &closure->capacity,
                                  sizeof *closure->profiles, why);
    if (!array)
        return false;
    closure->profiles = array;
    closure->profiles[closure->count++] = profile;
    return true;
}

static bool add_includes(struct closure *closure, const struct document *document, uint32_t profile,
                         struct reason *why)
{
    uint32_t entry = document_entry_index(document, profile, "", "include");
    const char *rest = entry == TABLE_NONE ? "" : document->entries[entry].value;
    char name[INI_SECTION_MAX + 1];
    while (document_next_include(&rest, name))
        if (!add(closure, document_profile_index(document, name), why))
            return false;
    return true;
}

static int compare(const void *left, const void *right)
{
    const uint32_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static bool close_over(struct closure *closure, const struct document *document, const char *const *names,
                       size_t count, struct reason *why)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t profile = document_profile_index(document, names[i]);
        if (profile == TABLE_NONE)
            return fail(why, "no profile [%s]", names[i]);
        if (!add(closure, profile, why))
            return false;
    }
    for (size_t i = 0; i < closure->count; i++)
        if (!add_includes(closure, document, closure->profiles[i], why))
            return false;
    if (closure->count > 1)
        qsort(closure->profiles, closure->count, sizeof *closure->profiles, compare);
    return true;
}

static bool append_line(struct secret *text, const char *line, size_t size, struct reason *why)
{
    return secret_append(text, line, size, why) &&
           ((size > 0 && line[size - 1] == '\n') || secret_append(text, "\n", 1, why));
}

static bool append_profile(const struct document *document, uint32_t index, struct secret *text,
                           struct reason *why)
{
    const struct document_profile *profile = &document->profiles[index];
    if (!secret_append(text, "\n[", 2, why) ||
        !secret_append(text, profile->name, strlen(profile->name), why) ||
        !secret_append(text, "]\n", 2, why))
        return false;
    for (size_t i = profile->first; i < profile->first + profile->count; i++) {
        const struct document_entry *entry = &document->entries[i];
        if (entry->word && previous_is_word(entry->word))
            continue;
        if (!append_line(text, document->text + entry->begin, entry->end - entry->begin, why))
            return false;
    }
    return true;
}

bool document_extract(const struct document *document, const char *const *names, size_t count,
                      struct secret *text, struct reason *why)
{
    struct closure closure = {0};
    bool ok = close_over(&closure, document, names, count, why);
    for (size_t i = 0; ok && i < closure.count; i++)
        ok = append_profile(document, closure.profiles[i], text, why);
    free(closure.profiles);
    return ok;
}
