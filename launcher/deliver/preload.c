/* SPDX-License-Identifier: ISC */
/* Delivery by preload: see preload.h. Runs in secrun and secrunctl; sees no secret. */
#include "deliver/preload.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/path.h"
#include "shim/elf.h"
#include "shim/loading.h"

#if !defined(SECRUN_SHIM) || !defined(SECRUN_PROGRAM)
#error "SECRUN_SHIM, SECRUN_PROGRAM: the absolute paths of the shim and of secrun, set by the Makefile"
#endif

const char *preload_shim(void)
{
    return SECRUN_SHIM;
}

const char *preload_launcher(void)
{
    return SECRUN_PROGRAM;
}

/* The loaders go on without a shim that they cannot map, so what would stop them is looked for here. */
static bool check_object(int fd, struct reason *why)
{
    struct stat status;
    struct statvfs system;
    struct elf_facts facts;
    if (fstat(fd, &status) != 0 || fstatvfs(fd, &system) != 0)
        return fail_errno(why, "cannot be looked at");
    if (system.f_flag & ST_NOEXEC)
        return fail(why, "on a file system that is mounted noexec");
    size_t size = (size_t)status.st_size;
    void *file = size > 0 ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (file == MAP_FAILED)
        return fail(why, "empty, or cannot be mapped");
    const char *wrong = elf_inspect(file, size, &facts);
    munmap(file, size);
    if (wrong)
        return fail(why, "%s", wrong);
    if (elf_is_foreign(&facts) || facts.type != ET_DYN)
        return fail(why, "not a shared object for this machine");
    return true;
}

bool preload_check(struct reason *why)
{
    /* The kernel then tells the loader to trust nothing (AT_SECURE), and it says nothing of what it drops. */
    if (getuid() != geteuid() || getgid() != getegid()) {
        fail(why, "the real and the effective user or group differ (uid %u and %u, gid %u and %u)", getuid(),
             geteuid(), getgid(), getegid());
        return fail_hint(why, "a program's loader ignores what is preloaded then; make them equal first");
    }
    /* The loaders split LD_PRELOAD at these, with no way to quote. */
    if (strpbrk(SECRUN_SHIM, ": \t\n"))
        return fail(why, "%s: a path with blanks or colons cannot be preloaded", SECRUN_SHIM);
    int fd = path_open(SECRUN_SHIM, PATH_TRUSTED, why);
    if (fd < 0) {
        bool missing = errno == ENOENT;
        fail_within(why, "shim");
        return missing && fail_hint(why, "install secrun again, with the PREFIX it was built for");
    }
    bool ok = check_object(fd, why) || fail_within(why, "shim: %s", SECRUN_SHIM);
    close(fd);
    return ok;
}

static bool try_limits(const struct elf_memory *memory, struct reason *why)
{
    int limit = loading_limit(memory);
    if (limit < 0)
        return true;
    bool data = limit == RLIMIT_DATA;
    fail(why, "shim: %s leaves no room for it beside the program", data ? "RLIMIT_DATA" : "RLIMIT_AS");
    return fail_hint(why, data ? "raise it: ulimit -d, or LimitDATA= in the unit"
                               : "raise it: ulimit -v, or LimitAS= in the unit");
}

bool preload_try(const struct elf_memory *memory, struct reason *why)
{
    int fd = open(SECRUN_SHIM, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        bool full = errno == EMFILE;
        fail_errno(why, "shim: %s: with the capsule open", SECRUN_SHIM);
        return full && fail_hint(why, "raise RLIMIT_NOFILE: ulimit -n, or LimitNOFILE= in the unit");
    }
    void *code = mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    int saved = errno;
    close(fd);
    errno = saved;
    if (code == MAP_FAILED)
        return fail_errno(why, "shim: %s: cannot be mapped to be executed", SECRUN_SHIM);
    munmap(code, 1);
    return try_limits(memory, why);
}
