/* SPDX-License-Identifier: ISC */
/* Arrays that grow: see array.h. Runs in secrun and secrunctl. */
#include "base/array.h"

#include <stdlib.h>

void *array_make_room(void *array, size_t count, size_t *capacity, size_t item_size, struct reason *why)
{
    if (count < *capacity)
        return array;
    size_t larger = *capacity > 0 ? *capacity * 2 : 32;
    void *moved = reallocarray(array, larger, item_size);
    if (!moved) {
        fail(why, "no memory for %zu entries", larger);
        return NULL;
    }
    *capacity = larger;
    return moved;
}
