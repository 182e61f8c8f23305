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

/* Is it root where it runs, be that a user namespace of its own? Or it cannot be told. */
static bool is_root(const struct process *process)
{
    unsigned root = 0, uid = process->status.uids[1];
    return process_is_elsewhere(process) ? !root_of(process, &root) || root == uid : uid == 0;
}

bool process_is_root_elsewhere(const struct process *process)
{
    return process_is_elsewhere(process) && is_root(process);
}

/* Who has fewer capabilities than a process, or is of another user namespace, is refused for that, be it
 * dumpable or not. */
static bool may_be_told(const struct process *process)
{
    char text[16384];
    struct proc_status own;
    ssize_t size = process_read_small(AT_FDCWD, "/proc/self/status", text, sizeof text);
    return !process_is_elsewhere(process) && size > 0 && proc_status_parse(text, (size_t)size, &own) &&
           (process->status.permitted & ~own.permitted) == 0;
}

enum shield process_shield(const struct process *process, const struct asker *asker)
{
    struct stat status;
    unsigned uid = process->status.uids[1];
    if (fstatat(process->directory, "environ", &status, AT_SYMLINK_NOFOLLOW) != 0)
        return SHIELD_UNKNOWN;
    enum asked asked = asker_ask(asker, process->status.thread, &process->status);
    /* The number may be another's by now, but not while this one is there. */
    if (!process_is_there(process))
        return SHIELD_UNKNOWN;
    if (asked == ASKED_ALLOWED)
        return SHIELD_DOWN;
    if (status.st_uid != uid)
        return SHIELD_UP;
    /* It is the owner of its files: a sign of nothing, if who is root where it runs is that, too. */
    if (!is_root(process))
        return SHIELD_DOWN;
    return asked == ASKED_REFUSED && may_be_told(process) ? SHIELD_UP : SHIELD_UNKNOWN;
}
