/* SPDX-License-Identifier: ISC */
/*
 * Durable files: see durable.h. Runs in secrunctl; is given sealed bytes, and the machine key once.
 * A write MUST go: new file beside the old one, sync, rename, sync of the directory. The new file's
 * name is fixed, so that one left behind by a killed process is found and removed by the next.
 */
#include "ctl/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <bsd/string.h>

#include "base/message.h"
#include "base/path.h"
#include "base/output.h"

enum { PATIENCE = 1 }; /* seconds */

bool place_open(struct place *place, const char *path, bool follow, struct reason *why)
{
    char resolved[PATH_MAX];
    place->directory = -1;
    if (follow && !realpath(path, resolved))
        return fail_errno(why, "%s", path);
    if (strlcpy(place->path, follow ? resolved : path, sizeof place->path) >= sizeof place->path)
        return fail(why, "%s: longer than %zu bytes", path, sizeof place->path - 1);
    place->name = path_name(place->path);
    if (place->name[0] == '\0' || strlen(place->name) > NAME_MAX - strlen("..new"))
        return fail(why, "%s: not a name for a file", path);
    place->directory = path_open_parent(place->path, why);
    return place->directory >= 0;
}

void place_close(struct place *place)
{
    int saved = errno;
    if (place->directory >= 0)
        close(place->directory);
    place->directory = -1;
    errno = saved;
}

static void on_alarm(int number)
{
    (void)number; /* it only interrupts flock(2) */
}

bool place_lock(const struct place *place, struct reason *why)
{
    struct sigaction interrupt = {.sa_handler = on_alarm}, old;
    /* Again and again, in case the first comes just before the call that it is to interrupt. */
    struct itimerval timer = {{PATIENCE, 0}, {PATIENCE, 0}}, none = {{0, 0}, {0, 0}};
    bool told = false;
    sigaction(SIGALRM, &interrupt, &old);
    setitimer(ITIMER_REAL, &timer, NULL);
    int result;
    while ((result = flock(place->directory, LOCK_EX)) != 0 && errno == EINTR) {
        if (!told)
            message("secrunctl", "%s: waiting for another secrunctl", place->path);
        told = true;
    }
    if (result != 0)
        fail_errno(why, "%s: its directory cannot be locked", place->path);
    setitimer(ITIMER_REAL, &none, NULL);
    sigaction(SIGALRM, &old, NULL);
    return result == 0;
}

/* Makes DIRECTORY/temporary with these bytes on the disk, or nothing. like: whose owner and mode it is to
 * have. */
static bool write_temporary(const struct place *place, const char *temporary, const struct stat *like,
                            const void *bytes, size_t size, struct reason *why)
{
    if (unlinkat(place->directory, temporary, 0) != 0 && errno != ENOENT)
        return fail_errno(why, "%s: cannot be written: %s", place->path, temporary);
    int fd = openat(place->directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_errno(why, "%s: cannot be written: %s", place->path, temporary);
    struct stat made;
    bool ok = true;
    if (fstat(fd, &made) != 0 || ((made.st_uid != like->st_uid || made.st_gid != like->st_gid) &&
                                  fchown(fd, like->st_uid, like->st_gid) != 0))
        ok =
            fail_errno(why, "%s: cannot be given its owner (%u:%u)", place->path, like->st_uid, like->st_gid);
    else if (fchmod(fd, like->st_mode & 07777) != 0)
        ok = fail_errno(why, "%s: cannot be given its mode", place->path);
    else if (!output(fd, bytes, size, place->path, why))
        ok = false;
    else if (fsync(fd) != 0)
        ok = fail_errno(why, "%s", place->path);
    if (close(fd) != 0 && ok)
        ok = fail_errno(why, "%s", place->path);
    if (!ok)
        unlinkat(place->directory, temporary, 0);
    return ok;
}

static void name_temporary(const struct place *place, char name[static NAME_MAX + 1])
{
    snprintf(name, NAME_MAX + 1, ".%s.new", place->name);
}

static bool sync_directory(const struct place *place, struct reason *why)
{
    return fsync(place->directory) == 0 ||
           fail_errno(why, "%s: written, but its directory cannot be synced", place->path);
}

bool place_create(const struct place *place, mode_t mode, const void *bytes, size_t size, struct reason *why)
{
    char temporary[NAME_MAX + 1];
    struct stat like = {.st_mode = mode, .st_uid = geteuid(), .st_gid = getegid()};
    name_temporary(place, temporary);
    if (!write_temporary(place, temporary, &like, bytes, size, why))
        return false;
    bool ok = renameat2(place->directory, temporary, place->directory, place->name, RENAME_NOREPLACE) == 0;
    /* Not every file system can. link(2) leaves what is there as well, but has two names for a moment. */
    if (!ok && errno == EINVAL)
        ok = linkat(place->directory, temporary, place->directory, place->name, 0) == 0;
    if (!ok)
        fail_errno(why, "%s", place->path);
    unlinkat(place->directory, temporary, 0);
    return ok && sync_directory(place, why);
}

bool place_put(const struct place *place, const struct stat *like, const void *bytes, size_t size,
               struct reason *why)
{
    char temporary[NAME_MAX + 1];
    sigset_t all, old;
    name_temporary(place, temporary);
    /* Ctrl-C waits these few milliseconds, so that it leaves nothing lying about. */
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    bool ok = write_temporary(place, temporary, like, bytes, size, why);
    if (ok && renameat(place->directory, temporary, place->directory, place->name) != 0) {
        ok = fail_errno(why, "%s: cannot be replaced", place->path);
        unlinkat(place->directory, temporary, 0);
    }
    ok = ok && sync_directory(place, why);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return ok;
}

bool place_replace(const struct place *place, const void *bytes, size_t size, struct reason *why)
{
    struct stat like;
    if (fstatat(place->directory, place->name, &like, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno(why, "%s", place->path);
    return place_put(place, &like, bytes, size, why);
}

bool place_move(const struct place *from, const struct place *to, struct reason *why)
{
    if (renameat(from->directory, from->name, to->directory, to->name) != 0)
        return fail_errno(why, "%s: cannot be replaced", to->path);
    return sync_directory(to, why);
}
