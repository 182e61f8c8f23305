/* SPDX-License-Identifier: ISC */
/*
 * Looks at a tree of processes from outside, as anybody on the machine can who may: /proc/PID/environ,
 * /proc/PID/cmdline and /proc/PID/fd of everything that descends from this process, over and over while it
 * runs; then at the files that it leaves behind and at what it has printed.
 */
#ifndef SECRUN_TESTS_OBSERVER_H
#define SECRUN_TESTS_OBSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum observer_kind { IN_ENVIRON, IN_CMDLINE, IN_DESCRIPTORS, IN_CORE, IN_FILES, IN_OUTPUT, OBSERVERS };

struct sighting {
    enum observer_kind kind;
    pid_t pid;
    uint32_t secrets; /* a bit each; 0 for a descriptor */
    char where[96];   /* program, file or stream */
};

enum { SIGHTINGS_MAX = 32 };

struct observer {
    uint64_t environs, cmdlines, descriptors, files; /* read, and not in vain */
    size_t sighting_count;                           /* may be above SIGHTINGS_MAX */
    struct sighting sightings[SIGHTINGS_MAX];
};

/* What is found goes there from now on. One tree at a time; calling thread must be the one that forks it. */
void observer_begin(struct observer *observer);

/* Starts and ends a thread that looks at environments and argument lists all the time. */
bool observer_sample(void);
void observer_stop(void);

/* Looks at each process now. Was this one among them, and could it be read? */
bool observer_look(pid_t pid);

/* Looks at all that stands below a directory, and at the text of a stream. */
void observer_files(const char *directory);
void observer_text(const char *name, const char *text, size_t size);

/* SIGKILLs every process of the tree. */
void observer_kill(void);

/* Name of the first process of the tree that is there, in a buffer of its own; NULL: none. */
const char *observer_any(void);

/* One line: observer, process, program, secret's name. */
void observer_describe(const struct sighting *sighting, char *line, size_t size);

#endif
