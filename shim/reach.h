/* SPDX-License-Identifier: ISC */
/* What an exec would start, and whether a capsule gets into it. Runs inside the target on the way to an exec
 * (exec.h has the rules for that); sees no secret. */
#ifndef SECRUN_REACH_H
#define SECRUN_REACH_H

#include <stdbool.h>

#include "shim/exec.h"

enum { REACH_PATH_MAX = 1024 }; /* bytes, with the NUL; stacks of signal handlers are small */

struct reach {
    const char *withheld; /* why nothing holds the program to a policy, in a few words: `static` has its say;
                             NULL: a shim does, or a secrun, which takes a capsule by itself */
    bool preload;         /* the shim gets in: always, where nothing is withheld but from a secrun, */
    bool handoff;         /* or, better, secrun --handoff gets the capsule in, */
    const char *path;     /* given this path; NULL: none is known */
    const char *no_handoff; /* why it does not, where it would be the way; else NULL */
    bool gains_privilege;   /* withheld, and gets nothing by any way */
    bool unsure;            /* withheld, but most likely execve cannot run it: there is nothing to tell of */
    bool script;
    bool crowded; /* no descriptor was left to look with */
};

/* The files themselves, links followed; empty where that cannot be told, or the path is too long. */
struct reach_names {
    char given[REACH_PATH_MAX];   /* what is to be run, */
    char program[REACH_PATH_MAX]; /* and the program that starts: the same, or its interpreter */
};

/* Is this the call's path for another program, too, with the same working directory? Else it takes names. */
bool reach_has_path(const struct exec_call *call);

/* Follows #! to the program that starts. names: NULL if they are of no interest. Returns 0, or the errno with
 * which the exec would fail. */
int reach_find(const struct exec_call *call, struct reach *reach, struct reach_names *names);

#endif
