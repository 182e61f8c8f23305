/* SPDX-License-Identifier: ISC */
/* Memory that crosses execve: see memory.h. Runs in secrun (and secrunctl check); holds the capsule. */
#include "deliver/memory.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

/* Calls try(size) in a child, of which nothing is left; false if there can be none. It sends no signal when
 * it ends, and is no thread, so that nothing but it ends. */
static bool in_child(int (*try)(size_t size), size_t size, int *status, struct reason *why)
{
    long child = syscall(SYS_clone, 0UL, 0UL, 0UL, 0UL, 0UL);
    if (child == 0)
        syscall(SYS_exit_group, try(size));
    if (child < 0)
        return fail_errno(why, "a child");
    while (waitpid((pid_t)child, status, __WALL) < 0)
        if (errno != EINTR)
            return fail_errno(why, "waiting for a child");
    return true;
}

static int try_secret(size_t size)
{
    (void)size;
    return (int)syscall(SYS_memfd_secret, 0);
}

/*
 * A filter may end who makes a call that it does not know, as SystemCallFilter=@system-service in a systemd
 * unit does: under a filter, a child tries first. Where there can be no child, nothing is tried.
 */
static bool may_be_tried(struct reason *why)
{
    int status = 0;
    if (prctl(PR_GET_SECCOMP) != SECCOMP_MODE_FILTER)
        return true;
    if (!in_child(try_secret, 0, &status, why)) {
        fail_within(why, "memfd_secret: not tried under this seccomp filter");
        return fail_hint(why, "see RLIMIT_NPROC, and pids.max of the control group");
    }
    if (!WIFSIGNALED(status))
        return true;
    fail(why, "memfd_secret: a seccomp filter ends whoever calls it");
    return fail_hint(why, "allow the system call memfd_secret (447), or see UNDER SYSTEMD in secrun(7)");
}

/* Why there is no memfd_secret for `size` bytes, and what would help. */
static bool explain(int error, size_t size, struct reason *why)
{
    struct rlimit limit;
    if (error == ENOSYS) { /* the answer of many an engine's filter, too */
        bool filtered = prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER;
        fail(why, "memfd_secret: not in this kernel, %s",
             filtered ? "switched off, or forbidden by a seccomp filter" : "or switched off");
        return fail_hint(why, "it takes Linux 5.14 or later, before 6.5 with secretmem.enable=1 at boot");
    }
    if (error == EPERM || error == EACCES) {
        fail(why, "memfd_secret: forbidden here, most likely by a seccomp filter");
        return fail_hint(why, "allow the system call memfd_secret (447)");
    }
    if (error == EAGAIN && getrlimit(RLIMIT_MEMLOCK, &limit) == 0) {
        fail(why, "memfd_secret: %zu bytes do not fit into RLIMIT_MEMLOCK (%llu)", size,
             (unsigned long long)limit.rlim_cur);
        return fail_hint(why, "raise it: ulimit -l, or LimitMEMLOCK= in the unit");
    }
    errno = error;
    return fail_errno(why, "memfd_secret");
}

static bool create_secret(struct carrier_memory *memory, size_t size, struct reason *why)
{
    *memory = (struct carrier_memory){.fd = -1};
    if (!may_be_tried(why))
        return false;
    int error = carrier_create(memory, size, true, false);
    if (!error)
        return true;
    *memory = (struct carrier_memory){.fd = -1};
    return explain(error, size, why);
}

static bool create_sealable(struct carrier_memory *memory, size_t size, struct reason *why)
{
    int error = carrier_create(memory, size, false, false);
    if (!error) {
        mlock(memory->bytes, memory->size); /* as far as the limit goes */
        return true;
    }
    *memory = (struct carrier_memory){.fd = -1};
    errno = error;
    return fail_errno(why, "memfd_create: %zu bytes", size);
}

bool memory_create(struct carrier_memory *memory, size_t size, bool require_secret, struct reason *why)
{
    *why = (struct reason){0};
    if (create_secret(memory, size, why))
        return true;
    if (require_secret)
        return false;
    struct reason second = {0};
    if (create_sealable(memory, size, &second))
        return true;
    *why = second;
    return false;
}

bool memory_finish(struct carrier_memory *memory, struct reason *why)
{
    int error = carrier_release(memory);
    memory->bytes = NULL;
    if (!error)
        return true;
    errno = error;
    return fail_errno(why, "sealing the memfd");
}

void memory_close(struct carrier_memory *memory)
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

static int try_lock(size_t size)
{
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED)
        return 1;
    int failed = mlock(bytes, size) != 0;
    munmap(bytes, size);
    return failed;
}

/* A child has nothing locked yet, like the target. Where there can be none, this process has little. */
bool memory_locks(size_t size)
{
    struct reason ignored;
    int status = 0;
    if (!in_child(try_lock, size, &status, &ignored))
        return try_lock(size) == 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool memory_secret_available(size_t size, struct reason *why)
{
    struct carrier_memory memory;
    if (!create_secret(&memory, size, why))
        return false;
    memory_close(&memory);
    return true;
}
