/* SPDX-License-Identifier: ISC */
/* A process in /proc: see process.h. Runs in secrunctl. */
#include "inspect/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "scan/threads.h"

ssize_t process_read_small(int directory, const char *name, char *text, size_t size)
{
    size_t used = 0;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -1;
    for (;;) {
        ssize_t got = read(fd, text + used, size - used);
        if (got < 0 && errno == EINTR)
            continue;
        int saved = errno;
        if (got <= 0 || (used += (size_t)got) == size) {
            close(fd);
            errno = saved;
            return got < 0 ? -1 : (ssize_t)used;
        }
    }
}

static void read_name(int directory, char name[static PROCESS_NAME])
{
    ssize_t got = process_read_small(directory, "comm", name, PROCESS_NAME - 1);
    name[got > 0 ? got : 0] = '\0';
    name[strcspn(name, "\n")] = '\0';
    if (got <= 0)
        strlcpy(name, "?", PROCESS_NAME);
}

void process_name_of(pid_t pid, char name[static PROCESS_NAME])
{
    char path[32];
    snprintf(path, sizeof path, "/proc/%d", (int)pid);
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    read_name(directory, name);
    if (directory >= 0)
        close(directory);
}

static bool ended(const struct process *process, struct reason *why)
{
    return fail(why, "%d: it has ended meanwhile", (int)process->pid);
}

static bool read_status(struct process *process, struct reason *why)
{
    char text[16384];
    struct proc_stat stat;
    int pid = (int)process->pid;
    ssize_t size = process_read_small(process->directory, "stat", text, sizeof text);
    if (size <= 0)
        return ended(process, why);
    if (!proc_stat_parse(text, (size_t)size, &stat))
        return fail(why, "/proc/%d/stat: not as expected", pid);
    process->started = stat.started;
    process->parent = stat.parent;
    size = process_read_small(process->directory, "status", text, sizeof text);
    if (size <= 0)
        return ended(process, why);
    if (!proc_status_parse(text, (size_t)size, &process->status))
        return fail(why, "/proc/%d/status: not as expected", pid);
    return true;
}

/* What there is of it is in the directory of a thread that has not ended, as in that of the process
 * elsewhere. */
static bool go_by_thread(struct process *process)
{
    char text[16384];
    struct proc_status status;
    int living = threads_find(process->directory);
    ssize_t size = living < 0 ? -1 : process_read_small(living, "status", text, sizeof text);
    if (size <= 0 || !proc_status_parse(text, (size_t)size, &status)) {
        if (living >= 0)
            close(living);
        return false;
    }
    close(process->directory);
    process->directory = living;
    process->status = status;
    return true;
}

bool process_open(struct process *process, pid_t pid, struct reason *why)
{
    char path[32];
    *process = (struct process){.directory = -1, .pid = pid};
    snprintf(path, sizeof path, "/proc/%d", (int)pid);
    process->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (process->directory < 0 && (errno != ENOENT || kill(pid, 0) == 0 || errno == EPERM)) {
        fail(why, "%d: not to be seen in /proc", (int)pid);
        return fail_hint(why, "is /proc mounted, and without hidepid? root sees them all");
    }
    if (process->directory < 0)
        return fail(why, "%d: no such process", (int)pid);
    if (!read_status(process, why))
        return false;
    read_name(process->directory, process->name);
    const struct proc_status *status = &process->status;
    if (status->process != status->thread) {
        fail(why, "%d: a thread of process %d", (int)pid, (int)status->process);
        return fail_hint(why, "secrunctl inspect %d", (int)status->process);
    }
    if ((status->state == 'Z' || status->state == 'X') && !go_by_thread(process))
        return fail(why, "%d: it has ended, and its parent has not waited for it: nothing is left", (int)pid);
    if (!status->has_memory)
        return fail(why, "%d: a thread of the kernel, which holds no secrets", (int)pid);
    return true;
}

void process_close(struct process *process)
{
    if (process->directory >= 0)
        close(process->directory);
    process->directory = -1;
}

bool process_is_there(const struct process *process)
{
    char text[4096];
    struct proc_stat stat;
    ssize_t size = process_read_small(process->directory, "stat", text, sizeof text);
    return size > 0 && proc_stat_parse(text, (size_t)size, &stat) && stat.state != 'Z' && stat.state != 'X';
}

static pid_t tracer_of(int tasks, const char *name)
{
    char text[16384];
    struct proc_status status;
    int thread = openat(tasks, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (thread < 0)
        return 0; /* it has ended */
    ssize_t size = process_read_small(thread, "status", text, sizeof text);
    close(thread);
    return size > 0 && proc_status_parse(text, (size_t)size, &status) ? status.tracer : 0;
}

pid_t process_tracer(const struct process *process)
{
    char path[32];
    const struct dirent *entry;
    pid_t tracer = process->status.tracer;
    snprintf(path, sizeof path, "/proc/%d/task", (int)process->pid);
    DIR *tasks = opendir(path);
    while (tasks && tracer == 0 && (entry = readdir(tasks)))
        if (isdigit((unsigned char)entry->d_name[0]))
            tracer = tracer_of(dirfd(tasks), entry->d_name);
    if (tasks)
        closedir(tasks);
    return process_is_there(process) ? tracer
                                     : process->status.tracer; /* the number may be another's by now */
}

enum look process_core_limit(const struct process *process, uint64_t *soft, uint64_t *hard)
{
    char text[8192];
    ssize_t size = process_read_small(process->directory, "limits", text, sizeof text);
    if (size < 0 && (errno == EACCES || errno == EPERM))
        return LOOK_REFUSED;
    return size > 0 && proc_core_limit(text, (size_t)size, soft, hard) ? LOOK_DONE : LOOK_FAILED;
}
