/* SPDX-License-Identifier: ISC */
/* The choice of a delivery: see delivery.h. Runs in secrun and secrunctl; sees no secret. */
#include "deliver/delivery.h"

static bool choose(struct delivery *delivery, enum delivery_way way, const struct reason *reason)
{
    *delivery = (struct delivery){.way = way, .unheld = reason->text[0] != '\0', .reason = *reason};
    return true;
}

static struct reason find_preference(const struct probe *probe)
{
    struct reason reason = {0};
    if (probe->prefers_inject)
        fail(&reason, "%s: %s", probe->binary, probe->prefers_inject);
    return reason;
}

static bool choose_best(const struct probe *probe, struct delivery *delivery)
{
    bool injects = probe->no_inject.text[0] == '\0';
    struct reason preference = find_preference(probe);
    if (probe->no_preload.text[0])
        return choose(delivery, injects ? DELIVERY_INJECT : DELIVERY_NONE,
                      injects ? &probe->no_preload : &probe->no_inject);
    return choose(delivery, injects && probe->prefers_inject ? DELIVERY_INJECT : DELIVERY_PRELOAD,
                  &preference);
}

bool delivery_choose(const struct probe *probe, enum policy_delivery wanted, struct delivery *delivery,
                     struct reason *why)
{
    bool preload = wanted == POLICY_PRELOAD;
    const struct reason *against = preload ? &probe->no_preload : &probe->no_inject;
    const struct reason *otherwise = preload ? &probe->no_inject : &probe->no_preload;
    if (wanted == POLICY_AUTO)
        return choose_best(probe, delivery);
    if (against->text[0]) {
        *why = *against;
        return fail_hint(why, "delivery = %s is asked for%s", preload ? "preload" : "inject",
                         otherwise->text[0] ? ""
                         : preload          ? "; auto would inject"
                                            : "; auto would preload");
    }
    struct reason reason = find_preference(probe);
    if (!preload)
        fail(&reason, "%s: injected, as is asked for (delivery = inject)", probe->binary);
    return choose(delivery, preload ? DELIVERY_PRELOAD : DELIVERY_INJECT, &reason);
}

bool delivery_hold(const struct delivery *delivery, const char *name, const struct policy *policy,
                   struct reason *why)
{
    if (!delivery->unheld || policy->statics == POLICY_STATIC_WITHHOLD ||
        policy->statics == POLICY_STATIC_ENVIRON)
        return true;
    if (policy->statics == POLICY_STATIC_REFUSE)
        return fail(why, "%s: not run with %s (static = refuse)", delivery->reason.text, name);
    if (delivery->way == DELIVERY_NONE) {
        *why = delivery->reason;
        return fail_hint(why, "%s.static = withhold runs it without", name);
    }
    if (policy->static_said || !policy_restricts(policy))
        return true;
    fail(why, "%s: nothing would hold it to %s of %s", delivery->reason.text,
         policy->hidden ? "expose = getenv" : "inherit", name);
    return fail_hint(
        why, "secrunctl edit: %s.static = inject gives it all the same, %s.static = withhold runs it without",
        name, name);
}
