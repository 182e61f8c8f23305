/* SPDX-License-Identifier: ISC */
/* The memory that carries a capsule across execve: memfd_secret, or a sealed memfd where that is missing. */
#ifndef SECRUN_MEMORY_H
#define SECRUN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"

struct memory {
    int fd;               /* not close-on-exec: the target inherits it */
    unsigned char *bytes; /* size bytes, mapped and writable until memory_close */
    size_t size;
    bool secret; /* memfd_secret, not the fallback */
};

/*
 * Makes `size` zeroed bytes. With require_secret, anything but memfd_secret is a failure whose reason
 * names the cause (kernel, seccomp, RLIMIT_MEMLOCK) and the remedy. Else, after a fallback, *why holds
 * that reason although true is returned (text empty if there was none).
 */
bool memory_create(struct memory *memory, size_t size, bool require_secret, struct reason *why);

/* Unmaps; in the fallback, seals the memfd against every change first. The descriptor stays open. */
bool memory_finish(struct memory *memory, struct reason *why);

/* Unmaps what is mapped and closes the descriptor. */
void memory_close(struct memory *memory);

/* Would memfd_secret do for `size` bytes here, now? With false, a reason as above. */
bool memory_secret_available(size_t size, struct reason *why);

/*
 * Sets the size of a memory file. Setting one is writing to the kernel, and beyond RLIMIT_FSIZE it sends a
 * signal that ends the program: so the soft limit is raised for it. False, with errno.
 */
bool memory_set_size(int fd, size_t size);

#endif
