/* SPDX-License-Identifier: ISC */
/*
 * Changing the document's text in place: see document.h. Runs in secrunctl; sees every secret.
 *
 * 1. Each change is looked up, so that every entry of the text, and every new one, has at most one
 *    change that counts (document_plan.c).
 * 2. From these comes one list of edits, in the order of the text (list_*).
 * 3. The new text is written in one pass (write_*).
 * 4. It is read back and compared with what it should say (check_*).
 */
#include "store/document.h"

#include <stdlib.h>
#include <string.h>

#include "store/document_internal.h"

/* text[begin, end) becomes the change's lines, or nothing. */
struct edit {
    size_t begin, end;
    const struct document_change *change;
    uint32_t profile;
    uint32_t group; /* where several go to one place: 0, or 1 + the added secret they belong to */
    uint32_t order; /* and within the group: 0 for the secret, 1 + number for the others */
};

/* --- 2. where the text changes --- */

static size_t line_end(const struct document *document, size_t at)
{
    const char *feed = memchr(document->text + at, '\n', document->size - at);
    return feed ? (size_t)(feed - document->text) + 1 : document->size;
}

/* Behind the attributes that stand below their secret. */
static size_t end_of_secret(const struct document *document, uint32_t index)
{
    const struct document_profile *profile = &document->profiles[document->entries[index].profile];
    const char *name = document->entries[index].name;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a document with an entry has profiles */
    while (index + 1 < profile->first + profile->count &&
           strcmp(document->entries[index + 1].name, name) == 0)
        index++;
    return document->entries[index].end;
}

/* Behind the profile's own attributes, or its section line. */
static size_t end_of_profile_attributes(const struct document *document,
                                        const struct document_profile *profile)
{
    for (uint32_t i = profile->first + profile->count; i-- > profile->first;)
        if (document->entries[i].name[0] == '\0')
            return document->entries[i].end;
    return line_end(document, profile->begin);
}

static struct edit list_addition(const struct document_plan *plan, uint32_t index)
{
    const struct document *document = plan->document;
    const struct document_addition *added = &plan->added[index];
    struct edit edit = {.change = added->change, .profile = added->profile};
    bool is_new_profile = added->profile >= document->profile_count;
    const struct document_profile *profile = is_new_profile ? NULL : &document->profiles[added->profile];
    size_t at = profile ? profile->end : document->size;
    edit.order = added->word ? index + 1 : 0;
    if (!added->word) {
        edit.group = index + 1;
    } else if (added->name[0] == '\0') {
        at = profile ? end_of_profile_attributes(document, profile) : at;
    } else {
        uint32_t owner = document_entry_index(document, added->profile, added->name, NULL);
        uint32_t added_owner = document_plan_added(plan, added->profile, added->name, NULL);
        if (owner != TABLE_NONE)
            at = end_of_secret(document, owner);
        else if (added_owner != TABLE_NONE) /* else its secret is in what is included */
            edit.group = 1 + added_owner;
    }
    edit.begin = edit.end = at;
    return edit;
}

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* In the order of the text. What is put before a line comes before what replaces that line. */
static int compare_edits(const void *left, const void *right)
{
    const struct edit *a = left, *b = right;
    int order = compare(a->begin, b->begin);
    order = order ? order : compare(a->end > a->begin, b->end > b->begin);
    order = order ? order : compare(a->profile, b->profile);
    order = order ? order : compare(a->group, b->group);
    return order ? order : compare(a->order, b->order);
}

static size_t list_edits(const struct document_plan *plan, struct edit *edits)
{
    const struct document *document = plan->document;
    size_t count = 0;
    for (size_t i = 0; i < document->entry_count; i++) {
        const struct document_entry *entry = &document->entries[i];
        if (plan->changed[i])
            edits[count++] = (struct edit){entry->begin, entry->end, plan->changed[i], entry->profile, 0, 0};
    }
    for (uint32_t i = 0; i < plan->added_count; i++)
        if (plan->added[i].change->value)
            edits[count++] = list_addition(plan, i);
    if (count > 1)
        qsort(edits, count, sizeof *edits, compare_edits);
    return count;
}

/* --- 3. the new text --- */

static bool ends_with(const struct secret *out, const char *end)
{
    size_t length = strlen(end);
    return out->size >= length && memcmp(out->bytes + out->size - length, end, length) == 0;
}

/* The last line may lack its line feed. */
static bool write_line_end(struct secret *out, struct reason *why)
{
    return out->size == 0 || ends_with(out, "\n") || secret_append(out, "\n", 1, why);
}

static bool write_section(struct secret *out, const char *name, struct reason *why)
{
    bool after_blank = out->size == 0 || ends_with(out, "\n\n") || ends_with(out, "\n\r\n");
    return (after_blank || secret_append(out, "\n", 1, why)) && secret_append(out, "[", 1, why) &&
           secret_append(out, name, strlen(name), why) && secret_append(out, "]\n", 2, why);
}

static bool write_edit(const struct document_plan *plan, const struct edit *edit, uint32_t *profile,
                       struct secret *out, struct reason *why)
{
    const struct document_change *change = edit->change;
    if (!change->value)
        return true;
    if (!write_line_end(out, why))
        return false;
    if (edit->profile >= plan->document->profile_count && edit->profile != *profile &&
        !write_section(out, change->profile, why))
        return false;
    *profile = edit->profile;
    return document_format_entry(out, change->name, change->word, change->value, change->value_size, why);
}

static bool write_text(const struct document_plan *plan, const struct edit *edits, size_t count,
                       struct secret *out, struct reason *why)
{
    const struct document *document = plan->document;
    uint32_t profile = TABLE_NONE;
    size_t at = 0, room = document->size + 64;
    for (size_t i = 0; i < count; i++) /* nearly always enough, so that the text is not moved as it grows */
        room += edits[i].change->value_size + edits[i].change->value_size / 2 + 64;
    if (!secret_alloc(out, room, why))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!secret_append(out, document->text + at, edits[i].begin - at, why) ||
            !write_edit(plan, &edits[i], &profile, out, why))
            return false;
        at = edits[i].end;
    }
    return secret_append(out, document->text + at, document->size - at, why);
}

/* --- 4. reading it back --- */

static bool check_entry(const struct document *after, const char *profile, const char *name, const char *word,
                        const char *value, size_t size)
{
    return document_value_is(document_find_in(after, profile, name, word), value, size);
}

/* Is every entry there that should be, with its value? *count is how many that are. */
static bool check_entries(const struct document_plan *plan, const struct document *after, size_t *count)
{
    const struct document *before = plan->document;
    *count = 0;
    for (size_t i = 0; i < before->entry_count; i++) {
        const struct document_entry *entry = &before->entries[i];
        const struct document_change *change = plan->changed[i];
        if (change && !change->value)
            continue;
        ++*count;
        if (!check_entry(after, before->profiles[entry->profile].name, entry->name, entry->word,
                         change ? change->value : entry->value,
                         change ? change->value_size : entry->value_size))
            return false;
    }
    for (size_t i = 0; i < plan->added_count; i++) {
        const struct document_change *change = plan->added[i].change;
        if (!change->value)
            continue;
        ++*count;
        if (!check_entry(after, change->profile, change->name, change->word, change->value,
                         change->value_size))
            return false;
    }
    return true;
}

static bool check_text(const struct document_plan *plan, const struct secret *text, struct reason *why)
{
    struct document after;
    size_t count;
    if (!document_parse(&after, (const char *)text->bytes, text->size, why))
        return fail_within(why, "the changed document");
    bool same = check_entries(plan, &after, &count) && count == after.entry_count;
    document_free(&after);
    return same || fail(why, "the changed document would read back differently");
}

bool document_edit(const struct document *document, const struct document_change *changes, size_t count,
                   struct secret *text, struct reason *why)
{
    struct document_plan plan;
    struct edit *edits = calloc(document->entry_count + count + 1, sizeof *edits);
    *text = (struct secret){0};
    bool ok = document_plan_make(&plan, document, changes, count, why);
    if (ok && !edits)
        ok = fail(why, "no memory for %zu changes", count);
    ok = ok && write_text(&plan, edits, list_edits(&plan, edits), text, why) && check_text(&plan, text, why);
    if (!ok)
        secret_free(text);
    document_plan_free(&plan);
    free(edits);
    return ok;
}
