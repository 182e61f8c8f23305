/* SPDX-License-Identifier: ISC */
/* The secrets that the leak matrix makes up anew for each run, and finding them again. */
#ifndef SECRUN_TESTS_SECRETS_H
#define SECRUN_TESTS_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SECRETS_VALUE_MAX = 128 };

struct made_up {
    const char *name;
    char value[SECRETS_VALUE_MAX]; /* with a NUL */
};

/* Those of every profile, in the order of the document; a null name ends them. One more behind it is
 * what KEY is in the profile `other`. */
extern struct made_up secrets[];
enum { SECRETS = 7, SECRETS_OTHER = SECRETS + 1 };

/* Fills in values of which no piece of 8 bytes is like any other text; false if there are no random bytes. */
bool secrets_make(void);

/* A bit for each secret of which a piece of 8 bytes, or `NAME=value` if it is shorter, stands in the bytes.
 */
uint32_t secrets_in(const void *bytes, size_t size);

/* The names of these, separated by blanks, in a buffer of the calling thread. */
const char *secrets_names(uint32_t which);

/* Its index in `secrets`, or -1. */
int secrets_index(const char *name, size_t size);

/*
 * Makes a store there with age(1): the profiles of the template file, where a line `@secrets` stands for all
 * of them, `@other` for the other value of KEY, `@dumpable` for what lets this user observe, and `@programs`
 * in a line for that path. False, after a line on standard error, if it cannot.
 */
bool secrets_store(const char *store, const char *template, const char *programs);

#endif
