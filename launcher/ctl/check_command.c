/* SPDX-License-Identifier: ISC */
/* secrunctl check COMMAND: how a command's secrets would get into it, and what is in the way. Its word is
 * that of secrun. Runs as the operator; sees every secret, prints no value. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/checking.h"
#include "deliver/delivery.h"
#include "deliver/inject.h"
#include "deliver/probe.h"
#include "base/path.h"
#include "host/allow.h"

/* The profile that secrun would take; NULL, with a line, if there is none. */
static const struct document_profile *find_profile(struct checking *checking, const char *command)
{
    const struct document *document = &checking->store.document;
    const char *asked = checking->invocation->options[OPTION_PROFILE];
    const char *name = asked ? asked : path_name(command);
    const struct document_profile *profile = document_profile(document, name);
    char shown[64];
    if (!profile && !asked)
        profile = document_profile(document, "default");
    if (!profile)
        checking_say(checking, FAIL, "no profile [%s]%s", printable(shown, sizeof shown, name, strlen(name)),
                     asked ? "" : ", and no [default]");
    return profile;
}

static enum policy_delivery find_wanted(const struct checking *checking,
                                        const struct document_profile *profile)
{
    const struct document_entry *entry = document_find(&checking->store.document, profile, "", "delivery");
    return entry ? policy_delivery_of(entry->value) : checking->store.config.delivery;
}

static void say_delivery(struct checking *checking, const struct probe *probe,
                         const struct delivery *delivery)
{
    if (delivery->way == DELIVERY_NONE) {
        checking_say(checking, WARN, "%s", delivery->reason.text);
        checking_advise(checking, "neither delivery gets into it; see static in secrun-document(5)");
        return;
    }
    checking_say(checking, OK, "%s: %s (%s, %s)", probe->path,
                 delivery->way == DELIVERY_PRELOAD ? "preload" : "inject", probe->machine, probe_libc(probe));
    if (delivery->way == DELIVERY_INJECT)
        checking_advise(checking, delivery->reason.text);
    if (!delivery->unheld)
        return;
    checking_say(checking, WARN, "%s: what it passes on to programs that it starts, /proc shows of them",
                 probe->path);
    checking_advise(checking, "secrun(7), Injected programs");
}

/* True if it gets into the program. */
static bool check_secret(struct checking *checking, const struct delivery *delivery, const char *name,
                         const struct policy *policy)
{
    struct reason why = {0};
    if (!delivery_hold(delivery, name, policy, &why)) {
        checking_say_reason(checking, FAIL, &why);
        return false;
    }
    if (delivery->unheld && policy->statics == POLICY_STATIC_WITHHOLD) {
        checking_say(checking, WARN, "%s: it runs without (static = withhold)", name);
        return false;
    }
    if (delivery->way != DELIVERY_PRELOAD && policy->statics == POLICY_STATIC_ENVIRON) {
        checking_say(checking, WARN, "%s: in the plain environment, which /proc shows (static = environ)",
                     name);
        return false;
    }
    if (delivery->unheld && policy_restricts(policy))
        checking_say(checking, WARN, "%s: nothing holds the program to its inherit and expose", name);
    return true;
}

/* How many get into the program. */
static size_t check_secrets(struct checking *checking, const struct document_profile *profile,
                            const struct delivery *delivery)
{
    const struct store *store = &checking->store;
    const struct document_entry **secrets = NULL;
    struct policy *policies = NULL;
    struct reason why;
    size_t count, given = 0;
    if (document_select(&store->document, profile, &secrets, &count, &why) &&
        document_policies(&store->document, profile, secrets, count, &store->config.policy, &policies, &why))
        for (size_t i = 0; i < count; i++)
            given += check_secret(checking, delivery, secrets[i]->name, &policies[i]);
    else
        checking_say_reason(checking, FAIL, &why);
    free(policies);
    free(secrets);
    return given;
}

/* With -u, the user is another one. */
static void check_allowed(struct checking *checking, const struct probe *probe,
                          const struct document_profile *profile)
{
    const struct document *document = &checking->store.document;
    const struct allow_subject subject = {
        .uid = getuid(),
        .name = "",
        .path = probe->path,
        .files = {{probe->given.device, probe->given.number}, {probe->started.device, probe->started.number}},
    };
    struct reason why = {0};
    if (!allow_user(document, profile, &subject, &why))
        checking_say_reason(checking, WARN, &why);
    if (!allow_program(document, profile, &subject, &why))
        checking_say_reason(checking, FAIL, &why);
}

static void check_profile(struct checking *checking, const struct probe *probe,
                          const struct document_profile *profile)
{
    struct delivery delivery;
    struct reason why = {0};
    size_t before = checking->failures;
    enum policy_delivery wanted = find_wanted(checking, profile);
    if (!delivery_choose(probe, wanted, &delivery, &why)) {
        checking_say_reason(checking, FAIL, &why);
        return;
    }
    size_t given = check_secrets(checking, profile, &delivery);
    if (checking->failures > before)
        return;
    if (given > 0)
        say_delivery(checking, probe, &delivery);
    else
        checking_say(checking, OK, "%s: no delivery needed, no secret goes into it", probe->path);
    checking->injects = given > 0 && delivery.way == DELIVERY_INJECT;
    checking->falls_back = !probe->no_preload.text[0] && wanted == POLICY_AUTO;
}

void check_command(struct checking *checking, const char *command)
{
    struct probe probe;
    struct reason why = {0};
    if (probe_command(command, &probe, &why) == 0 && probe.gains_privilege)
        why = probe.no_inject;
    if (why.text[0]) {
        checking_say_reason(checking, FAIL, &why);
        return;
    }
    const struct document_profile *profile = find_profile(checking, command);
    if (!profile)
        return;
    check_allowed(checking, &probe, profile);
    check_profile(checking, &probe, profile);
}

void check_injection(struct checking *checking)
{
    struct inject inject;
    struct reason why = {0};
    if (!checking->injects)
        return;
    if (inject_attach(&inject, INJECT_STUB, &why)) {
        checking_say(checking, OK, "a program can be traced here from its start, which inject takes");
    } else {
        checking_say_reason(checking, checking->falls_back ? WARN : FAIL, &why);
        if (checking->falls_back)
            checking_advise(checking, "it is preloaded instead");
    }
    inject_dismiss(&inject);
}
