/* SPDX-License-Identifier: ISC */
/* Users and groups of this host, without NSS, which a static program cannot have. Sees no secret. */
#ifndef SECRUN_ACCOUNT_H
#define SECRUN_ACCOUNT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/reason.h"

enum { ACCOUNT_NAME_MAX = 255 };     /* bytes */
enum { ACCOUNT_GROUPS_MAX = 65536 }; /* as in the kernel */

struct account {
    uid_t uid;
    gid_t gid;
    char name[ACCOUNT_NAME_MAX + 1]; /* empty: a number that has no entry */
    char home[PATH_MAX], shell[PATH_MAX];
    gid_t *groups; /* gid among them; owned */
    size_t group_count;
};

/*
 * Looks up USER or USER:GROUP, each a name or a number: in /etc/passwd and /etc/group, and what is not there
 * by getent(1) where it is installed, which knows of directories and of systemd's dynamic users. Without a
 * GROUP the groups are the user's own, with one that one alone. Numbers need no entry, a user's if the group
 * is given, too; getent is not asked for these. The caller frees *account.
 */
bool account_look_up(const char *given, struct account *account, struct reason *why);

/* Is that the name of that user in /etc/passwd? Nobody is asked. */
bool account_has_name(uid_t uid, const char *name);

void account_free(struct account *account);

#endif
