/* SPDX-License-Identifier: ISC */
/* Taking a capsule oneself: see outer.h. Runs in secrun, before its options are read; sees the outer target's
 * secrets. What it is given may come from anybody, and is held to the same rules as in the shim. */
#include "deliver/outer.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "shim/environ.h"

#ifndef SECRETMEM_MAGIC
#define SECRETMEM_MAGIC 0x5345434d
#endif

enum { MEMFD_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static bool map(int fd, void **block, size_t *size, struct reason *why)
{
    struct stat status;
    struct statfs system;
    if (fstat(fd, &status) != 0 || fstatfs(fd, &system) != 0)
        return fail(why, "its descriptor is not open");
    if (status.st_size <= 0 || status.st_size > CAPSULE_SIZE_MAX)
        return fail(why, "of a wrong size");
    *size = (size_t)status.st_size;
    bool secret = (uint32_t)system.f_type == SECRETMEM_MAGIC;
    int seals = secret ? MEMFD_SEALS : fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & MEMFD_SEALS) != MEMFD_SEALS)
        return fail(why, "its descriptor is neither secret memory nor sealed");
    *block = mmap(NULL, *size, PROT_READ | PROT_WRITE, secret ? MAP_SHARED : MAP_PRIVATE, fd, 0);
    if (*block == MAP_FAILED)
        return fail_errno(why, "cannot be mapped");
    /* The helper of an injection is forked, and is to see no secret. */
    return madvise(*block, *size, MADV_DONTFORK) == 0 || fail_errno(why, "cannot be kept from a helper");
}

bool outer_take(const struct capsule_header **outer, struct reason *why)
{
    const char *announced = environ_scan(environ, CAPSULE_VARIABLE);
    char *end;
    void *block;
    size_t size;
    *outer = NULL;
    if (!announced)
        return true;
    long fd = strtol(announced, &end, 10);
    if (!isdigit((unsigned char)announced[0]) || *end || fd > 1 << 30)
        return fail(why, CAPSULE_VARIABLE ": announces something that is no descriptor");
    if (!map((int)fd, &block, &size, why))
        return fail_within(why, "capsule");
    close((int)fd);
    const char *wrong = capsule_check(block, size);
    if (!wrong)
        wrong = environ_patch(environ, block);
    if (wrong)
        return fail(why, "capsule: %s", wrong);
    *outer = block;
    return true;
}

char **outer_without(const struct capsule_header *outer, char *const *environment)
{
    size_t count = 0, kept = 0;
    uintptr_t begin = (uintptr_t)outer, end = begin + outer->size;
    while (environment[count])
        count++;
    char **others = calloc(count + 1, sizeof *others);
    for (size_t i = 0; others && i < count; i++)
        if ((uintptr_t)environment[i] < begin || (uintptr_t)environment[i] >= end)
            others[kept++] = environment[i];
    return others;
}
