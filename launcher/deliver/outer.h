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

#endif
