/* SPDX-License-Identifier: ISC */
/* The capsule that secrun itself is given where it is run below another target. Holds that one's secrets. */
#ifndef SECRUN_OUTER_H
#define SECRUN_OUTER_H

#include <stdbool.h>

#include "base/reason.h"
#include "shim/capsule.h"

/*
 * Takes the capsule that the environment announces, as the shim does in other programs: maps it, closes its
 * descriptor, and puts its strings into environ. *outer is NULL if none is announced. The mapping stays; a
 * forked process does not have it.
 */
bool outer_take(const struct capsule_header **outer, struct reason *why);

/* The entries of an environment but for the strings that outer_take has put there, for a program that is not
 * to have them. NULL if there is no memory; owned by the caller, the strings are not. */
char **outer_without(const struct capsule_header *outer, char *const *environment);

#endif
