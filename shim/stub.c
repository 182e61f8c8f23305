/* SPDX-License-Identifier: ISC */
/*
 * The stub: see stub.h. Runs inside a target that no preload reaches, before its first instruction; sees
 * secrets. Linked by itself, with take.c and what that needs, into a block that runs wherever it is mapped.
 * It MUST ensure, besides what take.c does, that the program finds its process as after a plain execve: no
 * child, no descriptor, no disposition or mask of a signal is changed, and none is pending or gone (but a
 * SIGCONT that is blocked, if it comes in the moment of the stop).
 */
#include "shim/stub.h"

#include <asm/signal.h>
#include <linux/fs.h>

#include "shim/sys_process.h"
#include "shim/take.h"

#if defined(__x86_64__)
#include "shim/stub_x86_64.h"
#elif defined(__aarch64__)
#include "shim/stub_aarch64.h"
#endif

/* Sends SIGSTOP, which discards a SIGCONT that is pending: so that one is kept. */
static void stop(void)
{
    struct sys_signal_info info;
    bool goes_on = sys_take_signal(SIGCONT, &info);
    sys_call6(__NR_tgkill, sys_getpid(), sys_getpid(), SIGSTOP, 0, 0, 0);
    if (goes_on)
        sys_queue_signal(SIGCONT, &info);
}

/* It cannot be blocked or ignored, so neither has to be changed; the helper takes it away, and moves the
 * offset of the code's file. With the offset where it was, a SIGCONT of somebody else's has taken it away. */
static void tell_helper(int code_fd)
{
    do
        stop();
    while (sys_call6(__NR_lseek, code_fd, 0, SEEK_CUR, 0, 0, 0) == 0);
}

void stub_run(long *stack, int code_fd)
{
    char **environment = (char **)(stack + 1 + stack[0] + 1);
    bool secret_memory;
    tell_helper(code_fd);
    sys_close(code_fd);
    if (!take_capsule(environment, &secret_memory))
        take_refuse("not announced");
}
