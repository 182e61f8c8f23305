/* SPDX-License-Identifier: ISC */
/* A store of secrunctl's own making in the scratch directory, and what its tests say again and again. */
#ifndef SECRUN_TESTS_CTL_H
#define SECRUN_TESTS_CTL_H

#include <stdbool.h>
#include <stddef.h>

#include "support/command.h"

/* Fixture, with scratch_end: `secrunctl init` has made the directory `store`, and SECRUN_DIR names it. No
 * editor and no XDG directory is set. */
void ctl_begin(void);

/* Replaces the store's document, by the real age(1). */
void ctl_seal(const char *document);

/* The store's document, as the real age(1) opens it; malloc'd. Fails the test if it does not. */
char *ctl_open(void);

/* Expects status 0, that output, and no word on standard error. */
void ctl_check(const char *command, const char *out);

/*
 * Expects a refusal: that status; standard error begins with "secrunctl: ", each line of it does, it holds
 * `text` and not the word hunter2, which stands for a value in these tests; nothing on standard output;
 * and the bytes of the sealed file as they were.
 */
void ctl_check_refused(const char *command, int status, const char *text);

/* Expects that the profile has that value, byte for byte. */
void ctl_check_value(const char *profile, const char *name, const void *value, size_t size);

/* Values that some reader or writer could take for something else; UTF-8, but for the last few. */
struct ctl_value {
    const char *bytes;
    size_t size;
};
extern const struct ctl_value ctl_values[];
extern const size_t ctl_value_count, ctl_text_value_count;

/* Makes one value of that size, without NUL, line feeds among it; malloc'd. */
char *ctl_large_value(size_t size);

#endif
