/* SPDX-License-Identifier: ISC */
/*
 * Hand-over: starting another program so that secrets reach it in a capsule, and nothing of them stands in
 * what the kernel is given. Runs inside the target, also in a vfork child, between fork and exec of a
 * threaded program, and in signal handlers: no allocation, no lock, raw system calls only.
 */
#ifndef SECRUN_EXEC_H
#define SECRUN_EXEC_H

#include <stdbool.h>

/* One execve, as the caller means it. */
struct exec_call {
    int directory; /* what a relative path is relative to; AT_FDCWD for execve */
    const char *path;
    int flags; /* AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW; 0 for execve */
    char *const *arguments;
    char *const *environment; /* what the program is to see; NULL: nothing */
    bool own_stack;           /* there is room on the stack for an environment of any size */
};

/*
 * Replaces this process's program. Returns only if that failed: an errno, and then nothing has changed: no
 * descriptor or mapping is left. Does not touch libc's errno. Takes 6 KiB of stack and 17 bytes for each
 * entry of the environment; 2 KiB more where a policy has a list of programs, or the program is given by a
 * descriptor; and where it is handed off, 8 bytes for each argument.
 */
int exec_program(const struct exec_call *call);

/*
 * The same for a file that is looked up as execvpe(3) does: in PATH as the caller's environment has it,
 * unless it holds a slash. EXEC_THROUGH_SHELL: what is no program is given to /bin/sh as a script, as glibc's
 * execvp and musl's do not agree on; posix_spawnp does not on either.
 */
enum { EXEC_THROUGH_SHELL = 1, EXEC_OWN_STACK = 2 };
int exec_search(const char *file, char *const *arguments, char *const *environment, unsigned flags);

#endif
