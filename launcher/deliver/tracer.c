/* SPDX-License-Identifier: ISC */
/*
 * The helper of an injection: see tracer.h. A process of its own, forked from secrun before a secret is
 * there. It MUST ensure that:
 *   1. the target gets to its first instruction by way of the stub, or ends: if the helper dies, or anything
 *      goes wrong, the kernel or the helper kills it;
 *   2. nothing but its parent's execve, and the two stops that the parent makes itself, is taken for a sign;
 *   3. every other signal, stop and end goes its way as if nobody was tracing.
 *
 * The order is: SEIZE, execve by the parent, its stop there; machine_boot over the entry point; the stop that
 * the stub makes; the entry point as it was; DETACH, exit.
 */
#include "deliver/tracer.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/message.h"
#include "deliver/machine.h"

#ifndef SECRUN_STUB
#error "SECRUN_STUB: the file that holds the stub, set by the Makefile"
#endif

__asm__(".section .rodata\n"
        ".balign 16\n"
        "stub_begin:\n"
        ".incbin \"" SECRUN_STUB "\"\n"
        "stub_end:\n"
        ".previous\n");
extern const unsigned char stub_begin[] __attribute__((visibility("hidden")));
extern const unsigned char stub_end[] __attribute__((visibility("hidden")));

/* Where a program begins, and the bytes that are there. */
struct entry_point {
    unsigned long at;
    unsigned char before[MACHINE_BOOT_SIZE];
};

static _Noreturn void give_up(pid_t parent, const char *what)
{
    message("secrun", "inject: %s: %s", what, strerror(errno));
    kill(parent, SIGKILL);
    _exit(EXIT_FAILED);
}

/* The parent sends SIGSTOP to itself, by tgkill, for two reasons, and nobody else can. */
static bool is_own_stop(pid_t parent, int status)
{
    siginfo_t info;
    return status >> 8 == SIGSTOP && ptrace(PTRACE_GETSIGINFO, parent, NULL, &info) == 0 &&
           info.si_code == SI_TKILL && info.si_pid == parent;
}

static bool is_exec(int status)
{
    return status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8);
}

/* Lets it go on: with the signal that it was about to be given, or, stopped by one, not before a SIGCONT. */
static void let_go_on(pid_t parent, int status)
{
    int signal = WSTOPSIG(status);
    if (status >> 16 == PTRACE_EVENT_STOP && signal != SIGTRAP)
        ptrace(PTRACE_LISTEN, parent, NULL, NULL);
    else
        ptrace(PTRACE_CONT, parent, NULL, status >> 16 ? NULL : (void *)(intptr_t)signal);
}

/* Waits for the execve or an own stop; returns its status, or that of the parent's end. An own stop is
 * acknowledged by the offset of the file that the two share: the parent repeats one that a SIGCONT has
 * discarded. */
static int wait_for_sign(pid_t parent, int shared_fd)
{
    for (;;) {
        int status;
        pid_t waited = waitpid(parent, &status, __WALL);
        if (waited < 0 && errno != EINTR)
            _exit(EXIT_FAILED);
        if (waited < 0)
            continue;
        bool own = WIFSTOPPED(status) && is_own_stop(parent, status);
        if (own)
            lseek(shared_fd, 1, SEEK_SET);
        if (own || !WIFSTOPPED(status) || is_exec(status))
            return status;
        let_go_on(parent, status);
    }
}

/* Exchanges what stands at an address of the parent's. */
static bool swap_code(pid_t parent, unsigned long at, const unsigned char *code, unsigned char *before)
{
    for (size_t i = 0; i < MACHINE_BOOT_SIZE; i += sizeof(long)) {
        long word;
        if (before) {
            errno = 0;
            word = ptrace(PTRACE_PEEKTEXT, parent, (void *)(at + i), NULL);
            if (word == -1 && errno)
                return false;
            memcpy(before + i, &word, sizeof word);
        }
        memcpy(&word, code + i, sizeof word);
        if (ptrace(PTRACE_POKETEXT, parent, (void *)(at + i), (void *)word) != 0)
            return false;
    }
    return true;
}

const unsigned char *tracer_stub(size_t *size)
{
    *size = (size_t)((uintptr_t)stub_end - (uintptr_t)stub_begin);
    return stub_begin;
}

static bool peek(pid_t parent, unsigned long *at, unsigned long *word)
{
    errno = 0;
    *word = (unsigned long)ptrace(PTRACE_PEEKDATA, parent, (void *)*at, NULL);
    *at += sizeof *word;
    return errno == 0;
}

/*
 * Does the kernel tell the loader to trust nothing (getauxval(3))? An error is taken for yes. It says so on
 * the stack, behind the arguments and the environment; reading /proc/PID/auxv would take a capability where
 * the parent has become another user (-u).
 */
static bool is_in_secure_mode(pid_t parent)
{
    unsigned long at, word, value = 0;
    if (!machine_stack(parent, &at) || !peek(parent, &at, &word)) /* the number of arguments */
        return true;
    for (int ends = 0; ends < 2; ends += word == 0)
        if (!peek(parent, &at, &word))
            return true;
    while (peek(parent, &at, &word) && word != AT_NULL && peek(parent, &at, &value))
        if (word == AT_SECURE)
            return value != 0;
    return true;
}

/* Puts machine_boot over the entry point, to map code_fd, and lets it run up to the next sign, whose status
 * it returns. */
static int boot(pid_t parent, const struct inject *inject, int code_fd, struct entry_point *entry)
{
    size_t size;
    tracer_stub(&size);
    if (!machine_prepare(parent, code_fd, size, &entry->at))
        give_up(parent, "the registers of the program");
    if (!swap_code(parent, entry->at, machine_boot, entry->before))
        give_up(parent, "the entry point of the program");
    if (ptrace(PTRACE_CONT, parent, NULL, NULL) != 0)
        give_up(parent, "starting the program");
    return wait_for_sign(parent, inject->code_fd);
}

/* Where there is nothing to map, the process ends by itself, with status 125. */
static void watch(pid_t parent, const struct inject *inject)
{
    struct entry_point entry;
    if (!is_in_secure_mode(parent))
        return;
    message("secrun",
            "the program is started in secure mode, by a security module's change of domain, where its "
            "loader ignores what is preloaded");
    message(
        "secrun",
        "hint: see dmesg or the audit log; AppArmor: ix, px or cx instead of Px or Cx, and a ptrace rule; "
        "SELinux: noatsecure");
    if (WIFSTOPPED(boot(parent, inject, -1, &entry)))
        give_up(parent, "ending the program");
    _exit(EXIT_FAILED);
}

/* Its parent stands before the first instruction of the target. */
static void start_stub(pid_t parent, const struct inject *inject)
{
    struct entry_point entry;
    int status = boot(parent, inject, inject->code_fd, &entry);
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILED)
        message("secrun",
                "inject: the stub cannot be mapped into the program (see RLIMIT_AS, or the log of a security "
                "module)");
    if (!WIFSTOPPED(status))
        _exit(EXIT_FAILED);
    if (!is_own_stop(parent, status) || !swap_code(parent, entry.at, entry.before, NULL))
        give_up(parent, "the entry point of the program");
}

_Noreturn void tracer_run(const struct inject *inject, pid_t parent, int go, int answer)
{
    const long options = PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    char byte;
    int error = getppid() == 0 ? TRACER_IN_ANOTHER_NAMESPACE : 0;
    /* A parent that has been killed by now has left this process to another, whom nobody is to kill. */
    if (!error && getppid() != parent)
        _exit(EXIT_FAILED);
    if (!error && ptrace(PTRACE_SEIZE, parent, NULL, (void *)options) != 0)
        error = errno;
    /* With Yama it may only after its parent has said so. */
    if (error == EPERM && read(go, &byte, 1) == 1)
        error = ptrace(PTRACE_SEIZE, parent, NULL, (void *)options) != 0 ? errno : 0;
    /* From here on it can do to its parent what nobody else may: so nobody may have it do that. */
    prctl(PR_SET_DUMPABLE, 0);
    if (write(answer, &error, sizeof error) != sizeof error || error)
        _exit(EXIT_FAILED);
    int status = wait_for_sign(parent, inject->code_fd);
    if (WIFSTOPPED(status) && is_exec(status) && inject->task == INJECT_STUB)
        start_stub(parent, inject);
    else if (WIFSTOPPED(status) && is_exec(status))
        watch(parent, inject);
    if (WIFSTOPPED(status))
        ptrace(PTRACE_DETACH, parent, NULL, NULL);
    _exit(0);
}
