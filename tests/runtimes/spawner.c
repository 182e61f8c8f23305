/* SPDX-License-Identifier: ISC */
/*
 * spawner COUNT WITNESS DIGEST: starts so many children one after the other, by posix_spawn and by vfork and
 * execve in turn; the witness (deep_witness.c) tells of each whether it has its secrets. Prints `right` if
 * all have, and if this process has what it had after the first hundred: descriptors, mappings, memory,
 * locked memory, no child.
 */
#include <dirent.h>
#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { WARM_UP = 100, RESIDENT_SLACK = 256 /* KiB */ };

struct holdings {
    long descriptors, mappings, resident, locked; /* the last two in KiB */
};

static struct holdings count_holdings(void)
{
    struct holdings now = {0};
    char line[512];
    DIR *directory = opendir("/proc/self/fd");
    while (directory && readdir(directory))
        now.descriptors++;
    if (directory)
        closedir(directory);
    FILE *file = fopen("/proc/self/maps", "re");
    while (file && fgets(line, sizeof line, file))
        now.mappings += strchr(line, '\n') != NULL;
    if (file)
        fclose(file);
    file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file)) {
        sscanf(line, "VmRSS: %ld", &now.resident);
        sscanf(line, "VmLck: %ld", &now.locked);
    }
    if (file)
        fclose(file);
    return now;
}

static void print_holdings(const char *when, struct holdings held)
{
    printf("%s: %ld descriptors, %ld mappings, %ld KiB resident, %ld KiB locked\n", when, held.descriptors,
           held.mappings, held.resident, held.locked);
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static bool spawn(unsigned long number, char **arguments)
{
    pid_t pid;
    int status;
    if (number % 2) {
        pid = vfork();
        if (pid == 0) {
            execve(arguments[0], arguments, environ);
            _exit(99);
        }
    } else if (posix_spawn(&pid, arguments[0], NULL, NULL, arguments, environ) != 0) {
        pid = -1;
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        printf("child %lu: not started\n", number);
        return false;
    }
    if (status != 0)
        printf("child %lu: wait status %#x\n", number, (unsigned)status);
    return status == 0;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 99;
    unsigned long count = strtoul(argv[1], NULL, 10);
    struct holdings before = {0}, after;
    bool right = true;
    count_holdings(); /* stdio's own memory */
    for (unsigned long i = 0; i < count && right; i++) {
        if (i == WARM_UP)
            before = count_holdings();
        right = spawn(i, argv + 2);
    }
    after = count_holdings();
    print_holdings("before", before);
    print_holdings("after", after);
    right = right && before.descriptors == after.descriptors && before.mappings == after.mappings &&
            before.locked == after.locked && after.resident <= before.resident + RESIDENT_SLACK;
    errno = 0;
    right = right && waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
    puts(right ? "right" : "wrong");
    return 0;
}
