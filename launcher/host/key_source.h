/* SPDX-License-Identifier: ISC */
/* Where the machine key comes from: a file, a credential, a descriptor or a command. Holds the key. */
#ifndef SECRUN_KEY_SOURCE_H
#define SECRUN_KEY_SOURCE_H

#include <stdbool.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/reason.h"
#include "base/secret.h"

/* What messages call it: a path, fd:N, or the command's path. */
void key_source_name(const struct config *config, char name[static PATH_MAX]);

/* To be called before anything else is opened: is the descriptor of an fd: there? No child is to have it. */
bool key_source_hold(const struct config *config, struct reason *why);

/* Can it be read a second time? */
bool key_source_lasts(const struct config *config);

/* Which file it is, before it is read; and is it another by now? Only a file of KEY_FILE can be. */
struct key_stamp {
    struct stat file; /* zeroed: none */
};
void key_source_stamp(const struct config *config, struct key_stamp *stamp);
bool key_source_moved(const struct config *config, const struct key_stamp *stamp);

/*
 * Reads the identity's text, as it is there. A file has to be private, a credential handed (path.h): who
 * hands these out also says who can read them. The descriptor of an fd: is closed behind its end; in place of
 * standard input there is /dev/null then. False with a reason, errno ENOENT if there is no such file.
 */
bool key_source_read(const struct config *config, struct secret *text, struct reason *why);

#endif
