/* SPDX-License-Identifier: ISC */
/*
 * What an exec would start: see reach.h. The loaders say nothing when they drop LD_PRELOAD, so everything
 * that makes them do it has to be seen from outside. Runs inside the target; sees no secret.
 */
#include "shim/reach.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/stat.h>

#include "shim/capsule.h"
#include "shim/elf.h"
#include "shim/loading.h"
#include "shim/sys_process.h"
#include "shim/text.h"

#if !defined(SECRUN_SHIM) || !defined(SECRUN_PROGRAM)
#error "SECRUN_SHIM, SECRUN_PROGRAM: the absolute paths of the shim and of secrun, set by the Makefile"
#endif

enum {
    INTERPRETERS_MAX = 5, /* levels of #!; the kernel allows as many */
    X_OK = 1,             /* <unistd.h> would bring libc's declarations of what the shim defines */
};

enum { FD_PATH_MAX = sizeof "/proc/self/fd/" + TEXT_NUMBER_MAX };

static const char *fd_path(int fd, char path[static FD_PATH_MAX])
{
    text_add_number(text_add(path, "/proc/self/fd/"), (unsigned)fd);
    return path;
}

static void read_name(int fd, char name[static REACH_PATH_MAX])
{
    char path[FD_PATH_MAX];
    long size = sys_readlinkat(AT_FDCWD, fd_path(fd, path), name, REACH_PATH_MAX);
    name[size > 0 && size < REACH_PATH_MAX ? size : 0] = '\0';
}

static bool fetch(const struct elf_file *file, uint64_t offset, void *to, size_t size)
{
    return sys_pread(file->fd, to, size, offset) == (long)size;
}

static bool has_mixed_ids(void)
{
    uint32_t ids[6] = {0};
    sys_call6(__NR_getresuid, (long)&ids[0], (long)&ids[1], (long)&ids[2], 0, 0, 0);
    sys_call6(__NR_getresgid, (long)&ids[3], (long)&ids[4], (long)&ids[5], 0, 0, 0);
    return ids[0] != ids[1] || ids[3] != ids[4];
}

/* musl's own loader, which is not looked into. */
enum { MUSL_ROOM = 1024 * 1024 };

/* glibc's loader ends a program that has no room, for want of libc; musl's goes on without a word. */
static bool can_map_shim(int fd, const struct elf_facts *facts)
{
    const char *libc = elf_libc(facts->interpreter);
    if (libc && libc[0] == 'g')
        return true;
    long code = sys_mmap(1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd);
    if (sys_failed(code))
        return false;
    sys_munmap((void *)code, 1);
    const struct elf_memory memory = {facts->memory.all + MUSL_ROOM, facts->memory.written};
    return loading_limit(&memory) < 0;
}

/* By opening it, as the loader will: Landlock forbids that without a word to access(2). */
static const char *inspect_shim(const struct elf_facts *facts, bool *crowded)
{
    long fd = sys_openat(AT_FDCWD, SECRUN_SHIM, O_RDONLY | O_CLOEXEC);
    *crowded = fd == -EMFILE || fd == -ENFILE;
    if (fd < 0)
        return "there is no " SECRUN_SHIM " where it runs";
    bool ok = can_map_shim((int)fd, facts);
    sys_close((int)fd);
    return ok ? NULL : "its loader could not map " SECRUN_SHIM;
}

/* Is the secrun of this shim there, where the program runs, and does it take this shim's capsules? */
static bool can_hand_off(bool *crowded)
{
    struct stat status = {0};
    struct elf_facts facts = {0};
    long fd = sys_openat(AT_FDCWD, SECRUN_PROGRAM, O_RDONLY | O_CLOEXEC);
    *crowded = fd == -EMFILE || fd == -ENFILE;
    if (fd < 0)
        return false;
    bool ok = sys_fstat((int)fd, &status) == 0 && !loading_privilege((int)fd, status.st_mode);
    const struct elf_file file = {.fetch = fetch, .size = (uint64_t)status.st_size, .fd = (int)fd};
    ok = ok && !elf_inspect_file(&file, &facts) && facts.takes_capsule == CAPSULE_VERSION;
    sys_close((int)fd);
    return ok && sys_faccessat(AT_FDCWD, SECRUN_PROGRAM, X_OK) == 0;
}

static void decide(int fd, const struct stat *status, struct reach *reach)
{
    struct elf_file file = {.fetch = fetch, .size = (uint64_t)status->st_size, .fd = fd};
    struct elf_facts facts;
    reach->withheld = elf_inspect_file(&file, &facts);
    if (reach->withheld)
        return;
    reach->withheld = loading_privilege(fd, status->st_mode);
    reach->gains_privilege = reach->withheld != NULL;
    if (reach->withheld || facts.takes_capsule == CAPSULE_VERSION)
        return;
    loading_libc(facts.interpreter);
    reach->withheld = elf_unreachable(&facts);
    if (has_mixed_ids()) {
        reach->withheld = "the real and the effective user or group differ";
        return;
    }
    if (!reach->withheld)
        reach->withheld = inspect_shim(&facts, &reach->crowded);
    reach->preload = !reach->withheld;
    if (reach->preload && facts.go)
        reach->withheld = ELF_GO;
    if (!reach->withheld || elf_is_foreign(&facts))
        return;
    reach->handoff = can_hand_off(&reach->crowded);
    reach->no_handoff = reach->handoff ? NULL : SECRUN_PROGRAM " is not to be run there, to inject it";
}

/* Cuts the interpreter out of a first line in place; NULL if there is none. */
static const char *hash_bang(char line[static LOADING_LINE_MAX + 1], size_t size)
{
    size_t at, length = loading_interpreter(line, size, &at);
    if (length == 0)
        return NULL;
    line[at + length] = '\0';
    return line + at;
}

/* Looks at an open file; returns the interpreter, in line, if it is a script, and NULL if all is decided. */
static const char *look_at(int fd, char line[static LOADING_LINE_MAX + 1], struct reach *reach)
{
    struct stat status = {0};
    if (sys_fstat(fd, &status) < 0 || (status.st_mode & S_IFMT) != S_IFREG) {
        reach->withheld = "not a regular file";
        reach->unsure = true;
        return NULL;
    }
    long size = sys_pread(fd, line, LOADING_LINE_MAX, 0);
    if (size > 0 && elf_is((unsigned char *)line, (size_t)size)) {
        decide(fd, &status, reach);
        return NULL;
    }
    const char *interpreter = size > 0 ? hash_bang(line, (size_t)size) : NULL;
    if (!interpreter) {
        reach->withheld = "neither a program nor a script";
        reach->unsure = true; /* the caller may give it to a shell next */
    }
    return interpreter;
}

static int open_given(const struct exec_call *call)
{
    char path[FD_PATH_MAX];
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    if ((call->flags & AT_EMPTY_PATH) && call->path && call->path[0] == '\0') {
        char byte;
        long fd = sys_fcntl(call->directory, F_DUPFD_CLOEXEC, 0);
        if (fd < 0 || sys_pread((int)fd, &byte, 1, 0) >= 0)
            return (int)fd;
        sys_close((int)fd); /* O_PATH: it takes /proc to read it */
        return (int)sys_openat(AT_FDCWD, fd_path(call->directory, path), flags);
    }
    return (int)sys_openat(call->directory, call->path, flags);
}

bool reach_has_path(const struct exec_call *call)
{
    return call->path && call->path[0] && call->flags == 0 &&
           (call->directory == AT_FDCWD || call->path[0] == '/');
}

/* The file's own name, if it leads back to it: not one of memory, or that has been removed. */
static const char *find_path(int fd, const struct reach_names *names)
{
    struct stat status = {0}, other = {0};
    long again = names && names->given[0] ? sys_openat(AT_FDCWD, names->given, O_RDONLY | O_CLOEXEC) : -1;
    if (again < 0)
        return NULL;
    bool same = sys_fstat(fd, &status) == 0 && sys_fstat((int)again, &other) == 0 &&
                status.st_dev == other.st_dev && status.st_ino == other.st_ino;
    sys_close((int)again);
    return same ? names->given : NULL;
}

int reach_find(const struct exec_call *call, struct reach *reach, struct reach_names *names)
{
    char line[LOADING_LINE_MAX + 1];
    *reach = (struct reach){0};
    if (names)
        names->given[0] = names->program[0] = '\0';
    int fd = open_given(call);
    /* What else can go wrong here is for execve to tell: it may be able to run what cannot be read. */
    if (!(call->flags & AT_EMPTY_PATH) &&
        (fd == -ENOENT || fd == -ENOTDIR || fd == -ENAMETOOLONG || fd == -ELOOP || fd == -EFAULT))
        return -fd;
    reach->unsure = fd == -EACCES && reach_has_path(call) && sys_faccessat(AT_FDCWD, call->path, X_OK) < 0;
    for (int level = 0; fd >= 0 && level <= INTERPRETERS_MAX; level++) {
        if (names)
            read_name(fd, level == 0 ? names->given : names->program);
        if (level == 0)
            reach->path = reach_has_path(call) ? call->path : find_path(fd, names);
        const char *interpreter = look_at(fd, line, reach);
        sys_close(fd);
        if (reach->crowded)
            return EMFILE;
        if (!interpreter) {
            reach->script = level > 0;
            /* What may not be executed is for execve to tell. */
            if (reach->handoff && !reach->path)
                reach->no_handoff = "secrun, which would inject it, needs a path to it";
            reach->handoff = reach->handoff && reach->path && sys_faccessat(AT_FDCWD, reach->path, X_OK) == 0;
            if (names && level == 0)
                __builtin_memcpy(names->program, names->given, sizeof names->given);
            return 0;
        }
        fd = (int)sys_openat(AT_FDCWD, interpreter, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        reach->unsure = fd == -ENOENT || fd == -ENOTDIR;
    }
    if (fd >= 0)
        sys_close(fd);
    if (fd == -EMFILE || fd == -ENFILE)
        return -fd;
    reach->withheld = "cannot be read to see how it starts";
    return 0;
}
