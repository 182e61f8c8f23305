/* SPDX-License-Identifier: ISC */
/* The list of secrets as JSON, for programs. No value is in it. */
#ifndef SECRUN_LISTING_H
#define SECRUN_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/reason.h"
#include "store/document.h"

/* What is listed, as of when. */
struct listing {
    const struct document *document;
    const struct document_profile *only; /* NULL: all */
    int64_t keep_previous;               /* as secrun.conf has it */
    int64_t now;
};

/* Prints it on standard output. */
bool listing_json(const struct listing *listing, struct reason *why);

#endif
