/* SPDX-License-Identifier: ISC */
/* What the files of layout.h share. Runs in secrun; handles pointers to secrets. */
#ifndef SECRUN_LAYOUT_INTERNAL_H
#define SECRUN_LAYOUT_INTERNAL_H

#include "deliver/layout.h"
#include "shim/block.h"

#define LAYOUT_NOT_OURS SIZE_MAX

struct placing {
    const struct layout_input *input;
    char **strings;       /* inherited NAME=value, or NULL for */
    size_t *secrets;      /* one of the profile's, by its index; else LAYOUT_NOT_OURS */
    unsigned char *kinds; /* enum block_kind */
    size_t count;
    uint64_t *known; /* by entry of the outer capsule: stands in a longer value */
    bool *placed;    /* by secret of the profile */
    struct block_carriers carriers;
};

/* --- where everything stands: layout_place.c ---------------------------------------------------------- */

/* Places all that the target is to see, in its order. */
bool layout_place(struct placing *placing, struct layout *layout, struct reason *why);

/* Of the profile's secrets, by its index: in no array, only where the shim answers look-ups by name? */
bool layout_is_hidden(const struct layout_input *input, size_t at);

/* Is there one of that name among the first `count` that have a place? */
bool layout_has_name(const struct placing *placing, size_t count, const char *name, size_t size);

/* Does the target get this secret that the outer capsule keeps out of every array? Then with *flags. */
bool layout_takes_hidden(const struct placing *placing, const struct capsule_entry *entry, uint32_t *flags);

/* Is there a secret among all that the target gets? */
bool layout_carries_any(const struct placing *placing);

/* --- what travels in the capsule: layout_items.c ------------------------------------------------------ */

bool layout_add_items(struct layout *layout, const struct placing *placing, struct reason *why);

#endif
