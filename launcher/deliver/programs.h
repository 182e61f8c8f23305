/* SPDX-License-Identifier: ISC */
/* The lists of programs that may have secrets, as a capsule carries them. Sees no secret. */
#ifndef SECRUN_PROGRAMS_H
#define SECRUN_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"

enum { PROGRAMS_SIZE_MAX = 64 * 1024 }; /* bytes of all lists of a run */

/* The area of a capsule: strings, each with a NUL, and an empty one behind each list. Zeroed, it is a valid
 * empty one. */
struct programs {
    unsigned char *bytes; /* owned */
    size_t size, room;
    char *text;    /* private: the list that was added last, owned, */
    uint32_t list; /* and where it is */
};

/* Begins with the lists of another capsule, which keep their offsets. */
bool programs_begin(struct programs *programs, const unsigned char *lists, size_t size, struct reason *why);

/*
 * Adds a list, as an inherit attribute has it, and sets *list to 1 + its offset; lists that come to the same
 * are there once. A path stands for itself and for the file that it leads to; a bare name for itself and for
 * the file that it leads to in PATH (looked up as execvp does; default /usr/local/bin:/usr/bin:/bin), so that
 * sh is dash where it is. What is not there is no error: it may come.
 */
bool programs_add(struct programs *programs, const char *text, uint32_t *list, struct reason *why);
void programs_free(struct programs *programs);

#endif
