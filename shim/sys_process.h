/* SPDX-License-Identifier: ISC */
/* Raw system calls about processes and signals: see shim/sys.h. Runs inside the target. */
#ifndef SECRUN_SYS_PROCESS_H
#define SECRUN_SYS_PROCESS_H

#include <stdbool.h>

#include <linux/errno.h>

#include "shim/sys.h"

/* As the kernel has it on every machine of shim/sys.h; sets of signals are 8 bytes, bit n-1 for signal n. */
struct sys_signal_action {
    uintptr_t handler; /* 0: default, 1: ignored */
    unsigned long flags;
    uintptr_t restorer;
    uint64_t mask;
};

enum { SYS_SIGNALS = 64 };
#define SYS_SIGNAL_BIT(number) (1ull << ((number)-1))

/* how: SIG_BLOCK, SIG_SETMASK …; old may be null. */
static inline long sys_sigprocmask(int how, const uint64_t *set, uint64_t *old)
{
    return sys_call6(__NR_rt_sigprocmask, how, (long)set, (long)old, 8, 0, 0);
}

/* action or old may be null. */
static inline long sys_sigaction(int number, const struct sys_signal_action *action,
                                 struct sys_signal_action *old)
{
    return sys_call6(__NR_rt_sigaction, number, (long)action, (long)old, 8, 0, 0);
}

/* The kernel's siginfo_t, of which only these two are of interest; the same on every machine of shim/sys.h.
 */
struct sys_signal_info {
    int number, error, code;
    int padding;
    int pid; /* of SIGCHLD: the child */
    int rest[27];
};
_Static_assert(sizeof(struct sys_signal_info) == 128, "siginfo_t");

/* Takes a signal that is blocked out of those that are pending, if it is among them. */
static inline bool sys_take_signal(int number, struct sys_signal_info *info)
{
    const uint64_t set = SYS_SIGNAL_BIT(number);
    const int64_t at_once[2] = {0, 0};
    return sys_call6(__NR_rt_sigtimedwait, (long)&set, (long)info, (long)at_once, sizeof set, 0, 0) == number;
}

/* Makes it pending again. */
static inline void sys_queue_signal(int number, const struct sys_signal_info *info)
{
    sys_call6(__NR_rt_sigqueueinfo, sys_getpid(), number, (long)info, 0, 0, 0);
}

static inline long sys_kill(int pid, int number)
{
    return sys_call6(__NR_kill, pid, number, 0, 0, 0, 0);
}

/* Waits for the end of that child, however often a handler runs meanwhile; status may be null. */
static inline long sys_wait(int pid, int *status)
{
    long result;
    do {
        result = sys_call6(__NR_wait4, pid, (long)status, 0, 0, 0, 0);
    } while (result == -EINTR);
    return result;
}

static inline long sys_sched_yield(void)
{
    return sys_call6(__NR_sched_yield, 0, 0, 0, 0, 0, 0);
}

static inline long sys_sched_setparam(int priority)
{
    return sys_call6(__NR_sched_setparam, 0, (long)&priority, 0, 0, 0, 0);
}

static inline long sys_sched_setscheduler(int policy, int priority)
{
    return sys_call6(__NR_sched_setscheduler, 0, policy, (long)&priority, 0, 0, 0);
}

static inline long sys_setsid(void)
{
    return sys_call6(__NR_setsid, 0, 0, 0, 0, 0, 0);
}

static inline long sys_setpgid(int group)
{
    return sys_call6(__NR_setpgid, 0, group, 0, 0, 0, 0);
}

static inline int sys_getpgid(void)
{
    return (int)sys_call6(__NR_getpgid, 0, 0, 0, 0, 0, 0);
}

static inline long sys_getuid(void)
{
    return sys_call6(__NR_getuid, 0, 0, 0, 0, 0, 0);
}

static inline long sys_getgid(void)
{
    return sys_call6(__NR_getgid, 0, 0, 0, 0, 0, 0);
}

/* The effective id alone. */
static inline long sys_seteuid(long uid)
{
    return sys_call6(__NR_setresuid, -1, uid, -1, 0, 0, 0);
}

static inline long sys_setegid(long gid)
{
    return sys_call6(__NR_setresgid, -1, gid, -1, 0, 0, 0);
}

static inline long sys_chdir(const char *path)
{
    return sys_call6(__NR_chdir, (long)path, 0, 0, 0, 0, 0);
}

static inline long sys_fchdir(int fd)
{
    return sys_call6(__NR_fchdir, fd, 0, 0, 0, 0, 0);
}

static inline long sys_openat_mode(int directory, const char *path, int flags, unsigned mode)
{
    return sys_call6(__NR_openat, directory, (long)path, flags, mode, 0, 0);
}

static inline long sys_read(int fd, void *bytes, size_t size)
{
    return sys_call6(__NR_read, fd, (long)bytes, (long)size, 0, 0, 0);
}

static inline long sys_dup2(int fd, int new_fd)
{
    return sys_call6(__NR_dup3, fd, new_fd, 0, 0, 0, 0);
}

static inline long sys_pipe(int fds[static 2], int flags)
{
    return sys_call6(__NR_pipe2, (long)fds, flags, 0, 0, 0, 0);
}

/* A pair of connected stream sockets; type: with SOCK_CLOEXEC. */
static inline long sys_socketpair(int family, int type, int fds[static 2])
{
    return sys_call6(__NR_socketpair, family, type, 0, (long)fds, 0, 0);
}

static inline long sys_send(int fd, const void *bytes, size_t size, int flags)
{
    return sys_call6(__NR_sendto, fd, (long)bytes, (long)size, flags, 0, 0);
}

static inline long sys_ioctl(int fd, unsigned long request, void *argument)
{
    return sys_call6(__NR_ioctl, fd, (long)request, (long)argument, 0, 0, 0);
}

static inline long sys_rewind(int fd)
{
    return sys_call6(__NR_lseek, fd, 0, 0, 0, 0, 0);
}

static inline long sys_getdents(int fd, void *entries, size_t size)
{
    return sys_call6(__NR_getdents64, fd, (long)entries, (long)size, 0, 0, 0);
}

/* Closes that descriptor and all above. */
static inline long sys_close_from(int fd)
{
#ifndef __NR_close_range
#define __NR_close_range 436
#endif
    return sys_call6(__NR_close_range, fd, ~0u, 0, 0, 0, 0);
}

/* Soft and hard limit of this process. */
static inline long sys_getrlimit(int resource, uint64_t limits[static 2])
{
    return sys_call6(__NR_prlimit64, 0, resource, 0, (long)limits, 0, 0);
}

#endif
