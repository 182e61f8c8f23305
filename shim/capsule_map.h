/* SPDX-License-Identifier: ISC */
/* Getting at the capsule that an environment announces, which may come from anybody. Runs inside the target,
 * and in the launcher where it runs below another target; sees secrets. */
#ifndef SECRUN_CAPSULE_MAP_H
#define SECRUN_CAPSULE_MAP_H

#include <stdbool.h>

#include "shim/capsule.h"

/* What a capsule is announced by: SECRUN_CAPSULE=DESCRIPTOR[,HELPER]. */
struct capsule_announced {
    int fd;     /* -1: something that is no descriptor */
    int helper; /* the process that the target has to wait for (inject.h); -1: none */
};

/* Is one announced in this environment? */
bool capsule_find_announced(char *const *array, struct capsule_announced *announced);

/*
 * Maps what the descriptor is of, writable and for this process alone: `size` bytes, which are not yet
 * checked. Only what cannot shrink under us is: secret memory (its size is set once), then *secret; or a
 * sealed memfd, which is copied. Returns NULL, or what is wrong in a few words. The descriptor stays open.
 */
const char *capsule_map(int fd, void **block, size_t *size, bool *secret);

#endif
