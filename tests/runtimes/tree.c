/* SPDX-License-Identifier: ISC */
/*
 * tree COUNT: a tree of so many processes of this program, the first one among them, each with up to four
 * children, all alive at once. Each prints `node PID KEY=VALUE`; the first one `ready` when all have. When
 * standard input ends so do they all, and the first exits with 0 if each one did. As a child: tree COUNT FD:
 * tells through FD.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { CHILDREN = 4, SECONDS_MAX = 100 };

/* One write of less than a pipe's atomic size. */
static int tell(int fd)
{
    char line[256];
    const char *key = getenv("KEY");
    int size = snprintf(line, sizeof line, "node %ld KEY=%s\n", (long)getpid(), key ? key : "(none)");
    return write(fd, line, (size_t)size) == size;
}

/* Splits what is left of the count among the children; returns how many there are, or -1. */
static int grow(char *program, int count, int fd, pid_t children[static CHILDREN])
{
    int made = 0;
    for (int left = count - 1; left > 0; made++) {
        int share = (left + CHILDREN - made - 1) / (CHILDREN - made);
        char number[16], pipe_end[16];
        snprintf(number, sizeof number, "%d", share);
        snprintf(pipe_end, sizeof pipe_end, "%d", fd);
        char *arguments[] = {program, number, pipe_end, NULL};
        if (posix_spawn(&children[made], program, NULL, NULL, arguments, environ) != 0)
            return -1;
        left -= share;
    }
    return made;
}

static int wait_for_end(const pid_t children[static CHILDREN], int count)
{
    char byte;
    int failed = read(0, &byte, 1) != 0;
    for (int i = 0; i < count; i++) {
        int status;
        failed |= waitpid(children[i], &status, 0) != children[i] || status != 0;
    }
    return failed;
}

/* Passes on the lines of all until there are as many as there should be. */
static int gather(int from, int count)
{
    char block[4096];
    for (ssize_t size; count > 0 && (size = read(from, block, sizeof block)) > 0;) {
        fwrite(block, 1, (size_t)size, stdout);
        for (ssize_t i = 0; i < size; i++)
            count -= block[i] == '\n';
    }
    puts("ready");
    fflush(stdout);
    return count == 0;
}

int main(int argc, char **argv)
{
    pid_t children[CHILDREN];
    int ends[2], count = argc > 1 ? atoi(argv[1]) : 0;
    alarm(SECONDS_MAX);
    if (argc > 2) {
        int fd = atoi(argv[2]), made = grow(argv[0], count, fd, children);
        return made < 0 || !tell(fd) || wait_for_end(children, made);
    }
    if (count < 1 || pipe(ends) != 0 || fcntl(ends[0], F_SETFD, FD_CLOEXEC) != 0)
        return 99;
    int made = grow(argv[0], count, ends[1], children);
    if (made < 0 || !tell(ends[1]) || !gather(ends[0], count))
        return 98;
    return wait_for_end(children, made);
}
