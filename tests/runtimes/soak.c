/* SPDX-License-Identifier: ISC */
/*
 * soak COUNT PARALLEL EXPECTED COMMAND [ARG...]: starts COMMAND so many times, from so many threads at once,
 * as the parent that a service manager or a shell is. Each has to print EXPECTED and a newline (the command's
 * processes together, on both outputs), to end by itself with status 0 within a minute and without having
 * been seen to stop, and to leave no process of its group behind. Orphans come here, so that what somebody
 * left to init is found as well. Prints how often that was not so, and what became more here.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { SECONDS_MAX = 60, TEXT_MAX = 4096 };

static const char *expected;
static char **command;
static atomic_int left, wrong, hanging, stopped, failed, behind;

static pid_t start(int *output)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int ends[2];
    pid_t pid = -1;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    if (posix_spawnp(&pid, command[0], &actions, &attributes, command, environ) != 0)
        pid = -1;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *output = ends[0];
    return pid;
}

/* Reads to the end, which is when the last process of the command has ended; false when the time is over. */
static int read_all(int output, char *text)
{
    time_t end = time(NULL) + SECONDS_MAX;
    size_t size = 0;
    for (;;) {
        struct pollfd readable = {output, POLLIN, 0};
        time_t now = time(NULL);
        if (now >= end)
            return 0;
        if (poll(&readable, 1, (int)(end - now) * 1000) <= 0)
            continue;
        ssize_t got = read(output, text + size, TEXT_MAX - 1 - size);
        if (got <= 0)
            return 1;
        size += (size_t)got;
        text[size] = '\0';
    }
}

static void complain(atomic_int *count, const char *what, const char *text)
{
    if (atomic_fetch_add(count, 1) < 3)
        fprintf(stderr, "soak: %s: %s\n", what, text);
}

static void wait_for(pid_t pid)
{
    int status;
    char text[32];
    for (;;) {
        pid_t waited = waitpid(pid, &status, WUNTRACED | WCONTINUED);
        if (waited < 0 && errno == EINTR)
            continue;
        if (waited != pid || WIFEXITED(status) || WIFSIGNALED(status))
            break;
        stopped++;
    }
    snprintf(text, sizeof text, "wait status %#x", (unsigned)status);
    if (status)
        complain(&failed, "not 0", text);
    if (kill(-pid, 0) == 0)
        complain(&behind, "a process is left", "of its group");
}

static void run_one(void)
{
    char text[TEXT_MAX] = "";
    int output;
    pid_t pid = start(&output);
    if (pid < 0) {
        complain(&failed, "cannot be started", command[0]);
        return;
    }
    if (!read_all(output, text)) {
        complain(&hanging, "does not end", text);
        kill(-pid, SIGKILL);
    }
    close(output);
    wait_for(pid);
    size_t size = strlen(expected);
    if (strncmp(text, expected, size) != 0 || strcmp(text + size, "\n") != 0)
        complain(&wrong, "prints", text);
}

static void *run(void *argument)
{
    while (atomic_fetch_sub(&left, 1) > 0)
        run_one();
    return argument;
}

static int count_entries(const char *path)
{
    int count = 0;
    DIR *directory = opendir(path);
    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

static int count_lines(const char *path)
{
    int byte, count = 0;
    FILE *file = fopen(path, "r");
    while (file && (byte = getc(file)) != EOF)
        count += byte == '\n';
    if (file)
        fclose(file);
    return count;
}

/* The first round is for what the C library keeps for good: stacks of threads, arenas. */
static void run_threads(int count, size_t parallel)
{
    pthread_t *threads = calloc(parallel, sizeof *threads);
    atomic_store(&left, count);
    for (size_t i = 0; threads && i < parallel; i++)
        if (pthread_create(&threads[i], NULL, run, NULL) != 0)
            exit(99);
    for (size_t i = 0; threads && i < parallel; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 99;
    int count = atoi(argv[1]), strangers = 0;
    size_t parallel = strtoul(argv[2], NULL, 10);
    expected = argv[3];
    command = argv + 4;
    prctl(PR_SET_CHILD_SUBREAPER, 1L);
    run_threads((int)parallel, parallel);
    int descriptors = count_entries("/proc/self/fd"), mappings = count_lines("/proc/self/maps");
    run_threads(count - (int)parallel, parallel);
    while (waitpid(-1, NULL, __WALL) > 0)
        strangers++;
    descriptors = count_entries("/proc/self/fd") - descriptors;
    mappings = count_lines("/proc/self/maps") - mappings;
    printf("wrong %d, hanging %d, stopped %d, failed %d, left behind %d, orphans %d, more descriptors %d, "
           "more mappings %d\n",
           wrong, hanging, stopped, failed, behind, strangers, descriptors > 0, mappings > 8);
    return 0;
}
