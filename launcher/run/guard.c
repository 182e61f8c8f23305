/* SPDX-License-Identifier: ISC */
/* The guard of arguments: see guard.h. Runs in secrun; sees the secrets of one run. */
#include "run/guard.h"

#include <string.h>

#include "base/message.h"
#include "shim/policy.h"

bool guard_finds(const struct capsule_header *capsule, const char *text)
{
    struct capsule_match match;
    capsule_match_begin(&match, capsule, text, strlen(text));
    return capsule_match_next(&match) != NULL;
}

bool guard_arguments(const struct capsule_header *capsule, char *const *arguments, struct reason *why)
{
    for (size_t i = 0; arguments[i]; i++) {
        const struct capsule_entry *entry = policy_guard(capsule, arguments[i]);
        if (!entry)
            continue;
        const char *name = capsule_string(capsule, entry);
        const char *program =
            guard_finds(capsule, arguments[0]) ? "a program whose path holds a secret" : arguments[0];
        if (entry->flags & CAPSULE_ARGV_REFUSE)
            return fail(why, "%s: argument %zu holds %.*s (argv = refuse)", program, i, (int)entry->name_size,
                        name);
        message("secrun", "%s: argument %zu holds %.*s, which /proc shows to all", program, i,
                (int)entry->name_size, name);
    }
    return true;
}
