/* SPDX-License-Identifier: ISC */
/*
 * What the secrets that this process holds have to do with an exec: which of them stand in a string, and
 * whether the program that is to be run may have them. Runs inside the target on the way to an exec (exec.h),
 * and in the launcher where it runs below another target; sees secrets.
 */
#ifndef SECRUN_POLICY_H
#define SECRUN_POLICY_H

#include "shim/capsule.h"

/* The program that is to be run. */
struct policy_program {
    bool same_process;       /* it takes the place of the one that holds the secrets */
    bool script;             /* given is one, */
    const char *given;       /* and the resolved path; empty if that is not known */
    const char *interpreter; /* of the program that starts: the same, or the script's interpreter */
};

/* May it have this entry? Then *flags are those of the entry in its own capsule. */
bool policy_allows(const struct capsule_header *capsule, const struct capsule_entry *entry,
                   const struct policy_program *program, uint32_t *flags);

/* The first secret in an argument that must not be there, else the first that is to be warned of, or NULL. */
const struct capsule_entry *policy_guard(const struct capsule_header *capsule, const char *argument);

/* What a string of an environment is to the secrets in a capsule. */
struct policy_verdict {
    bool secret;                       /* one or more of them stand in it: then, */
    const struct capsule_entry *entry; /* the first of them; */
    bool withheld;                     /* the program may not have all of those; */
    uint32_t statics;                  /* the CAPSULE_STATIC_… of all of them, */
    bool injects;                      /* and one of them has none; */
    bool part;      /* one of them is only a part of its value, or has another policy than */
    uint32_t flags; /* where the value is just a secret's, its flags (CAPSULE_VALUE among them) */
    uint32_t list;  /* and its list; else 0 */
};

/*
 * Judges NAME=value, or a string without a name. known: NULL, or a bit for each entry of the capsule, set
 * here for those that make it `part`.
 */
struct policy_verdict policy_judge(const struct capsule_header *capsule, const char *string,
                                   const struct policy_program *program, uint64_t *known);

/* Where no preload reaches the program: the strictest that holds for such a string, CAPSULE_STATIC_REFUSE,
 * _WITHHOLD, 0 for injection, or _ENVIRON. */
uint32_t policy_static(const struct policy_verdict *verdict);

/* Does an entry go along only to be recognised, then with *flags? It is marked, and the first of those that
 * say the same: else there would be more of them with each exec. */
bool policy_is_known(const struct capsule_header *capsule, const uint64_t *known, uint32_t index,
                     const struct policy_program *program, uint32_t *flags);

#endif
