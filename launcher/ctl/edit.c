/* SPDX-License-Identifier: ISC */
/* secrunctl edit: the document in an editor. Runs as the operator; sees every secret. Nothing that was
 * typed may be lost without the operator's word, and no change of another secrunctl's either. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "ctl/auditing.h"
#include "ctl/editor.h"
#include "ctl/invocation.h"
#include "ctl/quoting.h"
#include "ctl/store.h"
#include "base/timestamp.h"

enum { TRIES_MAX = 8 }; /* of an editor that nobody attends */

/* The document as it was opened and as it was edited. */
struct editing {
    const struct invocation *invocation;
    struct store store;
    struct editor editor;
    unsigned tries;
    bool base_parses; /* one that does not can only be replaced as a whole */
    bool diverged;    /* another secrunctl has changed the store meanwhile */
    struct secret base_text, text;
    struct document base, edited;
    char now[TIMESTAMP_SIZE];
    struct document_change *changes;
    size_t change_count;
};

static bool same_text(const struct secret *a, const struct secret *b)
{
    return a->size == b->size && (a->size == 0 || memcmp(a->bytes, b->bytes, a->size) == 0);
}

static bool copy_text(struct secret *to, const struct secret *from, struct reason *why)
{
    secret_free(to);
    return secret_alloc(to, from->size, why) && secret_append(to, from->bytes, from->size, why);
}

/* Back to the editor? Where there is nobody to ask it may be a program, which gets a few tries. */
static bool once_more(struct editing *editing, const struct secret *before, const struct reason *why)
{
    message_reason("secrunctl", why);
    if (editor_is_attended())
        return editor_ask_again(&editing->editor);
    return !same_text(before, &editing->text) && ++editing->tries < TRIES_MAX;
}

static bool give_up(struct reason *why)
{
    return fail(why, "what was written is dropped; the store is as it was");
}

static bool edit_until_it_parses(struct editing *editing, struct reason *why)
{
    struct secret before = {0};
    bool ok = false, again = true;
    while (!ok && again) {
        if (!copy_text(&before, &editing->text, why) || !editor_run(&editing->editor, &editing->text, why))
            break;
        ok = document_parse(&editing->edited, (const char *)editing->text.bytes, editing->text.size, why);
        if (ok)
            break;
        editing->edited = (struct document){0};
        again = once_more(editing, &before, why);
        if (!again)
            give_up(why);
    }
    secret_free(&before);
    return ok;
}

static const char *profile_of(const struct document *document, const struct document_entry *entry)
{
    return document->profiles[entry->profile].name;
}

static bool same_value(const struct document_entry *a, const struct document_entry *b)
{
    return b && document_value_is(a, b->value, b->value_size);
}

static bool same_entry(const struct document_entry *a, const struct document_entry *b)
{
    return (!a && !b) || same_value(a, b);
}

/* A value that is new was set now, unless the operator wrote down when. */
static void note_rotation(struct editing *editing, const struct document_entry *entry)
{
    const char *profile = profile_of(&editing->edited, entry);
    const struct document_entry *after = document_find_in(&editing->edited, profile, entry->name, "rotated");
    const struct document_entry *before = document_find_in(&editing->base, profile, entry->name, "rotated");
    if (after && !same_value(after, before))
        return;
    editing->changes[editing->change_count++] =
        (struct document_change){profile, entry->name, "rotated", editing->now, strlen(editing->now)};
}

static void note_oddity(const struct document_entry *entry, const char *profile)
{
    const char *odd = quoting_oddity(entry->name, entry->value, entry->value_size);
    if (odd)
        message("secrunctl", "[%s] %s: its value %s, part of it", profile, entry->name, odd);
}

/*
 * Lists what is to be done to the edited text (rotated times alone), or with `whole` to a text that
 * another secrunctl has written meanwhile (everything that was edited).
 */
static bool list_changes(struct editing *editing, bool whole, struct reason *why)
{
    const struct document *base = &editing->base, *edited = &editing->edited;
    size_t most = 2 * edited->entry_count + base->entry_count + 1;
    free(editing->changes);
    editing->change_count = 0;
    editing->changes = calloc(most, sizeof *editing->changes);
    if (!editing->changes)
        return fail(why, "no memory for %zu changes", most);
    for (size_t i = 0; i < edited->entry_count; i++) {
        const struct document_entry *entry = &edited->entries[i];
        const char *profile = profile_of(edited, entry);
        if (same_value(entry, document_find_in(base, profile, entry->name, entry->word)))
            continue;
        if (whole)
            editing->changes[editing->change_count++] =
                (struct document_change){profile, entry->name, entry->word, entry->value, entry->value_size};
        if (!entry->word && editing->base_parses)
            note_rotation(editing, entry);
    }
    return true;
}

/* What was taken out, and is still in the store; a secret takes its attributes along. */
static void list_removals(struct editing *editing)
{
    const struct document *base = &editing->base;
    for (size_t i = 0; i < base->entry_count; i++) {
        const struct document_entry *entry = &base->entries[i];
        const char *profile = profile_of(base, entry);
        bool with_its_secret = entry->word && entry->name[0] &&
                               document_find_in(base, profile, entry->name, NULL) &&
                               !document_find_in(&editing->edited, profile, entry->name, NULL);
        if (document_find_in(&editing->edited, profile, entry->name, entry->word) || with_its_secret ||
            !document_find_in(&editing->store.document, profile, entry->name, entry->word))
            continue;
        editing->changes[editing->change_count++] =
            (struct document_change){.profile = profile, .name = entry->name, .word = entry->word};
    }
}

static bool write_edited(struct editing *editing, struct reason *why)
{
    struct secret text;
    if (!list_changes(editing, false, why) ||
        !document_edit(&editing->edited, editing->changes, editing->change_count, &text, why))
        return false;
    bool ok = store_replace(&editing->store, &text, editing->invocation, why);
    secret_free(&text);
    return ok;
}

/* Was its secret taken out here, while it stays for one that is included? To put the one change into another
 * text would remove both. */
static bool outlives_its_secret(const struct editing *editing, const char *profile,
                                const struct document_entry *entry)
{
    return entry->word && entry->name[0] &&
           document_find_in(&editing->edited, profile, entry->name, entry->word) &&
           document_find_in(&editing->base, profile, entry->name, NULL) &&
           !document_find_in(&editing->edited, profile, entry->name, NULL);
}

/* Has the other secrunctl changed an entry, and to something else than was edited here? */
static bool conflicts(const struct editing *editing, const char *profile, const struct document_entry *entry,
                      struct reason *why)
{
    const struct document_entry *base = document_find_in(&editing->base, profile, entry->name, entry->word);
    const struct document_entry *mine = document_find_in(&editing->edited, profile, entry->name, entry->word);
    const struct document_entry *theirs =
        document_find_in(&editing->store.document, profile, entry->name, entry->word);
    if (outlives_its_secret(editing, profile, entry)) {
        fail(why, "[%s] %s.%s: another secrunctl has changed the store meanwhile", profile, entry->name,
             entry->word);
        return !fail_hint(why, "begin again with secrunctl edit");
    }
    if (same_entry(base, mine) || same_entry(base, theirs) || same_entry(mine, theirs))
        return false;
    fail(why, "[%s] %s%s%s: changed by another secrunctl, too", profile, entry->name, entry->word ? "." : "",
         entry->word ? entry->word : "");
    fail_hint(why, "secrunctl get shows theirs; to keep it, put the value back that you found");
    return true;
}

static bool any_conflict(const struct editing *editing, struct reason *why)
{
    const struct document *const documents[] = {&editing->base, &editing->edited};
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        for (size_t j = 0; j < documents[i]->entry_count; j++)
            if (conflicts(editing, profile_of(documents[i], &documents[i]->entries[j]),
                          &documents[i]->entries[j], why))
                return true;
    return false;
}

/* The other's text stays, with what was edited here put into it. */
static bool write_into_changed(struct editing *editing, struct reason *why)
{
    if (!editing->base_parses)
        return fail(why, "another secrunctl has changed the store, and its text before that did not parse");
    if (!store_parse(&editing->store, why) || any_conflict(editing, why) || !list_changes(editing, true, why))
        return false;
    list_removals(editing);
    message("secrunctl", "another secrunctl has changed the store: your values go into its text, your "
                         "comments do not");
    return editing->change_count == 0 ||
           store_change(&editing->store, editing->changes, editing->change_count, editing->invocation, why);
}

static bool save(struct editing *editing, struct reason *why)
{
    bool changed;
    if (!store_relock(&editing->store, editing->invocation, &changed, why)) {
        store_unlock(&editing->store);
        return false;
    }
    /* Changed since the last look; what counts is whether it ever was. */
    editing->diverged = editing->diverged || changed;
    bool ok = editing->diverged ? write_into_changed(editing, why) : write_edited(editing, why);
    store_unlock(&editing->store);
    return ok;
}

static void tell(const struct editing *editing)
{
    const struct document *edited = &editing->edited;
    for (size_t i = 0; i < edited->entry_count; i++) {
        const struct document_entry *entry = &edited->entries[i];
        const char *profile = profile_of(edited, entry);
        if (!entry->word &&
            !same_value(entry, document_find_in(&editing->base, profile, entry->name, entry->word)))
            note_oddity(entry, profile);
    }
}

static bool edit(struct editing *editing, struct reason *why)
{
    const struct secret nothing = {0};
    for (;;) {
        document_free(&editing->edited);
        editing->edited = (struct document){0};
        if (!edit_until_it_parses(editing, why))
            return false;
        if (same_text(&editing->base_text, &editing->text)) {
            message("secrunctl", "nothing was changed");
            return true;
        }
        if (save(editing, why)) {
            tell(editing);
            return true;
        }
        /* A disk that is full now may not be in a minute: what was typed is still in the editor's file. */
        if (!editor_is_attended())
            return false;
        if (!once_more(editing, &nothing, why))
            return give_up(why);
    }
}

static bool open_editing(struct editing *editing, struct reason *why)
{
    struct reason ignored;
    timestamp_now(editing->now);
    if (!store_open(&editing->store, editing->invocation, STORE_WRITE_LATER, why) ||
        !copy_text(&editing->base_text, &editing->store.text, why) ||
        !copy_text(&editing->text, &editing->store.text, why))
        return false;
    editing->base_parses = document_parse(&editing->base, (const char *)editing->base_text.bytes,
                                          editing->base_text.size, &ignored);
    if (!editing->base_parses)
        editing->base = (struct document){0};
    return true;
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct editing editing = {.invocation = invocation};
    bool ok = open_editing(&editing, why) && auditing_read(&editing.store, NULL, NULL, 0, invocation, why) &&
              editor_begin(&editing.editor, why);
    if (ok) {
        ok = edit(&editing, why);
        editor_end(&editing.editor);
    }
    free(editing.changes);
    document_free(&editing.edited);
    document_free(&editing.base);
    secret_free(&editing.text);
    secret_free(&editing.base_text);
    store_close(&editing.store);
    return ok;
}

const struct verb edit_verb = {
    .name = "edit",
    .operands = "",
    .summary = "edit the whole document",
    .help = "Opens the document in $VISUAL, $EDITOR or vi, on a private file in memory that is wiped\n"
            "afterwards. A text with an error goes back to the editor. Values that are new get their\n"
            "NAME.rotated.\n\n"
            "  --drop-recipients  seal to fewer recipients than before\n",
    .options = OPTION(DROP_RECIPIENTS),
    .run = run,
};
