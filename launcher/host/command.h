/* SPDX-License-Identifier: ISC */
/* Other people's programs whose output is wanted: run without a shell, and never for longer than agreed. */
#ifndef SECRUN_COMMAND_H
#define SECRUN_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "base/secret.h"

struct command {
    char *const *arguments;   /* the first is the program's absolute path; ends with NULL */
    char *const *environment; /* ends with NULL */
    size_t max;               /* bytes of output */
    unsigned seconds;         /* from the start to the end */
    bool quiet;               /* no standard error */
};

/*
 * Runs it, with nothing to read and no descriptor but the standard ones, as the leader of a process group,
 * all of which is killed when time is up. The program has to be trusted (path.h). *output, which the caller
 * frees, gets all that it writes. True if it has exited by itself; *status is its exit status. False with a
 * reason that names it, and nothing to free.
 */
bool command_run(const struct command *command, struct secret *output, int *status, struct reason *why);

#endif
