/* SPDX-License-Identifier: ISC */
/*
 * Records in a file: see audit_internal.h. Runs in secrun and secrunctl, of which many may write at once. It
 * MUST ensure that:
 *   1. a record is there whole, on a line of its own, or what is there says plainly that it was cut;
 *   2. nothing of another writer's is lost;
 *   3. a full disk or a file size limit is an error, and no signal.
 */
#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/audit_internal.h"

enum { WAIT_REQUIRED = 5000, WAIT_BEST = 100 }; /* milliseconds */

/* Nobody else is asked to wait, so it is polled for. */
static bool take_turn(int fd, long milliseconds)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    struct timespec begin, now;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        if ((errno != EWOULDBLOCK && errno != EINTR) ||
            (now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 >= milliseconds)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

/* Was the last writer killed in the middle, or the machine? */
static bool ends_within_line(int fd, off_t size)
{
    char last;
    return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

/* Only what is this writer's own, and only in its turn. */
static void take_back(int fd, off_t before, ssize_t wrote)
{
    struct stat status;
    if (fstat(fd, &status) == 0 && status.st_size == before + wrote && ftruncate(fd, before) != 0)
        return; /* the next writer begins a line of its own */
}

static ssize_t append(int fd, const char *bytes, size_t size)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, saved;
    ssize_t wrote;
    sigaction(SIGXFSZ, &ignore, &saved);
    do
        wrote = write(fd, bytes, size);
    while (wrote < 0 && errno == EINTR);
    int error = errno;
    sigaction(SIGXFSZ, &saved, NULL);
    errno = error;
    return wrote;
}

static bool write_line(int fd, const char *path, char *line, size_t size, bool alone, struct reason *why)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return fail_errno(why, "%s", path);
    if (status.st_nlink == 0)
        return fail(why, "%s: removed meanwhile", path);
    line[0] = '\n';
    line[size + 1] = '\n';
    size_t skip = !ends_within_line(fd, status.st_size), length = size + 2 - skip;
    ssize_t wrote = append(fd, line + skip, length);
    if (wrote == (ssize_t)length)
        return true;
    if (wrote < 0)
        return fail_errno(why, "%s", path);
    if (alone && wrote > 0)
        take_back(fd, status.st_size, wrote);
    return fail(why, "%s: no room for a record (%zd of %zu bytes)", path, wrote, length);
}

bool audit_file_write(int fd, const char *path, char *line, size_t size, bool required, struct reason *why)
{
    bool alone = take_turn(fd, required ? WAIT_REQUIRED : WAIT_BEST);
    if (!alone && required)
        return fail(why, "%s: locked by another process", path);
    bool ok = write_line(fd, path, line, size, alone, why);
    if (alone)
        flock(fd, LOCK_UN);
    return ok;
}
