/* SPDX-License-Identifier: ISC */
/*
 * posix_spawn, posix_spawnp, pidfd_spawn and pidfd_spawnp: out of libc's opaque attributes and file actions
 * into a request for spawn.h. Runs inside the target, and reads the actions in the child; sees no secret but
 * in the array that it hands on.
 *
 * The layouts are part of libc's binary interface: programs have these structures in their own memory.
 * What an action's number means is not, but glibc has only ever added to the end of its list, and musl has
 * not changed a number; one that is not known here fails the call.
 */
#include <stddef.h>
#include <stdint.h>

#include <linux/errno.h>

#include "shim/libc.h"
#include "shim/spawn.h"

/* --- attributes: posix_spawnattr_t ------------------------------------------------------------------ */

struct attributes {
    short flags; /* an int in musl, whose upper half is empty */
    int group;
    uint64_t default_signals[16], mask[16]; /* libc's sets are larger than the kernel's */
    int priority;
    int policy;
    int cgroup; /* glibc 2.39; padding before, and where the flag is refused */
};

_Static_assert(offsetof(struct attributes, flags) == 0, "flags");
_Static_assert(offsetof(struct attributes, group) == 4, "group");
_Static_assert(offsetof(struct attributes, default_signals) == 8, "default_signals");
_Static_assert(offsetof(struct attributes, mask) == 136, "mask");
_Static_assert(offsetof(struct attributes, priority) == 264, "priority");
_Static_assert(offsetof(struct attributes, policy) == 268, "policy");
_Static_assert(offsetof(struct attributes, cgroup) == 272, "cgroup");

/* --- file actions: posix_spawn_file_actions_t ------------------------------------------------------- */

struct actions {
    int allocated, used; /* glibc: elements of the array */
    const void *first;   /* glibc: the array; musl: the last action of a list */
};

_Static_assert(offsetof(struct actions, used) == 4, "used");
_Static_assert(offsetof(struct actions, first) == 8, "first");

enum glibc_tag {
    GLIBC_CLOSE,
    GLIBC_DUP2,
    GLIBC_OPEN,
    GLIBC_CHDIR,
    GLIBC_FCHDIR,
    GLIBC_CLOSE_FROM,
    GLIBC_TCSETPGRP,
};

struct glibc_action {
    int tag;
    union {
        struct {
            int fd, new_fd;
        } plain;
        struct {
            int fd;
            const char *path;
            int flags;
            unsigned mode;
        } open;
        struct {
            const char *path;
        } chdir;
    };
};

_Static_assert(sizeof(struct glibc_action) == 32, "size");
_Static_assert(offsetof(struct glibc_action, plain.new_fd) == 12, "new_fd");
_Static_assert(offsetof(struct glibc_action, open.path) == 16, "path");
_Static_assert(offsetof(struct glibc_action, open.flags) == 24, "flags");
_Static_assert(offsetof(struct glibc_action, open.mode) == 28, "mode");
_Static_assert(offsetof(struct glibc_action, chdir.path) == 8, "path");

enum musl_command { MUSL_CLOSE = 1, MUSL_DUP2, MUSL_OPEN, MUSL_CHDIR, MUSL_FCHDIR };

/* The one added last is the first of the list. */
struct musl_action {
    const struct musl_action *next, *previous;
    int command, fd, from, flags;
    unsigned mode;
    char path[];
};

_Static_assert(offsetof(struct musl_action, command) == 16, "command");
_Static_assert(offsetof(struct musl_action, from) == 24, "from");
_Static_assert(offsetof(struct musl_action, mode) == 32, "mode");
_Static_assert(offsetof(struct musl_action, path) == 36, "path");

/* --- reading them ----------------------------------------------------------------------------------- */

struct glibc_cursor {
    const struct glibc_action *at;
    int left;
};

static int next_of_glibc(void *cursor, struct spawn_step *step)
{
    struct glibc_cursor *place = cursor;
    if (place->left <= 0)
        return 0;
    place->left--;
    const struct glibc_action *action = place->at++;
    *step = (struct spawn_step){.fd = action->plain.fd, .new_fd = action->plain.new_fd};
    switch (action->tag) {
    case GLIBC_CLOSE:
        step->kind = SPAWN_CLOSE_IN_RANGE;
        return 1;
    case GLIBC_DUP2:
        step->kind = SPAWN_DUP2;
        return 1;
    case GLIBC_OPEN:
        *step = (struct spawn_step){.kind = SPAWN_OPEN,
                                    .new_fd = action->open.fd,
                                    .flags = action->open.flags,
                                    .mode = action->open.mode,
                                    .path = action->open.path};
        return 1;
    case GLIBC_CHDIR:
        *step = (struct spawn_step){.kind = SPAWN_CHDIR, .path = action->chdir.path};
        return 1;
    case GLIBC_FCHDIR:
        step->kind = SPAWN_FCHDIR;
        return 1;
    case GLIBC_CLOSE_FROM:
        step->kind = SPAWN_CLOSE_FROM;
        return 1;
    case GLIBC_TCSETPGRP:
        step->kind = SPAWN_TTY;
        return 1;
    }
    return -ENOSYS;
}

struct musl_cursor {
    const struct musl_action *at;
};

static int next_of_musl(void *cursor, struct spawn_step *step)
{
    struct musl_cursor *place = cursor;
    const struct musl_action *action = place->at;
    if (!action)
        return 0;
    place->at = action->previous;
    *step = (struct spawn_step){.fd = action->fd};
    switch (action->command) {
    case MUSL_CLOSE:
        step->kind = SPAWN_CLOSE;
        return 1;
    case MUSL_DUP2:
        *step = (struct spawn_step){.kind = SPAWN_DUP2, .fd = action->from, .new_fd = action->fd};
        return 1;
    case MUSL_OPEN:
        *step = (struct spawn_step){.kind = SPAWN_OPEN,
                                    .new_fd = action->fd,
                                    .flags = action->flags,
                                    .mode = action->mode,
                                    .path = action->path};
        return 1;
    case MUSL_CHDIR:
        *step = (struct spawn_step){.kind = SPAWN_CHDIR, .path = action->path};
        return 1;
    case MUSL_FCHDIR:
        step->kind = SPAWN_FCHDIR;
        return 1;
    }
    return -ENOSYS;
}

/* --- the four functions ----------------------------------------------------------------------------- */

static void set_attributes(struct spawn_request *request, const struct attributes *attributes)
{
    request->flags = (unsigned short)attributes->flags;
    /* musl has no scheduling attributes: it takes the flags, and does nothing. */
    if (libc_is_musl())
        request->flags &= ~(unsigned)(SPAWN_SET_PRIORITY | SPAWN_SET_SCHEDULER | SPAWN_SET_CGROUP);
    request->group = attributes->group;
    request->default_signals = attributes->default_signals[0];
    request->mask = attributes->mask[0];
    request->priority = attributes->priority;
    request->policy = attributes->policy;
    if (request->flags & SPAWN_SET_CGROUP) /* elsewhere it may not be there to be read */
        request->cgroup = attributes->cgroup;
}

/* What libc's own takes, and as what: posix_spawn(3). */
struct call {
    const char *file;
    bool search;
    const struct actions *actions;
    const struct attributes *attributes;
    char *const *arguments, *const *environment;
};

static int spawn(const struct call *call, int *pid, int *pidfd)
{
    struct spawn_request request = {
        .file = call->file,
        .search = call->search,
        .arguments = call->arguments,
        .environment = call->environment,
    };
    struct glibc_cursor glibc;
    struct musl_cursor musl;
    if (call->attributes)
        set_attributes(&request, call->attributes);
    if (call->actions && libc_is_musl()) {
        musl.at = call->actions->first;
        while (musl.at && musl.at->next)
            musl.at = musl.at->next;
        request.next_step = next_of_musl;
        request.cursor = &musl;
    } else if (call->actions) {
        glibc = (struct glibc_cursor){call->actions->first, call->actions->used};
        request.next_step = next_of_glibc;
        request.cursor = &glibc;
    }
    int started;
    int error = spawn_program(&request, &started, pidfd);
    if (error == 0 && pid)
        *pid = started;
    return error;
}

int posix_spawn(int *pid, const char *path, const struct actions *actions,
                const struct attributes *attributes, char *const *arguments, char *const *environment);
int posix_spawnp(int *pid, const char *file, const struct actions *actions,
                 const struct attributes *attributes, char *const *arguments, char *const *environment);
int pidfd_spawn(int *pidfd, const char *path, const struct actions *actions,
                const struct attributes *attributes, char *const *arguments, char *const *environment);
int pidfd_spawnp(int *pidfd, const char *file, const struct actions *actions,
                 const struct attributes *attributes, char *const *arguments, char *const *environment);

EXPORTED int posix_spawn(int *pid, const char *path, const struct actions *actions,
                         const struct attributes *attributes, char *const *arguments,
                         char *const *environment)
{
    return spawn(&(struct call){path, false, actions, attributes, arguments, environment}, pid, NULL);
}

EXPORTED int posix_spawnp(int *pid, const char *file, const struct actions *actions,
                          const struct attributes *attributes, char *const *arguments,
                          char *const *environment)
{
    return spawn(&(struct call){file, true, actions, attributes, arguments, environment}, pid, NULL);
}

EXPORTED int pidfd_spawn(int *pidfd, const char *path, const struct actions *actions,
                         const struct attributes *attributes, char *const *arguments,
                         char *const *environment)
{
    return spawn(&(struct call){path, false, actions, attributes, arguments, environment}, NULL, pidfd);
}

EXPORTED int pidfd_spawnp(int *pidfd, const char *file, const struct actions *actions,
                          const struct attributes *attributes, char *const *arguments,
                          char *const *environment)
{
    return spawn(&(struct call){file, true, actions, attributes, arguments, environment}, NULL, pidfd);
}
