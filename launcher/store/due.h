/* SPDX-License-Identifier: ISC */
/* When a secret was set and when it is due for another, from its attributes. Sees no value. */
#ifndef SECRUN_DUE_H
#define SECRUN_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/document.h"

enum { DUE_SOON = 14 * 86400 }; /* seconds */

struct due {
    bool has_age, has_due;
    int64_t age;  /* seconds since `rotated`; negative if that is yet to come */
    int64_t left; /* seconds until `expires`, or until max-age is over, whichever is first */
    bool unknown; /* max-age without `rotated` */
};

static inline bool due_is_overdue(const struct due *due)
{
    return due->has_due && due->left < 0;
}

static inline bool due_is_soon(const struct due *due)
{
    return due->has_due && due->left >= 0 && due->left < DUE_SOON;
}

/* Of a secret in profile, at `now` (seconds since the epoch). */
struct due due_of(const struct document *document, const struct document_profile *profile, const char *name,
                  int64_t now);

#endif
