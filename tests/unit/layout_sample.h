/* SPDX-License-Identifier: ISC */
/* A layout by layout.h, and what the target makes of it, for the unit tests. One a test. */
#ifndef SECRUN_TESTS_LAYOUT_SAMPLE_H
#define SECRUN_TESTS_LAYOUT_SAMPLE_H

#include "deliver/layout.h"

enum { LAYOUT_SECRETS_MAX = 8, LAYOUT_SHOWN_MAX = 4096 };

extern struct layout_input input;      /* what the test gives */
extern struct layout layout;           /* what comes of it */
extern struct capsule_header *capsule; /* NULL where there are no items */
extern char shown[LAYOUT_SHOWN_MAX];   /* the array that the target finds, with '|' between */

/* Adds a secret to the profile, for the whole tree or with a policy of its own. */
void add(const char *name, const char *value);
void add_with(const char *name, const char *value, struct policy policy);

/* Lays out, and does as the kernel and the shim would. Fails the test where a secret stands in the block. */
void lay_out(const char *const *inherited);
void lay_out_end(void);

/* The carrier, with what the user preloads behind it. */
const char *preload_with(const char *users);

#define INHERITED(...) ((const char *[]){__VA_ARGS__, NULL})

/* The entry of an indexed name; fails the test if there is none. */
const struct capsule_entry *entry_of(const char *name);

#endif
