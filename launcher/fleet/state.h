/* SPDX-License-Identifier: ISC */
/*
 * What was sealed for each host of a fleet, so that only what changed is sealed again: JSON, of a digest of
 * what went in, which is keyed so that nobody without the file can try out values, and one of the files that
 * came out. Pure on (pointer, length); holds no secret but that key.
 */
#ifndef SECRUN_FLEET_STATE_H
#define SECRUN_FLEET_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "store/table.h"

enum { FLEET_STATE_MAX = 64 * 1024 * 1024 }; /* bytes of text */
enum { FLEET_KEY_SIZE = 32, FLEET_DIGEST_SIZE = 32 };

struct fleet_entry {
    char *name;                              /* of the host; owned */
    unsigned char inputs[FLEET_DIGEST_SIZE]; /* keyed BLAKE2b-256 of all that decides what is sealed */
    unsigned char files[FLEET_DIGEST_SIZE];  /* BLAKE2b-256 of the sealed file and its signature */
    int64_t serial;                          /* of the signature; 0: not signed */
    bool gone;                               /* it is not to be written any more */
};

struct fleet_state {
    unsigned char key[FLEET_KEY_SIZE];
    struct fleet_entry *entries; /* owned */
    size_t count, capacity;
    struct table table; /* private: by name */
};

/* Of a fleet of which nothing has been sealed: a new key. */
void fleet_state_begin(struct fleet_state *state);

/* Reads what fleet_state_format wrote; anything else is an error. fleet_state_free is due in any case. */
bool fleet_state_parse(struct fleet_state *state, const char *text, size_t size, struct reason *why);

/* *text is malloc'd, *size bytes, hosts in the order of their names. */
bool fleet_state_format(const struct fleet_state *state, char **text, size_t *size, struct reason *why);
void fleet_state_free(struct fleet_state *state);

/* NULL if there is none of that name, or it is gone. */
const struct fleet_entry *fleet_state_find(const struct fleet_state *state, const char *name);

/* Puts what an entry says in, under that name, which is copied, and in the place of what was there. */
bool fleet_state_put(struct fleet_state *state, const char *name, const struct fleet_entry *entry,
                     struct reason *why);

/* Is gone from now on; fine on one that is not there. */
void fleet_state_drop(struct fleet_state *state, const char *name);

#endif
