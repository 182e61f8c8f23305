/* SPDX-License-Identifier: ISC */
/* Programs whose output is scanned: git, journalctl. They are given no value, and a small environment. */
#ifndef SECRUN_SCAN_CHILD_H
#define SECRUN_SCAN_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/reason.h"

struct scan;

struct child {
    const char *name;
    pid_t pid;
    int output;              /* of it, to read from */
    int errors;              /* what it writes to standard error, in memory */
    const struct scan *scan; /* which knows what not to show of that; borrowed */
};

/* Is it on this machine? */
bool child_is_there(const char *name);

/*
 * Starts a program of one of the system's directories, without a shell. input: its standard input, or -1 for
 * none. passed: names of variables that it gets besides HOME and XDG_CONFIG_HOME; added: NAME=value; both end
 * with NULL. After true, child_end is due.
 */
bool child_start(struct child *child, const struct scan *scan, const char *const *arguments, int input,
                 const char *const *passed, const char *const *added, struct reason *why);

/* Closes its output, waits, and tells what it complained of, without the values in it. False unless its exit
 * status is 0. */
bool child_end(struct child *child, struct reason *why);

#endif
