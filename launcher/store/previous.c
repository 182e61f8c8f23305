/* SPDX-License-Identifier: ISC */
/* Previous values: see previous.h. Runs in secrunctl; sees every secret. */
#include "store/previous.h"

#include <stdlib.h>
#include <string.h>

#include "base/timestamp.h"

/* The words of one secret that come and go together. */
static const char *const words[] = {"previous", "previous-rotated", "replaced"};
enum { WORDS = sizeof words / sizeof *words };

bool previous_is_word(const char *word)
{
    for (size_t i = 0; i < WORDS; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

int64_t previous_span(const struct document *document, const struct document_profile *profile,
                      const char *name, int64_t keep)
{
    const struct document_entry *own = document_find(document, profile, name, "keep-previous");
    if (!own)
        own = document_find(document, profile, "", "keep-previous");
    if (own)
        timespan_or_no_parse(own->value, &keep);
    return keep;
}

struct previous previous_of(const struct document *document, const struct document_profile *profile,
                            const char *name, int64_t keep, int64_t now)
{
    struct previous previous = {.value = document_find(document, profile, name, "previous"), .left = -1};
    const struct document_entry *replaced = document_find(document, profile, name, "replaced");
    int64_t time;
    keep = previous_span(document, profile, name, keep);
    if (keep == 0 || !previous.value || !replaced || !document_time(replaced->value, &time))
        return previous;
    if (__builtin_add_overflow(time, keep, &previous.left))
        previous.left = INT64_MAX;
    previous.left -= now;
    return previous;
}

static bool same(const struct document_entry *a, const struct document_entry *b)
{
    return b ? document_value_is(a, b->value, b->value_size) : !a;
}

/* --- what is to be changed -------------------------------------------------------------------------- */

struct keeping {
    const struct document *before, *after;
    int64_t keep, now;
    char replaced[TIMESTAMP_SIZE];
    struct document_change *changes; /* at most WORDS for each entry of after */
    size_t count;
};

static void change(struct keeping *keeping, const struct document_profile *profile, const char *name,
                   const char *word, const char *value, size_t size)
{
    if (value || document_find(keeping->after, profile, name, word))
        keeping->changes[keeping->count++] = (struct document_change){profile->name, name, word, value, size};
}

static void keep_value(struct keeping *keeping, const struct document_profile *profile,
                       const struct document_entry *old)
{
    const struct document_entry *rotated =
        document_find_in(keeping->before, profile->name, old->name, "rotated");
    change(keeping, profile, old->name, "previous", old->value, old->value_size);
    change(keeping, profile, old->name, "previous-rotated", rotated ? rotated->value : NULL,
           rotated ? rotated->value_size : 0);
    change(keeping, profile, old->name, "replaced", keeping->replaced, strlen(keeping->replaced));
}

static void drop_value(struct keeping *keeping, const struct document_profile *profile, const char *name)
{
    for (size_t i = 0; i < WORDS; i++)
        change(keeping, profile, name, words[i], NULL, 0);
}

static void look_at(struct keeping *keeping, const struct document_entry *secret)
{
    const struct document *after = keeping->after;
    const struct document_profile *profile = &after->profiles[secret->profile];
    const struct document_entry *old = document_find_in(keeping->before, profile->name, secret->name, NULL);
    bool is_left_alone = same(document_find_in(keeping->before, profile->name, secret->name, "previous"),
                              document_find(after, profile, secret->name, "previous"));
    if (old && !same(old, secret) && is_left_alone &&
        previous_span(after, profile, secret->name, keeping->keep) > 0)
        keep_value(keeping, profile, old);
    else if (previous_of(after, profile, secret->name, keeping->keep, keeping->now).left < 0)
        drop_value(keeping, profile, secret->name);
}

bool previous_keep(const struct document *before, const struct document *after, int64_t keep, int64_t now,
                   struct secret *text, struct reason *why)
{
    struct keeping keeping = {.before = before, .after = after, .keep = keep, .now = now};
    *text = (struct secret){0};
    timestamp_text(keeping.replaced, now);
    keeping.changes = calloc(WORDS * after->entry_count + 1, sizeof *keeping.changes);
    if (!keeping.changes)
        return fail(why, "no memory for %zu changes", WORDS * after->entry_count);
    for (size_t i = 0; i < after->entry_count; i++)
        if (!after->entries[i].word)
            look_at(&keeping, &after->entries[i]);
    bool ok = keeping.count == 0 || document_edit(after, keeping.changes, keeping.count, text, why);
    free(keeping.changes);
    return ok;
}
