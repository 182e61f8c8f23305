/* SPDX-License-Identifier: ISC */
/* What the constructor leaves behind for the interposed functions. Runs inside the target. */
#ifndef SECRUN_START_H
#define SECRUN_START_H

#include <stdbool.h>

#include "shim/capsule.h"

struct shim {
    const struct capsule_header *capsule; /* NULL: none was announced, or not yet taken */
    char **array;                         /* the array that was patched, as execve laid it out */
    char ***variable;                     /* libc's variable that points at the array in use, or NULL */
    uint64_t filter[16];                  /* which pairs of first bytes the names in the capsule have */
    bool secret_memory;                   /* the capsule came in memfd_secret, not in the fallback */
    uint32_t hidden_first, hidden_count;  /* the entries that only a look-up by name finds: the last placed
                                             nowhere and indexed */
    uint64_t *hidden_gone;                /* a bit for each of them: the program has unset it. Atomic */
};

/*
 * The state, after making sure that the capsule has been taken. Safe from any thread and in a signal
 * handler: one look at a word once the constructor is through. Before that (a constructor of another
 * library asks first) it takes the capsule now, if libc already has its environment.
 */
static inline const struct shim *shim_state(void);

/* Is this the process that took the capsule, and not one forked from it? Async-signal-safe. */
bool shim_is_same_process(void);

/* The bit of the filter for a name that begins with these: its own for each pair of letters. */
static inline unsigned shim_filter_bit(char first, char second)
{
    return ((unsigned char)first & 31u) << 5 | ((unsigned char)second & 31u);
}

/* For shim_state alone. */
enum shim_progress { SHIM_NOT_YET, SHIM_TAKING, SHIM_TAKEN };
extern int shim_progress; /* atomic */
extern struct shim shim_taken;
void shim_start_early(void);

static inline const struct shim *shim_state(void)
{
    if (__builtin_expect(__atomic_load_n(&shim_progress, __ATOMIC_ACQUIRE) != SHIM_TAKEN, 0))
        shim_start_early();
    return &shim_taken;
}

#endif
