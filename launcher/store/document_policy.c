/* SPDX-License-Identifier: ISC */
/*
 * Whose attribute is whose, and what policy they come to. Runs in secrun and secrunctl; sees names and
 * attributes, no secret's value.
 *
 * What a profile includes it can restrict: its word goes before that of the included one. And since nobody's
 * restriction may lapse unseen, every profile on the way to a secret has its say, not the two ends alone.
 */
#include "store/document_internal.h"

#include <stdlib.h>

/* --- owners --- */

static bool is_ranked(const struct document *document, const struct document_rank *rank, const char *name)
{
    for (uint32_t i = 0; i < rank->count; i++)
        if (document_entry_index(document, rank->profiles[i], name, NULL) != TABLE_NONE)
            return true;
    return false;
}

static bool check_profile(const struct document *document, uint32_t index, struct document_rank *rank,
                          struct reason *why)
{
    const struct document_profile *profile = &document->profiles[index];
    for (uint32_t i = profile->first; i < profile->first + profile->count; i++) {
        const struct document_entry *entry = &document->entries[i];
        if (!entry->word || entry->name[0] == '\0' ||
            document_entry_index(document, index, entry->name, NULL) != TABLE_NONE)
            continue;
        bool may_be_included = document_is_policy(entry->word);
        if (may_be_included && rank->count == 0 && !document_rank(rank, document, index, why))
            return false;
        if (!may_be_included || !is_ranked(document, rank, entry->name))
            return fail(why, "line %u: %s.%s, but there is no %s in this profile%s", (unsigned)entry->line,
                        entry->name, entry->word, entry->name,
                        may_be_included ? ", nor in what it includes" : "");
    }
    return true;
}

bool document_check_owners(const struct document *document, struct reason *why)
{
    bool ok = true;
    for (uint32_t i = 0; ok && i < document->profile_count; i++) {
        struct document_rank rank = {0};
        ok = check_profile(document, i, &rank, why);
        document_rank_free(&rank);
    }
    return ok;
}

/* --- policy --- */

/* From the profile that runs, by each that includes the next, to the one that the secret stands in. */
struct way {
    const struct document *document;
    uint32_t profiles[DOCUMENT_INCLUDE_DEPTH + 1];
    uint32_t first; /* they end with the array */
};

enum { WAY_END = DOCUMENT_INCLUDE_DEPTH + 1 };

static struct way find_way(const struct document *document, const struct document_rank *rank,
                           uint32_t profile)
{
    struct way way = {.document = document, .first = WAY_END};
    while (profile != TABLE_NONE && way.first > 0) {
        uint32_t includer = rank->includers[profile];
        way.profiles[--way.first] = profile;
        profile = includer == profile ? TABLE_NONE : includer;
    }
    return way;
}

/* The first value of NAME.word, or with name "" of .word; NULL if there is none. */
static const char *said_of(const struct way *way, const char *name, const char *word)
{
    for (uint32_t i = way->first; i < WAY_END; i++) {
        uint32_t entry = document_entry_index(way->document, way->profiles[i], name, word);
        if (entry != TABLE_NONE)
            return way->document->entries[entry].value;
    }
    return NULL;
}

static const char *said(const struct way *way, const char *name, const char *word, const char *otherwise)
{
    const char *value = said_of(way, name, word);
    if (!value)
        value = said_of(way, "", word);
    return value || otherwise[0] == '\0' ? value : otherwise;
}

bool document_policies(const struct document *document, const struct document_profile *profile,
                       const struct document_entry *const *secrets, size_t count,
                       const struct policy_defaults *defaults, struct policy **policies, struct reason *why)
{
    struct document_rank rank;
    *policies = calloc(count + 1, sizeof **policies);
    if (!*policies)
        return fail(why, "no memory for %zu secrets", count);
    if (!document_rank(&rank, document, (uint32_t)(profile - document->profiles), why)) {
        free(*policies);
        *policies = NULL;
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = secrets[i]->name;
        struct way way = find_way(document, &rank, secrets[i]->profile);
        (*policies)[i] = policy_of(
            said(&way, name, "expose", defaults->expose), said(&way, name, "inherit", defaults->inherit),
            said(&way, name, "argv", defaults->argv), said(&way, name, "static", defaults->statics),
            said(&way, name, "on-expiry", defaults->on_expiry));
    }
    document_rank_free(&rank);
    return true;
}
