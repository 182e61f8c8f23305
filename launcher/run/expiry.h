/* SPDX-License-Identifier: ISC */
/* Secrets that are due for another value, at a start. Is given names and attributes, prints no value. */
#ifndef SECRUN_EXPIRY_H
#define SECRUN_EXPIRY_H

#include <stdint.h>

#include "run/run.h"
#include "store/due.h"

/* When the secret of run->choice at this index is due, at `now` (seconds since the epoch). */
struct due expiry_of(const struct run *run, size_t at, int64_t now);

/* False, with a reason, if one of those that the program would get is overdue and has on-expiry = refuse. */
bool expiry_allows(const struct run *run, struct reason *why);

/* Warns of the others that are overdue, in a line. */
void expiry_warn(const struct run *run);

#endif
