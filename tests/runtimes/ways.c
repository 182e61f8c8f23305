/* SPDX-License-Identifier: ISC */
/*
 * ways WAY PROGRAM SOCKET [LABEL]: starts `PROGRAM SOCKET [LABEL]` by one way of the C library; exits with
 * the status of what was started. A way is named for the function that it calls. Runs as a target of the leak
 * matrix; holds secrets, and prints none.
 */
#include "ways.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sys/wait.h>

/* What not every libc has, and the shim brings along. */
extern int execveat(int directory, const char *path, char *const arguments[], char *const environment[],
                    int flags) __attribute__((weak));

char *const *ways_program;

int ways_fail(const char *what)
{
    fprintf(stderr, "ways: %s: %s\n", what, strerror(errno));
    return 97;
}

int ways_wait(pid_t pid)
{
    int status;
    if (pid < 0)
        return ways_fail("fork");
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return ways_fail("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 96;
}

int ways_search(void)
{
    static char program[PATH_MAX], folder[PATH_MAX], path[3 * PATH_MAX];
    static char *arguments[8];
    const char *before = getenv("PATH");
    snprintf(folder, sizeof folder, "%s", ways_program[0]);
    snprintf(program, sizeof program, "%s", strrchr(ways_program[0], '/') + 1);
    snprintf(path, sizeof path, "/nonexistent::%s:%s", dirname(folder), before ? before : "");
    for (size_t i = 1; i < 7 && ways_program[i]; i++)
        arguments[i] = ways_program[i];
    arguments[0] = program;
    ways_program = arguments;
    return setenv("PATH", path, 1);
}

#define FILE_NAME ways_program[0]
#define LABEL     (ways_program[2] ? ways_program[2] : "")

static int way_execve(void)
{
    execve(FILE_NAME, ways_program, environ);
    return ways_fail("execve");
}

static int way_execv(void)
{
    execv(FILE_NAME, ways_program);
    return ways_fail("execv");
}

static int way_execvp(void)
{
    ways_search();
    execvp(FILE_NAME, ways_program);
    return ways_fail("execvp");
}

static int way_execvpe(void)
{
    ways_search();
    execvpe(FILE_NAME, ways_program, environ);
    return ways_fail("execvpe");
}

static int way_execl(void)
{
    execl(FILE_NAME, FILE_NAME, ways_program[1], LABEL, (char *)NULL);
    return ways_fail("execl");
}

static int way_execlp(void)
{
    ways_search();
    execlp(FILE_NAME, FILE_NAME, ways_program[1], LABEL, (char *)NULL);
    return ways_fail("execlp");
}

static int way_execle(void)
{
    execle(FILE_NAME, FILE_NAME, ways_program[1], LABEL, (char *)NULL, environ);
    return ways_fail("execle");
}

static int way_fexecve(void)
{
    int fd = open(FILE_NAME, O_RDONLY | O_CLOEXEC);
    fexecve(fd, ways_program, environ);
    return ways_fail("fexecve");
}

static int way_execveat(void)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", FILE_NAME);
    int fd = open(dirname(folder), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (execveat)
        execveat(fd, strrchr(FILE_NAME, '/') + 1, ways_program, environ, 0);
    return ways_fail("execveat");
}

static int way_execveat_of_a_descriptor(void)
{
    int fd = open(FILE_NAME, O_PATH | O_CLOEXEC);
    if (execveat)
        execveat(fd, "", ways_program, environ, AT_EMPTY_PATH);
    return ways_fail("execveat");
}

static int way_fork_execve(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        execve(FILE_NAME, ways_program, environ);
        _exit(97);
    }
    return ways_wait(pid);
}

static int way_vfork_execve(void)
{
    pid_t pid = vfork();
    if (pid == 0) {
        execve(FILE_NAME, ways_program, environ);
        _exit(97);
    }
    return ways_wait(pid);
}

/* As CPython and the JVM do. */
static int way_fork_close_execve(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        for (int fd = 0; fd < 1024; fd++)
            close(fd);
        execve(FILE_NAME, ways_program, environ);
        _exit(97);
    }
    return ways_wait(pid);
}

/* As libuv does. */
static int way_fork_environ_execvp(void)
{
    ways_search();
    char **copy = ways_copy();
    pid_t pid = fork();
    if (pid == 0) {
        environ = copy;
        execvp(FILE_NAME, ways_program);
        _exit(97);
    }
    return ways_wait(pid);
}

/* The first child has its parent's secrets, and then so has the parent's next program. */
static int way_fork_then_execve(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        execl(FILE_NAME, FILE_NAME, ways_program[1], "child", (char *)NULL);
        _exit(97);
    }
    return ways_wait(pid) == 0 ? way_execve() : 97;
}

static const struct way ways[] = {
    {"execve", way_execve},
    {"execv", way_execv},
    {"execvp", way_execvp},
    {"execvpe", way_execvpe},
    {"execl", way_execl},
    {"execlp", way_execlp},
    {"execle", way_execle},
    {"fexecve", way_fexecve},
    {"execveat", way_execveat},
    {"execveat-descriptor", way_execveat_of_a_descriptor},
    {"fork-execve", way_fork_execve},
    {"vfork-execve", way_vfork_execve},
    {"fork-close-execve", way_fork_close_execve},
    {"fork-environ-execvp", way_fork_environ_execvp},
    {"fork-then-execve", way_fork_then_execve},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    static const struct way *const tables[] = {ways, ways_spawn, ways_environment, ways_odd, ways_getenv};
    if (argc < 4)
        return 99;
    ways_program = argv + 2;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct way *way = tables[i]; way->name; way++)
            if (strcmp(way->name, argv[1]) == 0)
                return way->run();
    fprintf(stderr, "ways: %s: no such way\n", argv[1]);
    return 99;
}
