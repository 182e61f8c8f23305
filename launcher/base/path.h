/* SPDX-License-Identifier: ISC */
/*
 * Opening the files that secrun trusts. The checks are made on the open descriptor, and on every
 * directory above it, so that nobody but the caller and root can have put the file there.
 */
#ifndef SECRUN_PATH_H
#define SECRUN_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/reason.h"
#include "base/secret.h"

enum path_rule {
    PATH_TRUSTED, /* owned by root or the caller, and only they can write it */
    PATH_PRIVATE, /* and only its owner can read it */
    PATH_HANDED,  /* as PATH_TRUSTED; but on a mount that is read-only, the file can be anybody's */
};

/*
 * Opens path for reading (close-on-exec) if it is a regular file that obeys rule, and every directory
 * above it is one that only root and the caller can write (a sticky one, such as /tmp, will do). For
 * root, "the caller" is root. Symbolic links are followed, and what they lead to is checked. Returns
 * the descriptor, owned by the caller, or -1 with a reason; errno is ENOENT if there is no such file.
 */
int path_open(const char *path, enum path_rule rule, struct reason *why);

/* Reads a whole such file, of at most max bytes, into *secret (secret.h), which is empty where this is false.
 * A file that is not there is told by errno as path_open tells it. */
bool path_read(const char *path, enum path_rule rule, size_t max, struct secret *secret, struct reason *why);

/*
 * Opens it for reading and appending, if it obeys PATH_TRUSTED and is no symbolic link, in a directory that
 * does; makes it (mode 0600) if there is none.
 */
int path_open_append(const char *path, struct reason *why);
/* The same checks, as far as they go without making anything. */
bool path_may_append(const char *path, struct reason *why);

/* The same checks for a directory (opened O_DIRECTORY): PATH_PRIVATE means mode 0700 or less. */
int path_open_directory(const char *path, enum path_rule rule, struct reason *why);

/* What stands behind the last slash of a path; all of it where there is none. */
const char *path_name(const char *path);

/* Opens the directory that the path is in, or is to be in, by the rule PATH_TRUSTED. */
int path_open_parent(const char *path, struct reason *why);

/* Are both of one file, which nobody has written or moved in between? */
bool path_is_unchanged(const struct stat *before, const struct stat *now);

#endif
