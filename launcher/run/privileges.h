/* SPDX-License-Identifier: ISC */
/* Becoming another user for good (-u). */
#ifndef SECRUN_PRIVILEGES_H
#define SECRUN_PRIVILEGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/reason.h"
#include "host/account.h"

/* Could this process become that user, and give the program those capabilities? To be asked before a secret
 * is there. */
bool privileges_may_change(const struct account *account, uint64_t ambient, struct reason *why);

/*
 * Becomes that user: groups, gid, uid; no capability but `ambient` in any set; a session keyring of that
 * user's own. Checks all of it, and that what was given up cannot be had again. This process stays not
 * dumpable at every moment at which another process of that user could look into it. After a failure it is
 * somewhere in between, and has to end.
 */
bool privileges_change(const struct account *account, uint64_t ambient, struct reason *why);

/* Puts that user into the environment of this process: HOME, USER, LOGNAME and SHELL. */
bool privileges_set_environment(const struct account *account, struct reason *why);

#endif
