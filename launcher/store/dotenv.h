/* SPDX-License-Identifier: ISC */
/* Reads a .env file exactly as the npm package `dotenv` (16 to 18) does. Pure on (pointer,
 * length). */
#ifndef SECRUN_DOTENV_H
#define SECRUN_DOTENV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "base/secret.h"

enum { DOTENV_MAX = 32 * 1024 * 1024 };

struct dotenv_entry {
    const char *name;  /* NUL-terminated, in dotenv.values; [A-Za-z0-9_.-]+ as dotenv has it */
    const char *value; /* NUL-terminated, in dotenv.values */
    size_t value_size;
    size_t line;    /* 1-based, where the entry begins */
    unsigned notes; /* of these: */
};

/* Where other readers of such files find other values. */
#define DOTENV_CUT    1u /* without quotes, it ends at a '#' that no blank precedes */
#define DOTENV_DOLLAR 2u /* it has a "${", and is not in single quotes */
#define DOTENV_AGAIN  4u /* its name stood before, with another value */

struct dotenv {
    struct secret values;
    struct dotenv_entry *entries; /* in order of first appearance; of two with one name the later value */
    size_t count;
};

/* A file that npm's dotenv reads in part (a line that is no assignment is passed over by it) is read
 * the same way; *skipped counts such lines that are neither blank nor comments, and *skipped_line is
 * the first. A NUL byte is an error. On false nothing is owned. */
bool dotenv_parse(struct dotenv *dotenv, const char *text, size_t size, size_t *skipped, size_t *skipped_line,
                  struct reason *why);
void dotenv_free(struct dotenv *dotenv);

/*
 * Appends `NAME=value` as a line that npm's dotenv reads back to the same bytes, quoted where needed.
 * False with a reason if dotenv has no spelling for that value (it has none, for instance, for a value
 * that holds all three kinds of quotes and a line feed).
 */
bool dotenv_format(struct secret *out, const char *name, const char *value, size_t value_size,
                   struct reason *why);

#endif
