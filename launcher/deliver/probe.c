/* SPDX-License-Identifier: ISC */
/*
 * The probe: see probe.h. Runs in secrun before any secret is opened. The loaders say nothing when they
 * drop LD_PRELOAD, so everything that makes them do it has to be seen from outside.
 */
#include "deliver/probe_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bsd/string.h>

#include "base/message.h"
#include "shim/capsule.h"
#include "shim/elf.h"
#include "shim/loading.h"

enum next { DONE, FOLLOW, FAILED };

/* --- what is in the way of a delivery --------------------------------------------------------------- */

/* One reason is enough: the first that is found. */
__attribute__((format(printf, 3, 4))) static void rule_out(struct reason *delivery, const struct probe *probe,
                                                           const char *format, ...)
{
    char text[512];
    va_list list;
    if (delivery->text[0])
        return;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    fail(delivery, "%s: %s", probe->binary, text);
}

static void rule_out_foreign(struct probe *probe)
{
    rule_out(&probe->no_preload, probe, "a program for %s, which the shim is not", probe->machine);
    rule_out(&probe->no_inject, probe, "a program for %s, which secrun does not trace", probe->machine);
}

/* The kernel raises AT_SECURE for these, and the loader drops LD_PRELOAD; nor does the kernel let them be
 * traced and have their privileges. */
static void rule_out_privileged(struct probe *probe, int fd, const struct stat *file)
{
    const char *what = loading_privilege(fd, file->st_mode);
    if (!what)
        return;
    rule_out(&probe->no_preload, probe, "%s, so its loader ignores what is preloaded", what);
    rule_out(&probe->no_inject, probe, "%s: a program that gains privileges gets no secrets", what);
    if (what[0] == 'h')
        fail_hint(&probe->no_inject,
                  "setcap -r %s, and give them to the process: AmbientCapabilities= in a unit, "
                  "or setpriv --ambient-caps",
                  probe->binary);
    else
        fail_hint(&probe->no_inject,
                  "start a program as another user by secrun itself, as root: secrun -u USER ... "
                  "PROGRAM; below a program that has secrets, this one runs without");
    probe->gains_privilege = true;
}

/* --- the loader ------------------------------------------------------------------------------------- */

static bool fetch(const struct elf_file *file, uint64_t offset, void *to, size_t size)
{
    return offset <= INT64_MAX && pread(file->fd, to, size, (off_t)offset) == (ssize_t)size;
}

/* What the kernel would find wrong with the file, or NULL; it does not take reading it to run it. */
static const char *inspect_loader(const char *path, struct elf_facts *facts)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    const char *wrong = "cannot be read";
    if (fstat(fd, &status) == 0) {
        const struct elf_file file = {.fetch = fetch, .size = (uint64_t)status.st_size, .fd = fd};
        wrong = elf_inspect_file(&file, facts);
    }
    close(fd);
    return wrong;
}

static bool check_loader(struct probe *probe, const struct elf_facts *program, struct reason *why)
{
    struct elf_facts facts = {.class = program->class, .machine = program->machine};
    int error = probe_access(probe->loader);
    const char *libc = elf_libc(probe->loader);
    const char *wrong = error ? probe_obstacle(probe->loader, error) : inspect_loader(probe->loader, &facts);
    probe->memory.all += facts.memory.all;
    probe->memory.written += facts.memory.written;
    if (wrong)
        fail(why, "%s: its loader %s: %s", probe->binary, probe->loader, wrong);
    if ((error == ENOENT || error == ENOTDIR) && libc)
        fail_hint(why, "it is linked with %s, whose loader is not at that path", libc);
    if (!wrong && elf_is_foreign(&facts))
        return fail(why, "%s: its loader %s: a program for %s, and not for %s", probe->binary, probe->loader,
                    elf_machine_name(facts.machine, facts.class), probe->machine);
    return !wrong;
}

/* --- the program ------------------------------------------------------------------------------------ */

/* Decides for an ELF program; false if execve or its loader would fail. */
static bool decide(struct probe *probe, struct elf_facts *facts, struct reason *why)
{
    probe->machine = elf_machine_name(facts->machine, facts->class);
    probe->memory = facts->memory;
    if (elf_is_foreign(facts)) {
        rule_out_foreign(probe);
        return true;
    }
    probe->is_static = facts->interpreter[0] == '\0';
    if (!probe->is_static) {
        memcpy(probe->loader, facts->interpreter, sizeof facts->interpreter);
        if (!check_loader(probe, facts, why))
            return false;
        probe->libc = loading_libc(facts->interpreter);
        if (!probe->libc)
            rule_out(&probe->no_preload, probe, "its loader %s is neither glibc's nor musl's", probe->loader);
    }
    const char *unreachable = elf_unreachable(facts);
    if (facts->takes_capsule == CAPSULE_VERSION) /* secrun below secrun */
        probe->libc = "secrun";
    else if (unreachable)
        rule_out(&probe->no_preload, probe, "%s", unreachable);
    return true;
}

static bool inspect_program(struct probe *probe, const unsigned char *file, size_t size, struct reason *why)
{
    struct elf_facts facts;
    const char *wrong = elf_inspect(file, size, &facts);
    if (wrong)
        return fail(why, "%s: %s", probe->binary, wrong);
    if (!decide(probe, &facts, why))
        return false;
    if (facts.go && !probe->is_static)
        probe->prefers_inject = ELF_GO;
    return true;
}

/* --- the script ------------------------------------------------------------------------------------- */

/* bash's rule for what may be a script without #!: no NUL in the beginning. */
static bool is_text(const unsigned char *file, size_t size)
{
    return memchr(file, '\0', size < LOADING_LINE_MAX ? size : LOADING_LINE_MAX) == NULL;
}

/* FOLLOW has put its interpreter into probe->binary. */
static enum next follow_script(struct probe *probe, const unsigned char *file, size_t size,
                               struct reason *why)
{
    char interpreter[LOADING_LINE_MAX];
    size_t at, length = loading_interpreter((const char *)file, size, &at);
    if (length == 0) {
        fail(why, "%s: its first line names no interpreter", probe->binary);
        return FAILED;
    }
    memcpy(interpreter, file + at, length);
    interpreter[length] = '\0';
    int error = probe_access(interpreter);
    if (error) {
        fail(why, "%s: its interpreter %s: %s", probe->binary, interpreter,
             probe_obstacle(interpreter, error));
        return FAILED;
    }
    strlcpy(probe->binary, interpreter, sizeof probe->binary);
    return FOLLOW;
}

/* --- the whole -------------------------------------------------------------------------------------- */

/* One file on the way. */
static enum next inspect(struct probe *probe, const unsigned char *file, size_t size, bool first,
                         struct reason *why)
{
    if (elf_is(file, size))
        return inspect_program(probe, file, size, why) ? DONE : FAILED;
    if (size >= 2 && file[0] == '#' && file[1] == '!')
        return follow_script(probe, file, size, why);
    if (first && is_text(file, size)) {
        probe->through_shell = true;
        strlcpy(probe->binary, "/bin/sh", sizeof probe->binary);
        return FOLLOW;
    }
    errno = ENOEXEC;
    fail_errno(why, "%s", probe->binary);
    return FAILED;
}

static struct probe_file file_of(const struct stat *status)
{
    return (struct probe_file){status->st_dev, status->st_ino, status->st_ctim};
}

static enum next inspect_open(struct probe *probe, int fd, bool first, struct reason *why)
{
    struct stat file;
    if (fstat(fd, &file) != 0) {
        fail_errno(why, "%s", probe->binary);
        return FAILED;
    }
    probe->started = file_of(&file);
    if (first)
        probe->given = probe->started;
    size_t size = file.st_size > 0 ? (size_t)file.st_size : 0;
    void *bytes = size > 0 ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    if (bytes == MAP_FAILED) {
        fail_errno(why, "%s", probe->binary);
        return FAILED;
    }
    enum next next = inspect(probe, bytes ? bytes : (const unsigned char *)"", size, first, why);
    if (bytes)
        munmap(bytes, size);
    if (next == DONE)
        rule_out_privileged(probe, fd, &file);
    if (probe->no_preload.text[0])
        probe->prefers_inject = NULL;
    return next;
}

/* probe->path has been found. */
static int probe_found(struct probe *probe, struct reason *why)
{
    memcpy(probe->binary, probe->path, sizeof probe->binary);
    for (int level = 0; level <= PROBE_INTERPRETERS_MAX; level++) {
        int fd = open(probe->binary, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (fd < 0) {
            fail_errno(why, "%s: cannot be read to see how it starts", probe->binary);
            return EXIT_CANNOT_RUN;
        }
        enum next next = inspect_open(probe, fd, level == 0, why);
        close(fd);
        if (next != FOLLOW)
            return next == DONE ? 0 : EXIT_CANNOT_RUN;
    }
    return probe_cannot(probe->path, ELOOP, why);
}

int probe_command(const char *command, struct probe *probe, struct reason *why)
{
    *probe = (struct probe){0};
    int status = probe_look_up(command, probe, why);
    return status ? status : probe_found(probe, why);
}

int probe_path(const char *path, struct probe *probe, struct reason *why)
{
    *probe = (struct probe){0};
    int error = probe_access(path);
    if (strlcpy(probe->path, path, sizeof probe->path) >= sizeof probe->path)
        error = ENAMETOOLONG;
    return error ? probe_cannot(path, error, why) : probe_found(probe, why);
}

bool probe_same_file(const struct probe_file *left, const struct probe_file *right)
{
    return left->device == right->device && left->number == right->number &&
           left->changed.tv_sec == right->changed.tv_sec && left->changed.tv_nsec == right->changed.tv_nsec;
}

const char *probe_libc(const struct probe *probe)
{
    return probe->libc ? probe->libc : probe->is_static ? "static" : "a libc of its own";
}

static bool is_same(const char *path, const struct probe_file *file, struct reason *why)
{
    struct stat status;
    if (stat(path, &status) == 0) {
        const struct probe_file now = file_of(&status);
        if (probe_same_file(&now, file))
            return true;
    }
    return fail(why, "%s: was changed or replaced while secrun was about to run it", path);
}

bool probe_holds(const struct probe *probe, struct reason *why)
{
    return is_same(probe->path, &probe->given, why) && is_same(probe->binary, &probe->started, why);
}
