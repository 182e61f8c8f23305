/* SPDX-License-Identifier: ISC */
/* Which program a command is, and which deliveries reach it: found out before exec. Sees no secret. */
#ifndef SECRUN_PROBE_H
#define SECRUN_PROBE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "base/reason.h"
#include "shim/elf.h"

enum { PROBE_INTERPRETERS_MAX = 5 }; /* levels of #!; the kernel allows as many */

/* Which file was looked at, and in which state. */
struct probe_file {
    dev_t device;
    ino_t number;
    struct timespec changed;
};

struct probe {
    char path[PATH_MAX];        /* what execve is given */
    char binary[PATH_MAX];      /* the ELF program that starts in the end: path, or its interpreter */
    char loader[PATH_MAX];      /* its dynamic loader, or empty */
    const char *libc;           /* "glibc", "musl", "secrun" (takes a capsule by itself), or NULL */
    const char *machine;        /* of binary */
    struct elf_memory memory;   /* of binary and loader, before anything else is loaded */
    struct probe_file given;    /* path */
    struct probe_file started;  /* binary */
    bool through_shell;         /* neither ELF nor #!: to be given to /bin/sh, as execvp does */
    bool gains_privilege;       /* set-uid, set-gid or file capabilities: it gets nothing by any way */
    bool is_static;             /* no loader starts it; false if it is for another machine */
    struct reason no_preload;   /* why no preload reaches it; text empty: one does */
    struct reason no_inject;    /* why it cannot be traced from its exec on; text empty: it can */
    const char *prefers_inject; /* why inject serves better though a preload reaches it, or NULL */
};

/*
 * Looks command up as execvp does (PATH, default /usr/local/bin:/usr/bin:/bin) and follows #! to the
 * program that starts, and to its loader. Returns 0, or EXIT_CANNOT_RUN or EXIT_NOT_FOUND with a reason. A
 * program that can be run but not reached is 0 with both reasons set.
 */
int probe_command(const char *command, struct probe *probe, struct reason *why);
/* The same for a path as it stands. */
int probe_path(const char *path, struct probe *probe, struct reason *why);

/* Is it the same file, in the same state? */
bool probe_same_file(const struct probe_file *left, const struct probe_file *right);

/* The library of its program for people: "glibc", "static", … */
const char *probe_libc(const struct probe *probe);

/* Are path and binary still the files that were looked at? */
bool probe_holds(const struct probe *probe, struct reason *why);

#endif
