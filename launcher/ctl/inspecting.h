/* SPDX-License-Identifier: ISC */
/* The report of secrunctl inspect: a line for each thing that was looked at. Runs as the operator, mostly
 * root; sees every secret, and prints none. */
#ifndef SECRUN_INSPECTING_H
#define SECRUN_INSPECTING_H

#include "ctl/checking.h"
#include "ctl/scanning.h"
#include "ctl/store.h"
#include "inspect/process.h"

struct inspecting {
    const struct invocation *invocation;
    struct store store;
    struct scanning scanning; /* scan.report is inspecting_found */
    struct asker asker;
    bool blind; /* there are no values to look for */
    bool json, memory;
    size_t failures;        /* what is exposed, */
    size_t unseen;          /* and what could not be looked at */
    uint64_t *told;         /* by secret: in which parts of this process it was found; owned */
    struct process process; /* the one that is looked at */
    bool brief;             /* it is a descendant: of what is as it should be, one line is enough */
    bool exposed;           /* others of its user can read it */
    size_t waits;           /* see inspecting_wait */
    size_t trouble;         /* lines about it that are not OK */
};

/* A line. what: the thing, in a word, for programs. advice: what to do about it, or NULL. */
void inspecting_say(struct inspecting *inspecting, enum level level, const char *what, const char *advice,
                    const char *format, ...) __attribute__((format(printf, 5, 6)));
/* One that is told of a descendant, too, where all is well. */
void inspecting_sum_up(struct inspecting *inspecting, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* One about what could not be looked at, unless the process has ended. */
void inspecting_miss(struct inspecting *inspecting, const char *what, const char *advice, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));

/* Waits for a moment, in which a program that is just being started gets to its main, and one that is about
 * to end does. Not more than a few seconds in all, however many programs there are. */
void inspecting_wait(struct inspecting *inspecting);

/* For struct scan: a value in a part of the process. Each is told once a part. */
bool inspecting_found(void *user, const struct finding *finding, struct reason *why);

/* inspect_process.c: looks at inspecting->process, and tells. False for what keeps it from going on. */
bool inspect_process(struct inspecting *inspecting, struct reason *why);

#endif
