/* SPDX-License-Identifier: ISC */
/*
 * Commands whose whole process tree is looked at: at each exec, each fork and each exit in it, no sampling,
 * what /proc shows of the process. Nothing short-lived is missed.
 */
#ifndef SECRUN_TESTS_WILD_WATCH_H
#define SECRUN_TESTS_WILD_WATCH_H

#include <stddef.h>

#include "support/command.h"

struct watched {
    struct outcome outcome; /* the command's, as shell() gives it */
    size_t starts;          /* programs that were started */
    char *seen;             /* a line for each time that a process showed a value; "" if none did */
};

/*
 * Runs the formatted text with sh -c in the scratch directory, standard input empty, PATH as for shell(), and
 * waits until it and every process below it is gone, or kills them all after so many seconds (status 128 +
 * SIGKILL). values, NULL at the end: what is looked for in /proc/PID/environ and /proc/PID/cmdline. An
 * ordinary user cannot read a process that has made itself not dumpable; then its forks and its end are not
 * looked at.
 */
struct watched watch_shell(unsigned seconds, const char *const *values, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same without looking (no process is traced). */
struct outcome long_shell(unsigned seconds, const char *format, ...) __attribute__((format(printf, 2, 3)));

void watched_free(struct watched *watched);

#endif
