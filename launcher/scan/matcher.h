/* SPDX-License-Identifier: ISC */
/*
 * Finds many patterns in one pass, however many there are. Pure on (pointer, length); runs in secrunctl. What
 * it is built of tells of the values, and is in locked memory.
 *
 * Of each pattern a window of `block + stride - 1` bytes is chosen, and each of the blocks in it is known. So
 * it is enough to look at one block in `stride` bytes of a text: one of them is a block of any match. Nearly
 * all are turned away by a filter that fits the cache; of the others a table tells whose they are, and the
 * text around is compared.
 */
#ifndef SECRUN_SCAN_MATCHER_H
#define SECRUN_SCAN_MATCHER_H

#include "scan/patterns.h"

struct gram;

struct matcher {
    const struct patterns *patterns; /* borrowed */
    size_t block, stride;
    uint64_t mask; /* of the block's bytes in eight */
    struct secret filter, table;
    unsigned filter_shift, bucket_shift;
    const uint32_t *starts; /* by bucket: its first gram */
    const struct gram *grams;
};

bool matcher_build(struct matcher *matcher, const struct patterns *patterns, struct reason *why);
void matcher_free(struct matcher *matcher);

/* text[begin .. end) is a match of the pattern of that index. */
typedef void matcher_found(void *user, size_t pattern, size_t begin, size_t end);

/* Reports every match that lies within text, some more than once, in no order. */
void matcher_search(const struct matcher *matcher, const unsigned char *text, size_t size,
                    matcher_found *found, void *user);

#endif
