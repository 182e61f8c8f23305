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
#include "shim/libc.h"
#include "shim/start.h"

char *getenv(const char *name);
char *secure_getenv(const char *name);

/* A hidden secret is in no array, and answers until the program has unset it. */
static char *look_up_hidden(const struct shim *shim, const struct capsule_entry *entry)
{
    uint32_t bit = (uint32_t)(entry - capsule_entries(shim->capsule)) - shim->hidden_first;
    if (__atomic_load_n(&shim->hidden_gone[bit / 64], __ATOMIC_ACQUIRE) >> bit % 64 & 1)
        return NULL;
    return (char *)(uintptr_t)capsule_string(shim->capsule, entry) + entry->name_size + 1;
}

static char *look_up(const char *name)
{
    const struct shim *shim = shim_state();
    char ***variable = shim->variable ? shim->variable : environ_variable();
    char **array = variable ? *variable : NULL;
    if (name[0] == '\0')
        return NULL;
    const struct capsule_entry *entry = NULL;
    unsigned bit = shim_filter_bit(name[0], name[1]);
    char **taken = __atomic_load_n(&shim->array, __ATOMIC_ACQUIRE);
    if (taken && (shim->filter[bit / 64] >> bit % 64 & 1)) {
        size_t size = strlen(name);
        entry = capsule_find(shim->capsule, name, size, capsule_hash(name, size));
        bool hidden = entry && entry->place == CAPSULE_NO_PLACE;
        /* array[0]: `environ[0] = NULL` is how some programs clear their environment. */
        if (entry && !hidden && array == taken && array[0] &&
            array[entry->place] == capsule_string(shim->capsule, entry))
            return array[entry->place] + size + 1;
        if (!hidden)
            entry = NULL;
    }
    char *found = array ? environ_scan(array, name) : NULL;
    return found || !entry ? found : look_up_hidden(shim, entry);
}

EXPORTED char *getenv(const char *name)
{
    return look_up(name);
}

/* A program that runs set-uid is never given the shim: the loader drops it (ld.so(8)). */
EXPORTED char *secure_getenv(const char *name)
{
    return look_up(name);
}
