/* SPDX-License-Identifier: ISC */
/* The voice of both programs on standard error: `secrun: text`, and a hint on its own line. */
#ifndef SECRUN_MESSAGE_H
#define SECRUN_MESSAGE_H

#include "base/reason.h"

/* Exit statuses of the launcher itself, as env(1) has them. */
enum { EXIT_FAILED = 125, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

/* "program: text", then "program: hint: …" if there is one. */
void message_reason(const char *program, const struct reason *why);

/* "program: " and the formatted text. Never give it a value. */
void message(const char *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
