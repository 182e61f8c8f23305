/* SPDX-License-Identifier: ISC */
/*
 * The exec family as programs call it: execve(2), execveat(2), exec(3), fexecve(3). Runs inside the target,
 * also in vfork children and signal handlers; passes pointers to secrets on.
 */
#include "shim/exec.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/errno.h>
#include <linux/fcntl.h>

#include "shim/environ.h"
#include "shim/libc.h"

/* As <unistd.h> has them; that header would bring libc's own declarations of what the shim defines. */
int execve(const char *path, char *const *arguments, char *const *environment);
int execv(const char *path, char *const *arguments);
int execvp(const char *file, char *const *arguments);
int execvpe(const char *file, char *const *arguments, char *const *environment);
int execveat(int directory, const char *path, char *const *arguments, char *const *environment, int flags);
int fexecve(int fd, char *const *arguments, char *const *environment);
int execl(const char *path, const char *first, ...);
int execlp(const char *file, const char *first, ...);
int execle(const char *path, const char *first, ...);

static char **current_environment(void)
{
    char ***variable = environ_variable();
    return variable ? *variable : NULL;
}

static int exec_with(const char *path, char *const *arguments, char *const *environment, bool own_stack)
{
    const struct exec_call call = {.directory = AT_FDCWD,
                                   .path = path,
                                   .arguments = arguments,
                                   .environment = environment,
                                   .own_stack = own_stack};
    return exec_program(&call);
}

static int exec_path(const char *path, char *const *arguments, char *const *environment)
{
    return exec_with(path, arguments, environment, false);
}

/* --- looking a file up --------------------------------------------------------------------------- */

enum { NAME_LENGTH_MAX = 255 };

/* What the kernel does not know how to run is a script for the shell. */
static int exec_script(const char *path, char *const *arguments, char *const *environment)
{
    size_t count = 0;
    while (arguments && arguments[count])
        count++;
    char **shell = __builtin_alloca((count + 3) * sizeof *shell);
    size_t size = 0;
    shell[size++] = (char *)(uintptr_t) "/bin/sh";
    shell[size++] = (char *)(uintptr_t)path;
    for (size_t i = 1; i < count; i++)
        shell[size++] = arguments[i];
    shell[size] = NULL;
    return exec_path("/bin/sh", shell, environment);
}

static int exec_or_script(const char *path, char *const *arguments, char *const *environment, unsigned flags)
{
    int error = exec_with(path, arguments, environment, flags & EXEC_OWN_STACK);
    return error == ENOEXEC && (flags & EXEC_THROUGH_SHELL) ? exec_script(path, arguments, environment)
                                                            : error;
}

/* An entry of PATH that is not there, or cannot be reached, is passed over. */
static bool goes_on(int error)
{
    return error == EACCES || error == ENOENT || error == ENOTDIR || error == ESTALE || error == ENODEV ||
           error == ETIMEDOUT;
}

static size_t length(const char *text, char end)
{
    size_t size = 0;
    while (text[size] && text[size] != end)
        size++;
    return size;
}

static const char *search_list(void)
{
    char **environment = current_environment();
    const char *list = environment ? environ_scan(environment, "PATH") : NULL;
    if (list)
        return list;
    return libc_is_musl() ? "/usr/local/bin:/bin:/usr/bin" : "/bin:/usr/bin";
}

int exec_search(const char *file, char *const *arguments, char *const *environment, unsigned flags)
{
    size_t file_size = length(file, '\0');
    if (file_size == 0)
        return ENOENT;
    if (file[length(file, '/')] == '/')
        return exec_or_script(file, arguments, environment, flags);
    if (file_size > NAME_LENGTH_MAX)
        return ENAMETOOLONG;
    const char *list = search_list();
    size_t longest = 0;
    for (const char *at = list;; at += length(at, ':') + 1) {
        longest = length(at, ':') > longest ? length(at, ':') : longest;
        if (at[length(at, ':')] == '\0')
            break;
    }
    if (longest > 4096)
        longest = 4096; /* the kernel takes no longer path */
    char *path = __builtin_alloca(longest + file_size + 2);
    bool denied = false;
    int error = ENOENT;
    for (const char *at = list;; at++) {
        size_t size = length(at, ':');
        if (size <= longest) {
            memcpy(path, at, size);
            if (size > 0)
                path[size] = '/';
            memcpy(path + size + (size > 0), file, file_size + 1);
            error = exec_or_script(path, arguments, environment, flags);
            if (!goes_on(error))
                return error;
            denied |= error == EACCES;
        }
        at += size;
        if (*at == '\0')
            return denied ? EACCES : error;
    }
}

/* --- libc's names -------------------------------------------------------------------------------- */

EXPORTED int execve(const char *path, char *const *arguments, char *const *environment)
{
    return libc_fail(exec_path(path, arguments, environment));
}

EXPORTED int execv(const char *path, char *const *arguments)
{
    return libc_fail(exec_path(path, arguments, current_environment()));
}

/* What glibc's execvp does with what is no program, and musl's does not. */
static unsigned shell_flag(void)
{
    return libc_is_musl() ? 0 : EXEC_THROUGH_SHELL;
}

EXPORTED int execvpe(const char *file, char *const *arguments, char *const *environment)
{
    return libc_fail(exec_search(file, arguments, environment, shell_flag()));
}

EXPORTED int execvp(const char *file, char *const *arguments)
{
    return libc_fail(exec_search(file, arguments, current_environment(), shell_flag()));
}

EXPORTED int execveat(int directory, const char *path, char *const *arguments, char *const *environment,
                      int flags)
{
    const struct exec_call call = {directory, path, flags, arguments, environment, false};
    return libc_fail(exec_program(&call));
}

EXPORTED int fexecve(int fd, char *const *arguments, char *const *environment)
{
    if (fd < 0 || !arguments || !environment)
        return libc_fail(EINVAL);
    const struct exec_call call = {fd, "", AT_EMPTY_PATH, arguments, environment, false};
    return libc_fail(exec_program(&call));
}

/*
 * Defines `arguments` out of a function's variable arguments, with `list` behind their null pointer; alloca
 * lasts as long as the function. A macro, since where va_list is a structure a function would not move the
 * caller's on.
 */
#define GATHER(first)                                                                                        \
    va_list list;                                                                                            \
    size_t count = 0;                                                                                        \
    va_start(list, first);                                                                                   \
    for (const char *next = (first); next; next = va_arg(list, char *))                                      \
        count++;                                                                                             \
    va_end(list);                                                                                            \
    char **arguments = __builtin_alloca((count + 1) * sizeof *arguments);                                    \
    va_start(list, first);                                                                                   \
    arguments[0] = (char *)(uintptr_t)(first);                                                               \
    for (size_t i = 1; i <= count; i++)                                                                      \
    arguments[i] = va_arg(list, char *)

EXPORTED int execl(const char *path, const char *first, ...)
{
    GATHER(first);
    va_end(list);
    return libc_fail(exec_path(path, arguments, current_environment()));
}

EXPORTED int execlp(const char *file, const char *first, ...)
{
    GATHER(first);
    va_end(list);
    return libc_fail(exec_search(file, arguments, current_environment(), shell_flag()));
}

EXPORTED int execle(const char *path, const char *first, ...)
{
    GATHER(first);
    char *const *environment = va_arg(list, char *const *);
    va_end(list);
    return libc_fail(exec_path(path, arguments, environment));
}
