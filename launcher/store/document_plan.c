/* SPDX-License-Identifier: ISC */
/*
 * Which of many changes counts for which entry: the first step of document_edit. Runs in secrunctl;
 * sees every value it is given.
 */
#include "store/document_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_MAX = DOCUMENT_NAME_MAX + 32 };

static const char *label(const struct document_change *change, char text[static LABEL_MAX])
{
    snprintf(text, LABEL_MAX, "%s%s%s", change->name, change->word ? "." : "",
             change->word ? change->word : "");
    return text;
}

static bool added_matches(const void *items, uint32_t index, const void *key)
{
    const struct document_addition *added = (const struct document_addition *)items + index, *wanted = key;
    return added->profile == wanted->profile &&
           document_same_entry(added->name, added->word, wanted->name, wanted->word);
}

uint32_t document_plan_added(const struct document_plan *plan, uint32_t profile, const char *name,
                             const char *word)
{
    struct document_addition key = {profile, name, word, NULL};
    return table_find(&plan->added_table, document_entry_hash(profile, name, word), added_matches,
                      plan->added, &key);
}

static bool name_matches(const void *items, uint32_t index, const void *key)
{
    return strcmp(((const char *const *)items)[index], key) == 0;
}

static uint32_t plan_find_profile(const struct document_plan *plan, const char *name)
{
    uint32_t index = document_profile_index(plan->document, name);
    if (index != TABLE_NONE)
        return index;
    index =
        table_find(&plan->profile_table, table_hash(TABLE_SEED, name), name_matches, plan->profiles, name);
    return index == TABLE_NONE ? TABLE_NONE : index + (uint32_t)plan->document->profile_count;
}

/* Where the change that counts for an entry is recorded; NULL if neither the text nor an earlier change
 * has the entry. *is_there says whether the entry is there so far. */
static const struct document_change **plan_find(const struct document_plan *plan, uint32_t profile,
                                                const char *name, const char *word, bool *is_there)
{
    uint32_t index = document_entry_index(plan->document, profile, name, word);
    if (index != TABLE_NONE) {
        *is_there = !plan->changed[index] || plan->changed[index]->value;
        return &plan->changed[index];
    }
    index = document_plan_added(plan, profile, name, word);
    *is_there = index != TABLE_NONE && plan->added[index].change->value;
    return index == TABLE_NONE ? NULL : &plan->added[index].change;
}

static bool plan_set(struct document_plan *plan, const struct document_change *change, struct reason *why)
{
    bool is_there;
    uint32_t profile = plan_find_profile(plan, change->profile);
    if (profile == TABLE_NONE) {
        plan->profiles[plan->profile_count] = change->profile;
        profile = (uint32_t)plan->document->profile_count + plan->profile_count;
        if (!table_add(&plan->profile_table, table_hash(TABLE_SEED, change->profile), plan->profile_count++,
                       why))
            return false;
    }
    const struct document_change **counts = plan_find(plan, profile, change->name, change->word, &is_there);
    if (counts) {
        *counts = change;
        return true;
    }
    plan->added[plan->added_count] = (struct document_addition){profile, change->name, change->word, change};
    return table_add(&plan->added_table, document_entry_hash(profile, change->name, change->word),
                     plan->added_count++, why);
}

static bool plan_remove(struct document_plan *plan, const struct document_change *change, struct reason *why)
{
    bool is_there = false;
    char text[LABEL_MAX];
    uint32_t profile = plan_find_profile(plan, change->profile);
    const struct document_change **counts = NULL;
    if (profile != TABLE_NONE)
        counts = plan_find(plan, profile, change->name, change->word, &is_there);
    if (!counts || !is_there)
        return fail(why, "%s: not in profile %s", label(change, text), change->profile);
    *counts = change;
    const char *word;
    for (size_t i = 0; !change->word && (word = document_secret_word(i)); i++) {
        counts = plan_find(plan, profile, change->name, word, &is_there);
        if (counts)
            *counts = change;
    }
    return true;
}

/* A change's value has no NUL behind it. */
static bool plan_check_attribute(const struct document_change *change, struct reason *why)
{
    struct secret value = {0};
    bool ok = secret_append(&value, change->value, change->value_size, why) &&
              secret_append(&value, "", 1, why) &&
              document_check_attribute(change->name, change->word, (const char *)value.bytes, why);
    secret_free(&value);
    return ok;
}

/* Says in terms of the change what reading the text back would stumble over. */
static bool plan_check(const struct document_change *change, struct reason *why)
{
    char text[LABEL_MAX];
    if (!document_check_profile_name(change->profile, why))
        return false;
    if (change->name[0] == '\0' && !change->word)
        return fail(why, "a change without a name");
    if (change->name[0] != '\0' && !document_check_name(change->name, strlen(change->name), why))
        return false;
    if (!change->value)
        return true;
    if (change->value_size > DOCUMENT_VALUE_MAX)
        return fail(why, "%s: a value above %d bytes", label(change, text), DOCUMENT_VALUE_MAX);
    if (change->value_size > 0 && memchr(change->value, '\0', change->value_size))
        return fail(why, "%s: a value that holds a NUL byte", label(change, text));
    return !change->word || plan_check_attribute(change, why);
}

/* An attribute that stays or comes needs its secret. Whether one of policy has it in what is included is left
 * to reading the text back. */
static bool plan_check_owner(const struct document_plan *plan, const struct document_change *change,
                             struct reason *why)
{
    bool is_there;
    char text[LABEL_MAX];
    if (!change->value || !change->word || change->name[0] == '\0' || document_is_policy(change->word))
        return true;
    plan_find(plan, plan_find_profile(plan, change->profile), change->name, NULL, &is_there);
    return is_there ||
           fail(why, "%s: there is no %s in profile %s", label(change, text), change->name, change->profile);
}

bool document_plan_make(struct document_plan *plan, const struct document *document,
                        const struct document_change *changes, size_t count, struct reason *why)
{
    *plan = (struct document_plan){
        .document = document,
        .changed = calloc(document->entry_count + 1, sizeof *plan->changed),
        .added = calloc(count + 1, sizeof *plan->added),
        .profiles = calloc(count + 1, sizeof *plan->profiles),
    };
    if (!plan->changed || !plan->added || !plan->profiles)
        return fail(why, "no memory for %zu changes", count);
    for (size_t i = 0; i < count; i++)
        if (!plan_check(&changes[i], why) ||
            !(changes[i].value ? plan_set : plan_remove)(plan, &changes[i], why))
            return false;
    for (size_t i = 0; i < document->entry_count; i++)
        if (plan->changed[i] && !plan_check_owner(plan, plan->changed[i], why))
            return false;
    for (size_t i = 0; i < plan->added_count; i++)
        if (!plan_check_owner(plan, plan->added[i].change, why))
            return false;
    return true;
}

void document_plan_free(struct document_plan *plan)
{
    free(plan->changed);
    free(plan->added);
    free(plan->profiles);
    table_free(&plan->added_table);
    table_free(&plan->profile_table);
}
