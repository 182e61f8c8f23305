/* SPDX-License-Identifier: ISC */
/* secrunctl pubkey: the recipient of this host's machine key. Runs as the operator; sees that key. */
#include <stdio.h>

#include "ctl/invocation.h"
#include "ctl/store.h"
#include "host/unseal.h"

/* Computed, since what the file's comment claims may be wrong, and a file sealed to it lost. */
static bool print(const struct identities *identities, struct reason *why)
{
    unsigned char recipient[AGE_KEY_SIZE];
    char text[AGE_RECIPIENT_MAX];
    for (size_t i = 0; i < identities->current; i++) {
        if (!identity_recipient(&identity_array(identities)[i], recipient, why))
            return false;
        if (!recipient_format(recipient, text))
            return fail(why, "a recipient that cannot be written");
        printf("%s\n", text);
    }
    return true;
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct config config;
    struct identities identities;
    if (!store_configure(&config, invocation, why) || !unseal_identities(&config, &identities, why))
        return false;
    bool ok = print(&identities, why) || fail_within(why, "%s", config.identity);
    identity_free(&identities);
    return ok;
}

const struct verb pubkey_verb = {
    .name = "pubkey",
    .operands = "",
    .summary = "print this host's recipient (age1...)",
    .help = "Prints the public key of the machine key, to which anybody can seal a store for this host:\n\n"
            "  age -r $(secrunctl pubkey) -o secrets.age document.ini\n",
    .run = run,
};
