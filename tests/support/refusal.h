/* SPDX-License-Identifier: ISC */
/* What a refusal of secrun's has to look like. */
#ifndef SECRUN_TESTS_REFUSAL_H
#define SECRUN_TESTS_REFUSAL_H

#include "support/command.h"

/* The command that tests of refusals give to secrun: it would leave the file `started`. */
#define STARTED "touch started"

/*
 * Expects that exit status; on standard error exactly one line, which begins with "secrun: " and holds
 * `text`, and at most one more, which begins with "secrun: hint: "; nothing on standard output; no file
 * `started`. `what` names the case in messages. Frees *outcome.
 */
void check_refusal(const char *what, struct outcome *outcome, int status, const char *text);

#endif
