/* SPDX-License-Identifier: ISC */
/* The memory that carries a capsule across an exec: memfd_secret, or a sealed memfd where that is missing.
 * Runs in the launcher, and inside the target on the way to an exec (exec.h); holds the capsule. */
#ifndef SECRUN_CARRIER_H
#define SECRUN_CARRIER_H

#include <stdbool.h>
#include <stddef.h>

/* Of a memfd, so that nothing in it can change any more (F_SEAL_… of fcntl.h). */
#define CARRIER_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

struct carrier_memory {
    int fd; /* close-on-exec until carrier_release; 3 or above */
    unsigned char *bytes;
    size_t size;
    bool secret; /* memfd_secret, not the fallback */
};

/* Makes and maps `size` zeroed bytes: memfd_secret if `secret`, else, or where that is not to be had and
 * `fallback`, a memfd that can be sealed. Returns 0 or an errno, and then there is nothing to undo. */
int carrier_create(struct carrier_memory *memory, size_t size, bool secret, bool fallback);

/* Unmaps, seals a memfd, and lets the descriptor cross exec. 0 or an errno; the descriptor stays. */
int carrier_release(struct carrier_memory *memory);

/* Sets the size of a memory file. Doing so is writing to the kernel, and beyond RLIMIT_FSIZE it sends a
 * signal that ends the program: so the soft limit is raised for it. 0 or an errno. */
int carrier_set_size(int fd, size_t size);

/* With the descriptor that crosses exec, does the program have one left, for its loader to open the shim? */
bool carrier_leaves_room(int fd);

#endif
