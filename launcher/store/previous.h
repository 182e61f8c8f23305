/* SPDX-License-Identifier: ISC */
/*
 * The value that a secret had before: how long it is kept, and keeping it where one is changed. It stands in
 * the document as NAME.previous, with NAME.previous-rotated, when that one had been set, and NAME.replaced.
 * Pure; sees every secret.
 */
#ifndef SECRUN_PREVIOUS_H
#define SECRUN_PREVIOUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/reason.h"
#include "base/secret.h"
#include "store/document.h"

struct previous {
    const struct document_entry *value; /* NULL: none is there */
    int64_t left;                       /* seconds that it is kept yet; below 0: its time is over */
};

/* Is that the word of an attribute which tells of a value before? */
bool previous_is_word(const char *word);

static inline bool previous_is_kept(const struct previous *previous)
{
    return previous->value && previous->left >= 0;
}

/* For how many seconds a value of this secret is kept when it is replaced: as the secret says, or its
 * profile, or else `keep`. */
int64_t previous_span(const struct document *document, const struct document_profile *profile,
                      const char *name, int64_t keep);

/* Of a secret of this profile, at `now`. Unless the secret or its profile says how many seconds it is kept,
 * it is `keep`. */
struct previous previous_of(const struct document *document, const struct document_profile *profile,
                            const char *name, int64_t keep, int64_t now);

/*
 * The text of the document `after` with what each secret was in `before` where that is another value, and
 * without what is past its time. What the change itself says of a previous value stands. *text is allocated
 * and owned by the caller; it is left empty where nothing is to be added or dropped.
 */
bool previous_keep(const struct document *before, const struct document *after, int64_t keep, int64_t now,
                   struct secret *text, struct reason *why);

#endif
