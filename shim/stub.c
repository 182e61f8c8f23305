/* SPDX-License-Identifier: ISC */
/*
 * The stub: see stub.h. Runs inside a target that no preload reaches, before its first instruction; sees
 * secrets. Linked by itself, with take.c and what that needs, into a block that runs wherever it is mapped.
 * It MUST ensure, besides what take.c does, that the program finds its process as after a plain execve: no
 * child, no descriptor, no disposition or mask of a signal is changed, and none is pending or gone.
 */
#include "shim/stub.h"

#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/fs.h>
#include <linux/wait.h>

#include "shim/sys_process.h"
#include "shim/take.h"

#if defined(__x86_64__)
#include "shim/stub_x86_64.h"
#elif defined(__aarch64__)
#include "shim/stub_aarch64.h"
#endif

/* It cannot be blocked or ignored, so neither has to be changed; the helper takes it away, and moves the
 * offset of the code's file. With the offset where it was, a SIGCONT of somebody else's has taken it away. */
static void tell_helper(int code_fd)
{
    do
        sys_call6(__NR_tgkill, sys_getpid(), sys_getpid(), SIGSTOP, 0, 0, 0);
    while (sys_call6(__NR_lseek, code_fd, 0, SEEK_CUR, 0, 0, 0) == 0);
}

/* It was made without a signal for its end, so that only __WALL waits for it. */
static void wait_for_helper(int helper)
{
    while (sys_call6(__NR_wait4, helper, 0, __WALL, 0, 0, 0) == -EINTR) {
    }
}

static uint64_t bit(int number)
{
    return 1ULL << (number - 1);
}

static bool is_pending(int number)
{
    uint64_t pending = 0;
    sys_call6(__NR_rt_sigpending, (long)&pending, sizeof pending, 0, 0, 0, 0);
    return pending & bit(number);
}

/* Takes a signal that is blocked, if it is pending. */
static bool take_pending(int number, siginfo_t *info)
{
    const uint64_t set = bit(number);
    const int64_t at_once[2] = {0, 0};
    return sys_call6(__NR_rt_sigtimedwait, (long)&set, (long)info, (long)at_once, sizeof set, 0, 0) == number;
}

static void give_back(int number, const siginfo_t *info)
{
    sys_call6(__NR_rt_sigqueueinfo, sys_getpid(), number, (long)info, 0, 0, 0);
}

/* The kernel sends SIGCHLD all the same for the end of a child from before an execve. If it is blocked it is
 * pending now, and taken back, unless it stands for another child as well. */
static void forget_helper(int helper)
{
    siginfo_t info = {.si_signo = 0};
    if (!take_pending(SIGCHLD, &info))
        return;
    if (info.si_pid == helper) {
        info.si_pid = 0;
        sys_call6(__NR_waitid, P_ALL, 0, (long)&info, WEXITED | WNOHANG | WNOWAIT, 0, 0);
    }
    if (info.si_pid != 0)
        give_back(SIGCHLD, &info);
}

void stub_run(long *stack, int helper, int code_fd)
{
    char **environment = (char **)(stack + 1 + stack[0] + 1);
    siginfo_t go_on;
    bool secret_memory, was_pending = is_pending(SIGCHLD), goes_on = take_pending(SIGCONT, &go_on);
    tell_helper(code_fd); /* which would discard a SIGCONT */
    if (goes_on)
        give_back(SIGCONT, &go_on);
    wait_for_helper(helper);
    if (!was_pending)
        forget_helper(helper);
    sys_close(code_fd);
    if (!take_capsule(environment, &secret_memory))
        take_refuse("not announced");
}
