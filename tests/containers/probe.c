/* SPDX-License-Identifier: ISC */
/*
 * A program for the tests in containers, which does one thing: see each below. Runs as their command, and
 * prints secrets backwards alone, so that a search for them finds no output.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* show NAME: its value, backwards. */
static int show(const char *name)
{
    const char *value = getenv(name);
    if (!value)
        return puts("unset") < 0;
    for (size_t i = strlen(value); i > 0; i--)
        putchar(value[i - 1]);
    putchar('\n');
    return 0;
}

/* read PATH: whether it can be. */
static int try_reading(const char *path)
{
    puts(open(path, O_RDONLY) < 0 ? strerror(errno) : "readable");
    return 0;
}

/* wait: until SIGTERM; tells of each SIGHUP. */
static int wait_for_signals(void)
{
    sigset_t signals;
    int got;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    puts("ready");
    fflush(stdout);
    while (sigwait(&signals, &got) == 0 && got == SIGHUP) {
        puts("hup");
        fflush(stdout);
    }
    puts("term");
    return 0;
}

/* orphan: leaves a grandchild to process 1, which this is, and never waits for it. */
static int leave_orphan(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(fork() < 0);
    waitpid(child, NULL, 0);
    sleep(1);
    return wait_for_signals();
}

/* child ARG…: what a program of this kind prints that it starts. */
static int start_child(char **arguments)
{
    pid_t child = fork();
    if (child == 0) {
        execv(arguments[0], arguments);
        _exit(127);
    }
    int status;
    return waitpid(child, &status, 0) != child || status != 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    const char *word = argc > 2 ? argv[2] : "";
    if (!strcmp(what, "show"))
        return show(word);
    if (!strcmp(what, "read"))
        return try_reading(word);
    if (!strcmp(what, "exit"))
        return atoi(word);
    if (!strcmp(what, "wait"))
        return wait_for_signals();
    if (!strcmp(what, "orphan"))
        return leave_orphan();
    if (!strcmp(what, "child"))
        return start_child(argv + 2);
    if (!strcmp(what, "exec"))
        execv(argv[2], argv + 2);
    return 99;
}
