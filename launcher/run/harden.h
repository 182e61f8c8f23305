/* SPDX-License-Identifier: ISC */
/* The launcher's own process: what others must not see of it, and what the target gets back. */
#ifndef SECRUN_HARDEN_H
#define SECRUN_HARDEN_H

#include <sys/resource.h>

#include <stdbool.h>

#include "base/reason.h"

struct hardening {
    struct rlimit core; /* as it was */
};

/* No core, not dumpable, descriptors 0 to 2 open (on /dev/null, close-on-exec, where they were closed,
 * so that no file opened later takes their place). */
bool harden(struct hardening *hardening, struct reason *why);

/* Gives the target the core limit that secrun was started with. */
void unharden(const struct hardening *hardening);

#endif
