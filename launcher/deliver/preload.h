/* SPDX-License-Identifier: ISC */
/* Delivery by preload: the shim on disk, the environment block that carries slots (shim/block.h), and what
 * goes into the capsule. Handles pointers to secrets, copies none. */
#ifndef SECRUN_PRELOAD_H
#define SECRUN_PRELOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "deliver/programs.h"
#include "shim/capsule_write.h"
#include "shim/policy.h"
#include "store/document.h"

/* The shim's absolute path, compiled in. */
const char *preload_shim(void);

/* Is the shim there, trusted (path.h), an ELF shared object, and readable? */
bool preload_check(struct reason *why);

/* What a target is to get. All borrowed. */
struct preload_input {
    char *const *inherited;                      /* the environment that secrun has */
    const struct document_entry *const *secrets; /* the profile's, */
    const struct policy *policies;               /* and the policy of each */
    size_t count;
    const struct capsule_header *outer; /* what secrun itself was given, run below another target; or NULL */
    struct policy_program program;      /* the target, for the policy of those */
};

struct preload {
    char **block;               /* the environment for execve, null-terminated; owned */
    struct capsule_item *items; /* for the capsule, in their order; owned */
    size_t item_count;
    struct capsule_plan plan; /* of these items; its flags are the caller's to set */
    struct programs programs; /* the lists in the plan */
    char *carriers[2];        /* owned strings within block */
    size_t withheld;          /* entries that the outer capsule's policy does not let the target have */
};

/*
 * Lays out the block and the items. A secret takes the place of an inherited variable of its name; an
 * inherited string that holds a secret of the outer capsule travels in the new one, or, if policy withholds
 * it, is left out. With no items (item_count 0) the target is to be run with the block as it is. The
 * capsule's descriptor need not exist yet: preload_announce writes it in. Borrowed strings must outlive
 * *preload.
 */
bool preload_layout(struct preload *preload, const struct preload_input *input, struct reason *why);

/* Writes the items into a block of capsule_measure(&preload->plan) zeroed bytes. */
void preload_write(const struct preload *preload, unsigned char *block);
void preload_announce(struct preload *preload, int fd);
void preload_free(struct preload *preload);

#endif
