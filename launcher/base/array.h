/* SPDX-License-Identifier: ISC */
/* Arrays that grow, in ordinary memory. Holds no secret but by pointers. */
#ifndef SECRUN_ARRAY_H
#define SECRUN_ARRAY_H

#include <stddef.h>

#include "base/reason.h"

/* Makes room for one more item behind `count` in a malloc'd array, NULL at first. Returns where the array is
 * now; NULL, with a reason, if there is no memory: then it is where it was. */
void *array_make_room(void *array, size_t count, size_t *capacity, size_t item_size, struct reason *why);

#endif
