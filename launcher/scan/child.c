/* SPDX-License-Identifier: ISC */
/* Programs whose output is scanned: see child.h. Runs in secrunctl. */
#include "scan/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/message.h"
#include "scan/scan.h"

enum { VARIABLES = 24 };

/* Not $PATH: the repository's owner, or a "." in it, has no say. */
static const char *find(const char *name, char *path, size_t size)
{
    static const char *const folders[] = {"/usr/local/bin", "/usr/bin", "/bin"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, size, "%s/%s", folders[i], name);
        if (access(path, X_OK) == 0)
            return path;
    }
    return NULL;
}

bool child_is_there(const char *name)
{
    char path[64];
    return find(name, path, sizeof path) != NULL;
}

/* Appends NAME=value of our own environment, if it has one. */
static bool pass(char **environment, size_t *count, const char *name)
{
    const char *value = getenv(name);
    if (!value || *count + 1 >= VARIABLES)
        return true;
    if (asprintf(&environment[*count], "%s=%s", name, value) < 0)
        return false;
    ++*count;
    return true;
}

static bool make_environment(char **environment, size_t *count, const char *const *passed,
                             const char *const *added)
{
    static const char *const always[] = {"HOME", "XDG_CONFIG_HOME", NULL};
    static const char *const fixed[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", NULL};
    const char *const *const names[] = {always, passed}, *const *const lines[] = {fixed, added};
    for (size_t list = 0; list < 2; list++)
        for (size_t i = 0; names[list][i]; i++)
            if (!pass(environment, count, names[list][i]))
                return false;
    for (size_t list = 0; list < 2; list++)
        for (size_t i = 0; lines[list][i] && *count + 1 < VARIABLES; i++)
            if (!(environment[*count] = strdup(lines[list][i])))
                return false;
            else
                ++*count;
    environment[*count] = NULL;
    return true;
}

/* Its descriptors are 0, 1 and 2: all of ours are close-on-exec. Signals are as a program expects them. */
static int spawn(pid_t *pid, const char *path, const char *const *arguments, char *const *environment,
                 int input, int output, int errors)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (!error)
        error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    if (!error)
        error = posix_spawnattr_setsigdefault(&attributes, &all);
    if (!error)
        error = posix_spawnattr_setsigmask(&attributes, &none);
    if (!error)
        error = input >= 0
                    ? posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
                    : posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
    if (!error)
        error =
            posix_spawn(pid, path, &actions, &attributes, (char *const *)(uintptr_t)arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

bool child_start(struct child *child, const struct scan *scan, const char *const *arguments, int input,
                 const char *const *passed, const char *const *added, struct reason *why)
{
    char path[64], *environment[VARIABLES + 1];
    size_t count = 0;
    int ends[2];
    *child = (struct child){.name = arguments[0], .output = -1, .scan = scan};
    if (!find(arguments[0], path, sizeof path)) {
        fail(why, "%s: not on this machine", arguments[0]);
        return fail_hint(why, "install the package %s", arguments[0]);
    }
    child->errors = memfd_create("secrunctl", MFD_CLOEXEC);
    if (child->errors < 0)
        return fail_errno(why, "a file in memory");
    if (pipe2(ends, O_CLOEXEC) != 0) {
        fail_errno(why, "a pipe");
        close(child->errors);
        return false;
    }
    bool ok = make_environment(environment, &count, passed, added) || fail(why, "no memory");
    if (ok) {
        errno = spawn(&child->pid, path, arguments, environment, input, ends[1], child->errors);
        ok = errno == 0 || fail_errno(why, "%s: cannot be started", path);
    }
    while (count > 0)
        free(environment[--count]);
    close(ends[1]);
    child->output = ends[0];
    if (!ok) {
        close(ends[0]);
        close(child->errors);
    }
    return ok;
}

/* Its first lines. A path or an address in them may have a value in it. */
static void tell_errors(const struct child *child)
{
    char text[2048];
    ssize_t size = pread(child->errors, text, sizeof text - 1, 0);
    char *from = text;
    text[size > 0 ? size : 0] = '\0';
    for (const char *line; (line = strsep(&from, "\n")) != NULL;) {
        char *shown = from || size + 1 < (ssize_t)sizeof text ? scan_shown(child->scan, line, false) : NULL;
        if (shown && shown[0])
            message("secrunctl", "%s: %s", child->name, shown);
        free(shown);
    }
}

bool child_end(struct child *child, struct reason *why)
{
    int status;
    pid_t waited;
    close(child->output);
    do
        waited = waitpid(child->pid, &status, 0);
    while (waited < 0 && errno == EINTR);
    if (waited == child->pid)
        tell_errors(child);
    close(child->errors);
    if (waited < 0)
        return fail_errno(why, "%s", child->name);
    if (WIFSIGNALED(status))
        return fail(why, "%s: killed by signal %d", child->name, WTERMSIG(status));
    return WEXITSTATUS(status) == 0 || fail(why, "%s: exit status %d", child->name, WEXITSTATUS(status));
}
