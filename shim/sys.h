/* SPDX-License-Identifier: ISC */
/*
 * Raw system calls: the shim has no libc to ask, and must not touch the target's errno. Each returns
 * what the kernel does: a result, or -errno. Runs inside the target.
 */
#ifndef SECRUN_SYS_H
#define SECRUN_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/unistd.h>

#ifndef __NR_memfd_secret
#define __NR_memfd_secret 447
#endif

#if defined(__x86_64__)
#include "shim/sys_x86_64.h"
#elif defined(__aarch64__)
#include "shim/sys_aarch64.h"
#else
#error "no system calls for this machine: add shim/sys_MACHINE.h"
#endif

/* Is a result, of a call that returns an address, an error? */
static inline bool sys_failed(long result)
{
    return result < 0 && result > -4096;
}

static inline long sys_write(int fd, const void *bytes, size_t size)
{
    return sys_call6(__NR_write, fd, (long)bytes, (long)size, 0, 0, 0);
}

/* Up to `size` bytes of a file from `offset` on. */
static inline long sys_pread(int fd, void *bytes, size_t size, uint64_t offset)
{
    return sys_call6(__NR_pread64, fd, (long)bytes, (long)size, (long)offset, 0, 0);
}

static inline long sys_openat(int directory, const char *path, int flags)
{
    return sys_call6(__NR_openat, directory, (long)path, flags, 0, 0, 0);
}

/* May this process, by its real ids, do that with the file? 0, or -errno. */
static inline long sys_faccessat(int directory, const char *path, int mode)
{
    return sys_call6(__NR_faccessat, directory, (long)path, mode, 0, 0, 0);
}

static inline long sys_readlinkat(int directory, const char *path, char *to, size_t size)
{
    return sys_call6(__NR_readlinkat, directory, (long)path, (long)to, (long)size, 0, 0);
}

static inline long sys_fgetxattr(int fd, const char *name, void *value, size_t size)
{
    return sys_call6(__NR_fgetxattr, fd, (long)name, (long)value, (long)size, 0, 0);
}

static inline long sys_ftruncate(int fd, size_t size)
{
    return sys_call6(__NR_ftruncate, fd, (long)size, 0, 0, 0, 0);
}

static inline long sys_memfd_create(const char *name, unsigned flags)
{
    return sys_call6(__NR_memfd_create, (long)name, flags, 0, 0, 0, 0);
}

static inline long sys_memfd_secret(unsigned flags)
{
    return sys_call6(__NR_memfd_secret, flags, 0, 0, 0, 0, 0);
}

static inline long sys_execve(const char *path, char *const *arguments, char *const *environment)
{
    return sys_call6(__NR_execve, (long)path, (long)arguments, (long)environment, 0, 0, 0);
}

static inline long sys_execveat(int directory, const char *path, char *const *arguments,
                                char *const *environment, int flags)
{
    return sys_call6(__NR_execveat, directory, (long)path, (long)arguments, (long)environment, flags, 0);
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

static inline int sys_getpid(void)
{
    return (int)sys_call6(__NR_getpid, 0, 0, 0, 0, 0, 0);
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
