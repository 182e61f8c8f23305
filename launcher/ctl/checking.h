/* SPDX-License-Identifier: ISC */
/* What the files of secrunctl check have in common. Runs as the operator; sees every secret, prints none. */
#ifndef SECRUN_CHECKING_H
#define SECRUN_CHECKING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "ctl/invocation.h"
#include "ctl/store.h"

enum level { OK, WARN, FAIL };

struct checking {
    const struct invocation *invocation;
    struct store store;
    size_t failures, warnings;
    bool quiet;      /* what is found is counted, and not told */
    bool injects;    /* the command would be given its secrets by injection, */
    bool falls_back; /* or, where that is not to be had, by preload */
    size_t largest;  /* bytes that the largest profile takes in a capsule, roughly */
    const struct document_profile *secret_only; /* a profile with memory = secret, or NULL */
};

/* One line of the report, */
void checking_say(struct checking *checking, enum level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* one with its hint, */
void checking_say_reason(struct checking *checking, enum level level, const struct reason *why);
/* and what to do about the last one. */
void checking_advise(const struct checking *checking, const char *text);

/* The first line of a file in /proc/sys, or an empty text. Returns line. */
const char *checking_kernel(const char *path, char line[static 256]);

/* check_policy.c: what is odd about who gets a secret. A store that did not open has nothing odd. */
void check_policy(struct checking *checking);

/* check_command.c: the delivery to a command, */
void check_command(struct checking *checking, const char *command);
/* and, with no secret in memory, whether it can be done here. */
void check_injection(struct checking *checking);

#endif
