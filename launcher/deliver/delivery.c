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
