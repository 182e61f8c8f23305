/* SPDX-License-Identifier: ISC */
/* Fuzzes the document: what reads can be changed, and then says the change and everything else. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "store/document.h"

FUZZ_WITH_SODIUM

/* Each entry's lines lie in its profile, one behind the other; what is found by name is what it is. */
static void check_structure(const struct document *document)
{
    size_t end = 0, entries = 0;
    for (size_t i = 0; i < document->profile_count; i++) {
        const struct document_profile *profile = &document->profiles[i];
        require(document_profile(document, profile->name) == profile);
        require(profile->begin >= end && profile->end > profile->begin && profile->first == entries);
        end = profile->begin + 1;
        for (uint32_t j = 0; j < profile->count; j++) {
            const struct document_entry *entry = &document->entries[entries++];
            require(entry->begin >= end && entry->end > entry->begin && entry->end <= profile->end);
            require(entry->profile == i && strlen(entry->value) == entry->value_size);
            require(document_find(document, profile, entry->name, entry->word) == entry);
            end = entry->end;
        }
        require(profile->count == 0 || end == profile->end);
        end = profile->end;
    }
    require(entries == document->entry_count && end <= document->size);
}

static void check_selection(const struct document *document)
{
    const struct document_entry **selected;
    struct reason why;
    size_t count;
    for (size_t i = 0; i < document->profile_count && i < 8; i++) {
        require(document_select(document, &document->profiles[i], &selected, &count, &why));
        require(count <= document->entry_count);
        for (size_t j = 0; j < count; j++)
            require(!selected[j]->word && (j == 0 || selected[j] != selected[j - 1]));
        free(selected);
    }
}

/* Each list has its programs, and the part that one run reads says the same. */
static void check_policies(const struct document *document, const struct document_profile *profile,
                           const struct document_entry *const *secrets, struct policy *policies, size_t count)
{
    static const struct policy_defaults defaults = {.inherit = "sh, /bin/cat", .argv = "refuse"};
    struct policy *found;
    struct reason why;
    require(document_policies(document, profile, secrets, count, &defaults, &found, &why));
    for (size_t i = 0; i < count; i++) {
        const char *rest = found[i].programs, *program;
        size_t size, programs = 0;
        while (rest && policy_next_program(&rest, &program, &size))
            programs += size > 0 && size < 4096;
        require((found[i].inherit == POLICY_PROGRAMS) == (rest != NULL));
        require(!rest || (*rest == '\0' && programs > 0 && programs <= POLICY_PROGRAMS_MAX));
        policies[i] = found[i];
    }
    free(found);
}

static void check_same_policies(const struct policy *a, const struct policy *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        require(a[i].hidden == b[i].hidden && a[i].inherit == b[i].inherit && a[i].argv == b[i].argv &&
                (!a[i].programs || strcmp(a[i].programs, b[i].programs) == 0));
}

/* Is every entry of `before` in `after`, but for the one of this profile and name? */
static void check_rest(const struct document *before, const struct document *after,
                       const struct document_change *change)
{
    for (size_t i = 0; i < before->entry_count; i++) {
        const struct document_entry *a = &before->entries[i], *b;
        const char *profile = before->profiles[a->profile].name;
        if (strcmp(profile, change->profile) == 0 && strcmp(a->name, change->name) == 0)
            continue;
        b = document_find(after, document_profile(after, profile), a->name, a->word);
        require(b && a->value_size == b->value_size && memcmp(a->value, b->value, a->value_size) == 0);
    }
}

/* A part that is read by itself gives what the whole gives. */
static void check_part(const struct document *document, const char *text, size_t size)
{
    struct document part;
    struct reason why;
    for (size_t i = 0; i < document->profile_count && i < 3; i++) {
        const char *const names[] = {document->profiles[i].name, NULL};
        const struct document_entry **whole, **some;
        size_t whole_count, some_count;
        require(document_parse_profiles(&part, text, size, names, &why));
        require(part.profile_count == document->profile_count);
        require(document_select(document, &document->profiles[i], &whole, &whole_count, &why));
        require(document_select(&part, &part.profiles[i], &some, &some_count, &why));
        require(whole_count == some_count);
        for (size_t j = 0; j < whole_count; j++)
            require(strcmp(whole[j]->name, some[j]->name) == 0 && whole[j]->line == some[j]->line &&
                    whole[j]->value_size == some[j]->value_size &&
                    memcmp(whole[j]->value, some[j]->value, whole[j]->value_size) == 0);
        struct policy *policies = calloc(2 * whole_count + 1, sizeof *policies);
        require(policies != NULL);
        check_policies(document, &document->profiles[i], whole, policies, whole_count);
        check_policies(&part, &part.profiles[i], some, policies + whole_count, whole_count);
        check_same_policies(policies, policies + whole_count, whole_count);
        free(policies);
        free(whole);
        free(some);
        document_free(&part);
    }
}

/* A document of some profiles says of them what the whole one says, but for previous values. */
static void check_extract(const struct document *document)
{
    struct document part;
    struct secret text = {0};
    struct reason why;
    const char *names[] = {document->profiles[0].name, document->profiles[document->profile_count - 1].name};
    require(document_extract(document, names, 2, &text, &why));
    require(document_parse(&part, (const char *)text.bytes, text.size, &why));
    for (size_t i = 0; i < 2; i++) {
        const struct document_entry **whole, **some;
        size_t whole_count, some_count;
        require(document_select(document, document_profile(document, names[i]), &whole, &whole_count, &why));
        require(document_select(&part, document_profile(&part, names[i]), &some, &some_count, &why));
        require(whole_count == some_count);
        for (size_t j = 0; j < whole_count; j++)
            require(strcmp(whole[j]->name, some[j]->name) == 0 &&
                    whole[j]->value_size == some[j]->value_size &&
                    memcmp(whole[j]->value, some[j]->value, whole[j]->value_size) == 0);
        free(whole);
        free(some);
    }
    document_free(&part);
    secret_free(&text);
}

/* Is there a word of one profile about a secret of another, which keeps that one from being taken out? */
static bool any_word_about_included(const struct document *document)
{
    for (size_t i = 0; i < document->entry_count; i++) {
        const struct document_entry *entry = &document->entries[i];
        if (entry->word && entry->name[0] != '\0' &&
            !document_find(document, &document->profiles[entry->profile], entry->name, NULL))
            return true;
    }
    return false;
}

static void check_edit(const struct document *document, struct document_change change, bool must)
{
    struct secret text;
    struct document after;
    struct reason why = {0};
    if (!document_edit(document, &change, 1, &text, &why)) {
        require(!must && !text.bytes && why.text[0] != '\0');
        return;
    }
    require(document_parse(&after, (const char *)text.bytes, text.size, &why));
    check_structure(&after);
    check_rest(document, &after, &change);
    const struct document_profile *profile = document_profile(&after, change.profile);
    const struct document_entry *entry =
        profile ? document_find(&after, profile, change.name, change.word) : NULL;
    if (change.value)
        require(entry && entry->value_size == change.value_size &&
                memcmp(entry->value, change.value, change.value_size) == 0);
    else
        require(!entry);
    document_free(&after);
    secret_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct document document;
    struct reason why = {0};
    if (!document_parse(&document, text, size, &why)) {
        require(!document.values.bytes && !document.entries && !document.profiles);
        require(strncmp(why.text, "line ", 5) == 0 || size > DOCUMENT_MAX);
        return 0;
    }
    bool any_value = size == 0 || !memchr(text, '\0', size);
    size_t value_size = size < DOCUMENT_VALUE_MAX ? size : DOCUMENT_VALUE_MAX;
    bool removable = !any_word_about_included(&document);
    check_structure(&document);
    check_selection(&document);
    check_part(&document, text, size);
    if (document.profile_count > 0)
        check_extract(&document);
    check_edit(&document, (struct document_change){"new", "NAME", NULL, text, value_size}, any_value);
    for (size_t i = 0; i < document.entry_count && i < 4; i++) {
        const struct document_entry *entry = &document.entries[i];
        const char *profile = document.profiles[entry->profile].name;
        check_edit(&document, (struct document_change){profile, entry->name, entry->word, NULL, 0},
                   removable &&
                       (!entry->word || strcmp(entry->word, "include") == 0 || entry->name[0] != '\0'));
        if (!entry->word) {
            check_edit(&document, (struct document_change){profile, entry->name, NULL, text, value_size},
                       any_value);
            check_edit(&document, (struct document_change){profile, entry->name, "note", "n", 1}, false);
        }
    }
    document_free(&document);
    return 0;
}
