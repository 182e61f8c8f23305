/* SPDX-License-Identifier: ISC */
/*
 * system: as libc's, but the shell gets the program's secrets in a capsule. Runs inside the target, in
 * any number of threads at once; sees the command, which may hold a secret.
 */
#include <stdint.h>

#include <linux/errno.h>
#include <asm/signal.h>

#include "shim/libc.h"
#include "shim/spawn.h"
#include "shim/sys_process.h"

int system(const char *command);

extern int waitpid(int pid, int *status, int options) WEAK;
extern void _pthread_cleanup_push(void *buffer, void (*routine)(void *), void *argument) WEAK;
extern void _pthread_cleanup_pop(void *buffer, int run) WEAK;

/*
 * The process ignores SIGINT and SIGQUIT from when the first of its threads comes in until the last goes out.
 * The word has the number of threads that are in, whether one of them is changing the dispositions, and the
 * process it was written in: after a fork none of the threads counted is there.
 */
enum { CALLERS_MASK = 0x7fffffff };
#define CALLERS_BUSY (1ull << 31)

static uint64_t callers;
static struct sys_signal_action interrupt, quit;

/* Takes the right to change the dispositions; how many threads are in. Signals are blocked: a handler that
 * called system here would wait for itself. */
static unsigned begin_change(void)
{
    uint64_t process = (uint64_t)sys_getpid() << 32;
    uint64_t now = __atomic_load_n(&callers, __ATOMIC_RELAXED);
    for (;;) {
        uint64_t valid = now >> 32 == process >> 32 ? now : process;
        if (valid & CALLERS_BUSY) {
            sys_sched_yield();
            now = __atomic_load_n(&callers, __ATOMIC_RELAXED);
        } else if (__atomic_compare_exchange_n(&callers, &now, valid | CALLERS_BUSY, false, __ATOMIC_ACQUIRE,
                                               __ATOMIC_RELAXED)) {
            return (unsigned)valid & CALLERS_MASK;
        }
    }
}

static void end_change(unsigned count)
{
    __atomic_store_n(&callers, (uint64_t)sys_getpid() << 32 | count, __ATOMIC_RELEASE);
}

/* The signals to be as they were in the child: those that the program did not itself ignore. */
static uint64_t enter(void)
{
    const struct sys_signal_action ignore = {.handler = 1};
    unsigned count = begin_change();
    if (count == 0) {
        sys_sigaction(SIGINT, &ignore, &interrupt);
        sys_sigaction(SIGQUIT, &ignore, &quit);
    }
    uint64_t changed = (interrupt.handler != 1 ? SYS_SIGNAL_BIT(SIGINT) : 0) |
                       (quit.handler != 1 ? SYS_SIGNAL_BIT(SIGQUIT) : 0);
    end_change(count + 1);
    return changed;
}

static void leave(void)
{
    unsigned count = begin_change();
    if (count == 1) {
        sys_sigaction(SIGINT, &interrupt, NULL);
        sys_sigaction(SIGQUIT, &quit, NULL);
    }
    end_change(count - 1);
}

static void block_all(uint64_t *mask)
{
    const uint64_t all = UINT64_MAX;
    sys_sigprocmask(SIG_SETMASK, &all, mask);
}

/* The thread is cancelled while it waits: as glibc does, end the shell and leave. */
static void end_shell(void *child)
{
    uint64_t mask = 0;
    int pid = *(const int *)child;
    sys_kill(pid, SIGKILL);
    sys_wait(pid, NULL);
    block_all(&mask);
    leave();
    sys_sigprocmask(SIG_SETMASK, &mask, NULL);
}

/* 0 or an errno. POSIX wants a cancellation point here, and only libc's waitpid is one. */
static int wait_for(int pid, int *status)
{
    if (!&waitpid || !&_pthread_cleanup_push || !&_pthread_cleanup_pop || !&__errno_location) {
        long result = sys_wait(pid, status);
        return result < 0 ? (int)-result : 0;
    }
    void *buffer[8]; /* 4 words of it in glibc, 3 in musl */
    int result, before = *__errno_location();
    _pthread_cleanup_push((void *)buffer, end_shell, &pid);
    do {
        result = waitpid(pid, status, 0);
    } while (result < 0 && *__errno_location() == EINTR);
    _pthread_cleanup_pop((void *)buffer, 0);
    int error = result < 0 ? *__errno_location() : 0;
    *__errno_location() = before;
    return error;
}

static int run(const char *command)
{
    struct spawn_request request;
    char *arguments[SPAWN_SHELL_ARGUMENTS];
    uint64_t before = 0, all = 0;
    int pid = 0, status = -1;
    spawn_shell(&request, arguments, command);
    request.flags = SPAWN_SET_DEFAULTS | SPAWN_SET_MASK;
    block_all(&before);
    request.mask = before;
    request.default_signals = enter();
    uint64_t waiting = before | SYS_SIGNAL_BIT(SIGCHLD);
    sys_sigprocmask(SIG_SETMASK, &waiting, NULL);
    int error = spawn_program(&request, &pid, NULL);
    /* What POSIX asks for where the shell cannot be had; musl says -1 to all. */
    if (error != 0 && error != EAGAIN && error != ENOMEM && !libc_is_musl())
        status = 127 << 8;
    else if (error == 0 && (error = wait_for(pid, &status)) != 0)
        status = -1;
    block_all(&all);
    leave();
    sys_sigprocmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        libc_fail(error);
    return status;
}

EXPORTED int system(const char *command)
{
    if (command)
        return run(command);
    return libc_is_musl() || run("exit 0") == 0;
}
