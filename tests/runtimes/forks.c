/* SPDX-License-Identifier: ISC */
/* forks NAME VALUE: looks NAME up in a child by fork and in one by vfork; prints how it went. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int look(char **argv)
{
    const char *found = getenv(argv[1]);
    return found && strcmp(found, argv[2]) == 0 && !getenv("NOT_THERE") ? 42 : 1;
}

static void report(const char *how, pid_t pid)
{
    int status = 0;
    waitpid(pid, &status, 0);
    printf("%s: %s\n", how, WIFEXITED(status) && WEXITSTATUS(status) == 42 ? "right" : "wrong");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 99;
    pid_t child = fork();
    if (child == 0) {
        setenv("CHANGED_IN_THE_CHILD", "1", 1);
        _exit(look(argv));
    }
    report("fork", child);
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    child = vfork();
    if (child == 0)
        _exit(look(argv));
    report("vfork", child);
    return look(argv) == 42 ? 0 : 1;
}
