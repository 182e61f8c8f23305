/* SPDX-License-Identifier: ISC */
/* Writing a capsule (shim/capsule.h). Pure; sees secrets. */
#ifndef SECRUN_CAPSULE_WRITE_H
#define SECRUN_CAPSULE_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "shim/capsule.h"

/* One entry to be. name and value are borrowed and hold no NUL, name no '='. */
struct capsule_item {
    const char *name, *value;
    size_t name_size, value_size;
    uint32_t place; /* ascending over the items */
    uint32_t flags; /* CAPSULE_SECRET or 0 */
};

/* Bytes that a capsule of these items takes, or 0 with a reason if that is above CAPSULE_SIZE_MAX. */
size_t capsule_measure(const struct capsule_item *items, size_t count, struct reason *why);

/*
 * Writes the capsule into block, which is zeroed, aligned to 8, and of the size that capsule_measure
 * gave. Names must be distinct and places ascending below place_count. flags: CAPSULE_DUMPABLE or 0.
 */
void capsule_write(unsigned char *block, size_t size, const struct capsule_item *items, size_t count,
                   uint32_t place_count, uint32_t flags);

#endif
