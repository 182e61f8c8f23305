/* SPDX-License-Identifier: ISC */
/* Threads that outlive the first: see threads.h. Runs in secrunctl. */
#include "scan/threads.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* Of a process or a thread, by its directory: the letter behind the name, which stands in parentheses and may
 * have some itself. */
static char state_of(int directory)
{
    char text[512];
    int fd = openat(directory, "stat", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    const char *end = size > 0 ? memrchr(text, ')', (size_t)size) : NULL;
    return end && end + 2 < text + size ? end[2] : 'X';
}

static bool has_ended(int directory)
{
    char state = state_of(directory);
    return state == 'Z' || state == 'X';
}

int threads_find(int process)
{
    int found = -1;
    if (!has_ended(process))
        return -1;
    int fd = openat(process, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *tasks = fd < 0 ? NULL : fdopendir(fd);
    if (!tasks) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    for (const struct dirent *entry; found < 0 && (entry = readdir(tasks));) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        found = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (found >= 0 && has_ended(found)) {
            close(found);
            found = -1;
        }
    }
    closedir(tasks);
    return found;
}
