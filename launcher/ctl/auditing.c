/* SPDX-License-Identifier: ISC */
/* Records of secrunctl: see auditing.h. Runs as the operator; sees every secret. */
#include "ctl/auditing.h"

#include <stdlib.h>
#include <string.h>

#include "base/message.h"
#include "host/audit.h"
#include "host/signature.h"
#include "store/age.h"

static bool record(const struct sealed_file *file, const struct audit_record *what,
                   const struct invocation *invocation, struct reason *why)
{
    const struct config *config = file->config;
    struct audit_log log;
    struct audit_record record = *what;
    unsigned char digest[AUDIT_DIGEST_SIZE];
    record.verb = invocation->verb->name;
    record.store = config->signed_file[0] ? config->signed_file : config->sealed_file;
    if (!record.digest) {
        audit_digest(digest, file->bytes.bytes, file->bytes.size);
        record.digest = digest;
    }
    bool ok = audit_open(&log, config, "secrunctl", why) && audit_write(&log, &record, why);
    audit_close(&log);
    return ok;
}

/* --- what a change comes to ------------------------------------------------------------------------- */

enum kind { ADDED, CHANGED, REMOVED, KINDS };

/* An entry that is not the same before and after. */
struct difference {
    const char *profile, *name; /* name: "" for the profile's own attribute */
    const char *word;
    enum kind kind;
};

struct differences {
    struct difference *items;
    size_t count;
    char *texts; /* ".word" of profiles' attributes, each with its NUL; owned */
};

static void compare(struct differences *found, const struct document *of, const struct document *other,
                    bool is_after)
{
    for (size_t i = 0; i < of->entry_count; i++) {
        const struct document_entry *entry = &of->entries[i];
        const char *profile = of->profiles[entry->profile].name;
        const struct document_entry *twin = document_find_in(other, profile, entry->name, entry->word);
        if (twin && (!is_after || document_value_is(twin, entry->value, entry->value_size)))
            continue;
        found->items[found->count++] = (struct difference){profile, entry->name, entry->word,
                                                           twin       ? CHANGED
                                                           : is_after ? ADDED
                                                                      : REMOVED};
    }
}

/* By secret; of the differences of one, that of its value comes first. */
static int order(const void *left, const void *right)
{
    const struct difference *a = left, *b = right;
    int by = strcmp(a->profile, b->profile);
    if (by == 0)
        by = strcmp(a->name, b->name);
    if (by == 0 && a->name[0] && !a->word != !b->word)
        by = a->word ? 1 : -1;
    return by;
}

static bool is_same_secret(const struct difference *a, const struct difference *b)
{
    return a->name[0] && strcmp(a->name, b->name) == 0 && strcmp(a->profile, b->profile) == 0;
}

/* Each secret once: added or removed if its value is, else changed, be it by an attribute. */
static void unite(struct differences *found)
{
    size_t kept = 0;
    for (size_t i = 0; i < found->count; i++) {
        struct difference *item = &found->items[i];
        if (kept > 0 && is_same_secret(&found->items[kept - 1], item))
            continue;
        if (item->name[0] && item->word)
            item->kind = CHANGED;
        found->items[kept++] = *item;
    }
    found->count = kept;
}

static bool find_differences(const struct document *before, const struct document *after,
                             struct differences *found, struct reason *why)
{
    size_t most = before->entry_count + after->entry_count;
    *found = (struct differences){.items = calloc(most + 1, sizeof *found->items)};
    if (!found->items)
        return fail(why, "no memory for %zu entries", most);
    compare(found, after, before, true);
    compare(found, before, after, false);
    qsort(found->items, found->count, sizeof *found->items, order);
    unite(found);
    return true;
}

/* A profile's attribute is called by its word, with the dot that it has in the document. */
static bool name_attributes(struct differences *found, struct reason *why)
{
    size_t size = 1;
    for (size_t i = 0; i < found->count; i++)
        if (!found->items[i].name[0])
            size += strlen(found->items[i].word) + 2;
    char *at = found->texts = malloc(size);
    if (!at)
        return fail(why, "no memory for %zu names", found->count);
    for (size_t i = 0; i < found->count; i++) {
        if (found->items[i].name[0])
            continue;
        char *text = at;
        *at++ = '.';
        at = stpcpy(at, found->items[i].word) + 1;
        found->items[i].name = text;
    }
    return true;
}

static bool record_differences(const struct sealed_file *file, const struct audit_record *what,
                               const struct differences *found, const struct invocation *invocation,
                               struct reason *why)
{
    struct audit_names lists[KINDS] = {0};
    struct audit_record change = *what;
    struct audit_name *names = calloc(found->count + 1, sizeof *names), *at = names;
    if (!names)
        return fail(why, "no memory for %zu names", found->count);
    for (enum kind kind = ADDED; kind < KINDS; kind++) {
        lists[kind].names = at;
        for (size_t i = 0; i < found->count; i++)
            if (found->items[i].kind == kind)
                *at++ = (struct audit_name){found->items[i].profile, found->items[i].name};
        lists[kind].count = (size_t)(at - lists[kind].names);
    }
    change.added = &lists[ADDED];
    change.changed = &lists[CHANGED];
    change.removed = &lists[REMOVED];
    bool ok = record(file, &change, invocation, why);
    free(names);
    return ok;
}

bool auditing_change(const struct store *store, const struct sealed_file *file, const struct secret *text,
                     const struct file_bytes *after, const struct invocation *invocation, struct reason *why)
{
    struct document old, new;
    struct differences found;
    struct reason ignored;
    char signer[MINISIGN_ID_TEXT] = "";
    unsigned char digests[2][AUDIT_DIGEST_SIZE];
    if (!audit_is_on(file->config))
        return true;
    audit_digest(digests[0], file->bytes.bytes, file->bytes.size);
    audit_digest(digests[1], after->bytes, after->size);
    if (signing_is_due(file->config))
        minisign_id_text(signer, store->signing.signer.id);
    const struct audit_record change = {.event = AUDIT_CHANGE,
                                        .digest_before = digests[0],
                                        .digest = digests[1],
                                        .signer = signer,
                                        .recipients = age_recipient_count(after->bytes, after->size)};
    if (!document_parse(&new, (const char *)text->bytes, text->size, why))
        return fail_within(why, "%s", file->config->sealed_file);
    /* edit can mend a text that does not parse. */
    if (!document_parse(&old, (const char *)file->text->bytes, file->text->size, &ignored))
        old = (struct document){0};
    bool ok = find_differences(&old, &new, &found, why) && name_attributes(&found, why) &&
              record_differences(file, &change, &found, invocation, why);
    free(found.items);
    free(found.texts);
    document_free(&old);
    document_free(&new);
    return ok;
}

/* --- the rest --------------------------------------------------------------------------------------- */

void auditing_failure(const struct sealed_file *file, const struct invocation *invocation,
                      const struct reason *failure)
{
    struct reason why;
    const struct audit_record failed = {.event = AUDIT_FAILED, .reason = failure->text};
    if (audit_is_on(file->config) && !record(file, &failed, invocation, &why))
        message("secrunctl", "%s", why.text);
}

bool auditing_step(const struct sealed_file *file, const struct invocation *invocation, const char *what,
                   struct reason *why)
{
    const struct audit_record step = {.event = AUDIT_CHANGE, .reason = what};
    return !audit_is_on(file->config) || record(file, &step, invocation, why);
}

bool auditing_whole(const struct sealed_file *file, const struct signing *signing,
                    const struct invocation *invocation, struct reason *why)
{
    char signer[MINISIGN_ID_TEXT] = "";
    if (!audit_is_on(file->config))
        return true;
    if (signing)
        minisign_id_text(signer, signing->signer.id);
    const struct audit_record whole = {.event = AUDIT_CHANGE,
                                       .signer = signer,
                                       .recipients =
                                           age_recipient_count(file->bytes.bytes, file->bytes.size)};
    return record(file, &whole, invocation, why);
}

/* All secrets of the text, if it parses; *document is to be freed. */
static bool name_all(const struct store *store, struct document *document, struct audit_name **names,
                     size_t *count, struct reason *why)
{
    struct reason ignored;
    if (!document_parse(document, (const char *)store->text.bytes, store->text.size, &ignored))
        *document = (struct document){0};
    *count = 0;
    *names = calloc(document->entry_count + 1, sizeof **names);
    if (!*names)
        return fail(why, "no memory for %zu names", document->entry_count);
    for (size_t i = 0; i < document->entry_count; i++) {
        const struct document_entry *entry = &document->entries[i];
        if (!entry->word)
            (*names)[(*count)++] = (struct audit_name){document->profiles[entry->profile].name, entry->name};
    }
    return true;
}

static bool name_these(const struct document_entry *const *secrets, size_t size, struct audit_name **names,
                       size_t *count, struct reason *why)
{
    *names = calloc(size + 1, sizeof **names);
    if (!*names)
        return fail(why, "no memory for %zu names", size);
    for (*count = 0; *count < size; ++*count)
        (*names)[*count].name = secrets[*count]->name;
    return true;
}

bool auditing_read(const struct store *store, const char *profile,
                   const struct document_entry *const *secrets, size_t count,
                   const struct invocation *invocation, struct reason *why)
{
    struct document document = {0};
    struct audit_name *names;
    if (!audit_is_on(&store->config))
        return true;
    bool ok = profile ? name_these(secrets, count, &names, &count, why)
                      : name_all(store, &document, &names, &count, why);
    if (ok) {
        const struct audit_names list = {names, count};
        const struct audit_record reading = {.event = AUDIT_READ, .profile = profile, .names = &list};
        const struct sealed_file file = store_file(store);
        ok = record(&file, &reading, invocation, why);
    }
    free(names);
    document_free(&document);
    return ok;
}
