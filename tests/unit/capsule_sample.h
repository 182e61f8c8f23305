/* SPDX-License-Identifier: ISC */
/* Capsules for the unit tests, by way of the writer. */
#ifndef SECRUN_TESTS_CAPSULE_SAMPLE_H
#define SECRUN_TESTS_CAPSULE_SAMPLE_H

#include "shim/capsule_write.h"

/* NAME=value, or value alone where name is NULL; in no place if `place` is CAPSULE_NO_PLACE. */
struct capsule_item item_of(const char *name, const char *value, uint32_t place, uint32_t flags);

/* A capsule of these items; plan has the rest (places, flags, lists), and is filled in. malloc'd, so that a
 * read beyond it is seen by a sanitizer. Fails the test if it cannot be measured, or is not well-formed. */
struct capsule_header *capsule_of(const struct capsule_item *items, size_t count, struct capsule_plan *plan);

/* The value that an indexed name has, or NULL. */
const char *value_in(const struct capsule_header *capsule, const char *name);

/* Two lists of programs, which entries have as 1 and 14. */
enum { CAPSULE_SAMPLE_LISTS = 19 };
extern const char capsule_sample_lists[CAPSULE_SAMPLE_LISTS];

/* One of each kind of entry; 8 strings are to be seen, in 9 places. */
enum { A, EMPTY, KEY, SECOND_KEY, NAMELESS, HIDDEN, KNOWN, ENTRIES };
struct capsule_header *capsule_sample(void);

/* The bucket that holds an entry, by its index. */
uint32_t *bucket_of(uint32_t *buckets, uint32_t count, uint32_t index);

#endif
