/* SPDX-License-Identifier: ISC */
/* secrunctl unset: removes secrets, with their attributes. Runs as the operator; sees every secret. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "ctl/invocation.h"
#include "ctl/store.h"

static bool check(const struct invocation *invocation, struct reason *why)
{
    for (size_t i = 0; i < invocation->operand_count; i++) {
        if (!document_check_name(invocation->operands[i], strlen(invocation->operands[i]), why))
            return false;
        for (size_t j = 0; j < i; j++)
            if (strcmp(invocation->operands[i], invocation->operands[j]) == 0)
                return fail(why, "unset: %s is named twice", invocation->operands[i]);
    }
    return true;
}

static bool no_secret(const struct invocation *invocation, const struct document_profile *profile,
                      const char *name, struct reason *why)
{
    fail(why, "[%s] has no secret %s", profile->name, name);
    return invocation->operand_count > 1 ? fail_hint(why, "nothing was removed, the others neither") : false;
}

static bool remove_all(const struct store *store, const struct invocation *invocation, struct reason *why)
{
    const struct document_profile *profile = store_profile(store, invocation->profile, why);
    if (!profile)
        return false;
    for (size_t i = 0; i < invocation->operand_count; i++)
        if (!document_find(&store->document, profile, invocation->operands[i], NULL))
            return no_secret(invocation, profile, invocation->operands[i], why);
    struct document_change *changes = calloc(invocation->operand_count + 1, sizeof *changes);
    if (!changes)
        return fail(why, "no memory for %zu changes", invocation->operand_count);
    for (size_t i = 0; i < invocation->operand_count; i++)
        changes[i] = (struct document_change){.profile = profile->name, .name = invocation->operands[i]};
    bool ok = store_change(store, changes, invocation->operand_count, invocation, why);
    free(changes);
    if (ok && isatty(STDERR_FILENO))
        message("secrunctl", "removed from [%s], with what was kept of it: no rollback brings it back",
                profile->name);
    return ok;
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct store store;
    bool ok = store_load(&store, invocation, STORE_WRITE, why) && remove_all(&store, invocation, why);
    store_close(&store);
    return ok;
}

const struct verb unset_verb = {
    .name = "unset",
    .operands = "[-p PROFILE] NAME...",
    .summary = "remove secrets",
    .help = "Removes secrets and their attributes; if one of them is not there, none is removed.\n\n"
            "  --drop-recipients  seal to fewer recipients than before\n",
    .options = OPTION(PROFILE) | OPTION(DROP_RECIPIENTS),
    .least = 1,
    .most = SIZE_MAX,
    .check = check,
    .run = run,
};
