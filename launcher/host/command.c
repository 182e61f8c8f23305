/* SPDX-License-Identifier: ISC */
/*
 * Running other programs: see command.h. Runs in secrun and secrunctl, often as root, before a secret is
 * there; what it reads may be the machine key, and goes into locked memory only.
 */
#include "host/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/path.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
enum { CLOSE_ON_EXEC = 4 }; /* CLOSE_RANGE_CLOEXEC */

struct child {
    const char *path;
    pid_t pid;
    int output;    /* its standard output */
    int error;     /* what stopped its start is written here; its end is closed by execve */
    long deadline; /* milliseconds of now() */
    unsigned seconds;
};

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool out_of_time(const struct child *child, struct reason *why)
{
    return fail(why, "%s: not done within %u seconds", child->path, child->seconds);
}

/* In the child. What is open here is none of its business, and what is ignored here is not ignored there. */
static _Noreturn void become(const struct command *command, pid_t parent, int output, int error)
{
    sigset_t none;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        (!command->quiet || dup2(null, STDERR_FILENO) >= 0)) {
        syscall(SYS_close_range, 3U, ~0U, CLOSE_ON_EXEC); /* before Linux 5.11 they stay */
        execve(command->arguments[0], command->arguments, command->environment);
    }
    int failed = errno;
    ssize_t ignored = write(error, &failed, sizeof failed);
    (void)ignored;
    _exit(1);
}

static bool start(const struct command *command, struct child *child, struct reason *why)
{
    int output[2], error[2];
    pid_t parent = getpid();
    if (pipe2(output, O_CLOEXEC) != 0)
        return fail_errno(why, "%s: a pipe", child->path);
    if (pipe2(error, O_CLOEXEC) != 0) {
        fail_errno(why, "%s: a pipe", child->path);
        close(output[0]);
        close(output[1]);
        return false;
    }
    child->pid = fork();
    if (child->pid == 0)
        become(command, parent, output[1], error[1]);
    if (child->pid < 0)
        fail_errno(why, "%s: cannot be started", child->path);
    close(output[1]);
    close(error[1]);
    child->output = output[0];
    child->error = error[0];
    if (child->pid > 0)
        setpgid(child->pid, child->pid); /* whoever of the two comes first */
    if (child->pid > 0)
        return true;
    close(output[0]);
    close(error[0]);
    return false;
}

static bool has_started(const struct child *child, struct reason *why)
{
    int error = 0;
    ssize_t got;
    do
        got = read(child->error, &error, sizeof error);
    while (got < 0 && errno == EINTR);
    if (got != sizeof error)
        return true;
    errno = error;
    return fail_errno(why, "%s: cannot be run", child->path);
}

/* To the end of its output, which is when all that have it have closed it. */
static bool read_output(const struct child *child, size_t max, struct secret *output, struct reason *why)
{
    for (;;) {
        struct pollfd ready = {.fd = child->output, .events = POLLIN};
        long left = child->deadline - now();
        if (left <= 0)
            return out_of_time(child, why);
        if (poll(&ready, 1, (int)left) <= 0)
            continue;
        if (output->size == output->capacity && !secret_reserve(output, output->size, why))
            return fail_within(why, "%s", child->path);
        ssize_t got = read(child->output, output->bytes + output->size, output->capacity - output->size);
        if (got < 0 && errno != EINTR)
            return fail_errno(why, "%s", child->path);
        if (got == 0)
            return true;
        output->size += got > 0 ? (size_t)got : 0;
        if (output->size > max)
            return fail(why, "%s: prints more than %zu bytes", child->path, max);
    }
}

static bool await(struct child *child, int *status, struct reason *why)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    for (;;) {
        pid_t waited = waitpid(child->pid, status, WNOHANG);
        if (waited < 0 && errno != EINTR)
            return fail_errno(why, "%s: waiting for its end", child->path);
        if (waited == child->pid) {
            child->pid = 0;
            return true;
        }
        if (now() >= child->deadline)
            return out_of_time(child, why);
        nanosleep(&pause, NULL);
    }
}

static bool run(const struct command *command, struct child *child, struct secret *output, int *status,
                struct reason *why)
{
    int ended;
    if (!has_started(child, why) || !read_output(child, command->max, output, why) ||
        !await(child, &ended, why))
        return false;
    if (WIFSIGNALED(ended))
        return fail(why, "%s: killed by signal %d (%s)", child->path, WTERMSIG(ended),
                    strsignal(WTERMSIG(ended)));
    *status = WEXITSTATUS(ended);
    return true;
}

/* Only what is waited for can be asked for its status: SIGCHLD must not be ignored meanwhile. */
bool command_run(const struct command *command, struct secret *output, int *status, struct reason *why)
{
    struct child child = {.path = command->arguments[0], .seconds = command->seconds};
    struct sigaction before, usual = {.sa_handler = SIG_DFL};
    int fd = path_open(child.path, PATH_TRUSTED, why);
    if (fd < 0)
        return false;
    close(fd);
    if (!secret_alloc(output, command->max < 4096 ? command->max + 1 : 4096, why))
        return fail_within(why, "%s", child.path);
    sigaction(SIGCHLD, &usual, &before);
    child.deadline = now() + (long)command->seconds * 1000;
    bool ok = start(command, &child, why);
    if (ok) {
        ok = run(command, &child, output, status, why);
        if (child.pid > 0) {
            kill(-child.pid, SIGKILL);
            kill(child.pid, SIGKILL);
            while (waitpid(child.pid, NULL, 0) < 0 && errno == EINTR)
                ;
        }
        close(child.output);
        close(child.error);
    }
    sigaction(SIGCHLD, &before, NULL);
    if (!ok)
        secret_free(output);
    return ok;
}
