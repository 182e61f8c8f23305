/* SPDX-License-Identifier: ISC */
/* How secrunctl scan tells what it has found: names and places. No value is in it. */
#ifndef SECRUN_SCANNING_H
#define SECRUN_SCANNING_H

#include <stdbool.h>

#include "base/reason.h"
#include "scan/scan.h"
#include "store/document.h"

struct scanning {
    struct scan scan;
    const struct document *document;
    /* By the number that patterns_add was told; NULL stands for the machine key. Owned. */
    const struct document_entry **secrets;
    size_t count;
    size_t short_count; /* those that are too short to be looked for */
    bool json;
};

/* scan.c: all secrets of scanning->document, or of one profile, are to be looked for; says which are too
 * short for it. */
bool scanning_add_secrets(struct scanning *scanning, const struct document_profile *only, struct reason *why);

/* For people: PLACE: PROFILE/NAME, FORM. */
bool scanning_tell(void *user, const struct finding *finding, struct reason *why);

/* For programs: one JSON object in a line. */
bool scanning_tell_json(void *user, const struct finding *finding, struct reason *why);

#endif
