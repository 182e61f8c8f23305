/* SPDX-License-Identifier: ISC */
/* secrunctl rollback: back to the value that a secret had before. Runs as the operator; sees every secret. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/message.h"
#include "base/timestamp.h"
#include "ctl/invocation.h"
#include "ctl/store.h"
#include "store/previous.h"

static bool check_kept(const struct previous *previous, const char *profile, const char *name,
                       struct reason *why)
{
    if (previous_is_kept(previous))
        return true;
    fail(why, "[%s] %s: %s", profile, name,
         previous->value ? "its previous value was not to be kept so long" : "no previous value is kept");
    return fail_hint(why, "keep-previous says how long one is: secrun-document(5)");
}

/* The two values change places, each with the time at which it was set: so a second rollback undoes this. */
static bool swap(const struct store *store, const struct document_profile *profile, const char *name,
                 const struct document_entry *value, const struct document_entry *previous,
                 const struct invocation *invocation, struct reason *why)
{
    static const char *const rotated[] = {"rotated", "previous-rotated"};
    const struct document *document = &store->document;
    char now[TIMESTAMP_SIZE];
    struct document_change changes[5] = {
        {profile->name, name, NULL, previous->value, previous->value_size},
        {profile->name, name, "previous", value->value, value->value_size},
        {profile->name, name, "replaced", timestamp_now(now), strlen(now)},
    };
    size_t count = 3;
    for (size_t i = 0; i < 2; i++) {
        const struct document_entry *from = document_find(document, profile, name, rotated[1 - i]);
        if (from || document_find(document, profile, name, rotated[i]))
            changes[count++] = (struct document_change){
                profile->name, name, rotated[i], from ? from->value : NULL, from ? from->value_size : 0};
    }
    return store_change(store, changes, count, invocation, why);
}

static bool rollback(const struct store *store, const struct invocation *invocation, struct reason *why)
{
    const char *name = invocation->operands[0];
    const struct document *document = &store->document;
    char shown[64];
    const struct document_profile *profile = store_profile(store, invocation->profile, why);
    if (!profile)
        return false;
    const struct document_entry *value = document_find(document, profile, name, NULL);
    if (!value)
        return fail(why, "[%s] has no secret %s of its own", profile->name,
                    printable(shown, sizeof shown, name, strlen(name)));
    struct previous previous = previous_of(document, profile, name, store->config.keep_previous, time(NULL));
    const struct document_entry *rotated = document_find(document, profile, name, "previous-rotated");
    if (!check_kept(&previous, profile->name, name, why) ||
        !swap(store, profile, name, value, previous.value, invocation, why))
        return false;
    if (isatty(STDERR_FILENO))
        message("secrunctl", "%s in [%s] is again what it was%s%s; what runs has the other until a restart",
                name, profile->name, rotated ? ", set at " : "", rotated ? rotated->value : "");
    return true;
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct store store;
    bool ok = store_load(&store, invocation, STORE_WRITE, why) && rollback(&store, invocation, why);
    store_close(&store);
    return ok;
}

const struct verb rollback_verb = {
    .name = "rollback",
    .operands = "[-p PROFILE] NAME",
    .summary = "go back to the value that a secret had before",
    .help =
        "The value and the one before it change places, each with the time at which it was set; a second\n"
        "rollback undoes the first. A value that is replaced is kept for 7 days, or as keep-previous\n"
        "says, in secrun.conf or the document; `secrunctl list` tells which are.\n\n"
        "  --drop-recipients  seal to fewer recipients than before\n",
    .options = OPTION(PROFILE) | OPTION(DROP_RECIPIENTS),
    .least = 1,
    .most = 1,
    .run = run,
};
