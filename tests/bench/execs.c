/* SPDX-License-Identifier: ISC */
/*
 * Times starting a child from processes that already run, side by side: asks each of them in turn for one
 * child at a time, so that whatever the machine does meanwhile meets all of them, and prints for each way of
 * starting the medians and their ratios to the first. usage: execs ROUNDS LABEL COMMAND [ARG]… [--- LABEL
 * COMMAND [ARG]…]… where each command comes to run `execs serve CHILD`, the process that is asked.
 */
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SERVERS_MAX = 8, WAYS = 2, WARM_UP = 5 };

static const char *const ways[WAYS] = {"fork and execve", "posix_spawn"};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* --- the process that is asked ------------------------------------------------------------------------ */

static double start(unsigned char way, char **arguments)
{
    pid_t pid;
    int status;
    double begin = now();
    if (way == 0) {
        pid = fork();
        if (pid == 0) {
            execve(arguments[0], arguments, environ);
            _exit(127);
        }
    } else if (posix_spawn(&pid, arguments[0], NULL, NULL, arguments, environ) != 0) {
        return -1;
    }
    if (waitpid(pid, &status, 0) != pid || status != 0)
        return -1;
    return now() - begin;
}

static int serve(char **arguments)
{
    for (unsigned char way; read(0, &way, 1) == 1;) {
        double took = start(way, arguments);
        if (write(1, &took, sizeof took) != sizeof took)
            return 1;
    }
    return 0;
}

/* --- the one that asks -------------------------------------------------------------------------------- */

struct server {
    const char *label;
    char **arguments;
    int ask, answer;
    double *times[WAYS]; /* microseconds */
};

static _Noreturn void fail(const char *label)
{
    fprintf(stderr, "execs: %s failed\n", label);
    exit(1);
}

static void open_server(struct server *server, size_t rounds)
{
    int in[2], out[2];
    if (pipe(in) != 0 || pipe(out) != 0)
        fail("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        closefrom(3);
        execvp(server->arguments[0], server->arguments);
        _exit(127);
    }
    if (pid < 0)
        fail("fork");
    close(in[0]);
    close(out[1]);
    server->ask = in[1];
    server->answer = out[0];
    for (int way = 0; way < WAYS; way++)
        if (!(server->times[way] = calloc(rounds, sizeof(double))))
            fail("calloc");
}

static double ask(const struct server *server, unsigned char way)
{
    double took;
    if (write(server->ask, &way, 1) != 1 || read(server->answer, &took, sizeof took) != sizeof took ||
        took < 0)
        fail(server->label);
    return took;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "serve") == 0)
        return serve(argv + 2);
    struct server servers[SERVERS_MAX];
    size_t count = 0, rounds = argc > 3 ? strtoul(argv[1], NULL, 10) : 0;
    if (rounds == 0)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    for (int i = 2; i + 1 < argc && count < SERVERS_MAX; i++) {
        servers[count] = (struct server){.label = argv[i], .arguments = argv + i + 1};
        while (i < argc && strcmp(argv[i], "---") != 0)
            i++;
        argv[i] = NULL;
        open_server(&servers[count++], rounds);
    }
    for (size_t round = 0; round < rounds + WARM_UP; round++)
        for (unsigned char way = 0; way < WAYS; way++)
            for (size_t turn = 0; turn < count; turn++) {
                size_t i = (turn + round) % count; /* none is always the first */
                double took = ask(&servers[i], way);
                if (round >= WARM_UP)
                    servers[i].times[way][round - WARM_UP] = took;
            }
    for (unsigned char way = 0; way < WAYS; way++)
        for (size_t i = 0; i < count; i++) {
            char label[128];
            qsort(servers[i].times[way], rounds, sizeof(double), by_size);
            snprintf(label, sizeof label, "%s, %s", ways[way], servers[i].label);
            printf("  %-44s %9.3f ms  %6.2f\n", label, servers[i].times[way][rounds / 2] / 1e3,
                   servers[i].times[way][rounds / 2] / servers[0].times[way][rounds / 2]);
        }
    return 0;
}
