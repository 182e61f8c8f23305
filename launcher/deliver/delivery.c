/* SPDX-License-Identifier: ISC */
/* The choice of a delivery: see delivery.h. Runs in secrun and secrunctl; sees no secret. */
#include "deliver/delivery.h"

static bool choose(struct delivery *delivery, enum delivery_way way, const struct reason *reason)
{
    *delivery = (struct delivery){.way = way, .reason = *reason};
    return true;
}

static bool choose_best(const struct probe *probe, struct delivery *delivery)
{
    struct reason reason = probe->no_preload;
    bool injects = probe->no_inject.text[0] == '\0';
    if (reason.text[0])
        return choose(delivery, injects ? DELIVERY_INJECT : DELIVERY_NONE,
                      injects ? &reason : &probe->no_inject);
    if (injects && probe->prefers_inject) {
        fail(&reason, "%s: %s", probe->binary, probe->prefers_inject);
        return choose(delivery, DELIVERY_INJECT, &reason);
    }
    return choose(delivery, DELIVERY_PRELOAD, &reason);
}

bool delivery_choose(const struct probe *probe, enum policy_delivery wanted, struct delivery *delivery,
                     struct reason *why)
{
    struct reason reason = {0};
    const struct reason *against = wanted == POLICY_PRELOAD ? &probe->no_preload : &probe->no_inject;
    if (wanted == POLICY_AUTO)
        return choose_best(probe, delivery);
    if (against->text[0]) {
        *why = *against;
        return fail_hint(why, "delivery = %s is asked for", wanted == POLICY_PRELOAD ? "preload" : "inject");
    }
    if (wanted == POLICY_INJECT)
        fail(&reason, "%s: as asked for", probe->binary);
    return choose(delivery, wanted == POLICY_PRELOAD ? DELIVERY_PRELOAD : DELIVERY_INJECT, &reason);
}

bool delivery_hold(const struct delivery *delivery, const char *name, const struct policy *policy,
                   struct reason *why)
{
    if (delivery->way == DELIVERY_PRELOAD || policy->statics == POLICY_STATIC_WITHHOLD ||
        policy->statics == POLICY_STATIC_ENVIRON)
        return true;
    if (policy->statics == POLICY_STATIC_REFUSE)
        return fail(why, "%s: not run with %s (static = refuse)", delivery->reason.text, name);
    if (delivery->way == DELIVERY_NONE) {
        *why = delivery->reason;
        return false;
    }
    if (policy->static_said || !policy_restricts(policy))
        return true;
    fail(why, "%s: it would not keep to %s of %s", delivery->reason.text,
         policy->hidden ? "expose = getenv" : "inherit", name);
    return fail_hint(why, "%s.static = inject gives it all the same, %s.static = withhold runs it without",
                     name, name);
}
