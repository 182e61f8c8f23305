/* SPDX-License-Identifier: ISC */
/* What one run gets: includes, and choosing among names. Runs in secrun and secrunctl; sees every
 * secret's name, no value. */
#include "store/document_internal.h"

#include <stdlib.h>
#include <string.h>

/* --- an include's value --- */

static bool is_profile_name(const char *text, size_t size)
{
    struct reason ignored;
    char name[INI_SECTION_MAX + 1];
    if (size > INI_SECTION_MAX)
        return false;
    memcpy(name, text, size);
    name[size] = '\0';
    return document_check_profile_name(name, &ignored);
}

bool document_next_include(const char **rest, char name[static INI_SECTION_MAX + 1])
{
    const char *item;
    size_t size;
    if (!policy_next_item(rest, &item, &size, is_profile_name))
        return false;
    memcpy(name, item, size);
    name[size] = '\0';
    return true;
}

/* The include attribute's value of a profile, or "". */
static const char *includes_of(const struct document *document, uint32_t profile)
{
    uint32_t entry = document_entry_index(document, profile, "", "include");
    return entry == TABLE_NONE ? "" : document->entries[entry].value;
}

/* --- checking them --- */

enum { UNSEEN = 0, ENTERED = 1, DONE = 2 }; /* DONE + n: n levels of includes below */

static bool check_from(const struct document *document, uint32_t profile, unsigned char *marks,
                       unsigned level, struct reason *why)
{
    uint32_t at = document_entry_index(document, profile, "", "include");
    const char *rest = includes_of(document, profile);
    unsigned line = at == TABLE_NONE ? 0 : document->entries[at].line, height = 0;
    char name[INI_SECTION_MAX + 1];
    marks[profile] = ENTERED;
    while (document_next_include(&rest, name)) {
        uint32_t next = document_profile_index(document, name);
        if (next == TABLE_NONE)
            return fail(why, "line %u: include of %s, but there is no such profile", line, name);
        if (marks[next] == ENTERED)
            return fail(why, "line %u: include of %s, which would include itself", line, name);
        if (level >= DOCUMENT_INCLUDE_DEPTH)
            return fail(why, "line %u: includes nested deeper than %d", line, DOCUMENT_INCLUDE_DEPTH);
        if (marks[next] == UNSEEN && !check_from(document, next, marks, level + 1, why))
            return false;
        unsigned below = marks[next] - DONE + 1u;
        height = below > height ? below : height;
        if (level + height > DOCUMENT_INCLUDE_DEPTH)
            return fail(why, "line %u: includes nested deeper than %d", line, DOCUMENT_INCLUDE_DEPTH);
    }
    marks[profile] = (unsigned char)(DONE + height);
    return true;
}

bool document_check_includes(const struct document *document, struct reason *why)
{
    bool ok = true;
    unsigned char *marks = calloc(document->profile_count + 1, 1);
    if (!marks)
        return fail(why, "no memory for %zu profiles", document->profile_count);
    for (uint32_t i = 0; ok && i < document->profile_count; i++)
        if (marks[i] == UNSEEN)
            ok = check_from(document, i, marks, 0, why);
    free(marks);
    return ok;
}

/* --- ranking --- */

/*
 * Going from the strongest to the weakest, a profile that is met again adds nothing: all its names, and
 * those of what it includes, are there. So each is entered once, however often it is included.
 */
static void enter(struct document_rank *rank, const struct document *document, uint32_t profile,
                  uint32_t includer)
{
    uint32_t included[DOCUMENT_INCLUDE_MAX], count = 0;
    const char *rest = includes_of(document, profile);
    char name[INI_SECTION_MAX + 1];
    rank->includers[profile] = includer;
    rank->profiles[rank->count++] = profile;
    while (count < DOCUMENT_INCLUDE_MAX && document_next_include(&rest, name))
        included[count++] = document_profile_index(document, name);
    while (count-- > 0)
        if (rank->includers[included[count]] == TABLE_NONE)
            enter(rank, document, included[count], profile);
}

bool document_rank(struct document_rank *rank, const struct document *document, uint32_t profile,
                   struct reason *why)
{
    size_t count = document->profile_count;
    *rank = (struct document_rank){
        .profiles = calloc(count, sizeof *rank->profiles),
        .includers = calloc(count, sizeof *rank->includers),
    };
    if (!rank->profiles || !rank->includers) {
        document_rank_free(rank);
        return fail(why, "no memory for %zu profiles", count);
    }
    for (size_t i = 0; i < count; i++)
        rank->includers[i] = TABLE_NONE;
    enter(rank, document, profile, profile);
    return true;
}

void document_rank_free(struct document_rank *rank)
{
    free(rank->profiles);
    free(rank->includers);
    *rank = (struct document_rank){0};
}

bool document_find_all(const struct document *document, const struct document_profile *profile,
                       const char *word, const struct document_entry ***found, size_t *count,
                       struct reason *why)
{
    struct document_rank rank;
    *found = NULL;
    *count = 0;
    if (!document_rank(&rank, document, (uint32_t)(profile - document->profiles), why))
        return false;
    *found = calloc(rank.count, sizeof **found);
    if (!*found)
        fail(why, "no memory for %u profiles", rank.count);
    for (uint32_t i = 0; *found && i < rank.count; i++) {
        uint32_t entry = document_entry_index(document, rank.profiles[i], "", word);
        if (entry != TABLE_NONE)
            (*found)[(*count)++] = &document->entries[entry];
    }
    document_rank_free(&rank);
    return *found != NULL;
}

/* --- selecting --- */

/* Does a stronger profile than the place'th have this name too? */
static bool is_hidden(const struct document_rank *rank, const struct document *document, uint32_t place,
                      const char *name)
{
    for (uint32_t i = 0; i < place; i++)
        if (document_entry_index(document, rank->profiles[i], name, NULL) != TABLE_NONE)
            return true;
    return false;
}

static void collect(const struct document_rank *rank, const struct document *document,
                    const struct document_entry **selected, size_t *count)
{
    *count = 0;
    for (uint32_t i = rank->count; i-- > 0;) {
        const struct document_profile *profile = &document->profiles[rank->profiles[i]];
        for (uint32_t j = profile->first; j < profile->first + profile->count; j++) {
            const struct document_entry *entry = &document->entries[j];
            if (!entry->word && !is_hidden(rank, document, i, entry->name))
                selected[(*count)++] = entry;
        }
    }
}

bool document_select(const struct document *document, const struct document_profile *profile,
                     const struct document_entry ***selected, size_t *count, struct reason *why)
{
    struct document_rank rank;
    *selected = NULL;
    *count = 0;
    if (!document_rank(&rank, document, (uint32_t)(profile - document->profiles), why))
        return false;
    *selected = calloc(document->entry_count + 1, sizeof **selected);
    if (*selected)
        collect(&rank, document, *selected, count);
    else
        fail(why, "no memory for %zu secrets", document->entry_count);
    document_rank_free(&rank);
    return *selected != NULL;
}
