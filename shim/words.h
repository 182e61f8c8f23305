/* SPDX-License-Identifier: ISC */
/* What wordexp is given, read as a shell would read it, and what it gives back. Runs inside the target. */
#ifndef SECRUN_WORDS_H
#define SECRUN_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "shim/libc.h"

extern void *malloc(size_t size) WEAK;
extern void *realloc(void *old, size_t size) WEAK;
extern void free(void *block) WEAK;

/* wordexp_t, its flags and what wordexp(3) returns: libcs agree on them. */
struct wordexp {
    size_t count;
    char **words; /* behind `offset` null pointers, and with one behind them; malloc'd by libc, as each word
                     is */
    size_t offset;
};

enum {
    WORDEXP_OFFSET = 1,
    WORDEXP_APPEND = 2,
    WORDEXP_NO_COMMANDS = 4,
    WORDEXP_REUSE = 8,
    WORDEXP_SHOW_ERRORS = 16,
    WORDEXP_UNDEFINED = 32,
};

enum words_error {
    WORDS_NOSPACE = 1,
    WORDS_BADCHAR = 2,
    WORDS_BADVAL = 3,
    WORDS_CMDSUB = 4,
    WORDS_SYNTAX = 5
};

/*
 * Can it stand as the arguments of a shell's command? 0; WORDS_BADCHAR: it holds one of |&;<>(){} or a line
 * feed outside quotes and expansions; WORDS_SYNTAX: something is not closed. *commands: it may hold a command
 * substitution; where shells do not agree on whether it does, true. Set in any case, to what stands before
 * the error. copy, if not null, is 2 * strlen(text) + 1 bytes, and gets the text with that quoted which a
 * shell would take for a comment, and wordexp does not.
 */
int words_check(const char *text, bool *commands, char *copy);

/*
 * Makes the words, each with a NUL behind it, the result, or appends them to it, as the flags say. 0, or
 * WORDS_NOSPACE and the result as it was. Only where malloc and its relatives are there.
 */
int words_add(struct wordexp *result, const char *bytes, size_t size, int flags);

#endif
