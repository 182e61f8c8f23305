/* SPDX-License-Identifier: ISC */
/*
 * getenv and secure_getenv. Run inside the target, from any thread, in signal handlers and before any
 * constructor; return pointers to secrets. No lock, no allocation. They give what libc's would give
 * on the patched array, only faster: a secret is found by its hash, and believed as long as the array
 * still points at it.
 */
#include <stddef.h>
#include <stdint.h>

#include "shim/environ.h"
#include "shim/start.h"

char *getenv(const char *name);
char *secure_getenv(const char *name);

typedef uint64_t __attribute__((may_alias)) word;

/*
 * strlen by aligned words: such a load stays within the name's page, so that what is read before and
 * behind the name does no harm. It halves the time of a look-up. Little-endian, as both machines are.
 */
static size_t length(const char *name)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    size_t before = (uintptr_t)name % sizeof(word);
    const word *at = (const word *)(const void *)(name - before);
    uint64_t bytes = *at | ((1ull << 8 * before) - 1);
    uint64_t zeros;
    while ((zeros = (bytes - ones) & ~bytes & tops) == 0)
        bytes = *++at;
    return (size_t)((const char *)at - name) + (size_t)__builtin_ctzll(zeros) / 8;
}

static char *look_up(const char *name)
{
    const struct shim *shim = shim_state();
    char ***variable = shim->variable ? shim->variable : environ_variable();
    char **array = variable ? *variable : NULL;
    if (!array || name[0] == '\0')
        return NULL;
    unsigned bit = shim_filter_bit(name[0], name[1]);
    /* array[0]: `environ[0] = NULL` is how some programs clear their environment. */
    if (array == __atomic_load_n(&shim->array, __ATOMIC_ACQUIRE) &&
        (shim->filter[bit / 64] >> bit % 64 & 1) && array[0]) {
        const struct capsule_header *capsule = shim->capsule;
        size_t size = length(name);
        const struct capsule_entry *entry = capsule_find(capsule, name, size, capsule_hash(name, size));
        /* Of an inherited variable there may be another before it; of a secret there is but one. */
        if (entry && (entry->flags & CAPSULE_SECRET) && array[entry->place] == capsule_string(capsule, entry))
            return array[entry->place] + size + 1;
    }
    return environ_scan(array, name);
}

__attribute__((visibility("default"))) char *getenv(const char *name)
{
    return look_up(name);
}

/* A program that runs set-uid is never given the shim: the loader drops it (ld.so(8)). */
__attribute__((visibility("default"))) char *secure_getenv(const char *name)
{
    return look_up(name);
}
