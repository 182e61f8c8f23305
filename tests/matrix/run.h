/* SPDX-License-Identifier: ISC */
/* One run of a cell's command, and what its witnesses tell. */
#ifndef SECRUN_TESTS_RUN_H
#define SECRUN_TESTS_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "matrix/table.h"

/* Where things are; all absolute. */
struct places {
    const char *programs, *scripts, *store, *secrun;
    char directory[88]; /* of this cell: its working directory is below it */
    char work[96], socket[108];
};

struct report {
    char *records; /* as witness.h says */
    size_t size;
    const char *label;
    bool observed; /* the process that sent it was looked at, and could be */
};

/* Set by a signal handler: whatever runs is ended. */
extern volatile sig_atomic_t run_stopped;

enum { REPORTS_MAX = 64 };

struct run {
    struct report reports[REPORTS_MAX];
    size_t report_count;
    int status;           /* exit status; 128 + signal; -1: it had to be ended */
    char *output, *error; /* what was printed; a NUL behind each */
    size_t output_size, error_size;
    char problem[160]; /* why it could not be run to its end; empty: it was */
};

/* Runs it in a new, empty working directory: under secrun, and then observed (observer.h) until nothing of it
 * is left; or plainly, with the secrets in its environment. */
void run_cell(const struct cell *cell, const struct places *places, bool sealed, struct run *run);

#endif
