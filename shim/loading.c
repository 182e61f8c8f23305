/* SPDX-License-Identifier: ISC */
/* What the kernel and the loaders make of a program: see loading.h. Runs in the launcher and inside the
 * target on the way to an exec (exec.h); sees no secret. */
#include "shim/loading.h"

#include <linux/fcntl.h>
#include <linux/resource.h>

#include "shim/sys_process.h"

size_t loading_interpreter(const char *file, size_t size, size_t *at)
{
    size_t begin = 2, end;
    if (size > LOADING_LINE_MAX)
        size = LOADING_LINE_MAX;
    if (size < 2 || file[0] != '#' || file[1] != '!')
        return 0;
    while (begin < size && (file[begin] == ' ' || file[begin] == '\t'))
        begin++;
    for (end = begin; end < size; end++)
        if (file[end] == ' ' || file[end] == '\t' || file[end] == '\n' || file[end] == '\0')
            break;
    *at = begin;
    return end < LOADING_LINE_MAX ? end - begin : 0;
}

/* As inode(7) has them: <linux/stat.h> leaves them to glibc where there is one. */
enum { SET_UID = 04000, SET_GID = 02000, GROUP_EXECUTES = 010 };

const char *loading_privilege(int fd, uint32_t mode)
{
    if (mode & SET_UID)
        return "set-uid";
    if ((mode & (SET_GID | GROUP_EXECUTES)) == (SET_GID | GROUP_EXECUTES))
        return "set-gid";
    return sys_fgetxattr(fd, "security.capability", NULL, 0) > 0 ? "has file capabilities" : NULL;
}

enum { LINKS_MAX = 40 }; /* as the kernel follows them */

/* Puts what a link leads to in its place; false if it is none, or that would be too long. */
static bool follow(char path[static ELF_INTERPRETER_MAX])
{
    char target[ELF_INTERPRETER_MAX];
    size_t folder = 0;
    target[0] = '\0';
    long size = sys_readlinkat(AT_FDCWD, path, target, sizeof target);
    if (size <= 0)
        return false;
    for (size_t i = 0; target[0] != '/' && path[i]; i++)
        if (path[i] == '/')
            folder = i + 1;
    if (folder + (size_t)size >= ELF_INTERPRETER_MAX)
        return false;
    __builtin_memcpy(path + folder, target, (size_t)size);
    path[folder + (size_t)size] = '\0';
    return true;
}

const char *loading_libc(char path[static ELF_INTERPRETER_MAX])
{
    char file[ELF_INTERPRETER_MAX];
    const char *libc = elf_libc(path);
    __builtin_memcpy(file, path, sizeof file);
    for (unsigned links = 0; links < LINKS_MAX && follow(file); links++) {
        const char *told = elf_libc(file);
        if (!told)
            continue;
        libc = told;
        __builtin_memcpy(path, file, sizeof file);
    }
    return libc;
}

/* What a loader takes for the shim and itself; of RLIMIT_AS, the stack as well. */
enum { ROOM = 1024 * 1024, ROOM_WRITTEN = 128 * 1024 };

static bool fits(int resource, uint64_t memory, uint64_t room)
{
    uint64_t limits[2] = {RLIM_INFINITY, RLIM_INFINITY};
    sys_getrlimit(resource, limits);
    return limits[0] == RLIM_INFINITY || (limits[0] > room && limits[0] - room >= memory);
}

int loading_limit(const struct elf_memory *memory)
{
    if (!fits(RLIMIT_AS, memory->all, ROOM))
        return RLIMIT_AS;
    return fits(RLIMIT_DATA, memory->written, ROOM_WRITTEN) ? -1 : RLIMIT_DATA;
}
