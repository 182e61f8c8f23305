/* SPDX-License-Identifier: ISC */
/*
 * The environment block that carries slots: where its carriers stand, SECRUN_CAPSULE, and LD_PRELOAD for a
 * program that takes the capsule by way of the shim.
 *
 * The array that the program finds has as many entries as the block that execve was given, where that can be
 * had, since what lies behind it (the auxiliary vector) is found by some by walking over it. So each entry
 * of the one has its place in the other: a plain variable stands as it is, a secret's place holds an empty
 * slot, and the carriers take two places, whose rightful strings travel in the capsule. Pure; built into
 * the launcher and the shim.
 */
#ifndef SECRUN_BLOCK_H
#define SECRUN_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum block_kind {
    BLOCK_PLAIN,   /* stands in the block as it is */
    BLOCK_SECRET,  /* an empty slot, and the string is in the capsule: it holds a secret, */
    BLOCK_CARRIED, /* or it is plain, but must not be where the loader would read it, or has given its place
                    */
};

#define BLOCK_NONE SIZE_MAX

struct block_carriers {
    size_t preload, capsule; /* places; from the number of entries on, if there were too few; or BLOCK_NONE */
    size_t place_count;      /* of the block: the number of entries, or one or two more */
    const char *users;       /* the value of the user's own LD_PRELOAD, or "" */
};

/*
 * Chooses the places; preload: also one for LD_PRELOAD. entries: the strings that the program is to see; of a
 * secret's, nothing is read. kinds: BLOCK_PLAIN or BLOCK_SECRET on entry; plain ones that have to travel
 * become BLOCK_CARRIED.
 */
void block_lay_out(char *const *entries, unsigned char *kinds, size_t count, bool preload,
                   struct block_carriers *carriers);

/* Bytes before the first '=' of an entry: its name's size; 0 if there is none. */
size_t block_name_size(const char *entry);

/* Does NAME=… begin the entry? */
bool block_has_name(const char *entry, const char *name);

#endif
