/* SPDX-License-Identifier: ISC */
/* The memory that carries a capsule across execve: memfd_secret, or a sealed memfd where that is missing. */
#ifndef SECRUN_MEMORY_H
#define SECRUN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "shim/carrier.h"

/*
 * Makes `size` zeroed bytes. With require_secret, anything but memfd_secret is a failure whose reason
 * names the cause (kernel, seccomp, RLIMIT_MEMLOCK) and the remedy. Else, after a fallback, *why holds
 * that reason although true is returned (text empty if there was none).
 */
bool memory_create(struct carrier_memory *memory, size_t size, bool require_secret, struct reason *why);

/* Unmaps; in the fallback, seals the memfd against every change. The descriptor stays, and crosses execve. */
bool memory_finish(struct carrier_memory *memory, struct reason *why);

/* Unmaps what is mapped and closes the descriptor. */
void memory_close(struct carrier_memory *memory);

/* Can so many bytes of private memory be locked here, now, as the shim does with those of a fallback? */
bool memory_locks(size_t size);

/* Would memfd_secret do for `size` bytes here, now? With false, a reason as above. */
bool memory_secret_available(size_t size, struct reason *why);

#endif
