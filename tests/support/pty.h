/* SPDX-License-Identifier: ISC */
/* A command on a terminal of its own, with the test as the person in front of it. */
#ifndef SECRUN_TESTS_PTY_H
#define SECRUN_TESTS_PTY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct pty {
    pid_t pid;    /* the command's own; it leads the terminal's session */
    int person;   /* the side of the keyboard and the screen */
    int terminal; /* the command's side, held open to ask for its settings */
    char *text;   /* what was on the screen so far; a NUL behind it */
    size_t size;  /* bytes of it */
    size_t seen;  /* up to the end of the last text that was waited for */
    int status;   /* as in struct outcome, after pty_end */
};

/* Starts the formatted command line (one command, no list: it becomes the process) in the scratch
 * directory, PATH as for shell(). */
void pty_start(struct pty *pty, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Waits until the text is on the screen, behind what was waited for before. Fails the test if the command
 * ends, or 30 seconds pass, before that. */
void pty_expect(struct pty *pty, const char *text);

/* Types these bytes. */
void pty_type(struct pty *pty, const void *bytes, size_t size);
void pty_type_text(struct pty *pty, const char *text);

/* Would the terminal show what is typed, and take it line by line? */
bool pty_echoes(const struct pty *pty);

/* Reads the screen until the command ends. */
void pty_end(struct pty *pty);
void pty_free(struct pty *pty);

#endif
