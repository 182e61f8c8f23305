/* SPDX-License-Identifier: ISC */
/* Whether a process is dumpable, seen from outside: see process.h. Runs in secrunctl. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect/process.h"

bool process_is_elsewhere(const struct process *process)
{
    char its[64] = "", own[64] = "";
    ssize_t size = readlinkat(process->directory, "ns/user", its, sizeof its - 1);
    if (size < 0)
        return errno != ENOENT; /* not to be told: maybe */
    return readlink("/proc/self/ns/user", own, sizeof own - 1) != size || strcmp(its, own) != 0;
}

/* The user whose the files of a process become that is not dumpable (proc(5)). */
static bool root_of(const struct process *process, unsigned *uid)
{
    char text[4096];
    ssize_t size = process_read_small(process->directory, "uid_map", text, sizeof text);
    return size > 0 && proc_root_of_map(text, (size_t)size, uid);
}

enum shield process_shield(const struct process *process, const struct asker *asker)
{
    struct stat status;
    unsigned root = 0, uid = process->status.uids[1];
    if (fstatat(process->directory, "environ", &status, AT_SYMLINK_NOFOLLOW) != 0)
        return SHIELD_UNKNOWN;
    enum asked asked = asker_ask(asker, process->pid, &process->status);
    /* The number may be another's by now, but not while this one is there. */
    if (!process_is_there(process))
        return SHIELD_UNKNOWN;
    if (asked == ASKED_ALLOWED)
        return SHIELD_DOWN;
    if (status.st_uid != uid)
        return SHIELD_UP;
    /* It is the owner of its files: a sign of nothing, if who is root where it runs is that, too. Who may not
     * read a dumpable one has less capabilities than it. */
    bool is_root = process_is_elsewhere(process) ? !root_of(process, &root) || root == uid : uid == 0;
    if (!is_root)
        return SHIELD_DOWN;
    return asked == ASKED_REFUSED ? SHIELD_UP : SHIELD_UNKNOWN;
}
