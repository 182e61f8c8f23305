/* SPDX-License-Identifier: ISC */
/* A directory in memory that only this user can enter, for plaintext that another program has to see. */
#ifndef SECRUN_PRIVATE_DIRECTORY_H
#define SECRUN_PRIVATE_DIRECTORY_H

#include <limits.h>
#include <stdbool.h>

#include "base/reason.h"

struct private_directory {
    char path[PATH_MAX - NAME_MAX - 2]; /* so that a name fits behind it */
    int fd;                             /* locked (flock(2)) for as long as the directory is in use */
};

/*
 * Makes one on a tmpfs or ramfs: below $XDG_RUNTIME_DIR, /dev/shm or /run. Those of this user that a
 * killed process left there are wiped first. private_directory_remove is due afterwards.
 */
bool private_directory_make(struct private_directory *directory, struct reason *why);

/* Overwrites and removes all that is in it, whoever made it, and the directory. */
void private_directory_remove(struct private_directory *directory);

#endif
