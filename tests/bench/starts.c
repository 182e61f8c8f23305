/* SPDX-License-Identifier: ISC */
/*
 * Times whole processes, side by side: runs each command once a round, so that whatever the machine does
 * meanwhile meets all of them, and prints the median of each and its ratio to the first. Started by
 * posix_spawn, or where the rounds have an f behind them (as 200f), by fork and exec. usage: starts ROUNDS
 * LABEL COMMAND [ARG]… [--- LABEL COMMAND [ARG]…]…
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 16 };

struct command {
    const char *label;
    char **arguments;
    double *times; /* milliseconds */
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static bool by_fork;

/* The child's pid, or -1. */
static pid_t start(const struct command *command, const posix_spawn_file_actions_t *actions)
{
    pid_t pid = -1;
    if (!by_fork)
        return posix_spawnp(&pid, command->arguments[0], actions, NULL, command->arguments, environ) == 0
                   ? pid
                   : -1;
    pid = fork();
    if (pid == 0) {
        execvp(command->arguments[0], command->arguments);
        _exit(127);
    }
    return pid;
}

static double run(const struct command *command, const posix_spawn_file_actions_t *actions)
{
    int status;
    double begin = now();
    pid_t pid = start(command, actions);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        fprintf(stderr, "starts: %s failed\n", command->label);
        exit(1);
    }
    return now() - begin;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
    struct command commands[COMMANDS_MAX];
    char *end = NULL;
    size_t count = 0, rounds = argc > 3 ? strtoul(argv[1], &end, 10) : 0;
    if (rounds == 0)
        return 2;
    by_fork = *end == 'f';
    for (int i = 2; i + 1 < argc && count < COMMANDS_MAX; i++) {
        commands[count] = (struct command){argv[i], argv + i + 1, calloc(rounds, sizeof(double))};
        while (i < argc && strcmp(argv[i], "---") != 0)
            i++;
        argv[i] = NULL;
        count++;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (size_t i = 0; i < count; i++)
        run(&commands[i], &actions); /* once for the page cache */
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < count; i++)
            commands[i].times[round] = run(&commands[i], &actions);
    for (size_t i = 0; i < count; i++)
        qsort(commands[i].times, rounds, sizeof(double), by_size);
    for (size_t i = 0; i < count; i++)
        printf("  %-44s %9.2f ms  %6.2f\n", commands[i].label, commands[i].times[rounds / 2],
               commands[i].times[rounds / 2] / commands[0].times[rounds / 2]);
    return 0;
}
