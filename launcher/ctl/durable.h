/* SPDX-License-Identifier: ISC */
/* Files that are wholly there or not at all, whenever the machine stops. Writes sealed bytes and keys. */
#ifndef SECRUN_DURABLE_H
#define SECRUN_DURABLE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/reason.h"

/* A file by its directory, which is trusted (path.h). The lock is flock(2) on the directory. */
struct place {
    int directory;       /* -1: none */
    char path[PATH_MAX]; /* for messages */
    const char *name;    /* in path */
};

/*
 * Opens the directory that path is in. With follow, the file must be there, and where path is a
 * symbolic link the place is that of the file it leads to.
 */
bool place_open(struct place *place, const char *path, bool follow, struct reason *why);

/* Waits until no other process holds the lock; says so on standard error after a second. */
bool place_lock(const struct place *place, struct reason *why);

/* Gives up the lock. Fine on one that is not open if directory is -1. */
void place_close(struct place *place);

/*
 * Makes the file, with this mode, and does not overwrite one. Under the lock, if others may be making
 * files of this name.
 */
bool place_create(const struct place *place, mode_t mode, const void *bytes, size_t size, struct reason *why);

/*
 * Puts a new file in the place of the old one, with its owner and mode. Only under the lock. True when
 * the new bytes are on the disk; false when the old ones are, but for a failing sync of the directory,
 * which the reason tells.
 */
bool place_replace(const struct place *place, const void *bytes, size_t size, struct reason *why);

/* Puts a file there, whether there is one or not, with the owner, group and mode that *like has. Only under
 * the lock; true when it is on the disk. */
bool place_put(const struct place *place, const struct stat *like, const void *bytes, size_t size,
               struct reason *why);

/* Moves a file to another place, of the same directory. Only under the lock; true when that is on the disk.
 */
bool place_move(const struct place *from, const struct place *to, struct reason *why);

#endif
