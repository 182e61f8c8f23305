/* SPDX-License-Identifier: ISC */
/*
 * setenv, unsetenv, putenv and clearenv: libc's own, and besides them the notes of which hidden secrets
 * (expose = getenv) the program has changed or removed, so that getenv no longer answers with them. Run
 * inside the target; see the names of secrets only. What libc refuses changes nothing here either.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <asm/errno.h>

#include "shim/libc.h"
#include "shim/next.h"
#include "shim/start.h"

typedef int setenv_fn(const char *name, const char *value, int overwrite);
typedef int unsetenv_fn(const char *name);
typedef int putenv_fn(char *entry);
typedef int clearenv_fn(void);

setenv_fn setenv;
unsetenv_fn unsetenv;
putenv_fn putenv;
clearenv_fn clearenv;

#define NOT_HIDDEN UINT32_MAX

/* The hidden secret whose name this is, up to its NUL or to `end`. */
static uint32_t find_hidden(const char *name, char end)
{
    const struct shim *shim = shim_state();
    if (shim->hidden_count == 0 || !name)
        return NOT_HIDDEN;
    size_t size = 0;
    while (name[size] && name[size] != end)
        size++;
    const struct capsule_entry *entry = capsule_find(shim->capsule, name, size, capsule_hash(name, size));
    if (!entry)
        return NOT_HIDDEN;
    size_t index = (size_t)(entry - capsule_entries(shim->capsule)) - shim->hidden_first;
    return index < shim->hidden_count ? (uint32_t)index : NOT_HIDDEN;
}

static bool answers(uint32_t hidden)
{
    if (hidden == NOT_HIDDEN)
        return false;
    uint64_t gone = __atomic_load_n(&shim_state()->hidden_gone[hidden / 64], __ATOMIC_RELAXED);
    return (gone >> hidden % 64 & 1) == 0;
}

static void forget(uint32_t hidden)
{
    if (hidden != NOT_HIDDEN)
        __atomic_fetch_or(&shim_state()->hidden_gone[hidden / 64], UINT64_C(1) << hidden % 64,
                          __ATOMIC_RELAXED);
}

EXPORTED int setenv(const char *name, const char *value, int overwrite)
{
    static next_fn *next;
    setenv_fn *own = (setenv_fn *)next_definition("setenv", &next);
    if (!own)
        return libc_fail(ENOSYS);
    uint32_t hidden = find_hidden(name, '\0');
    if (!overwrite && answers(hidden))
        return 0;
    int result = own(name, value, overwrite);
    if (result == 0)
        forget(hidden); /* so that removing the new value does not bring back the old one */
    return result;
}

EXPORTED int unsetenv(const char *name)
{
    static next_fn *next;
    unsetenv_fn *own = (unsetenv_fn *)next_definition("unsetenv", &next);
    if (!own)
        return libc_fail(ENOSYS);
    uint32_t hidden = find_hidden(name, '\0');
    int result = own(name);
    if (result == 0)
        forget(hidden);
    return result;
}

/* An entry without an '=' removes the variable of that name, in both libcs. */
EXPORTED int putenv(char *entry)
{
    static next_fn *next;
    putenv_fn *own = (putenv_fn *)next_definition("putenv", &next);
    if (!own)
        return libc_fail(ENOSYS);
    uint32_t hidden = find_hidden(entry, '=');
    int result = own(entry);
    if (result == 0)
        forget(hidden);
    return result;
}

EXPORTED int clearenv(void)
{
    static next_fn *next;
    clearenv_fn *own = (clearenv_fn *)next_definition("clearenv", &next);
    if (!own)
        return libc_fail(ENOSYS);
    int result = own();
    if (result == 0)
        for (uint32_t hidden = 0; hidden < shim_state()->hidden_count; hidden++)
            forget(hidden);
    return result;
}
