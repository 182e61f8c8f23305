/* SPDX-License-Identifier: ISC */
/*
 * Delivery by injection, for programs that no preload reaches. A helper, forked before any secret is there,
 * traces this process through its execve, and starts the stub (shim/stub.h) in the target before its first
 * instruction; then it ends. The same helper can watch over a preload instead. Takes no secret.
 */
#ifndef SECRUN_INJECT_H
#define SECRUN_INJECT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/reason.h"

enum inject_task {
    INJECT_NOTHING,
    INJECT_STUB,  /* starts the stub */
    INJECT_WATCH, /* ends the target if the kernel starts it in secure mode, where its loader drops the shim
                   */
};

struct inject {
    enum inject_task task;
    pid_t helper; /* 0: there is none. The target has to wait for its end: layout_announce */
    int code_fd;  /* INJECT_STUB: holds the stub; crosses execve, and the stub closes it */
};

/*
 * Forks the helper and waits until it traces this process; from then on this process dies with it. Has to be
 * called while nothing is in memory that another process of this user may not see: for that moment this
 * process is dumpable. The next execve has to come with a capsule, or inject_dismiss before it.
 */
bool inject_attach(struct inject *inject, enum inject_task task, struct reason *why);

/* May a security module put a program that this process runs into secure mode? */
bool inject_should_watch(void);

/* Ends the helper, and closes the descriptor. Nothing if there is none. */
void inject_dismiss(struct inject *inject);

#endif
