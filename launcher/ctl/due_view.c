/* SPDX-License-Identifier: ISC */
/* What is due, on a terminal: see due_view.h. Runs in secrunctl list; sees names and dates. */
#include "ctl/due_view.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct due_view due_view_here(void)
{
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    bool sorted = isatty(STDOUT_FILENO);
    bool able = terminal && terminal[0] && strcmp(terminal, "dumb") != 0;
    return (struct due_view){.sorted = sorted, .coloured = sorted && able && !(none && none[0])};
}

struct ranked {
    int64_t left;
    uint32_t rank, at;
};

static int by_due(const void *left, const void *right)
{
    const struct ranked *one = left, *other = right;
    if (one->rank != other->rank)
        return one->rank < other->rank ? -1 : 1;
    if (one->left != other->left)
        return one->left < other->left ? -1 : 1;
    return one->at < other->at ? -1 : one->at > other->at;
}

static struct ranked rank(const struct document *document, const struct document_profile *profile,
                          uint32_t at, int64_t now)
{
    const struct document_entry *entry = &document->entries[profile->first + at];
    struct due due = {0};
    if (!entry->word)
        due = due_of(document, profile, entry->name, now);
    return (struct ranked){.left = due.has_due ? due.left : 0,
                           .rank = due.has_due   ? 0
                                   : due.unknown ? 1
                                                 : 2,
                           .at = at};
}

uint32_t *due_view_order(const struct due_view *view, const struct document *document,
                         const struct document_profile *profile, int64_t now)
{
    if (!view->sorted || profile->count == 0)
        return NULL;
    struct ranked *ranked = calloc(profile->count, sizeof *ranked);
    uint32_t *order = calloc(profile->count, sizeof *order);
    if (ranked && order) {
        for (uint32_t i = 0; i < profile->count; i++)
            ranked[i] = rank(document, profile, i, now);
        qsort(ranked, profile->count, sizeof *ranked, by_due);
        for (uint32_t i = 0; i < profile->count; i++)
            order[i] = ranked[i].at;
    } else {
        free(order);
        order = NULL;
    }
    free(ranked);
    return order;
}

const char *due_view_begin(const struct due_view *view, const struct due *due)
{
    if (!view->coloured || !due->has_due || due->left >= DUE_SOON)
        return "";
    return due_is_overdue(due) ? "\033[31m" : "\033[33m";
}

const char *due_view_end(const struct due_view *view, const struct due *due)
{
    return *due_view_begin(view, due) ? "\033[0m" : "";
}
