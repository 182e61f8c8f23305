/* SPDX-License-Identifier: ISC */
/* Names of profiles and secrets, and finding them: see document.h. Runs in secrun and secrunctl; looks
 * at names, and at values only to compare them. */
#include "store/document_internal.h"

#include <stdio.h>
#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool document_check_name(const char *name, size_t length, struct reason *why)
{
    static const char prefix[] = "SECRUN_";
    bool valid = length > 0 && !is_digit(name[0]);
    for (size_t i = 0; valid && i < length; i++)
        valid = is_letter(name[i]) || is_digit(name[i]) || name[i] == '_';
    if (!valid)
        return fail(why, "a name is letters, digits and '_', and begins with no digit");
    if (length > DOCUMENT_NAME_MAX)
        return fail(why, "a name above %d bytes", DOCUMENT_NAME_MAX);
    /* The shim lives by these. */
    if ((length == strlen("LD_PRELOAD") && memcmp(name, "LD_PRELOAD", length) == 0) ||
        (length >= strlen(prefix) && memcmp(name, prefix, strlen(prefix)) == 0))
        return fail(why, "%.*s: a reserved name", (int)length, name);
    return true;
}

bool document_check_profile_name(const char *name, struct reason *why)
{
    size_t length = 0;
    while (is_letter(name[length]) || is_digit(name[length]) ||
           (name[length] && strchr("_.@+-", name[length])))
        length++;
    if (length == 0 || name[length] != '\0')
        return fail(why, "a profile's name is letters, digits and _.@+-");
    if (length > INI_SECTION_MAX)
        return fail(why, "a profile's name above %d bytes", INI_SECTION_MAX);
    return true;
}

/* --- finding --- */

struct entry_key {
    uint32_t profile;
    const char *name, *word;
};

uint32_t document_entry_hash(uint32_t profile, const char *name, const char *word)
{
    uint32_t hash = table_hash(TABLE_SEED ^ profile * 0x9e3779b1u, name);
    return word ? table_hash(hash, word) : hash;
}

bool document_same_entry(const char *name_a, const char *word_a, const char *name_b, const char *word_b)
{
    return strcmp(name_a, name_b) == 0 && !word_a == !word_b && (!word_a || strcmp(word_a, word_b) == 0);
}

static bool entry_matches(const void *items, uint32_t index, const void *key)
{
    const struct document_entry *entry = (const struct document_entry *)items + index;
    const struct entry_key *wanted = key;
    return entry->profile == wanted->profile &&
           document_same_entry(entry->name, entry->word, wanted->name, wanted->word);
}

static bool profile_matches(const void *items, uint32_t index, const void *key)
{
    return strcmp(((const struct document_profile *)items)[index].name, key) == 0;
}

uint32_t document_profile_index(const struct document *document, const char *name)
{
    return table_find(&document->profile_table, table_hash(TABLE_SEED, name), profile_matches,
                      document->profiles, name);
}

uint32_t document_entry_index(const struct document *document, uint32_t profile, const char *name,
                              const char *word)
{
    struct entry_key key = {profile, name, word};
    return table_find(&document->entry_table, document_entry_hash(profile, name, word), entry_matches,
                      document->entries, &key);
}

bool document_index_profile(struct document *document, struct reason *why)
{
    uint32_t index = (uint32_t)document->profile_count - 1;
    const char *name = document->profiles[index].name;
    if (document_profile_index(document, name) != TABLE_NONE)
        return fail(why, "profile %s for the second time", name);
    return table_add(&document->profile_table, table_hash(TABLE_SEED, name), index, why);
}

bool document_index_entry(struct document *document, uint32_t index, struct reason *why)
{
    const struct document_entry *entry = &document->entries[index];
    struct entry_key key = {entry->profile, entry->name, entry->word};
    uint32_t hash = document_entry_hash(entry->profile, entry->name, entry->word);
    if (table_find(&document->entry_table, hash, entry_matches, document->entries, &key) != TABLE_NONE)
        return fail(why, "%s%s%s for the second time", entry->name, entry->word ? "." : "",
                    entry->word ? entry->word : "");
    return table_add(&document->entry_table, hash, index, why);
}

const struct document_profile *document_profile(const struct document *document, const char *name)
{
    uint32_t index = document_profile_index(document, name);
    return index == TABLE_NONE ? NULL : &document->profiles[index];
}

const struct document_entry *document_find(const struct document *document,
                                           const struct document_profile *profile, const char *name,
                                           const char *word)
{
    uint32_t index = document_entry_index(document, (uint32_t)(profile - document->profiles), name, word);
    return index == TABLE_NONE ? NULL : &document->entries[index];
}

const struct document_entry *document_find_in(const struct document *document, const char *profile,
                                              const char *name, const char *word)
{
    const struct document_profile *found = document_profile(document, profile);
    return found ? document_find(document, found, name, word) : NULL;
}

bool document_value_is(const struct document_entry *entry, const char *value, size_t size)
{
    return entry && entry->value_size == size && memcmp(entry->value, value, size) == 0;
}

bool document_list_profiles(const struct document *document, char *list, size_t size)
{
    size_t used = 0;
    list[0] = '\0';
    for (size_t i = 0; i < document->profile_count && used < size; i++)
        used += (size_t)snprintf(list + used, size - used, " %s", document->profiles[i].name);
    return used < size;
}
