/* SPDX-License-Identifier: ISC */
/* The ways that start a child without fork, and those by a shell: see ways.c. Runs as a target of the leak
 * matrix; holds secrets, and prints none. */
#include "ways.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <wordexp.h>

/* From glibc 2.39 on, and the shim brings them along. */
extern int pidfd_spawn(int *pidfd, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const arguments[],
                       char *const environment[]) __attribute__((weak));
extern int pidfd_spawnp(int *pidfd, const char *file, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const arguments[],
                        char *const environment[]) __attribute__((weak));

enum { IS_PIDFD = 3 }; /* P_PIDFD */

static int spawned(int error, pid_t pid)
{
    errno = error;
    return error ? ways_fail("posix_spawn") : ways_wait(pid);
}

static int way_posix_spawn(void)
{
    pid_t pid = -1;
    int error = posix_spawn(&pid, ways_program[0], NULL, NULL, ways_program, environ);
    return spawned(error, pid);
}

static int way_posix_spawnp(void)
{
    pid_t pid = -1;
    ways_search();
    int error = posix_spawnp(&pid, ways_program[0], NULL, NULL, ways_program, environ);
    return spawned(error, pid);
}

/* Everything that a caller can ask for at once: descriptors moved and closed, signals, a group. */
static int way_posix_spawn_with_actions(void)
{
    pid_t pid = -1;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t set;
    sigfillset(&set);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    for (int fd = 3; fd < 64; fd++)
        posix_spawn_file_actions_addclose(&actions, fd);
    posix_spawn_file_actions_adddup2(&actions, 1, 7);
    posix_spawn_file_actions_addclose(&actions, 0);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigdefault(&attributes, &set);
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&attributes, &set);
    int error = posix_spawn(&pid, ways_program[0], &actions, &attributes, ways_program, environ);
    return spawned(error, pid);
}

static int pidfd_spawned(int error, int pidfd)
{
    siginfo_t info = {0};
    errno = error;
    if (error != 0 || waitid((idtype_t)IS_PIDFD, (id_t)pidfd, &info, WEXITED) != 0)
        return ways_fail("pidfd_spawn");
    return info.si_code == CLD_EXITED ? info.si_status : 96;
}

static int way_pidfd_spawn(void)
{
    int fd = -1, error = ENOSYS;
    if (pidfd_spawn)
        error = pidfd_spawn(&fd, ways_program[0], NULL, NULL, ways_program, environ);
    return pidfd_spawned(error, fd);
}

static int way_pidfd_spawnp(void)
{
    int fd = -1, error = ENOSYS;
    ways_search();
    if (pidfd_spawnp)
        error = pidfd_spawnp(&fd, ways_program[0], NULL, NULL, ways_program, environ);
    return pidfd_spawned(error, fd);
}

/* A line for the shell: the program, then a second command so that no shell runs it by exec alone. */
static const char *line(const char *format)
{
    static char text[4096];
    const char *label = ways_program[2] ? ways_program[2] : "";
    snprintf(text, sizeof text, format, ways_program[0], ways_program[1], label);
    return text;
}

static int way_system(void)
{
    int status = system(line("%s %s %s && :"));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 96;
}

enum { STATUS = 7 };

/* The status is the shell's, and no child is left. */
static int closed(FILE *stream)
{
    int status = pclose(stream);
    if (status == -1 || !WIFEXITED(status) || WEXITSTATUS(status) != STATUS)
        return ways_fail("pclose");
    return waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD ? 0 : ways_fail("pclose: a child");
}

static int way_popen_read(void)
{
    char text[64] = "";
    FILE *stream = popen(line("%s %s %s && echo said && exit 7"), "r");
    if (!stream)
        return ways_fail("popen");
    while (fgets(text, sizeof text, stream))
        ;
    return closed(stream) == 0 && strcmp(text, "said\n") == 0 ? 0 : 96;
}

static int way_popen_write(void)
{
    FILE *stream = popen(line("read heard && test \"$heard\" = heard && %s %s %s && exit 7"), "we");
    if (!stream)
        return ways_fail("popen");
    fputs("heard\n", stream);
    return closed(stream);
}

/* Each stream has its own child: the status is not that of whichever ended first. */
static int way_pclose_of_two(void)
{
    siginfo_t ended;
    FILE *first = popen(line("%s %s %s; exit 8"), "r"), *second = popen("read line; exit 7", "w");
    if (!first || !second)
        return ways_fail("popen");
    waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT);
    int second_status = pclose(second), first_status = pclose(first);
    return WEXITSTATUS(second_status) == 7 && WEXITSTATUS(first_status) == 8 ? 0 : ways_fail("pclose");
}

static int way_wordexp(void)
{
    wordexp_t words;
    if (wordexp(line("before $(%s %s %s && echo said)"), &words, 0) != 0)
        return ways_fail("wordexp");
    return words.we_wordc == 2 && strcmp(words.we_wordv[1], "said") == 0 ? 0 : 96;
}

const struct way ways_spawn[] = {
    {"posix_spawn", way_posix_spawn},
    {"posix_spawnp", way_posix_spawnp},
    {"posix_spawn-actions", way_posix_spawn_with_actions},
    {"pidfd_spawn", way_pidfd_spawn},
    {"pidfd_spawnp", way_pidfd_spawnp},
    {"system", way_system},
    {"popen-read", way_popen_read},
    {"popen-write", way_popen_write},
    {"pclose-of-two", way_pclose_of_two},
    {"wordexp", way_wordexp},
    {NULL, NULL},
};
