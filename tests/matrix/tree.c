/* SPDX-License-Identifier: ISC */
/* The tree of processes: see tree.h. Runs in the leak matrix. */
#include "matrix/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MEMBERS_MAX = 4096, PIDS_MAX = 4 * 1024 * 1024, DEPTH_MAX = 64 };
enum { UNKNOWN, OUTSIDE, INSIDE };

static pid_t root;
static DIR *proc;
static uint32_t *known; /* for each pid: 4 * the scan in which it was last there + where it belongs */
static uint32_t scan;
static pid_t members[MEMBERS_MAX];
static size_t member_count;

void tree_begin(pid_t new_root)
{
    root = new_root;
    if (!proc)
        proc = opendir("/proc");
    if (!known)
        known = calloc(PIDS_MAX, sizeof *known); /* pages that are not touched cost nothing */
    scan = 1;
    if (!proc || !known)
        abort();
}

/* A number that was missing in a scan is another process when it turns up again. */
static uint32_t where(pid_t pid)
{
    return known[pid] / 4 + 1 >= scan ? known[pid] % 4 : UNKNOWN;
}

static pid_t parent(pid_t pid)
{
    char path[32], text[512];
    snprintf(path, sizeof path, "%d/stat", (int)pid);
    int fd = openat(dirfd(proc), path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (size <= 0)
        return -1;
    text[size] = '\0';
    const char *end = strrchr(text, ')'); /* a program's name can hold anything */
    int number = -1;
    if (end)
        sscanf(end, ") %*c %d", &number);
    return number;
}

static uint32_t find(pid_t pid, int depth)
{
    if (pid == root)
        return INSIDE;
    if (pid <= 1 || pid >= PIDS_MAX || depth == DEPTH_MAX)
        return pid < 0 ? UNKNOWN : OUTSIDE;
    uint32_t place = where(pid);
    if (place == UNKNOWN)
        place = find(parent(pid), depth + 1);
    known[pid] = 4 * scan + place;
    return place;
}

size_t tree_scan(void)
{
    scan++;
    member_count = 0;
    rewinddir(proc);
    for (struct dirent *entry; (entry = readdir(proc));) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        if (pid > 0 && pid != root && member_count < MEMBERS_MAX && find(pid, 0) == INSIDE)
            members[member_count++] = pid;
    }
    return member_count;
}

pid_t tree_member(size_t index)
{
    return members[index];
}
