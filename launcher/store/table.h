/* SPDX-License-Identifier: ISC */
/*
 * A hash table of array indices, so that a name is found among many in one step. It holds hashes and
 * indices, nothing secret; the items stay where they are.
 */
#ifndef SECRUN_TABLE_H
#define SECRUN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"

#define TABLE_NONE UINT32_MAX

/* A zeroed struct is a valid empty one. */
struct table {
    struct table_slot *slots; /* owned */
    size_t size;              /* slots: a power of two, or 0 */
    size_t used;
};

/* Is the item at `index` the one that `key` asks for? */
typedef bool table_match_fn(const void *items, uint32_t index, const void *key);

/* Folds a string and its NUL into a hash that began as TABLE_SEED. */
#define TABLE_SEED 0x811c9dc5u
uint32_t table_hash(uint32_t hash, const char *string);

/* The index that was added under this hash and that match accepts; TABLE_NONE if there is none. */
uint32_t table_find(const struct table *table, uint32_t hash, table_match_fn *match, const void *items,
                    const void *key);

/* Adds an index (below TABLE_NONE), without looking for an equal one. */
bool table_add(struct table *table, uint32_t hash, uint32_t index, struct reason *why);

void table_free(struct table *table);

#endif
