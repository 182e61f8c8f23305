/* SPDX-License-Identifier: ISC */
/*
 * Sessions with programs of the wild, each run twice: with its secrets in a plain environment, and under
 * secrun. What is printed must be the same; what /proc shows meanwhile must not.
 */
#ifndef SECRUN_TESTS_WILD_H
#define SECRUN_TESTS_WILD_H

#include <stdbool.h>
#include <stddef.h>

#include "support/command.h"

/* The values of KEY, TOKEN and PEM, and what no process may show: KEY, TOKEN, a line of PEM. NULL at the end.
 */
extern const char wild_key[], wild_token[], wild_pem[];
extern const char *const wild_values[];

/* A digest of the three as tests/wild/digest.sh, and all that is in its folder, tells it. */
extern char wild_digest[17];

/*
 * Makes the store, with these lines on top of its profile `wild`, and the two scripts `plain` and `sealed`,
 * which run a command in the one way and in the other. as_root: the sessions are root's, else the ordinary
 * user's.
 */
void wild_prepare(const char *attributes, bool as_root);

/*
 * Runs the formatted shell script in a fresh copy of tests/wild in both ways, at most so many seconds each.
 * In the script "$RUN" stands in front of the commands that have the secrets, "$WORK" is the working
 * directory. Fails the test unless both end with status 0 and print the same on both outputs, and /proc shows
 * the values all the while the plain way and never under secrun. Returns what was printed, for outcome_free.
 */
struct outcome wild_compare(unsigned seconds, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for programs from which secrun withholds secrets: they must do what they do in an environment
 * without any, from which nothing is expected to show. */
struct outcome wild_compare_without(unsigned seconds, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* How often the needle stands in what was printed on both outputs. */
size_t wild_count(const struct outcome *outcome, const char *needle);

#endif
