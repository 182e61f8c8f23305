/* SPDX-License-Identifier: ISC */
/* Taking the capsule that the launcher, or the shim of a parent, announced. Runs inside the target, in the
 * shim's constructor or in the stub of an injection; sees secrets. */
#ifndef SECRUN_TAKE_H
#define SECRUN_TAKE_H

#include <stdbool.h>

#include "shim/capsule.h"

/*
 * Shields this process, maps the capsule that the array (null-terminated, as execve laid it out) announces,
 * closes its descriptor, checks it, and puts its strings into the array. *secret_memory: it is in
 * memfd_secret, not in the fallback. Returns NULL, having done nothing, if none is announced; does not return
 * if anything is amiss.
 */
const struct capsule_header *take_capsule(char **array, bool *secret_memory);

/* Says on standard error what is wrong with the capsule, in a few words, and ends the process with 125. */
_Noreturn void take_refuse(const char *wrong);

#endif
