/* SPDX-License-Identifier: ISC */
/*
 * Delivery by preload: the shim on disk, and the environment block that carries slots.
 *
 * The array that the target finds must have as many entries as the block that execve was given, since
 * what lies behind it (the auxiliary vector) is found by walking over it. So each entry of the one has
 * its place in the other: an inherited variable stands as it is, a secret's place holds an empty slot,
 * and two places are taken by the carriers LD_PRELOAD and SECRUN_CAPSULE, whose rightful strings travel
 * in the capsule.
 */
#ifndef SECRUN_PRELOAD_H
#define SECRUN_PRELOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "deliver/capsule_write.h"
#include "store/document.h"

/* The shim's absolute path, compiled in. */
const char *preload_shim(void);

/* Is the shim there, trusted (path.h), an ELF shared object, and readable? */
bool preload_check(struct reason *why);

struct preload {
    char **block;               /* the environment for execve, null-terminated; owned */
    struct capsule_item *items; /* for the capsule, in the order of their places; owned */
    size_t item_count;
    uint32_t place_count;
    char *carriers[2]; /* owned strings within block */
    char *padding;     /* owned, or NULL */
};

/*
 * Lays out the block for these secrets (at least one) over the inherited environment. The capsule's
 * descriptor need not exist yet: preload_announce writes it in. A secret takes the place of an
 * inherited variable of its name. Borrowed strings must outlive *preload. command: the target's path,
 * for the variable `_`, as a shell would set it, that is added where there is no second place to take.
 */
bool preload_layout(struct preload *preload, char *const *inherited,
                    const struct document_entry *const *secrets, size_t count, const char *command,
                    struct reason *why);
void preload_announce(struct preload *preload, int fd);
void preload_free(struct preload *preload);

#endif
