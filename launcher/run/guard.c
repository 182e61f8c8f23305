/* SPDX-License-Identifier: ISC */
/* The guard of arguments: see guard.h. Runs in secrun; sees the secrets of one run. */
#include "run/guard.h"

#include <string.h>

#include "base/message.h"

/* The first secret in it that must not be there, else the first to be warned of, or NULL. */
static const struct capsule_entry *find(const struct capsule_header *capsule, const char *argument)
{
    struct capsule_match match;
    const struct capsule_entry *entry, *found = NULL;
    capsule_match_begin(&match, capsule, argument, strlen(argument));
    while ((entry = capsule_match_next(&match))) {
        if (entry->flags & CAPSULE_ARGV_REFUSE)
            return entry;
        if (!found && !(entry->flags & CAPSULE_ARGV_ALLOW))
            found = entry;
    }
    return found;
}

static bool find_any(const struct capsule_header *capsule, const char *text)
{
    struct capsule_match match;
    capsule_match_begin(&match, capsule, text, strlen(text));
    return capsule_match_next(&match) != NULL;
}

bool guard_arguments(const struct capsule_header *capsule, char *const *arguments, struct reason *why)
{
    for (size_t i = 0; arguments[i]; i++) {
        const struct capsule_entry *entry = find(capsule, arguments[i]);
        if (!entry)
            continue;
        const char *name = capsule_string(capsule, entry);
        const char *program =
            find_any(capsule, arguments[0]) ? "a program whose path holds a secret" : arguments[0];
        if (entry->flags & CAPSULE_ARGV_REFUSE)
            return fail(why, "%s: argument %zu holds %.*s (argv = refuse)", program, i, (int)entry->name_size,
                        name);
        message("secrun", "%s: argument %zu holds %.*s, which /proc shows to all", program, i,
                (int)entry->name_size, name);
    }
    return true;
}
