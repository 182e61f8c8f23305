/* SPDX-License-Identifier: ISC */
/*
 * Watched commands: see wild_watch.h. The test forks a watcher, which traces the command and all that comes
 * of it; with the watcher ends the whole tree. Runs in the test programs only; sees the secrets that tests
 * make up.
 */
#include "support/wild_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/live.h"

enum {
    OPTIONS = PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
              PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL
};

/* What the watcher hands back through a pipe. */
struct report {
    int status; /* the command's wait status */
    size_t starts;
};

static void redirect(const char *name, int flags, int as)
{
    int fd = open(name, flags | O_CLOEXEC, 0600);
    if (fd < 0 || dup2(fd, as) != as)
        _exit(99);
}

/* The command, from when a byte can be read from `go`. */
static _Noreturn void become(const char *script, int go)
{
    char byte;
    redirect("/dev/null", O_RDONLY, 0);
    redirect("watch.out", O_WRONLY | O_CREAT | O_TRUNC, 1);
    redirect("watch.err", O_WRONLY | O_CREAT | O_TRUNC, 2);
    if (read(go, &byte, 1) != 1)
        _exit(99);
    command_become(script);
}

/* Writes a line to `lines` for each value in one of the two files. `must`: not to see it is told, too. */
static void look(pid_t pid, const char *when, bool must, const char *const *values, FILE *lines)
{
    static const char *const files[] = {"environ", "cmdline"};
    for (int i = 0; i < 2; i++) {
        size_t size = 0;
        char *bytes = live_proc(pid, files[i], &size);
        if (!bytes && must && errno != ENOENT && errno != ESRCH)
            fprintf(lines, "%d: %s cannot be read %s: %s\n", pid, files[i], when, strerror(errno));
        for (const char *const *value = values; bytes && *value; value++)
            if (memmem(bytes, size, *value, strlen(*value))) {
                size_t name_size = 0;
                char *name = live_proc(pid, "comm", &name_size);
                fprintf(lines, "%d: %.*s: %s holds value %zu %s\n", pid, (int)(name_size ? name_size - 1 : 0),
                        name ? name : "", files[i], (size_t)(value - values), when);
                free(name);
            }
        free(bytes);
    }
}

/* Is it a process, and not a further thread of one? */
static bool is_process(pid_t pid)
{
    return syscall(SYS_tgkill, pid, pid, 0) == 0;
}

/* Lets a stopped process go on after what stopped it has been looked at. */
static void handle_stop(pid_t pid, int status, const char *const *values, struct report *report, FILE *lines)
{
    int number = WSTOPSIG(status);
    bool root = geteuid() == 0;
    switch (status >> 16) {
    case PTRACE_EVENT_EXEC:
        report->starts++;
        look(pid, "at its start", true, values, lines);
        break;
    case PTRACE_EVENT_EXIT:
        if (is_process(pid))
            look(pid, "at its end", root, values, lines);
        break;
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
        look(pid, "at a fork", root, values, lines);
        break;
    case PTRACE_EVENT_STOP:
        if (number != SIGTRAP) { /* by job control: it stays stopped, as it would */
            ptrace(PTRACE_LISTEN, pid, NULL, NULL);
            return;
        }
        break;
    case 0:
        ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)number);
        return;
    default:
        break;
    }
    ptrace(PTRACE_CONT, pid, NULL, NULL);
}

/* The watcher. It takes in orphans, so that the end of its children is the end of the tree. */
static _Noreturn void watch(const char *script, unsigned seconds, const char *const *values, int back)
{
    int go[2];
    struct report report = {.status = SIGKILL};
    FILE *lines = fopen("watch.seen", "we");
    if (!lines || pipe2(go, O_CLOEXEC) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        _exit(99);
    signal(SIGALRM, SIG_DFL);
    alarm(seconds);
    pid_t first = fork();
    if (first == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setsid();
        become(script, go[0]);
    }
    if (first < 0 || (values && ptrace(PTRACE_SEIZE, first, NULL, (void *)(intptr_t)OPTIONS) != 0) ||
        write(go[1], "", 1) != 1)
        _exit(99);
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR;) {
        if (pid > 0 && WIFSTOPPED(status))
            handle_stop(pid, status, values, &report, lines);
        else if (pid == first)
            report.status = status;
    }
    if (fclose(lines) != 0 || write(back, &report, sizeof report) != sizeof report)
        _exit(99);
    _exit(0);
}

__attribute__((format(printf, 3, 0))) static struct watched run(unsigned seconds, const char *const *values,
                                                                const char *format, va_list list)
{
    char *script = NULL;
    int back[2], status;
    struct report report = {.status = SIGKILL};
    cr_assert_geq(vasprintf(&script, format, list), 0);
    cr_assert_eq(pipe2(back, O_CLOEXEC), 0);
    pid_t watcher = fork();
    cr_assert_geq(watcher, 0);
    if (watcher == 0) {
        if (chdir(scratch()) != 0)
            _exit(99);
        watch(script, seconds, values, back[1]);
    }
    close(back[1]);
    while (waitpid(watcher, &status, 0) < 0)
        cr_assert_eq(errno, EINTR);
    if (read(back[0], &report, sizeof report) != sizeof report)
        fprintf(stderr, "ended with wait status %#x, at most %u s: %s\n", (unsigned)status, seconds, script);
    close(back[0]);
    free(script);
    struct watched watched = {.starts = report.starts};
    struct outcome *outcome = &watched.outcome;
    outcome->status = WIFEXITED(report.status) ? WEXITSTATUS(report.status) : 128 + WTERMSIG(report.status);
    outcome->out = get_file("watch.out", &outcome->out_size);
    outcome->err = get_file("watch.err", &outcome->err_size);
    watched.seen = get_file("watch.seen", NULL);
    return watched;
}

struct watched watch_shell(unsigned seconds, const char *const *values, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    struct watched watched = run(seconds, values, format, list);
    va_end(list);
    return watched;
}

struct outcome long_shell(unsigned seconds, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    struct watched watched = run(seconds, NULL, format, list);
    va_end(list);
    free(watched.seen);
    return watched.outcome;
}

void watched_free(struct watched *watched)
{
    outcome_free(&watched->outcome);
    free(watched->seen);
    *watched = (struct watched){0};
}
