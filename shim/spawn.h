/* SPDX-License-Identifier: ISC */
/*
 * Starting a child that runs another program, without copying this process: what posix_spawn, system, popen
 * and wordexp are made of here. Runs inside the target, partly in a child that shares its memory.
 */
#ifndef SECRUN_SPAWN_H
#define SECRUN_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A step that the child takes before its program starts (posix_spawn_file_actions_add…). */
enum spawn_step_kind {
    SPAWN_CLOSE,          /* fd, if it is open */
    SPAWN_CLOSE_IN_RANGE, /* the same, but EBADF for a number that no descriptor can have */
    SPAWN_DUP2,           /* fd becomes new_fd; the same: lose close-on-exec */
    SPAWN_OPEN,           /* path, flags, mode as new_fd, which is closed first */
    SPAWN_CHDIR,          /* path */
    SPAWN_FCHDIR,         /* fd */
    SPAWN_CLOSE_FROM,     /* fd and all above */
    SPAWN_TTY,            /* the child's process group becomes the foreground one of terminal fd */
};

struct spawn_step {
    enum spawn_step_kind kind;
    int fd, new_fd, flags;
    unsigned mode;
    const char *path; /* borrowed */
};

/* Flags of a request: the values of POSIX_SPAWN_…, which libcs agree on. */
enum {
    SPAWN_RESET_IDS = 0x01,
    SPAWN_SET_GROUP = 0x02,
    SPAWN_SET_DEFAULTS = 0x04,
    SPAWN_SET_MASK = 0x08,
    SPAWN_SET_PRIORITY = 0x10,
    SPAWN_SET_SCHEDULER = 0x20, /* policy and priority */
    SPAWN_SET_SESSION = 0x80,
    SPAWN_SET_CGROUP = 0x100,
};

/* What a child is to be: see posix_spawn(3). The fields that have a flag are valid where it is set. */
struct spawn_request {
    const char *file; /* a path, or with `search` looked up as exec_search does, never through a shell */
    bool search;
    char *const *arguments, *const *environment;
    unsigned flags;
    int group, policy, priority, cgroup;
    uint64_t default_signals, mask; /* as the kernel's sigset_t: bit n-1 for signal n */
    /* Puts the next of the steps, in their order, into *step: 1; 0 after the last; -errno: the start fails
     * with that. Called in the child, and bound by what exec.h says. NULL: there are none. */
    int (*next_step)(void *cursor, struct spawn_step *step);
    void *cursor;
};

/*
 * Starts it: 0 and its pid, or an errno and no child left behind. *pidfd (or NULL) gets a descriptor of the
 * process, close-on-exec. Any thread; never in a handler. Does not touch libc's errno.
 */
int spawn_program(const struct spawn_request *request, int *pid, int *pidfd);

enum { SPAWN_SHELL_ARGUMENTS = 5 };

/* Makes it a request for `/bin/sh -c command` with the environment as the program has it now, and nothing
 * else; the array is what request->arguments then points at. */
void spawn_shell(struct spawn_request *request, char *arguments[static SPAWN_SHELL_ARGUMENTS],
                 const char *command);

#endif
