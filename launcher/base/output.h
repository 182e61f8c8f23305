/* SPDX-License-Identifier: ISC */
/* Bytes on their way out, secrets among them, past stdio and its buffers. */
#ifndef SECRUN_OUTPUT_H
#define SECRUN_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"

/* Writes all bytes to fd; `what` is its name in the reason. */
bool output(int fd, const void *bytes, size_t size, const char *what, struct reason *why);

#endif
