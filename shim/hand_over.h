/* SPDX-License-Identifier: ISC */
/* What the files of hand-over share: one exec, from what is found out about it to the call. Runs inside the
 * target on the way to an exec, and keeps to the rules of exec.h; sees secrets. */
#ifndef SECRUN_HAND_OVER_H
#define SECRUN_HAND_OVER_H

#include "shim/block.h"
#include "shim/carrier.h"
#include "shim/exec.h"
#include "shim/policy.h"
#include "shim/reach.h"
#include "shim/start.h"

struct mark {
    uint32_t flags, list;
};

/* What becomes of a string that holds a secret, or of a secret that is in no array. Those from WITHHELD on
 * stay behind, each for its own reason. */
enum fate {
    GIVEN,
    PLAIN,
    REFUSED,
    WITHHELD,           /* by inherit, */
    WITHHELD_STATIC,    /* by static, */
    WITHHELD_UNREACHED, /* or since nothing gets it in */
    FATES,
};

struct withheld {
    size_t count;
    const struct capsule_entry *first; /* a secret in the first of them */
};

struct hand_over {
    const struct exec_call *call;
    const struct shim *shim;
    const struct capsule_header *capsule; /* this process's */
    struct reach reach;
    struct policy_program program;
    /* In the caller's memory: */
    struct reach_names *names; /* NULL where no policy asks for them */
    char **block;              /* the environment for the kernel, and two entries to spare */
    uint64_t *known;           /* by entry of the capsule: it stands in a longer value */
    struct mark *marks;        /* by entry of the block: what the new capsule says of it */
    unsigned char *kinds;      /* likewise */
    char *preload;             /* LD_PRELOAD=, the shim, and what the program has there */
    uint64_t limits[2];        /* RLIMIT_NOFILE as the program is to have it, while it is raised */
    bool raised;
    size_t given; /* entries of the environment when it was measured; threads may add some */
    size_t count; /* entries that the program is to see */
    struct withheld withheld[FATES - WITHHELD]; /* and those that it is not, by their fate */
    const struct capsule_entry *plain_first;    /* a secret that the program has in its plain environment */
};

/* --- what becomes of each secret: hand_over_fate.c --------------------------------------------------- */

/* Sorts what the caller gives into the block: what the program gets, in order. 0 or an errno. */
int hand_over_sort(struct hand_over *work);

/* Finds those in no array that do not go along. 0 or an errno. */
int hand_over_hold_hidden(struct hand_over *work);

/* Does one in no array, by its index in this process's capsule, go along? Then with *flags. */
bool hand_over_takes_hidden(const struct hand_over *work, uint32_t index, uint32_t *flags);

/* Is there an entry of that name among the first `count` of what the program is to see? */
bool hand_over_has_name(const struct hand_over *work, size_t count, const char *name, size_t size);

/* --- the program's capsule: hand_over_capsule.c ------------------------------------------------------ */

bool hand_over_carries_secret(const struct hand_over *work);

/* Marks, when the carriers have their places, the entries that a look-up by name finds. */
void hand_over_index(struct hand_over *work);

/* Puts the capsule into memory that the program will inherit. 0 or an errno, and then nothing is left. */
int hand_over_fill(struct hand_over *work, const struct block_carriers *carriers,
                   struct carrier_memory *memory);

/* --- the call: hand_over_run.c ------------------------------------------------------------------------ */

/* A plain exec needs no descriptor, so one must be had also where the program has used up all: above its soft
 * limit, as long as it takes. */
bool hand_over_make_room(struct hand_over *work);
void hand_over_give_back_room(struct hand_over *work);

/* Each returns only if it failed: an errno. */
int hand_over_run(const struct exec_call *call, char *const *environment);
int hand_over_run_with_capsule(struct hand_over *work);

/* --- what is told, by names alone: hand_over_tell.c ---------------------------------------------------- */

/* 0, or EPERM where policy refuses. One line for one exec, however many arguments there are. */
int hand_over_guard_arguments(const struct hand_over *work);

/* One line, and EPERM: the program is not to be run. */
int hand_over_refuse_static(const struct hand_over *work, const struct capsule_entry *entry);

/* With -v; and where the program takes this one's place, and is what secrun was to run in the end. */
void hand_over_tell_withheld(const struct hand_over *work);

/* With -v. */
void hand_over_tell_plain(const struct hand_over *work);

#endif
