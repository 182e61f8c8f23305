/* SPDX-License-Identifier: ISC */
/* The open files of a process: see process.h. Runs in secrunctl. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect/process.h"

enum { DESCRIPTORS_MOST = 1048576, FILES_MOST = 8 };

struct file {
    const char *path;
    char real[PATH_MAX]; /* or empty */
    unsigned major, minor;
    uint64_t inode;
};

/* Without asking a server of files, which may never answer. */
static bool identify(int directory, const char *name, struct file *file)
{
    struct statx status;
    if (statx(directory, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_INO, &status) != 0)
        return false;
    file->major = status.stx_dev_major;
    file->minor = status.stx_dev_minor;
    file->inode = status.stx_ino;
    return true;
}

/* Is it the file, or one that has been at its path and was replaced there, as a key that was? */
static bool is_file(const struct file *wanted, const struct file *file, const char *target)
{
    return (wanted->inode == file->inode && wanted->major == file->major && wanted->minor == file->minor) ||
           (wanted->real[0] && proc_path_is(target, wanted->real));
}

struct looking {
    int directory, infos; /* fd, fdinfo */
    struct file files[FILES_MOST];
    size_t count;
    descriptor_seen *seen;
    void *user;
};

/* A capsule's descriptor crosses an exec; what a program makes for itself mostly does not. */
static bool is_closed_by_exec(const struct looking *looking, const char *name)
{
    char path[64], text[512];
    const char *at = NULL;
    snprintf(path, sizeof path, "%.20s", name);
    ssize_t size = looking->infos < 0 ? -1 : process_read_small(looking->infos, path, text, sizeof text - 1);
    if (size > 0) {
        text[size] = '\0';
        at = strstr(text, "flags:\t");
    }
    return at && (strtoul(at + strlen("flags:\t"), NULL, 8) & O_CLOEXEC);
}

static void look_at(const struct looking *looking, const char *name)
{
    char target[PATH_MAX] = "";
    struct file file = {0};
    unsigned number = (unsigned)strtoul(name, NULL, 10);
    if (readlinkat(looking->directory, name, target, sizeof target - 1) < 0)
        return; /* closed by now */
    if (proc_path_is(target, "/secretmem")) {
        if (!is_closed_by_exec(looking, name))
            looking->seen(looking->user, number, DESCRIPTOR_SECRET, NULL);
    } else if (proc_path_is(target, "/memfd:secrun"))
        looking->seen(looking->user, number, DESCRIPTOR_MEMORY, NULL);
    else if (proc_path_is(target, "/memfd:secrun-stub"))
        looking->seen(looking->user, number, DESCRIPTOR_STUB, NULL);
    if (target[0] != '/' || !identify(looking->directory, name, &file))
        return;
    for (size_t i = 0; i < looking->count; i++)
        if (is_file(&looking->files[i], &file, target))
            looking->seen(looking->user, number, DESCRIPTOR_FILE, looking->files[i].path);
}

enum look process_descriptors(const struct process *process, const char *const *paths, descriptor_seen *seen,
                              void *user, bool *whole)
{
    struct looking looking = {.seen = seen, .user = user};
    const struct dirent *entry;
    size_t count = 0;
    *whole = false;
    for (; *paths && looking.count < FILES_MOST; paths++) {
        struct file *file = &looking.files[looking.count];
        file->path = *paths;
        if (!realpath(*paths, file->real))
            file->real[0] = '\0';
        looking.count += identify(AT_FDCWD, *paths, file);
    }
    looking.directory = openat(process->directory, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (looking.directory < 0)
        return errno == EACCES || errno == EPERM ? LOOK_REFUSED : LOOK_FAILED;
    looking.infos = openat(process->directory, "fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *all = fdopendir(looking.directory);
    if (!all && looking.infos >= 0)
        close(looking.infos);
    if (!all) {
        close(looking.directory);
        return LOOK_FAILED;
    }
    errno = 0;
    while (count <= DESCRIPTORS_MOST && (entry = readdir(all)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]) && ++count <= DESCRIPTORS_MOST)
            look_at(&looking, entry->d_name);
    bool refused = !entry && (errno == EACCES || errno == EPERM);
    closedir(all);
    if (looking.infos >= 0)
        close(looking.infos);
    *whole = count <= DESCRIPTORS_MOST;
    return refused ? LOOK_REFUSED : LOOK_DONE;
}
