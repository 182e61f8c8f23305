/* SPDX-License-Identifier: ISC */
/*
 * Raw system calls: the shim has no libc to ask, and must not touch the target's errno. Each returns
 * what the kernel does: a result, or -errno. Runs inside the target.
 */
#ifndef SECRUN_SYS_H
#define SECRUN_SYS_H

#include <stddef.h>
#include <stdint.h>

#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/unistd.h>

#if defined(__x86_64__)
#include "shim/sys_x86_64.h"
#elif defined(__aarch64__)
#include "shim/sys_aarch64.h"
#else
#error "no system calls for this machine: add shim/sys_MACHINE.h"
#endif

static inline long sys_write(int fd, const void *bytes, size_t size)
{
    return sys_call6(__NR_write, fd, (long)bytes, (long)size, 0, 0, 0);
}

static inline long sys_close(int fd)
{
    return sys_call6(__NR_close, fd, 0, 0, 0, 0, 0);
}

static inline long sys_fcntl(int fd, int command, long argument)
{
    return sys_call6(__NR_fcntl, fd, command, argument, 0, 0, 0);
}

static inline long sys_fstat(int fd, struct stat *status)
{
    return sys_call6(__NR_fstat, fd, (long)status, 0, 0, 0, 0);
}

static inline long sys_fstatfs(int fd, struct statfs *status)
{
    return sys_call6(__NR_fstatfs, fd, (long)status, 0, 0, 0, 0);
}

static inline long sys_mmap(size_t size, int protection, int flags, int fd)
{
    return sys_call6(__NR_mmap, 0, (long)size, protection, flags, fd, 0);
}

static inline long sys_munmap(void *address, size_t size)
{
    return sys_call6(__NR_munmap, (long)address, (long)size, 0, 0, 0, 0);
}

static inline long sys_mlock(const void *address, size_t size)
{
    return sys_call6(__NR_mlock, (long)address, (long)size, 0, 0, 0, 0);
}

static inline long sys_madvise(void *address, size_t size, int advice)
{
    return sys_call6(__NR_madvise, (long)address, (long)size, advice, 0, 0, 0);
}

static inline long sys_prctl(int option, unsigned long argument)
{
    return sys_call6(__NR_prctl, option, (long)argument, 0, 0, 0, 0);
}

/* limits: soft and hard, as the kernel's struct rlimit64 */
static inline long sys_prlimit(int resource, const uint64_t limits[static 2])
{
    return sys_call6(__NR_prlimit64, 0, resource, (long)limits, 0, 0, 0);
}

static inline _Noreturn void sys_exit_group(int status)
{
    for (;;)
        sys_call6(__NR_exit_group, status, 0, 0, 0, 0, 0);
}

#endif
