/* SPDX-License-Identifier: ISC */
/*
 * Trust in files: see path.h. Runs in secrun and secrunctl, often as root, on paths that a hostile
 * user may be changing meanwhile. It MUST ensure that:
 *   1. what is checked is what is read: fstat of the open descriptor, and the path resolved again
 *      must lead to that very file;
 *   2. opening has no effect and does not block: no FIFO, no device, no terminal taken over;
 *   3. no directory on the way could have been used by another user to put the file there.
 */
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <bsd/string.h>

static bool trusted_owner(uid_t owner)
{
    return owner == 0 || owner == geteuid();
}

/* In a sticky directory others can add files, but neither remove nor replace one. */
static bool writable_by_others(const struct stat *status)
{
    return (status->st_mode & (S_IWGRP | S_IWOTH)) &&
           !(S_ISDIR(status->st_mode) && (status->st_mode & S_ISVTX));
}

/* The directory that it is in, or is to be in; false if that is longer than a path can be. */
static bool parent_of(const char *path, char parent[static PATH_MAX])
{
    size_t size = (size_t)(path_name(path) - path); /* with the slash */
    if (size > PATH_MAX)
        return false;
    snprintf(parent, PATH_MAX, "%.*s", size == 0 ? 1 : (int)(size > 1 ? size - 1 : size),
             size == 0 ? "." : path);
    return true;
}

/* Is the directory that a file is in its owner's, too? */
static bool is_at_home(const char *path, uid_t owner)
{
    char parent[PATH_MAX];
    struct stat status;
    return parent_of(path, parent) && stat(parent, &status) == 0 && status.st_uid == owner;
}

static bool check_owner(const char *path, const struct stat *status, enum path_rule rule, struct reason *why)
{
    unsigned owner = status->st_uid;
    if (trusted_owner(owner))
        return true;
    if (geteuid() == 0) {
        fail(why, "%s: not owned by root (uid %u)", path, owner);
        /* A directory is not to be given to root: it may be somebody's home. */
        if (S_ISDIR(status->st_mode) || is_at_home(path, owner))
            return fail_hint(why, "root trusts nothing in it; move what it needs, or run this as uid %u",
                             owner);
        if (rule == PATH_PRIVATE)
            return fail_hint(why, "chown root %s, which uid %u could read and replace", path, owner);
        return fail_hint(why, "uid %u wrote it: look at what is in it, then chown root %s", owner, path);
    }
    return fail(why, "%s: owned neither by you nor by root (uid %u)", path, owner);
}

/*
 * An engine that mounts a file of the host's into a container leaves it its owner there. It was root who put
 * such a mount below directories that only root can write, and through it the owner can neither write nor
 * chmod.
 */
static bool handed(int fd)
{
    struct statvfs mount;
    return fstatvfs(fd, &mount) == 0 && (mount.f_flag & ST_RDONLY);
}

/* Every directory above the resolved path, "/" included; path is cut back on the way. */
static bool check_parents(char *path, struct reason *why)
{
    for (char *slash; (slash = strrchr(path, '/'));) {
        *slash = '\0';
        const char *name = *path ? path : "/";
        struct stat status;
        if (lstat(name, &status) != 0)
            return fail_errno(why, "%s", name);
        if (!S_ISDIR(status.st_mode))
            return fail(why, "%s: changed while it was checked", name);
        if (!check_owner(name, &status, PATH_TRUSTED, why))
            return false;
        if (writable_by_others(&status)) {
            fail(why, "%s: directory that others can write (mode %04o)", name, status.st_mode & 07777);
            return fail_hint(why, "chmod go-w %s", name);
        }
    }
    return true;
}

static bool check_file(int fd, const char *path, const struct stat *status, enum path_rule rule,
                       struct reason *why)
{
    unsigned mode = status->st_mode & 07777;
    if (!(rule == PATH_HANDED && handed(fd)) && !check_owner(path, status, rule, why))
        return false;
    if (rule == PATH_PRIVATE && (mode & 077)) {
        fail(why, "%s: others can read or write it (mode %04o)", path, mode);
        return fail_hint(why, "chmod go= %s; if others may have read it, what it opens is theirs too", path);
    }
    if (writable_by_others(status)) {
        fail(why, "%s: others can write it (mode %04o)", path, mode);
        return fail_hint(why, "chmod go-w %s", path);
    }
    return true;
}

enum verdict { TRUSTED, REFUSED, REPLACED };

/* REPLACED: the path leads to another file by now, such as a rename puts in place of a store's. */
static enum verdict check(int fd, const char *path, mode_t type, enum path_rule rule, struct reason *why)
{
    struct stat status, again;
    char resolved[PATH_MAX];
    if (fstat(fd, &status) != 0) {
        fail_errno(why, "%s", path);
        return REFUSED;
    }
    if ((status.st_mode & S_IFMT) != type) {
        fail(why, "%s: not a %s", path, type == S_IFDIR ? "directory" : "regular file");
        return REFUSED;
    }
    if (!check_file(fd, path, &status, rule, why))
        return REFUSED;
    if (!realpath(path, resolved) || lstat(resolved, &again) != 0) {
        fail_errno(why, "%s", path);
        return errno == ENOENT ? REPLACED : REFUSED;
    }
    if (again.st_dev != status.st_dev || again.st_ino != status.st_ino) {
        fail(why, "%s: changed while it was checked", path);
        return REPLACED;
    }
    return check_parents(resolved, why) ? TRUSTED : REFUSED;
}

/* Cuts path back to what can be looked at: itself, or the directory above it that keeps the caller out. */
static bool find_closed(char *path, struct stat *status)
{
    while (stat(path, status) != 0) {
        char *slash = strrchr(path, '/');
        if (errno != EACCES || !slash || slash == path)
            return false;
        *slash = '\0';
    }
    return true;
}

/* Whose is what the caller may not open? errno is left alone. */
static void explain_denied(const char *path, struct reason *why)
{
    char found[PATH_MAX];
    struct stat status;
    int saved = errno;
    if (strlcpy(found, path, sizeof found) < sizeof found && find_closed(found, &status))
        fail_hint(why, "%s is uid %u's, mode %04o, and this is uid %u",
                  strcmp(found, path) == 0 ? "it" : found, status.st_uid, status.st_mode & 07777, geteuid());
    errno = saved;
}

/* A file that was replaced meanwhile is opened anew: a start must not fail because a value is being set. */
static int open_checked(const char *path, int flags, mode_t type, enum path_rule rule, struct reason *why)
{
    enum { TRIES = 32 };
    for (int i = 0; i < TRIES; i++) {
        int fd = open(path, O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
        if (fd < 0) {
            fail_errno(why, "%s", path);
            if (errno == EACCES)
                explain_denied(path, why);
            return -1;
        }
        enum verdict verdict = check(fd, path, type, rule, why);
        if (verdict == TRUSTED)
            return fd;
        close(fd);
        if (verdict == REFUSED)
            break;
    }
    errno = EPERM;
    return -1;
}

int path_open(const char *path, enum path_rule rule, struct reason *why)
{
    return open_checked(path, O_RDONLY, S_IFREG, rule, why);
}

bool path_read(const char *path, enum path_rule rule, size_t max, struct secret *secret, struct reason *why)
{
    *secret = (struct secret){0};
    int fd = path_open(path, rule, why);
    if (fd < 0)
        return false;
    bool ok = secret_read(secret, fd, max, path, why);
    close(fd);
    if (!ok)
        errno = EIO; /* it is there */
    return ok;
}

const char *path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int path_open_parent(const char *path, struct reason *why)
{
    char parent[PATH_MAX];
    if (parent_of(path, parent))
        return path_open_directory(parent, PATH_TRUSTED, why);
    fail(why, "%s: longer than %d bytes", path, PATH_MAX - 1);
    return -1;
}

/* True also if somebody else has made it meanwhile. The directory has been looked at before anything is made.
 */
static bool make_file(const char *path, struct reason *why)
{
    int directory = path_open_parent(path, why);
    if (directory < 0)
        return false;
    int fd = openat(directory, path_name(path),
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
    bool ok = fd >= 0 || errno == EEXIST || fail_errno(why, "%s", path);
    if (fd >= 0)
        close(fd);
    close(directory);
    return ok;
}

static int open_append(const char *path, struct reason *why)
{
    return open_checked(path, O_RDWR | O_APPEND | O_NOFOLLOW, S_IFREG, PATH_TRUSTED, why);
}

int path_open_append(const char *path, struct reason *why)
{
    enum { TRIES = 8 };
    int fd = -1;
    for (int i = 0; i < TRIES; i++) {
        fd = open_append(path, why);
        if (fd >= 0 || errno != ENOENT || !make_file(path, why))
            break;
    }
    return fd;
}

bool path_may_append(const char *path, struct reason *why)
{
    int fd = open_append(path, why);
    if (fd < 0 && errno == ENOENT)
        fd = path_open_parent(path, why);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

int path_open_directory(const char *path, enum path_rule rule, struct reason *why)
{
    return open_checked(path, O_RDONLY | O_DIRECTORY, S_IFDIR, rule, why);
}

bool path_is_unchanged(const struct stat *before, const struct stat *now)
{
    return before->st_dev == now->st_dev && before->st_ino == now->st_ino &&
           before->st_ctim.tv_sec == now->st_ctim.tv_sec && before->st_ctim.tv_nsec == now->st_ctim.tv_nsec;
}
