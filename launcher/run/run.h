/* SPDX-License-Identifier: ISC */
/* One run of secrun, and its steps in their order. Sees the machine key and every secret. */
#ifndef SECRUN_RUN_H
#define SECRUN_RUN_H

#include <stdint.h>

#include "base/config.h"
#include "base/ini.h"
#include "base/reason.h"
#include "deliver/delivery.h"
#include "deliver/inject.h"
#include "deliver/layout.h"
#include "deliver/memory.h"
#include "deliver/probe.h"
#include "host/account.h"
#include "host/audit.h"
#include "host/unseal.h"
#include "run/choice.h"
#include "run/harden.h"
#include "run/options.h"
#include "store/document.h"

#define PROGRAM "secrun"

/* Everything a run is made of, in the order of its steps. */
struct run {
    const struct capsule_header *outer; /* the capsule of the target that secrun runs below, or NULL */
    char **plain; /* the environment without what is of that capsule, for a command: source; NULL; owned */
    struct options options;
    struct hardening hardening;
    struct config config;
    struct account account; /* whom the target runs as, and */
    uint64_t ambient;       /* its capabilities, a bit each (run/capabilities.h): with -u only */
    struct probe probe;
    bool watches; /* the program's loader is to be watched, where it is preloaded */
    struct inject inject;
    struct reason unattached; /* why there is no helper, where one was asked for */
    enum inject_task tried;   /* what a helper was asked for last, whether it could be had or not */
    struct audit_log audit;
    struct unseal_origin origin;       /* of the document, where it is recorded */
    char profile[INI_SECTION_MAX + 1]; /* for the record, when the document is gone */
    bool recorded;                     /* that the target starts */
    bool conceals;                     /* the command's path holds a value, which the record does not */
    struct document document;
    struct choice choice;
    struct delivery delivery;
    struct layout layout;
    struct carrier_memory memory;
    struct reason memory_reason; /* why memfd_secret was not to be had */
    struct reason refusal;       /* where there is to be a report, which tells the rest: why nothing runs, */
    int refusal_status;          /* and the exit status for it; 0 if it does */
};

/* Each step returns an exit status, 0 or with a reason. */

/* user.c: who is to run the target (-u); nothing is opened yet. */
int run_look_up_user(struct run *run, struct reason *why);
/* Says so where a unit names a user, and the target is to be root's all the same. */
void run_warn_of_user(const struct run *run);
/* Becomes that user, when what needs root has been done, and the key and other profiles are gone. What that
 * user cannot reach is a refusal. */
int run_change_user(struct run *run, struct reason *why);

/* opening.c: reads the configuration, looks at the command, opens the store, chooses the profile and the
 * delivery. The helper of an injection is there before a secret is. */
int run_open(struct run *run, struct reason *why);
/* The same for a program that a shim hands off: there is no store. */
int run_open_handoff(struct run *run, struct reason *why);

/* Notes a refusal for the report, unless there is one already, or status is 0. */
void run_note_refusal(struct run *run, int status, const struct reason *why);

/* Says what is not given to the program, or not in the way that was meant. */
void run_warn(const struct run *run);

/* delivering.c: lays out what the target gets; then run->layout.item_count tells whether there is a capsule.
 */
int run_lay_out(struct run *run, struct reason *why);
/* Fills the capsule, after which the store can be forgotten. */
int run_fill(struct run *run, struct reason *why);
/* What run_fill would find, without filling one. */
int run_try(struct run *run, struct reason *why);

/* recording.c: opens the audit log, with the rights that there are before a change of the user. */
bool run_open_audit(struct run *run, struct reason *why);
/* Records that the target starts; false if that has to be recorded and cannot be. */
bool run_record_start(struct run *run, struct reason *why);
/* Records that it does not, with that exit status, and why. */
void run_record_refusal(struct run *run, int status, const struct reason *refusal);

/* Becomes the target; returns only if that failed. */
int run_become(struct run *run, struct reason *why);

void run_free(struct run *run);

#endif
