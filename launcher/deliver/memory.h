/* SPDX-License-Identifier: ISC */
/* The memory that carries a capsule across execve: memfd_secret, or a sealed memfd where that is missing. */
#ifndef SECRUN_MEMORY_H
#define SECRUN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

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

/*
 * Lets a memory file be of `size` bytes: beyond RLIMIT_FSIZE the kernel sends a signal that ends the program.
 * The soft limit is raised, if it has to be, until memory_limit_file_size (which keeps errno). False, with
 * EFBIG, where the hard limit forbids it.
 */
bool memory_allow_file_size(size_t size, struct rlimit *before);
void memory_limit_file_size(const struct rlimit *before);

/* Would memfd_secret do for `size` bytes here, now? With false, a reason as above. */
bool memory_secret_available(size_t size, struct reason *why);

#endif
