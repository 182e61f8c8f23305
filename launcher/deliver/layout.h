/* SPDX-License-Identifier: ISC */
/* What a target is given: the environment block that carries slots (shim/block.h), and what goes into the
 * capsule. Handles pointers to secrets. */
#ifndef SECRUN_LAYOUT_H
#define SECRUN_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "deliver/programs.h"
#include "shim/capsule_write.h"
#include "shim/policy.h"
#include "store/document.h"

/* What a target is to get. All borrowed. */
struct layout_input {
    char *const *inherited;                      /* the environment that secrun has */
    const struct document_entry *const *secrets; /* the profile's, */
    const struct policy *policies;               /* and the policy of each */
    size_t count;
    const struct capsule_header *outer; /* what secrun itself was given, run below another target; or NULL */
    struct policy_program program;      /* the target, for the policy of those */
    bool inject;                        /* the target has no shim, */
    bool unheld; /* or asks none: everything it is to have has a place, and `static` has its say */
};

struct layout {
    char **block;               /* the environment for execve, null-terminated; owned */
    struct capsule_item *items; /* for the capsule, in their order; owned */
    size_t item_count;
    struct capsule_plan plan; /* of these items; its flags are the caller's to set */
    struct programs programs; /* the lists in the plan */
    char *carriers[2];        /* owned strings within block */
    char **plain;             /* owned strings within block that hold a secret (static = environ) */
    size_t plain_count;
    size_t withheld;        /* entries that the outer capsule's policy does not let the target have, */
    size_t withheld_static; /* and of these, the ones that it would have if it could be preloaded */
};

/*
 * Lays out the block and the items. A secret takes the place of an inherited variable of its name; an
 * inherited string that holds a secret of the outer capsule travels in the new one, or, if policy withholds
 * it, is left out. With no items (item_count 0) the target is to be run with the block as it is. The
 * capsule's descriptor need not exist yet: layout_announce writes it in. Borrowed strings must outlive
 * *layout.
 */
bool layout_make(struct layout *layout, const struct layout_input *input, struct reason *why);

/* Writes the items into a block of capsule_measure(&layout->plan) zeroed bytes. */
void layout_write(const struct layout *layout, unsigned char *block);
/* helper: a child that the target has to wait for (inject.h), or 0. */
void layout_announce(struct layout *layout, int fd, int helper);
void layout_free(struct layout *layout);

#endif
