/* SPDX-License-Identifier: ISC */
/* What a refusal has to look like: of secrun's, and of the kernel's to an attacker. */
#ifndef SECRUN_TESTS_REFUSAL_H
#define SECRUN_TESTS_REFUSAL_H

#include <stdbool.h>

#include "support/command.h"

/* The command that tests of refusals give to secrun: it would leave the file `started`. */
#define STARTED "touch started"

/*
 * Expects that exit status; on standard error exactly one line, which begins with "secrun: " and holds
 * `text`, and at most one more, which begins with "secrun: hint: "; nothing on standard output; no file
 * `started`. `what` names the case in messages. Frees *outcome.
 */
void check_refusal(const char *what, struct outcome *outcome, int status, const char *text);

/* Expects that each way of the program `attacker` into another process was refused. Frees *seen. */
void check_attack_refused(struct outcome *seen);

/* Is this root, who may become others with -u? False for an ordinary user, and then it has been checked that
 * secrun refuses it, with the store in the scratch directory. */
bool may_become_others(void);

#endif
