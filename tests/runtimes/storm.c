/* SPDX-License-Identifier: ISC */
/*
 * storm COUNT WITNESS DIGEST: eight threads, each of which starts COUNT children by turns in every way there
 * is, all at once; the witness (deep_witness.c) tells of each whether it has its secrets. Meanwhile a ninth
 * thread looks its own up. Prints `right` if all have; ends by SIGALRM if it takes more than 100 seconds.
 */
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { THREADS = 8, SECONDS_MAX = 100 };

static char **arguments; /* of the witness */
static unsigned long count;
static atomic_uint running = THREADS;
static atomic_ulong wrong;

/* In the child. */
static void become(unsigned way)
{
    char *const path = arguments[0], *const digest = arguments[1];
    int fd;
    switch (way) {
    case 0:
        execv(path, arguments);
        break;
    case 1:
        execve(path, arguments, environ);
        break;
    case 2:
        execvp(path, arguments);
        break;
    case 3:
        execl(path, path, digest, (char *)NULL);
        break;
    case 4:
        execle(path, path, digest, (char *)NULL, environ);
        break;
    case 5:
        execlp(path, path, digest, (char *)NULL);
        break;
    default:
        fd = open(path, O_RDONLY | O_CLOEXEC);
        fexecve(fd, arguments, environ);
        break;
    }
    _exit(99);
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static pid_t start(unsigned long number)
{
    pid_t pid = -1;
    unsigned way = (unsigned)(number / 3 % 7);
    switch (number % 3) {
    case 0:
        pid = fork();
        if (pid == 0)
            become(way);
        return pid;
    case 1:
        pid = vfork();
        if (pid == 0)
            become(way);
        return pid;
    default:
        return (number % 2 ? posix_spawn : posix_spawnp)(&pid, arguments[0], NULL, NULL, arguments,
                                                         environ) == 0
                   ? pid
                   : -1;
    }
}

static void *spawn(void *first)
{
    for (unsigned long i = 0; i < count; i++) {
        int status;
        pid_t pid = start((unsigned long)first + i);
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
            fprintf(stderr, "child %lu: %s %#x\n", i, pid < 0 ? "not started" : "wait status",
                    pid < 0 ? 0u : (unsigned)status);
            atomic_fetch_add(&wrong, 1);
        }
    }
    atomic_fetch_sub(&running, 1);
    return NULL;
}

static void *look(void *unused)
{
    while (atomic_load(&running) > 0)
        if (!getenv("KEY") || !getenv("PEM") || getenv("NOT_THERE"))
            atomic_fetch_add(&wrong, 1);
    return unused;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 99;
    alarm(SECONDS_MAX);
    count = strtoul(argv[1], NULL, 10);
    arguments = argv + 2;
    pthread_t threads[THREADS + 1];
    for (unsigned long i = 0; i <= THREADS; i++)
        if (pthread_create(&threads[i], NULL, i < THREADS ? spawn : look, (void *)i) != 0)
            return 98;
    for (int i = 0; i <= THREADS; i++)
        pthread_join(threads[i], NULL);
    puts(atomic_load(&wrong) == 0 ? "right" : "wrong");
    return 0;
}
