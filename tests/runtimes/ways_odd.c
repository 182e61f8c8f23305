/* SPDX-License-Identifier: ISC */
/* The ways that differ in when and from where they exec: see ways.c. Runs as a target of the leak matrix;
 * holds secrets, and prints none. */
#include "ways.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>

static int start(void)
{
    execve(ways_program[0], ways_program, environ);
    return ways_fail("execve");
}

static int lowest_descriptor(void)
{
    int fd = dup(1);
    close(fd);
    return fd;
}

/* After each kind of failure nothing has changed: errno tells, no descriptor is left, the next one works. */
static int way_failing(void)
{
    static const struct {
        const char *path;
        int error;
    } tries[] = {
        {"/nonexistent", ENOENT}, {"/etc/passwd", EACCES}, {"/", EACCES}, {"/etc/passwd/x", ENOTDIR}};
    int before = lowest_descriptor();
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        execve(tries[i].path, ways_program, environ);
        if (errno != tries[i].error || lowest_descriptor() != before)
            return ways_fail(tries[i].path);
        pid_t pid;
        if (posix_spawn(&pid, tries[i].path, NULL, NULL, ways_program, environ) != tries[i].error ||
            lowest_descriptor() != before)
            return ways_fail(tries[i].path);
    }
    return start();
}

static void *in_thread(void *unused)
{
    start();
    return unused;
}

static void *spin(void *stop)
{
    while (!__atomic_load_n((int *)stop, __ATOMIC_RELAXED))
        free(strdup("allocating"));
    return NULL;
}

static int way_thread(void)
{
    int stop = 0;
    pthread_t busy, thread;
    pthread_create(&busy, NULL, spin, &stop);
    pthread_create(&thread, NULL, in_thread, NULL);
    pthread_join(thread, NULL);
    return 97;
}

/* Little more stack than an exec of the shim's takes. */
static int way_thread_with_a_small_stack(void)
{
    enum { STACK = 32 * 1024 };
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    pthread_create(&thread, &attributes, in_thread, NULL);
    pthread_join(thread, NULL);
    return 97;
}

static void on_signal(int number)
{
    (void)number;
    pid_t pid = fork();
    if (pid == 0) {
        execve(ways_program[0], ways_program, environ);
        _exit(97);
    }
    _exit(ways_wait(pid));
}

static int way_signal_handler(void)
{
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    return 97;
}

/* A script, by its first line or, where the function does so, by the shell that takes what is no program. */
static int script(const char *first_line)
{
    FILE *file = fopen("script", "we");
    if (!file)
        return ways_fail("script");
    fprintf(file, "%sexec \"$@\"\n", first_line);
    fchmod(fileno(file), 0755);
    fclose(file);
    char *arguments[] = {"./script", ways_program[0], ways_program[1], ways_program[2], NULL};
    execvp("./script", arguments);
    return ways_fail("execvp");
}

static int way_script(void)
{
    return script("#!/bin/sh -e\n");
}

static int way_script_without_interpreter(void)
{
    return script("");
}

/* The program is its own script's interpreter; its second argument is the script. */
static int way_script_of_program(void)
{
    char first_line[1024];
    snprintf(first_line, sizeof first_line, "#!%s %s\n", ways_program[0], ways_program[1]);
    return script(first_line);
}

/* A secret's value in an argument, `WAY [EXPECTED ERRNO in the label]`. */
static int with_argument(int spawn)
{
    const char *key = getenv("KEY");
    char option[256];
    snprintf(option, sizeof option, "--key=%s", key ? key : "");
    char *arguments[] = {ways_program[0], ways_program[1], "guarded", option, NULL};
    pid_t pid;
    if (!spawn)
        execve(ways_program[0], arguments, environ);
    else if ((errno = posix_spawn(&pid, ways_program[0], NULL, NULL, arguments, environ)) == 0)
        return ways_wait(pid);
    return errno == EPERM && ways_program[2] ? start() : ways_fail("execve");
}

static int way_argument(void)
{
    return with_argument(0);
}

static int way_argument_posix_spawn(void)
{
    return with_argument(1);
}

/* A copy of a secret on the heap, and a crash that would leave a core file with it. */
static int way_crash(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        const char *key = getenv("KEY");
        char *copy = strdup(key ? key : "");
        __asm__ volatile("" : : "r"(copy) : "memory");
        abort();
    }
    ways_wait(pid);
    return start();
}

/* What the shim must not do, for the observer to see. */
static int way_descriptor(void)
{
    return memfd_create("left open", 0) < 0 ? ways_fail("memfd_create") : start();
}

const struct way ways_odd[] = {
    {"failing", way_failing},
    {"thread", way_thread},
    {"thread-small", way_thread_with_a_small_stack},
    {"signal-handler", way_signal_handler},
    {"script", way_script},
    {"script-bare", way_script_without_interpreter},
    {"script-of-program", way_script_of_program},
    {"argument", way_argument},
    {"argument-posix_spawn", way_argument_posix_spawn},
    {"crash", way_crash},
    {"descriptor", way_descriptor},
    {NULL, NULL},
};
