/* SPDX-License-Identifier: ISC */
/* Looking a command up, and why a file cannot be executed: see probe_internal.h. Runs in secrun before any
 * secret is opened. */
#include "deliver/probe_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <bsd/string.h>

#include "base/message.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

int probe_access(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return errno;
    if (S_ISDIR(status.st_mode))
        return EISDIR;
    if (!S_ISREG(status.st_mode))
        return EACCES;
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

/* The kernel says EACCES for each of these. */
const char *probe_obstacle(const char *path, int error)
{
    struct stat status;
    struct statvfs mount;
    if (error != EACCES || stat(path, &status) != 0)
        return strerror(error);
    if (!S_ISREG(status.st_mode))
        return "not a regular file";
    if ((status.st_mode & 0111) && statvfs(path, &mount) == 0 && (mount.f_flag & ST_NOEXEC))
        return "on a file system that is mounted noexec";
    return strerror(error);
}

int probe_cannot(const char *path, int error, struct reason *why)
{
    fail(why, "%s: %s", path, probe_obstacle(path, error));
    return error == ENOENT || error == ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

static int search_path(const char *command, struct probe *probe, struct reason *why)
{
    const char *list = getenv("PATH");
    int refused = 0;
    char denied[PATH_MAX] = "";
    for (list = list ? list : DEFAULT_PATH;; list++) {
        size_t size = strcspn(list, ":");
        int length = size > 0 ? snprintf(probe->path, PATH_MAX, "%.*s/%s", (int)size, list, command)
                              : snprintf(probe->path, PATH_MAX, "./%s", command);
        int error = length < PATH_MAX ? probe_access(probe->path) : ENAMETOOLONG;
        if (error == 0)
            return 0;
        if ((error == EACCES || error == EISDIR) && !refused) {
            refused = error;
            memcpy(denied, probe->path, sizeof denied);
        }
        list += size;
        if (*list == '\0')
            break;
    }
    if (refused)
        return probe_cannot(denied, refused, why);
    return probe_cannot(command, ENOENT, why);
}

int probe_look_up(const char *command, struct probe *probe, struct reason *why)
{
    if (command[0] == '\0')
        return probe_cannot("''", ENOENT, why);
    if (!strchr(command, '/'))
        return search_path(command, probe, why);
    if (strlcpy(probe->path, command, PATH_MAX) >= PATH_MAX)
        return probe_cannot(command, ENAMETOOLONG, why);
    int error = probe_access(command);
    return error ? probe_cannot(command, error, why) : 0;
}
