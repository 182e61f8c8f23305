/* SPDX-License-Identifier: ISC */
/* The memory that carries a capsule: see carrier.h. Runs in the launcher and inside the target; holds the
 * capsule. */
#include "shim/carrier.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/resource.h>

#include "shim/sys_process.h"

/* Below 3 it would be taken for a standard stream that the program had closed. */
static int lift(int fd)
{
    if (fd < 0 || fd > 2)
        return fd;
    long lifted = sys_fcntl(fd, F_DUPFD_CLOEXEC, 3);
    sys_close(fd);
    return (int)lifted;
}

int carrier_set_size(int fd, size_t size)
{
    uint64_t limits[2] = {size, size};
    sys_getrlimit(RLIMIT_FSIZE, limits);
    if (limits[0] >= size)
        return (int)-sys_ftruncate(fd, size);
    if (limits[1] < size)
        return EFBIG;
    const uint64_t raised[2] = {limits[1], limits[1]};
    sys_prlimit(RLIMIT_FSIZE, raised);
    long result = sys_ftruncate(fd, size);
    sys_prlimit(RLIMIT_FSIZE, limits);
    return (int)-result;
}

/*
 * Some kernels (Debian's 6.1) charge secret memory, all of a user's together, not when it is mapped but
 * when it is first touched, and end by SIGBUS whoever has no room left. A system call that is to write
 * there only fails.
 */
static int touch(unsigned char *bytes, size_t size)
{
    enum { PAGE = 4096 }; /* the smallest there is */
    for (size_t at = 0; at < size; at += PAGE) {
        if (sys_call6(__NR_rt_sigpending, (long)(bytes + at), sizeof(uint64_t), 0, 0, 0, 0) != 0)
            return EAGAIN; /* as mmap says it elsewhere */
        __builtin_memset(bytes + at, 0, sizeof(uint64_t));
    }
    return 0;
}

static int create(struct carrier_memory *memory, bool secret)
{
    long fd =
        secret ? sys_memfd_secret(O_CLOEXEC) : sys_memfd_create("secrun", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    memory->secret = secret;
    memory->fd = lift((int)fd);
    if (memory->fd < 0)
        return -memory->fd;
    long result = -carrier_set_size(memory->fd, memory->size);
    if (result == 0)
        result = sys_mmap(memory->size, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd);
    if (sys_failed(result)) {
        sys_close(memory->fd);
        return (int)-result;
    }
    memory->bytes = (unsigned char *)result;
    int error = secret ? touch(memory->bytes, memory->size) : 0;
    if (error) {
        sys_munmap(memory->bytes, memory->size);
        sys_close(memory->fd);
    }
    return error;
}

int carrier_create(struct carrier_memory *memory, size_t size, bool secret, bool fallback)
{
    *memory = (struct carrier_memory){.size = size};
    int error = secret ? create(memory, true) : 0;
    if (!secret || (error && fallback))
        error = create(memory, false);
    return error;
}

int carrier_release(struct carrier_memory *memory)
{
    sys_munmap(memory->bytes, memory->size);
    long result = memory->secret ? 0 : sys_fcntl(memory->fd, F_ADD_SEALS, CARRIER_SEALS);
    if (result == 0)
        result = sys_fcntl(memory->fd, F_SETFD, 0);
    return (int)-result;
}

bool carrier_leaves_room(int fd)
{
    uint64_t limits[2] = {0, 0};
    long spare = sys_fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (spare >= 0) {
        sys_close((int)spare);
        return true;
    }
    sys_getrlimit(RLIMIT_NOFILE, limits);
    for (uint64_t i = 0; i < limits[0]; i++)
        if (sys_fcntl((int)i, F_GETFD, 0) > 0) /* the exec closes this one */
            return true;
    return false;
}
