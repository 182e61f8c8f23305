/* SPDX-License-Identifier: ISC */
/* Taking a capsule oneself: see outer.h. Runs in secrun, before its options are read; sees the outer target's
 * secrets. What it is given may come from anybody, and is held to the same rules as in the shim. */
#include "deliver/outer.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shim/capsule_map.h"
#include "shim/environ.h"

bool outer_take(const struct capsule_header **outer, struct reason *why)
{
    struct capsule_announced announced;
    void *block;
    size_t size;
    bool secret;
    *outer = NULL;
    if (!capsule_find_announced(environ, &announced))
        return true;
    /* A helper is told of to a program that has been injected into, which secrun never is. */
    if (announced.fd < 0 || announced.helper != -1)
        return fail(why, CAPSULE_VARIABLE ": announces something that is no descriptor");
    const char *wrong = capsule_map(announced.fd, &block, &size, &secret);
    if (wrong)
        return fail(why, "capsule: %s", wrong);
    close(announced.fd);
    /* The helper of an injection is forked, and is to see no secret. */
    if (madvise(block, size, MADV_DONTFORK) != 0)
        return fail_errno(why, "capsule: cannot be kept from a helper");
    wrong = capsule_check(block, size);
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
