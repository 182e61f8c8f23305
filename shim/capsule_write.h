/* SPDX-License-Identifier: ISC */
/* Writing a capsule (capsule.h) without allocating: what goes in is told twice, first to measure it. Runs in
 * the launcher and inside the target, also in a vfork child; sees secrets. */
#ifndef SECRUN_CAPSULE_WRITE_H
#define SECRUN_CAPSULE_WRITE_H

#include "shim/capsule.h"

/* One entry to be: `NAME=value`, or value alone where name is NULL. Borrowed; no NUL in either, no '=' in
 * name. */
struct capsule_item {
    const char *name, *value;
    size_t name_size, value_size;
    uint32_t place; /* ascending; those with CAPSULE_NO_PLACE come last */
    uint32_t flags; /* CAPSULE_INDEXED only for one of a name */
    uint32_t list;
};

/* Of an environment: of its flags and its list nothing is said, nor of its place. */
struct capsule_item capsule_item_of_string(const char *string);

/* An entry of another capsule that goes along to no place, with these flags. */
struct capsule_item capsule_item_of_entry(const struct capsule_header *capsule,
                                          const struct capsule_entry *entry, uint32_t flags);

/* What a capsule is to hold. Zeroed before the first capsule_plan; flags and lists are the caller's to set.
 */
struct capsule_plan {
    uint32_t flags;
    uint32_t place_count, seen_count;
    const char *lists; /* borrowed */
    uint32_t lists_size;
    uint32_t entries, indexed, values; /* counted by capsule_plan */
    uint64_t strings;                  /* bytes, likewise */
};

void capsule_plan(struct capsule_plan *plan, const struct capsule_item *item);

/* Bytes that it takes, or 0 if that is above CAPSULE_SIZE_MAX. */
size_t capsule_measure(const struct capsule_plan *plan);

struct capsule_writer {
    unsigned char *block;
    uint32_t entry;  /* the next one's index */
    uint32_t string; /* and the offset of its string */
    bool failed;     /* an item did not fit: another thread has made it longer since it was planned */
};

/* Begins a capsule in a block that is zeroed, aligned to 8, and of the size that was measured; then the items
 * that were planned follow, in the same order. */
void capsule_begin(struct capsule_writer *writer, unsigned char *block, const struct capsule_plan *plan);
void capsule_put(struct capsule_writer *writer, const struct capsule_item *item);

/* Is it whole: have all items been put, as they were planned? */
bool capsule_end(const struct capsule_writer *writer);

#endif
