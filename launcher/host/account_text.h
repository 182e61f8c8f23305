/* SPDX-License-Identifier: ISC */
/* The texts of passwd(5), group(5) and getent(1). Pure on (pointer, length); see no secret. */
#ifndef SECRUN_ACCOUNT_TEXT_H
#define SECRUN_ACCOUNT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "host/account.h"

/* A number in decimal digits alone, from 0 to 4294967294: the one above it stands for "leave it as it is". */
bool account_number(const char *text, size_t size, unsigned *number);

/* What a user or a group may be called here: letters, digits and _ . @ $ \ - , the first neither - nor $. */
bool account_is_name(const char *text);

enum account_found { ACCOUNT_FOUND, ACCOUNT_ABSENT, ACCOUNT_WRONG }; /* WRONG: with a reason, "line N: …" */

/*
 * The first line of a user: the one of that name, or with name NULL of that number, or with neither (name
 * NULL, number NULL) the first there is. Fills in all of *account but its groups. Comments and NIS's lines (+
 * and -) are passed over.
 */
enum account_found account_find_user(const char *text, size_t size, const char *name, const unsigned *number,
                                     struct account *account, struct reason *why);

/* The number of the group of that name (NULL: of the first line). */
enum account_found account_find_group(const char *text, size_t size, const char *name, unsigned *number,
                                      struct reason *why);

/* Adds to the account the groups whose lines have its name as a member. */
bool account_add_memberships(const char *text, size_t size, struct account *account, struct reason *why);

/* Adds the groups of a line of `getent initgroups`: a name, and numbers. */
bool account_add_listed(const char *text, size_t size, struct account *account, struct reason *why);

/* Adds a group that is not there yet. */
bool account_add_group(struct account *account, unsigned group, struct reason *why);

#endif
