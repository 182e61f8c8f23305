/* SPDX-License-Identifier: ISC */
/*
 * pester COMMAND [ARG...]: runs COMMAND in its own place, and from a child that is nobody's any more sends it
 * one SIGCONT after the other for the first tenth of a second.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* In a session of its own, so as not to count as the command's. */
static void pester(pid_t target)
{
    unsigned seed = (unsigned)target;
    long end = now() + 100;
    setsid();
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    while (now() < end && kill(target, SIGCONT) == 0)
        for (volatile int i = rand_r(&seed) % 3000; i > 0; i--)
            ;
    _exit(0);
}

int main(int argc, char **argv)
{
    pid_t target = getpid(), child = argc > 1 ? fork() : -1;
    if (child == 0 && fork() == 0)
        pester(target);
    if (child == 0)
        _exit(0);
    if (child < 0 || waitpid(child, NULL, 0) != child)
        return 99;
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 99;
}
