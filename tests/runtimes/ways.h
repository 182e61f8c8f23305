/* SPDX-License-Identifier: ISC */
/* What the files of the program `ways` share: see ways.c. */
#ifndef SECRUN_TESTS_WAYS_H
#define SECRUN_TESTS_WAYS_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

extern char **environ;

/* run() returns the exit status of the process, or does not return. */
struct way {
    const char *name;
    int (*run)(void);
};

/* Each ends with a null name. */
extern const struct way ways_spawn[], ways_environment[], ways_odd[], ways_getenv[];

/* The arguments of what is to be started, and a null. */
extern char *const *ways_program;

/* Changes ways_program so that it is found by a search in PATH, which is set for it. */
int ways_search(void);
/* Prints what and errno, never a value; returns the status of a way that failed. */
int ways_fail(const char *what);
/* The exit status of the child. */
int ways_wait(pid_t pid);
/* A deep copy of the environment, with places to spare for 8 entries more. */
char **ways_copy(void);

#endif
