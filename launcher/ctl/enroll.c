/* SPDX-License-Identifier: ISC */
/* secrunctl enroll: what a new host or colleague hands over, for an inventory. Runs as the operator; sees the
 * machine key, to compute its recipient. */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "ctl/invocation.h"
#include "ctl/recipient_list.h"
#include "ctl/store.h"
#include "fleet/inventory.h"
#include "host/unseal.h"

static bool find_name(char name[static HOST_NAME_MAX + 1], struct reason *why)
{
    if (gethostname(name, HOST_NAME_MAX + 1) != 0)
        return fail_errno(why, "the host's name");
    return inventory_check_host(name, why) || fail_hint(why, "secrunctl enroll --name NAME");
}

static bool print(const struct invocation *invocation, const struct recipient_list *own, struct reason *why)
{
    char host[HOST_NAME_MAX + 1], text[AGE_RECIPIENT_MAX];
    const char *name = invocation->options[OPTION_NAME];
    if (!name && !find_name(host, why))
        return false;
    printf("[%s]\n", name ? name : host);
    for (size_t i = 0; i < own->count; i++) {
        if (!recipient_format(own->keys[i], text))
            return fail(why, "a recipient that cannot be written");
        printf("%s%s\n", i == 0 ? "recipients = " : "  ", text);
    }
    printf("profiles =\n");
    return true;
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct config config;
    struct identities identities;
    struct recipient_list own = {0};
    if (!store_configure(&config, invocation, why) || !unseal_identities(&config, &identities, why))
        return false;
    bool ok = recipient_list_add_own(&own, &config, &identities, why) && print(invocation, &own, why);
    identity_free(&identities);
    return ok;
}

static bool check(const struct invocation *invocation, struct reason *why)
{
    const char *name = invocation->options[OPTION_NAME];
    return !name || inventory_check_host(name, why) || fail_within(why, "--name");
}

const struct verb enroll_verb = {
    .name = "enroll",
    .operands = "[--name NAME]",
    .summary = "what this host hands over to whoever seals for it",
    .help =
        "Prints this host's section of an inventory, see secrun-fleet(5). All of it is public; but whoever\n"
        "could change it on its way would get the secrets: compare the recipient by another way, once.\n"
        "Which profiles the host gets is not for the host to say: that line is left empty.\n\n"
        "  --name NAME  what the host is called (default: its host name)\n\n"
        "  ssh root@web-1 secrunctl enroll >> fleet.ini\n",
    .options = OPTION(NAME),
    .check = check,
    .run = run,
};
