/* SPDX-License-Identifier: ISC */
/*
 * deep [COMMAND [ARG]…]: prints what it finds of the variables KEY, TOKEN and PEM, then runs the command as a
 * child and exits with its status. All deep programs do this, each in its language's usual way, and so a
 * chain of them is a command line.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv)
{
    static const char *const names[] = {"KEY", "TOKEN", "PEM"};
    printf("c");
    for (int i = 0; i < 3; i++)
        printf(" %s=%s", names[i], getenv(names[i]) ? getenv(names[i]) : "(none)");
    puts(".");
    fflush(stdout);
    if (argc < 2)
        return 0;
    pid_t pid;
    int status;
    if (posix_spawnp(&pid, argv[1], NULL, NULL, argv + 1, environ) != 0 || waitpid(pid, &status, 0) != pid)
        return 99;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}
