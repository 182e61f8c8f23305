/* SPDX-License-Identifier: ISC */
/* Delivery by preload: the shim on disk. Sees no secret. */
#ifndef SECRUN_PRELOAD_H
#define SECRUN_PRELOAD_H

#include <stdbool.h>

#include "base/reason.h"
#include "shim/elf.h"

/* The absolute paths, compiled in, of the shim, and of the secrun that it hands programs off to. */
const char *preload_shim(void);
const char *preload_launcher(void);

/* Is the shim there, trusted (path.h), an ELF shared object, and readable? */
bool preload_check(struct reason *why);

/*
 * Could a program's loader map the shim now? To be asked with the capsule's descriptor open. Where it cannot,
 * musl's goes on without a word. `memory`: what program and loader take before that.
 */
bool preload_try(const struct elf_memory *memory, struct reason *why);

#endif
