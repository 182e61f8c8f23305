/* SPDX-License-Identifier: ISC */
/* A command that a test looks at while it runs. */
#ifndef SECRUN_TESTS_LIVE_H
#define SECRUN_TESTS_LIVE_H

#include <stddef.h>
#include <sys/types.h>

struct live {
    pid_t pid;   /* the command's own */
    int input;   /* its standard input, or -1 once closed */
    int output;  /* its standard output and standard error */
    char *text;  /* what it has printed so far; a NUL behind it */
    size_t size; /* bytes of it */
    int status;  /* waitpid's, after live_end */
};

/* Starts the formatted command line (one command, no list: it becomes the process) in the scratch
 * directory, PATH as for shell(), and waits until it has printed `mark`. Fails the test if it ends
 * or 60 seconds pass before that. */
void live_start(struct live *live, const void *mark, size_t mark_size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Closes its standard input, reads what else it prints, and waits for its end. */
void live_end(struct live *live);

void live_free(struct live *live);

/* Reads /proc/PID/NAME; malloc'd, NUL behind it. NULL, with errno, if it cannot be opened or read. */
char *live_proc(pid_t pid, const char *name, size_t *size);

#endif
