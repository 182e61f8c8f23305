/* SPDX-License-Identifier: ISC */
/* Victims: see victim.h. Runs in the test programs only. */
#include "support/victim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"

struct fault {
    bool traced;
    long call; /* fails with error, unless that is 0 */
    int error;
};

static void let_fail(const struct fault *fault)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)fault->call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)fault->error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof code / sizeof *code, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        _exit(98);
}

static void become(const char *const *argv, int input, const struct fault *fault)
{
    char path[4096];
    const char *stage = getenv("SECRUN_STAGE");
    snprintf(path, sizeof path, "%s/bin/secrunctl", stage ? stage : "");
    if (chdir(scratch()) != 0)
        _exit(99);
    int null = open("/dev/null", O_WRONLY), error = open("victim.err", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(input, 0);
    dup2(null, 1);
    dup2(error, 2);
    if (fault->traced && (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 || raise(SIGSTOP) != 0))
        _exit(99);
    if (fault->error)
        let_fail(fault);
    /* execv promises not to touch them. */
    execv(path, (char *const *)(uintptr_t)argv);
    _exit(99);
}

static pid_t start(const char *const *argv, const char *input, const struct fault *fault)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    cr_assert_eq(write(ends[1], input, strlen(input)), (ssize_t)strlen(input));
    close(ends[1]);
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0)
        become(argv, ends[0], fault);
    close(ends[0]);
    return pid;
}

static int status_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int wait_for(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        cr_assert_eq(errno, EINTR, "waitpid: %s", strerror(errno));
    return status;
}

pid_t victim_start(const char *const *argv, const char *input)
{
    return start(argv, input, &(struct fault){0});
}

int victim_end(pid_t pid)
{
    return status_of(wait_for(pid));
}

/* Goes on to just before its next system call; false, with its wait status, if it has ended instead. */
static bool next_call(pid_t pid, long *call, int *status)
{
    int number = 0;
    for (;;) {
        cr_assert_eq(ptrace(PTRACE_SYSCALL, pid, NULL, number), 0, "PTRACE_SYSCALL: %s", strerror(errno));
        *status = wait_for(pid);
        if (!WIFSTOPPED(*status))
            return false;
        bool at_call = WSTOPSIG(*status) == (SIGTRAP | 0x80);
        /* The trap behind execve(2) is not for it; all other signals are. */
        number = at_call || WSTOPSIG(*status) == SIGTRAP ? 0 : WSTOPSIG(*status);
        struct __ptrace_syscall_info info = {0};
        if (at_call)
            cr_assert_gt(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info), 0, "%s", strerror(errno));
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
            *call = (long)info.entry.nr;
            return true;
        }
    }
}

static pid_t start_traced(const char *const *argv, const char *input)
{
    pid_t pid = start(argv, input, &(struct fault){.traced = true});
    int status = wait_for(pid);
    cr_assert(WIFSTOPPED(status), "not traced: wait status %#x", (unsigned)status);
    cr_assert_eq(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
    return pid;
}

int victim_killed_at_call(size_t n, const char *const *argv, const char *input)
{
    pid_t pid = start_traced(argv, input);
    int status;
    long call;
    for (size_t i = 0; i < n; i++)
        if (!next_call(pid, &call, &status))
            return status_of(status);
    cr_assert_eq(kill(pid, SIGKILL), 0);
    while (!WIFSIGNALED(status = wait_for(pid)))
        ;
    return status_of(status);
}

size_t victim_calls(long *calls, size_t most, const char *const *argv, const char *input)
{
    pid_t pid = start_traced(argv, input);
    size_t count = 0;
    int status;
    for (long call; next_call(pid, &call, &status); count++)
        if (count < most)
            calls[count] = call;
    cr_assert_eq(status_of(status), 0, "exit status %d", status_of(status));
    return count;
}

int victim_failing(long call, int error, const char *const *argv, const char *input)
{
    return victim_end(start(argv, input, &(struct fault){.call = call, .error = error}));
}

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static int run_to_its_end(victim_case_fn *prepare, victim_check_fn *check, void *user, int number, long *took)
{
    struct victim_command command = {0};
    prepare(user, number, &command);
    long start = now();
    int status = victim_end(victim_start(command.argv, command.input));
    *took = now() - start;
    check(user, number, status);
    return status;
}

void victim_killed_at_random(int kills, victim_case_fn *prepare, victim_check_fn *check, void *user)
{
    enum { RUNS = 5, KILLED = 128 + SIGKILL };
    unsigned seed = 20261125;
    long span = 0, took;
    int killed = 0;
    for (int i = 1; i <= RUNS; i++) {
        cr_assert_eq(run_to_its_end(prepare, check, user, -i, &took), 0);
        span = i == 1 || took < span ? took : span;
    }
    span += span / 2;
    for (int i = 0; i < kills; i++) {
        struct victim_command command = {0};
        /* All over the time that it takes, and in random order within each part of it. */
        long delay = span / kills * i + span / kills * (rand_r(&seed) % 1000) / 1000;
        prepare(user, i, &command);
        pid_t pid = victim_start(command.argv, command.input);
        nanosleep(&(struct timespec){delay / 1000000000L, delay % 1000000000L}, NULL);
        kill(pid, SIGKILL);
        int status = victim_end(pid);
        cr_assert(status == 0 || status == KILLED, "%d: exit status %d", i, status);
        killed += status == KILLED;
        check(user, i, status);
    }
    cr_expect_geq(killed, kills / 4, "only %d of %d were killed", killed, kills);
}
