/* SPDX-License-Identifier: ISC */
/*
 * The probe: see probe.h. Runs in secrun before any secret is opened. The loaders say nothing when they
 * drop LD_PRELOAD, so everything that makes them do it has to be seen from outside.
 */
#include "deliver/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <bsd/string.h>

#include "base/message.h"
#include "shim/capsule.h"
#include "shim/elf.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

enum { HASH_BANG_MAX = 256 }; /* bytes the kernel reads of a script's first line: BINPRM_BUF_SIZE */

/* --- looking a command up ------------------------------------------------------------------------- */

/* 0, or an errno. */
static int executable(const char *path)
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

static int cannot(const char *path, int error, struct reason *why)
{
    errno = error;
    fail_errno(why, "%s", path);
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
        int error = length < PATH_MAX ? executable(probe->path) : ENAMETOOLONG;
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
        return cannot(denied, refused, why);
    return cannot(command, ENOENT, why);
}

static int look_up(const char *command, struct probe *probe, struct reason *why)
{
    if (command[0] == '\0')
        return cannot("''", ENOENT, why);
    if (!strchr(command, '/'))
        return search_path(command, probe, why);
    if (strlcpy(probe->path, command, PATH_MAX) >= PATH_MAX)
        return cannot(command, ENAMETOOLONG, why);
    int error = executable(command);
    return error ? cannot(command, error, why) : 0;
}

/* --- what the file is ----------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static bool refuse(struct probe *probe, const char *format, ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    fail(&probe->no_preload, "%s: %s", probe->binary, text);
    return true;
}

/* Decides for an ELF program; EXIT_CANNOT_RUN if execve or its loader would fail. */
static int decide(struct probe *probe, const struct elf_facts *facts, struct reason *why)
{
    probe->machine = elf_machine_name(facts->machine, facts->class);
    if (elf_is_foreign(facts)) {
        refuse(probe, "a program for %s, which secrun is not", probe->machine);
        probe->no_inject = probe->no_preload;
        return 0;
    }
    probe->is_static = !facts->interpreter[0];
    if (facts->interpreter[0]) {
        memcpy(probe->loader, facts->interpreter, sizeof facts->interpreter);
        if (access(probe->loader, F_OK) != 0) {
            fail_errno(why, "%s: its loader %s", probe->binary, probe->loader);
            return EXIT_CANNOT_RUN;
        }
        probe->libc = elf_libc(probe->loader);
        if (!probe->libc)
            return refuse(probe, "its loader %s is neither glibc's nor musl's", probe->loader), 0;
    }
    if (facts->takes_capsule == CAPSULE_VERSION) { /* secrun below secrun */
        probe->libc = "secrun";
        return 0;
    }
    const char *unreachable = elf_unreachable(facts);
    if (unreachable)
        refuse(probe, "%s", unreachable);
    return 0;
}

/* The kernel raises AT_SECURE for these, and the loader drops LD_PRELOAD. */
static bool gains_privilege(struct probe *probe, int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return false;
    probe->gains_privilege = true;
    if (status.st_mode & S_ISUID)
        return refuse(probe, "set-uid, so its loader ignores what is preloaded");
    if ((status.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
        return refuse(probe, "set-gid, so its loader ignores what is preloaded");
    if (fgetxattr(fd, "security.capability", NULL, 0) > 0)
        return refuse(probe, "has file capabilities, so its loader ignores what is preloaded");
    probe->gains_privilege = false;
    return false;
}

/* Cuts the interpreter out of a first line "#! /path [argument]"; false if there is none. */
static bool hash_bang(const unsigned char *file, size_t size, char interpreter[static HASH_BANG_MAX])
{
    size_t at = 2, end;
    while (at < size && at < HASH_BANG_MAX && (file[at] == ' ' || file[at] == '\t'))
        at++;
    for (end = at; end < size && end < HASH_BANG_MAX; end++)
        if (file[end] == ' ' || file[end] == '\t' || file[end] == '\n' || file[end] == '\0')
            break;
    if (end == at || end == HASH_BANG_MAX)
        return false;
    memcpy(interpreter, file + at, end - at);
    interpreter[end - at] = '\0';
    return true;
}

/* bash's rule for what may be a script without #!: no NUL in the beginning. */
static bool is_text(const unsigned char *file, size_t size)
{
    return memchr(file, '\0', size < HASH_BANG_MAX ? size : HASH_BANG_MAX) == NULL;
}

enum next { DONE, FOLLOW, FAILED };

/* One file on the way; FOLLOW has put its interpreter into probe->binary. */
static enum next inspect(struct probe *probe, const unsigned char *file, size_t size, bool first, int *status,
                         struct reason *why)
{
    char interpreter[HASH_BANG_MAX];
    struct elf_facts facts;
    if (elf_is(file, size)) {
        const char *wrong = elf_inspect(file, size, &facts);
        *status = wrong ? EXIT_CANNOT_RUN : decide(probe, &facts, why);
        if (wrong)
            fail(why, "%s: %s", probe->binary, wrong);
        return *status ? FAILED : DONE;
    }
    *status = EXIT_CANNOT_RUN;
    if (size >= 2 && file[0] == '#' && file[1] == '!') {
        if (!hash_bang(file, size, interpreter)) {
            fail(why, "%s: its first line names no interpreter", probe->binary);
            return FAILED;
        }
        int error = executable(interpreter);
        if (error) {
            errno = error;
            fail_errno(why, "%s: its interpreter %s", probe->binary, interpreter);
            return FAILED;
        }
        strlcpy(probe->binary, interpreter, sizeof probe->binary);
        return FOLLOW;
    }
    if (first && is_text(file, size)) {
        probe->through_shell = true;
        strlcpy(probe->binary, "/bin/sh", sizeof probe->binary);
        return FOLLOW;
    }
    errno = ENOEXEC;
    fail_errno(why, "%s", probe->binary);
    return FAILED;
}

/* Maps probe->binary and looks at it. */
static enum next inspect_file(struct probe *probe, bool first, int *status, struct reason *why)
{
    struct stat file;
    *status = EXIT_CANNOT_RUN;
    int fd = open(probe->binary, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &file) != 0) {
        fail_errno(why, "%s: cannot be read to see how it starts", probe->binary);
        if (fd >= 0)
            close(fd);
        return FAILED;
    }
    size_t size = file.st_size > 0 ? (size_t)file.st_size : 0;
    void *bytes = size > 0 ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    enum next next = FAILED;
    if (bytes == MAP_FAILED) {
        fail_errno(why, "%s", probe->binary);
    } else {
        next = inspect(probe, bytes ? bytes : (const unsigned char *)"", size, first, status, why);
        if (bytes)
            munmap(bytes, size);
        if (next == DONE && !probe->gains_privilege)
            gains_privilege(probe, fd);
    }
    close(fd);
    return next;
}

static int probe_found(struct probe *probe, struct reason *why)
{
    int status;
    memcpy(probe->binary, probe->path, sizeof probe->binary);
    for (int level = 0; level <= PROBE_INTERPRETERS_MAX; level++) {
        enum next next = inspect_file(probe, level == 0, &status, why);
        if (next != FOLLOW)
            return next == DONE ? 0 : status;
    }
    errno = ELOOP;
    return cannot(probe->path, ELOOP, why);
}

int probe_command(const char *command, struct probe *probe, struct reason *why)
{
    *probe = (struct probe){0};
    int status = look_up(command, probe, why);
    return status ? status : probe_found(probe, why);
}

int probe_path(const char *path, struct probe *probe, struct reason *why)
{
    *probe = (struct probe){0};
    int error = executable(path);
    if (strlcpy(probe->path, path, PATH_MAX) >= PATH_MAX)
        error = ENAMETOOLONG;
    return error ? cannot(path, error, why) : probe_found(probe, why);
}
