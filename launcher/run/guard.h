/* SPDX-License-Identifier: ISC */
/* Secrets in the target's own arguments, which /proc/PID/cmdline shows to all. */
#ifndef SECRUN_GUARD_H
#define SECRUN_GUARD_H

#include "base/reason.h"
#include "shim/capsule.h"

/* Does a value of the capsule stand in the text? */
bool guard_finds(const struct capsule_header *capsule, const char *text);

/* Looks for the capsule's values in the arguments: warns, or fails where policy says argv = refuse. */
bool guard_arguments(const struct capsule_header *capsule, char *const *arguments, struct reason *why);

#endif
