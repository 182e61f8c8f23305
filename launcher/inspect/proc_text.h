/* SPDX-License-Identifier: ISC */
/* What /proc/PID/{status,stat,limits,smaps,uid_map} say. Pure on (pointer, length); holds no secret. The
 * process that they are about has a part in some of them, and may be hostile. */
#ifndef SECRUN_INSPECT_PROC_TEXT_H
#define SECRUN_INSPECT_PROC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_status {
    pid_t process, thread;     /* the same, but for a thread that is not the first */
    pid_t tracer;              /* 0: none */
    char state;                /* a letter; Z and X have ended */
    unsigned uids[4], gids[4]; /* real, effective, saved, of file systems */
    uint64_t capabilities;     /* effective */
    uint64_t permitted;        /* capabilities, too */
    uint64_t swap;             /* bytes of it there */
    bool has_memory;           /* neither a kernel thread nor ended */
    bool no_new_privs;
    unsigned seccomp; /* 0: none, 1: strict, 2: filter */
};

/* False if one of its numbers is missing or wrong that every kernel tells. */
bool proc_status_parse(const char *text, size_t size, struct proc_status *status);

struct proc_stat {
    pid_t parent;
    char state;
    uint64_t started; /* with the number, this tells one process from all others */
};
bool proc_stat_parse(const char *text, size_t size, struct proc_stat *stat);

/* The soft and the hard limit of core files in limits; UINT64_MAX: unlimited. */
bool proc_core_limit(const char *text, size_t size, uint64_t *soft, uint64_t *hard);

/* Which user outside a user namespace is root in it. False if there is none. */
bool proc_root_of_map(const char *text, size_t size, unsigned *uid);

/* Is it this path that is told of a file, which may have been deleted since? */
bool proc_path_is(const char *told, const char *path);

enum { MAPPING_PATH = 256 };

/* One mapping, of the lines about it in smaps. */
struct proc_mapping {
    uint64_t begin, end;
    uint64_t present;        /* bytes of it in memory or swap; UINT64_MAX: not told */
    char path[MAPPING_PATH]; /* its beginning, as it is told; NUL-terminated */
    bool readable, writable, executable, shared;
    bool locked, undumped, device; /* of VmFlags */
};

/* Is this line a mapping's first? Then the others are told it until the next one. */
bool proc_mapping_begin(const char *line, size_t size, struct proc_mapping *mapping);
void proc_mapping_add(const char *line, size_t size, struct proc_mapping *mapping);

#endif
