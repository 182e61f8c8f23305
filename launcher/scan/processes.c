/* SPDX-License-Identifier: ISC */
/* Environments and command lines of processes: see scan.h. Runs in secrunctl; sees what /proc shows it. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan/scan.h"
#include "scan/threads.h"

/* The program's name, as the process tells it: 15 bytes of it, be they a value's or not. */
static void read_name(const struct scan *scan, int process, char *name, size_t size)
{
    int fd = openat(process, "comm", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, name, size - 1);
    name[got > 0 ? got : 0] = '\0';
    name[strcspn(name, "\n")] = '\0';
    if (fd >= 0)
        close(fd);
    scan_cover_pieces(scan, name);
}

/* Scans both; false in *readable if one cannot be read. A process may be gone by now. */
static bool scan_process(struct scan *scan, int process, pid_t pid, bool *readable, struct reason *why)
{
    static const char *const parts[] = {"environ", "cmdline"};
    char name[SCAN_CUT_MAX], shown[64];
    read_name(scan, process, name, sizeof name);
    for (size_t i = 0; i < 2; i++) {
        int fd = openat(process, parts[i], O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            *readable = *readable && (errno == ENOENT || errno == ESRCH);
            continue;
        }
        snprintf(shown, sizeof shown, "/proc/%d/%s", (int)pid, parts[i]);
        scan->where = (struct where){
            .kind = WHERE_PROCESS, .path = shown, .part = parts[i], .program = name, .pid = pid};
        bool ok = scan_descriptor(scan, fd, UINT64_MAX, why);
        close(fd);
        if (!ok)
            return false;
    }
    return true;
}

bool scan_processes(struct scan *scan, size_t *hidden, struct reason *why)
{
    DIR *all = opendir("/proc");
    const struct dirent *entry;
    bool ok = true;
    *hidden = 0;
    if (!all)
        return fail_errno(why, "/proc");
    while (ok && (entry = readdir(all)) != NULL) {
        bool readable = true;
        pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? (pid_t)strtol(entry->d_name, NULL, 10) : 0;
        if (pid <= 0 || pid == getpid())
            continue;
        int process = openat(dirfd(all), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (process < 0)
            continue; /* it has ended */
        int living = threads_find(process);
        ok = scan_process(scan, living < 0 ? process : living, pid, &readable, why);
        if (living >= 0)
            close(living);
        *hidden += !readable;
        close(process);
    }
    closedir(all);
    return ok;
}
