/* SPDX-License-Identifier: ISC */
/*
 * Starting a child: see spawn.h. Runs inside the target, and in a child that shares its memory while the
 * thread that started it is held by the kernel (CLONE_VM and CLONE_VFORK); hands on pointers to secrets.
 *
 * What a child does MUST therefore leave no mark: no handler of the program's may run in it, errno and all
 * else of libc's stays untouched, and it ends by an exec or by exit_group alone.
 */
#include "shim/spawn.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <asm/ioctls.h>
#include <asm/signal.h>

#include "shim/environ.h"
#include "shim/exec.h"
#include "shim/sys_process.h"

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif

enum { CHILD_FAILED = 127 };
/* Of the child's stack, in bytes: exec_program and what it is called from; per entry of its arrays. */
enum { STACK_SIZE = 64 * 1024, STACK_PER_ENTRY = 32 };

/* What both see. */
struct start {
    const struct spawn_request *request;
    uint64_t callers_mask;
    bool wants_pidfd;
    int pidfd; /* the kernel writes it before the child runs; -1: a kernel that does not know of it */
    int error; /* written by the child: why it is to end */
};

/*
 * Handlers become the default, as an exec would make them, but before any signal can arrive. This includes
 * the two signals that libc keeps for itself.
 */
static void reset_signals(uint64_t to_default)
{
    const struct sys_signal_action standard = {0};
    for (int number = 1; number <= SYS_SIGNALS; number++) {
        struct sys_signal_action now = {0};
        bool asked = to_default & SYS_SIGNAL_BIT(number);
        if (!asked && (sys_sigaction(number, NULL, &now) < 0 || now.handler <= 1))
            continue;
        sys_sigaction(number, &standard, NULL); /* fails for SIGKILL and SIGSTOP, which have no other */
    }
}

/* Of a cgroup2 directory; "0" is the writer. */
static int enter_cgroup(int directory)
{
    long fd = sys_openat(directory, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return (int)fd;
    long written = sys_write((int)fd, "0", 1);
    sys_close((int)fd);
    return written < 0 ? (int)written : 0;
}

/* In glibc's order. */
static long apply_attributes(const struct spawn_request *request)
{
    unsigned flags = request->flags;
    long result = 0;
    reset_signals(flags & SPAWN_SET_DEFAULTS ? request->default_signals : 0);
    if (flags & SPAWN_SET_CGROUP)
        result = enter_cgroup(request->cgroup);
    if (result >= 0 && (flags & SPAWN_SET_SCHEDULER))
        result = sys_sched_setscheduler(request->policy, request->priority);
    else if (result >= 0 && (flags & SPAWN_SET_PRIORITY))
        result = sys_sched_setparam(request->priority);
    if (result >= 0 && (flags & SPAWN_SET_SESSION))
        result = sys_setsid();
    if (result >= 0 && (flags & SPAWN_SET_GROUP))
        result = sys_setpgid(request->group);
    if (result >= 0 && (flags & SPAWN_RESET_IDS)) {
        result = sys_seteuid(sys_getuid());
        if (result >= 0)
            result = sys_setegid(sys_getgid());
    }
    return result;
}

static long close_in_range(int fd)
{
    uint64_t limits[2] = {0, 0};
    if (sys_close(fd) >= 0)
        return 0;
    sys_getrlimit(RLIMIT_NOFILE, limits);
    return fd < 0 || (uint64_t)fd >= limits[0] ? -EBADF : 0;
}

static long open_as(const struct spawn_step *step)
{
    sys_close(step->new_fd);
    long fd = sys_openat_mode(AT_FDCWD, step->path, step->flags, step->mode);
    if (fd < 0 || fd == step->new_fd)
        return fd;
    long result = sys_dup2((int)fd, step->new_fd);
    sys_close((int)fd);
    return result;
}

static long keep_across_exec(int fd)
{
    long flags = sys_fcntl(fd, F_GETFD, 0);
    return flags < 0 ? flags : sys_fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC);
}

/* The number that a name in /proc/self/fd is, or -1. */
static int number_of(const char *name)
{
    int number = 0;
    if (*name < '0' || *name > '9')
        return -1;
    for (; *name >= '0' && *name <= '9'; name++)
        number = number * 10 + (*name - '0');
    return number;
}

/* For kernels before 5.9. The directory is read from its beginning again until nothing in it is left to
 * close: closing changes what the reading of it goes over. */
static long close_listed_from(int first)
{
    long directory = sys_openat(AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return directory;
    _Alignas(8) char entries[1024] = {0};
    long size;
    while ((size = sys_getdents((int)directory, entries, sizeof entries)) > 0) {
        bool closed = false;
        unsigned short entry_size;
        for (long at = 0; at < size; at += entry_size) {
            /* struct linux_dirent64: its size at 16, its name at 19 */
            __builtin_memcpy(&entry_size, entries + at + 16, sizeof entry_size);
            int fd = number_of(entries + at + 19);
            if (fd < first || fd == directory)
                continue;
            sys_close(fd);
            closed = true;
        }
        if (closed)
            sys_rewind((int)directory);
    }
    sys_close((int)directory);
    return size;
}

static long close_from(int first)
{
    return sys_close_from(first) < 0 ? close_listed_from(first) : 0;
}

static long set_foreground(const struct spawn_request *request, int terminal)
{
    int group = request->group;
    if (!(request->flags & SPAWN_SET_GROUP) || group == 0)
        group = sys_getpgid();
    return sys_ioctl(terminal, TIOCSPGRP, &group);
}

static long take(const struct spawn_request *request, const struct spawn_step *step)
{
    switch (step->kind) {
    case SPAWN_CLOSE:
        sys_close(step->fd);
        return 0;
    case SPAWN_CLOSE_IN_RANGE:
        return close_in_range(step->fd);
    case SPAWN_DUP2:
        return step->fd == step->new_fd ? keep_across_exec(step->fd) : sys_dup2(step->fd, step->new_fd);
    case SPAWN_OPEN:
        return open_as(step);
    case SPAWN_CHDIR:
        return sys_chdir(step->path);
    case SPAWN_FCHDIR:
        return sys_fchdir(step->fd);
    case SPAWN_CLOSE_FROM:
        return close_from(step->fd);
    case SPAWN_TTY:
        return set_foreground(request, step->fd);
    }
    return -ENOSYS;
}

static int execute(const struct spawn_request *request)
{
    const struct exec_call call = {.directory = AT_FDCWD,
                                   .path = request->file,
                                   .arguments = request->arguments,
                                   .environment = request->environment,
                                   .own_stack = true};
    if (request->search)
        return exec_search(request->file, request->arguments, request->environment, EXEC_OWN_STACK);
    return exec_program(&call);
}

/* What the exec would close. This process ends if the exec fails, so that nobody misses it. */
static void close_early(void)
{
    uint64_t limits[2] = {0, 0};
    sys_getrlimit(RLIMIT_NOFILE, limits);
    for (uint64_t fd = 0; fd < limits[0] && fd <= INT32_MAX; fd++) {
        long flags = sys_fcntl((int)fd, F_GETFD, 0);
        if (flags >= 0 && (flags & FD_CLOEXEC))
            sys_close((int)fd);
    }
}

static int run_child(void *argument)
{
    struct start *start = argument;
    const struct spawn_request *request = start->request;
    struct spawn_step step = {0};
    long result = start->wants_pidfd && start->pidfd < 0 ? -ENOSYS : apply_attributes(request);
    while (result >= 0 && request->next_step && (result = request->next_step(request->cursor, &step)) > 0)
        result = take(request, &step);
    if (result < 0) {
        start->error = (int)-result;
        return CHILD_FAILED;
    }
    sys_sigprocmask(SIG_SETMASK, request->flags & SPAWN_SET_MASK ? &request->mask : &start->callers_mask,
                    NULL);
    int error = execute(request);
    if (error == EMFILE) { /* a capsule takes a descriptor, which libc's own exec would not */
        close_early();
        error = execute(request);
    }
    start->error = error;
    return CHILD_FAILED;
}

static size_t count(char *const *array)
{
    size_t entries = 0;
    while (array && array[entries])
        entries++;
    return entries;
}

/* With a stack for the child: its pid, or -errno. */
static long start_child(struct start *start)
{
    const struct spawn_request *request = start->request;
    size_t size = STACK_SIZE + STACK_PER_ENTRY * (count(request->arguments) + count(request->environment));
    size = (size + 4095) & ~(size_t)4095;
    long stack = sys_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1);
    if (sys_failed(stack))
        return stack;
    unsigned long flags = CLONE_VM | CLONE_VFORK | SIGCHLD;
    if (start->wants_pidfd)
        flags |= CLONE_PIDFD;
    long pid = sys_clone_call(flags, (char *)stack + size, &start->pidfd, run_child, start);
    sys_munmap((void *)stack, size);
    return pid;
}

int spawn_program(const struct spawn_request *request, int *pid, int *pidfd)
{
    struct start start = {.request = request, .wants_pidfd = pidfd != NULL, .pidfd = -1};
    const uint64_t all = UINT64_MAX;
    sys_sigprocmask(SIG_SETMASK, &all, &start.callers_mask);
    long child = start_child(&start);
    if (child > 0 && start.error != 0) {
        sys_wait((int)child, NULL);
        if (start.pidfd >= 0)
            sys_close(start.pidfd);
    }
    sys_sigprocmask(SIG_SETMASK, &start.callers_mask, NULL);
    if (child < 0 || start.error != 0)
        return child < 0 ? (int)-child : start.error;
    *pid = (int)child;
    if (pidfd)
        *pidfd = start.pidfd;
    return 0;
}

void spawn_shell(struct spawn_request *request, char *arguments[static SPAWN_SHELL_ARGUMENTS],
                 const char *command)
{
    size_t at = 0;
    arguments[at++] = (char *)(uintptr_t) "sh";
    arguments[at++] = (char *)(uintptr_t) "-c";
    if (command[0] == '-' || command[0] == '+') /* or the shell would take it for an option */
        arguments[at++] = (char *)(uintptr_t) "--";
    arguments[at++] = (char *)(uintptr_t)command;
    arguments[at] = NULL;
    char ***variable = environ_variable();
    *request = (struct spawn_request){
        .file = "/bin/sh",
        .arguments = arguments,
        .environment = variable ? *variable : NULL,
    };
}
