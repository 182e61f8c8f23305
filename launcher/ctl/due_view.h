/* SPDX-License-Identifier: ISC */
/* How secrunctl list shows a person at a terminal what is due. Sees names and dates, no value. */
#ifndef SECRUN_DUE_VIEW_H
#define SECRUN_DUE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/document.h"
#include "store/due.h"

struct due_view {
    bool sorted;   /* standard output is a terminal */
    bool coloured; /* and may be coloured: by TERM, and NO_COLOR (no-color.org) */
};
struct due_view due_view_here(void);

/* In which order a profile's entries are shown, as numbers from its first: what is due first comes first,
 * then what is due at a time that cannot be told, then the rest; if not sorted, as they stand. malloc'd, or
 * NULL: as they stand. */
uint32_t *due_view_order(const struct due_view *view, const struct document *document,
                         const struct document_profile *profile, int64_t now);

/* What is printed before and behind a secret's line, of no width: red if it is overdue, yellow if it is due
 * within 14 days. */
const char *due_view_begin(const struct due_view *view, const struct due *due);
const char *due_view_end(const struct due_view *view, const struct due *due);

#endif
