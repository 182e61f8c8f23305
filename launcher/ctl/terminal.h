/* SPDX-License-Identifier: ISC */
/* Asking the person at the terminal: for a value, without echo, or for a decision. */
#ifndef SECRUN_TERMINAL_H
#define SECRUN_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "base/secret.h"

/*
 * Asks twice on standard error for a line of up to max bytes, and reads it from standard input, which
 * is a terminal, without echo. *value is allocated and owned by the caller. A signal that ends or stops the
 * process finds the terminal as it was, and after a stop the question is asked again.
 */
bool terminal_ask_value(struct secret *value, const char *name, size_t max, struct reason *why);

#endif
