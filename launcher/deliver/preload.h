/* SPDX-License-Identifier: ISC */
/* Delivery by preload: the shim on disk. Sees no secret. */
#ifndef SECRUN_PRELOAD_H
#define SECRUN_PRELOAD_H

#include <stdbool.h>

#include "base/reason.h"

/* The shim's absolute path, compiled in. */
const char *preload_shim(void);

/* Is the shim there, trusted (path.h), an ELF shared object, and readable? */
bool preload_check(struct reason *why);

#endif
