/* SPDX-License-Identifier: ISC */
/* Whether a process is dumpable, seen from outside: see process.h. Runs in secrunctl. */
#include "inspect/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Is it in another user namespace than this process? */
static bool is_elsewhere(const struct process *process)
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
    int fd = openat(process->directory, "uid_map", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof text) : -1;
    if (fd >= 0)
        close(fd);
    return size > 0 && proc_root_of_map(text, (size_t)size, uid);
}

/*
 * A root without CAP_SYS_PTRACE in effect asks for something that whoever may read a process is told (the
 * address of its list of robust futexes, PTRACE_MODE_READ_REALCREDS in ptrace(2)): with the permitted
 * capabilities as they are, only dumpable decides.
 */
static enum shield ask_as_root(const struct process *process)
{
    enum { WORDS = _LINUX_CAPABILITY_U32S_3 };
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct before[WORDS], without[WORDS];
    void *list = NULL;
    size_t size = 0;
    if (syscall(SYS_capget, &header, before) != 0)
        return SHIELD_UNKNOWN;
    memcpy(without, before, sizeof without);
    without[CAP_TO_INDEX(CAP_SYS_PTRACE)].effective &= ~CAP_TO_MASK(CAP_SYS_PTRACE);
    if (syscall(SYS_capset, &header, without) != 0)
        return SHIELD_UNKNOWN;
    long result = syscall(SYS_get_robust_list, process->pid, &list, &size);
    int error = errno;
    if (syscall(SYS_capset, &header, before) != 0)
        return SHIELD_UNKNOWN;
    if (result == 0)
        return SHIELD_DOWN;
    return error == EPERM ? SHIELD_UP : SHIELD_UNKNOWN;
}

enum shield process_shield(const struct process *process)
{
    struct stat status;
    unsigned root = 0, uid = process->status.uids[1];
    if (fstatat(process->directory, "environ", &status, AT_SYMLINK_NOFOLLOW) != 0)
        return SHIELD_UNKNOWN;
    if (status.st_uid != uid)
        return SHIELD_UP;
    if (!is_elsewhere(process)) {
        if (uid != 0)
            return SHIELD_DOWN;
        /* The number may be another's by now, but not while this one is there. */
        enum shield shield = geteuid() == 0 ? ask_as_root(process) : SHIELD_UNKNOWN;
        return process_is_there(process) ? shield : SHIELD_UNKNOWN;
    }
    return root_of(process, &root) && root != uid ? SHIELD_DOWN : SHIELD_UNKNOWN;
}
