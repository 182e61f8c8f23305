/* SPDX-License-Identifier: ISC */
/* Memory that crosses execve: see memory.h. Runs in secrun (and secrunctl check); holds the capsule. */
#include "deliver/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/carrier.h"

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

bool memory_set_size(int fd, size_t size)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    getrlimit(RLIMIT_FSIZE, &limit);
    if (limit.rlim_cur >= size)
        return ftruncate(fd, (off_t)size) == 0;
    if (limit.rlim_max < size) {
        errno = EFBIG;
        return false;
    }
    const struct rlimit raised = {limit.rlim_max, limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &raised);
    bool ok = ftruncate(fd, (off_t)size) == 0;
    int saved = errno;
    setrlimit(RLIMIT_FSIZE, &limit);
    errno = saved;
    return ok;
}

/*
 * Some kernels (Debian's 6.1) charge secret memory, all of a user's together, not when it is mapped but
 * when it is first touched, and end by SIGBUS whoever has no room left. A system call that is to write
 * there only fails.
 */
static bool touch(unsigned char *bytes, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t at = 0; at < size; at += page) {
        if (syscall(SYS_rt_sigpending, bytes + at, sizeof(uint64_t)) != 0) {
            errno = EAGAIN; /* as mmap says it elsewhere */
            return false;
        }
        memset(bytes + at, 0, sizeof(uint64_t));
    }
    return true;
}

static bool map(struct memory *memory)
{
    if (!memory_set_size(memory->fd, memory->size))
        return false;
    void *bytes = mmap(NULL, memory->size, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd, 0);
    if (bytes == MAP_FAILED)
        return false;
    memory->bytes = bytes;
    return !memory->secret || touch(memory->bytes, memory->size);
}

static bool explain(size_t size, struct reason *why)
{
    struct rlimit limit;
    if (errno == ENOSYS) {
        fail(why, "memfd_secret: not in this kernel, or switched off");
        return fail_hint(why, "it takes Linux 5.14 or later, before 6.5 with secretmem.enable=1 at boot");
    }
    if (errno == EPERM || errno == EACCES) {
        fail(why, "memfd_secret: forbidden here, most likely by a seccomp filter");
        return fail_hint(why, "allow the system call memfd_secret (447)");
    }
    if (errno == EAGAIN && getrlimit(RLIMIT_MEMLOCK, &limit) == 0) {
        fail(why, "memfd_secret: %zu bytes do not fit into RLIMIT_MEMLOCK (%llu)", size,
             (unsigned long long)limit.rlim_cur);
        return fail_hint(why, "raise it: ulimit -l, or LimitMEMLOCK= in the unit");
    }
    return fail_errno(why, "memfd_secret");
}

static bool create_secret(struct memory *memory, struct reason *why)
{
    memory->secret = true;
    memory->fd = (int)syscall(SYS_memfd_secret, 0);
    if (memory->fd >= 0 && map(memory))
        return true;
    explain(memory->size, why);
    memory_close(memory);
    return false;
}

static bool create_sealable(struct memory *memory, struct reason *why)
{
    memory->secret = false;
    memory->fd = memfd_create("secrun", MFD_ALLOW_SEALING);
    if (memory->fd < 0)
        return fail_errno(why, "memfd_create");
    if (map(memory)) {
        mlock(memory->bytes, memory->size); /* as far as the limit goes */
        return true;
    }
    fail_errno(why, "memfd_create: %zu bytes", memory->size);
    memory_close(memory);
    return false;
}

bool memory_create(struct memory *memory, size_t size, bool require_secret, struct reason *why)
{
    *memory = (struct memory){.fd = -1, .size = size};
    *why = (struct reason){0};
    if (create_secret(memory, why))
        return true;
    if (require_secret)
        return false;
    struct reason second = {0};
    if (create_sealable(memory, &second))
        return true;
    *why = second;
    return false;
}

bool memory_finish(struct memory *memory, struct reason *why)
{
    munmap(memory->bytes, memory->size);
    memory->bytes = NULL;
    if (memory->secret)
        return true;
    if (fcntl(memory->fd, F_ADD_SEALS, CARRIER_SEALS) != 0)
        return fail_errno(why, "sealing the memfd");
    return true;
}

void memory_close(struct memory *memory)
{
    int saved = errno;
    if (memory->bytes)
        munmap(memory->bytes, memory->size);
    if (memory->fd >= 0)
        close(memory->fd);
    memory->bytes = NULL;
    memory->fd = -1;
    errno = saved;
}

bool memory_secret_available(size_t size, struct reason *why)
{
    struct memory memory = {.fd = -1, .size = size};
    if (!create_secret(&memory, why))
        return false;
    memory_close(&memory);
    return true;
}
