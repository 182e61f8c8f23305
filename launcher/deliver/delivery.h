/* SPDX-License-Identifier: ISC */
/* How the secrets of a run get into its target: the choice between preload and injection. Sees no secret. */
#ifndef SECRUN_DELIVERY_H
#define SECRUN_DELIVERY_H

#include "base/policy_words.h"
#include "base/reason.h"
#include "deliver/probe.h"

enum delivery_way {
    DELIVERY_PRELOAD, /* the shim takes the capsule */
    DELIVERY_INJECT,  /* the stub does (inject.h) */
    DELIVERY_NONE,    /* nothing can: the plain environment is left, for those who ask for it */
};

struct delivery {
    enum delivery_way way;
    bool unheld;          /* the program is one that nothing holds to a policy, so `static` has its say: */
    struct reason reason; /* why, in a few words, the program's path in front; else empty */
};

/* The way for a program, as somebody wants it. False, with a reason, if what is wanted by name cannot be had.
 */
bool delivery_choose(const struct probe *probe, enum policy_delivery wanted, struct delivery *delivery,
                     struct reason *why);

/*
 * Holds a secret to what is said of it for a program that this delivery gets into. False, with a reason, if
 * the program is not to be run: by `static = refuse`, or because nothing gets a secret in, or because it
 * takes more than a default to give one that the document restricts to a program that nothing holds to that.
 * With `static = withhold` it is true, and the program does without.
 */
bool delivery_hold(const struct delivery *delivery, const char *name, const struct policy *policy,
                   struct reason *why);

#endif
