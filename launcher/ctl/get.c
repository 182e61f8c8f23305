/* SPDX-License-Identifier: ISC */
/* secrunctl get: one value, to standard output. Runs as the operator; sees every secret. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/auditing.h"
#include "ctl/invocation.h"
#include "base/output.h"
#include "ctl/store.h"

static bool print(const struct document_entry *entry, struct reason *why)
{
    return output(STDOUT_FILENO, entry->value, entry->value_size, "standard output", why) &&
           (!isatty(STDOUT_FILENO) || output(STDOUT_FILENO, "\n", 1, "standard output", why));
}

/* As a run of the profile would get it: its own secrets, and those of the profiles that it includes. */
static bool get(const struct store *store, const struct invocation *invocation, struct reason *why)
{
    const char *name = invocation->operands[0];
    const struct document_entry **selected, *found = NULL;
    size_t count;
    char shown[64];
    const struct document_profile *profile = store_profile(store, invocation->profile, why);
    if (!profile || !document_select(&store->document, profile, &selected, &count, why))
        return false;
    for (size_t i = 0; i < count && !found; i++)
        if (strcmp(selected[i]->name, name) == 0)
            found = selected[i];
    free(selected);
    if (found)
        return auditing_read(store, profile->name, &found, 1, invocation, why) && print(found, why);
    return fail(why, "[%s] has no secret %s", profile->name,
                printable(shown, sizeof shown, name, strlen(name)));
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct store store;
    bool ok = store_load(&store, invocation, STORE_READ, why) && get(&store, invocation, why);
    store_close(&store);
    return ok;
}

const struct verb get_verb = {
    .name = "get",
    .operands = "[-p PROFILE] NAME",
    .summary = "print a secret's value",
    .help = "Prints the value that a run of the profile would get, byte for byte; only on a terminal does a\n"
            "line feed follow.\n",
    .options = OPTION(PROFILE),
    .least = 1,
    .most = 1,
    .run = run,
};
