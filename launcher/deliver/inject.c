/* SPDX-License-Identifier: ISC */
/*
 * Delivery by injection: see inject.h. Runs in secrun, and in the helper that it forks; sees no secret. The
 * helper MUST ensure that:
 *   1. the target gets to its first instruction by way of the stub, or ends: if the helper dies, or anything
 *      goes wrong, the kernel or the helper kills it;
 *   2. nothing but its parent's execve, and the two stops that the parent makes itself, is taken for a sign;
 *   3. every other signal, stop and end goes its way as if nobody was tracing.
 *
 * The order is: SEIZE, execve by the parent, its stop there; machine_boot over the entry point; the stop that
 * the stub makes; the entry point as it was; DETACH, exit.
 */
#include "deliver/inject.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bsd/string.h>

#include "base/message.h"
#include "deliver/inject_machine.h"
#include "deliver/memory.h"

#ifndef SECRUN_STUB
#error "SECRUN_STUB: the file that holds the stub, set by the Makefile"
#endif

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

__asm__(".section .rodata\n"
        ".balign 16\n"
        "stub_begin:\n"
        ".incbin \"" SECRUN_STUB "\"\n"
        "stub_end:\n"
        ".previous\n");
extern const unsigned char stub_begin[] __attribute__((visibility("hidden")));
extern const unsigned char stub_end[] __attribute__((visibility("hidden")));

/* What the helper answers, besides an errno. */
enum { NOT_IN_ITS_NAMESPACE = -1 };

/* --- the helper ----------------------------------------------------------------------------------- */

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

/* Waits for the execve or an own stop; returns its status, or that of the parent's end. */
static int wait_for_sign(pid_t parent)
{
    for (;;) {
        int status;
        pid_t waited = waitpid(parent, &status, __WALL);
        if (waited < 0 && errno != EINTR)
            _exit(EXIT_FAILED);
        if (waited < 0)
            continue;
        if (!WIFSTOPPED(status) || is_exec(status) || is_own_stop(parent, status))
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

static size_t stub_size(void)
{
    return (size_t)((uintptr_t)stub_end - (uintptr_t)stub_begin);
}

/* Its parent stands before the first instruction of the target. */
static void start_stub(pid_t parent, int code_fd)
{
    unsigned char before[MACHINE_BOOT_SIZE];
    unsigned long entry;
    if (!machine_prepare(parent, getpid(), code_fd, stub_size(), &entry))
        give_up(parent, "the registers of the program");
    if (!swap_code(parent, entry, machine_boot, before))
        give_up(parent, "the entry point of the program");
    if (ptrace(PTRACE_CONT, parent, NULL, NULL) != 0)
        give_up(parent, "starting the program");
    int status = wait_for_sign(parent);
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILED)
        message("secrun", "inject: %zu bytes cannot be mapped into the program (see RLIMIT_AS)", stub_size());
    if (!WIFSTOPPED(status))
        _exit(EXIT_FAILED);
    if (!is_own_stop(parent, status) || !swap_code(parent, entry, before, NULL))
        give_up(parent, "the entry point of the program");
}

static _Noreturn void be_helper(int code_fd, int go, int answer)
{
    const long options = PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    pid_t parent = getppid();
    char byte;
    int error = parent == 0 ? NOT_IN_ITS_NAMESPACE : 0;
    if (!error && ptrace(PTRACE_SEIZE, parent, NULL, (void *)options) != 0)
        error = errno;
    /* With Yama it may only after its parent has said so. */
    if (error == EPERM && read(go, &byte, 1) == 1)
        error = ptrace(PTRACE_SEIZE, parent, NULL, (void *)options) != 0 ? errno : 0;
    if (write(answer, &error, sizeof error) != sizeof error || error)
        _exit(EXIT_FAILED);
    int status = wait_for_sign(parent);
    if (WIFSTOPPED(status) && is_exec(status))
        start_stub(parent, code_fd);
    if (WIFSTOPPED(status))
        ptrace(PTRACE_DETACH, parent, NULL, NULL);
    _exit(0);
}

/* --- secrun --------------------------------------------------------------------------------------- */

/* The number behind a word such as "TracerPid:" in /proc/self/status; -1 if that cannot be told. */
static long status_of(const char *word)
{
    char line[256];
    long value = -1;
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, word, strlen(word)) == 0)
            value = strtol(line + strlen(word), NULL, 10);
    if (file)
        fclose(file);
    return value;
}

static void name_of(long pid, char name[static 32])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    FILE *file = fopen(path, "re");
    if (!file || !fgets(name, 32, file))
        strlcpy(name, "?", 32);
    name[strcspn(name, "\n")] = '\0';
    if (file)
        fclose(file);
}

static int yama_scope(void)
{
    char line[32] = "";
    FILE *file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
    if (file && !fgets(line, sizeof line, file))
        line[0] = '\0';
    if (file)
        fclose(file);
    return line[0] ? (int)strtol(line, NULL, 10) : -1;
}

static bool explain(int error, struct reason *why)
{
    long tracer = status_of("TracerPid:");
    int scope = yama_scope();
    if (error == NOT_IN_ITS_NAMESPACE) {
        fail(why, "inject: this process is not in the PID namespace that its children are put into");
        return fail_hint(why, "with unshare --pid, use --fork as well");
    }
    if (tracer > 0) {
        char name[32], shown[32];
        name_of(tracer, name);
        fail(why, "inject: traced already, by %s (process %ld), and there can be one tracer only",
             printable(shown, sizeof shown, name, strlen(name)), tracer);
        return fail_hint(why, "attach to the program once it runs, with dumpable = yes in its profile");
    }
    if (error == EPERM && scope >= 2) {
        fail(why, "inject: forbidden by kernel.yama.ptrace_scope = %d", scope);
        return fail_hint(why, scope == 2 ? "it takes CAP_SYS_PTRACE, or 1" : "it takes 1, and a reboot");
    }
    if (status_of("Seccomp:") == 2 && (error == EPERM || error == ENOSYS || error == EACCES)) {
        fail(why, "inject: ptrace is forbidden here, by a seccomp filter");
        return fail_hint(why, "allow the system call ptrace, or see static in secrun-document(5)");
    }
    errno = error;
    return fail_errno(why, "inject: ptrace");
}

static bool write_stub(int fd)
{
    struct rlimit before;
    if (!memory_allow_file_size(stub_size(), &before))
        return false;
    bool ok = write(fd, stub_begin, stub_size()) == (ssize_t)stub_size();
    memory_limit_file_size(&before);
    return ok;
}

/* Where memory files must not be executable, this one is not, and can be mapped for execution all the same.
 */
static int open_stub(struct reason *why)
{
    int fd = memfd_create("secrun-stub", MFD_NOEXEC_SEAL);
    if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
        fd = memfd_create("secrun-stub", 0);
    if (fd >= 0 && write_stub(fd))
        return fd;
    fail_errno(why, "inject: a memory file of %zu bytes", stub_size());
    if (fd >= 0)
        close(fd);
    return -1;
}

/* go and answer: pipes, from and to the helper. True if it traces this process. */
static bool start_helper(struct inject *inject, int go[static 2], int answer[static 2], struct reason *why)
{
    sigset_t all, before;
    int error = 0;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before); /* the helper's for good: what is sent to the group is not its */
    /* Without a signal for its end, so that the target is sent none. */
    inject->helper = (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
    if (inject->helper == 0) {
        close(answer[0]);
        be_helper(inject->code_fd, go[0], answer[1]);
    }
    int saved = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    if (inject->helper < 0) {
        inject->helper = 0;
        fail_errno(why, "inject: a helper process");
        return fail_hint(why, "see RLIMIT_NPROC, and pids.max of the control group");
    }
    close(answer[1]);
    answer[1] = -1;
    prctl(PR_SET_PTRACER, inject->helper); /* fails where there is no Yama */
    if (write(go[1], "", 1) == 1 && read(answer[0], &error, sizeof error) == sizeof error && error == 0)
        return true;
    waitpid(inject->helper, NULL, __WALL);
    inject->helper = 0;
    return error ? explain(error, why) : fail(why, "inject: the helper process has ended");
}

static void close_pipe(const int fds[static 2])
{
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

bool inject_attach(struct inject *inject, struct reason *why)
{
    int go[2] = {-1, -1}, answer[2] = {-1, -1};
    *inject = (struct inject){.code_fd = open_stub(why)};
    if (inject->code_fd < 0)
        return false;
    bool ok = pipe2(go, O_CLOEXEC) == 0 && pipe2(answer, O_CLOEXEC) == 0;
    if (!ok)
        fail_errno(why, "inject: a pipe");
    prctl(PR_SET_DUMPABLE, 1);
    ok = ok && start_helper(inject, go, answer, why);
    prctl(PR_SET_DUMPABLE, 0);
    close_pipe(go);
    close_pipe(answer);
    if (!ok)
        inject_dismiss(inject);
    return ok;
}

void inject_dismiss(struct inject *inject)
{
    if (inject->helper > 0) {
        syscall(SYS_tgkill, getpid(), getpid(), SIGSTOP);
        waitpid(inject->helper, NULL, __WALL);
        close(inject->code_fd);
    } else if (inject->code_fd > 0) {
        close(inject->code_fd);
    }
    *inject = (struct inject){0};
}
