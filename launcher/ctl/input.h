/* SPDX-License-Identifier: ISC */
/* What the operator names to be read: held to no rule of path.h, since it is the operator who reads it. */
#ifndef SECRUN_INPUT_H
#define SECRUN_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "base/secret.h"

/* Reads all of a file, or with path NULL of standard input, at most max bytes, into *secret, which is empty
 * where this is false. */
bool input_read(const char *path, size_t max, struct secret *secret, struct reason *why);

#endif
