/* SPDX-License-Identifier: ISC */
/* Asks the kernel what it would let another program of some user do. */
#ifndef SECRUN_INSPECT_ASKER_H
#define SECRUN_INSPECT_ASKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "inspect/proc_text.h"

enum asked { ASKED_ALLOWED, ASKED_REFUSED, ASKED_UNKNOWN };

/* A child of this process that becomes those users in children of its own; without one, only a program of
 * this user's can be asked for. A zeroed struct is none. */
struct asker {
    int fd;
    pid_t pid;
};

/* For root, before a secret is in memory: the child has none, then. False: there is none. */
bool asker_start(struct asker *asker);
void asker_end(struct asker *asker);

/*
 * May a program of the process's user, without capabilities, or for root without CAP_SYS_PTRACE in effect,
 * read it? What is asked for is the address of its list of robust futexes (PTRACE_MODE_READ_REALCREDS in
 * ptrace(2)), which does nothing to it.
 */
enum asked asker_ask(const struct asker *asker, pid_t pid, const struct proc_status *status);

#endif
