/* SPDX-License-Identifier: ISC */
/*
 * Private directories: see private_directory.h. Runs in secrunctl; wipes plaintext.
 * A directory whose lock can be had belongs to nobody any more: that is how one that outlived its
 * process is told from one in use.
 */
#include "ctl/private_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/output.h"
#include "base/path.h"

#define PREFIX "secrunctl."

enum { DEPTH_MAX = 8 };          /* of directories that an editor made */
enum { LEFT_BEHIND_AFTER = 60 }; /* seconds: a younger one may be about to be locked */

static bool is_memory(int fd)
{
    struct statfs status;
    return fstatfs(fd, &status) == 0 && (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
}

/* Unlinking, which follows, gives the pages back in any case: errors here are of no consequence. */
static void overwrite(int fd)
{
    static const unsigned char zeros[65536];
    struct stat status;
    struct reason ignored;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return;
    for (off_t left = status.st_size; left > 0; left -= (off_t)sizeof zeros)
        if (!output(fd, zeros, left < (off_t)sizeof zeros ? (size_t)left : sizeof zeros, "", &ignored))
            return;
}

static void remove_entry(int parent, const char *name, int depth);

/* Takes fd over. */
static void empty(int fd, int depth)
{
    DIR *directory = fdopendir(fd);
    if (!directory) {
        close(fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(directory));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove_entry(dirfd(directory), entry->d_name, depth);
    closedir(directory);
}

static void remove_entry(int parent, const char *name, int depth)
{
    int fd = openat(parent, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0) {
        overwrite(fd);
        close(fd);
    }
    if (unlinkat(parent, name, 0) == 0 || depth == DEPTH_MAX)
        return;
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        empty(fd, depth + 1);
    unlinkat(parent, name, AT_REMOVEDIR);
}

static void remove_if_left_behind(int parent, const char *name)
{
    struct stat status;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &status) == 0 && status.st_uid == geteuid() &&
        status.st_mtime < time(NULL) - LEFT_BEHIND_AFTER && flock(fd, LOCK_EX | LOCK_NB) == 0)
        remove_entry(parent, name, 0);
    close(fd);
}

/* Takes fd over. */
static void remove_left_behind(int fd)
{
    DIR *directory = fdopendir(fd);
    if (!directory) {
        close(fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(directory));)
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0)
            remove_if_left_behind(dirfd(directory), entry->d_name);
    closedir(directory);
}

/* Another user's, such as that of who became root and kept his environment, could be emptied by him, and what
 * an editor then saves under the same path be his. */
static bool make_below(struct private_directory *directory, const char *parent)
{
    struct reason ignored;
    int fd = path_open_directory(parent, PATH_TRUSTED, &ignored);
    if (fd < 0)
        return false;
    if (!is_memory(fd)) {
        close(fd);
        return false;
    }
    remove_left_behind(fd);
    int length = snprintf(directory->path, sizeof directory->path, "%s/" PREFIX "XXXXXX", parent);
    if (length < 0 || (size_t)length >= sizeof directory->path || !mkdtemp(directory->path))
        return false;
    directory->fd = open(directory->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory->fd >= 0 && flock(directory->fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (directory->fd >= 0)
        close(directory->fd);
    rmdir(directory->path);
    return false;
}

bool private_directory_make(struct private_directory *directory, struct reason *why)
{
    const char *const parents[] = {getenv("XDG_RUNTIME_DIR"), "/dev/shm", "/run"};
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++)
        if (parents[i] && parents[i][0] == '/' && make_below(directory, parents[i]))
            return true;
    fail(why, "no file system in memory to edit on: tried $XDG_RUNTIME_DIR, /dev/shm and /run");
    return fail_hint(why, "mount -t tmpfs tmpfs /dev/shm, or use set, get and import");
}

void private_directory_remove(struct private_directory *directory)
{
    int saved = errno;
    /* Its lock is held until it is gone. */
    int fd = fcntl(directory->fd, F_DUPFD_CLOEXEC, 0);
    if (fd >= 0)
        empty(fd, 0);
    rmdir(directory->path);
    close(directory->fd);
    errno = saved;
}
