/* SPDX-License-Identifier: ISC */
/*
 * attacker PID ADDRESS: another process of the same user, which tries each way into PID there is.
 * Prints a line for each: `way: open`, or the error that it met.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t victim;

static void report(const char *way, int opened)
{
    printf("%s: %s\n", way, opened ? "open" : strerrorname_np(errno));
}

static void try_file(const char *name)
{
    char path[64], block[4096];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)victim, name);
    int fd = open(path, O_RDONLY);
    /* mem has nothing at 0, but opening it is what takes the permission. */
    report(name, fd >= 0 && (strcmp(name, "mem") == 0 || read(fd, block, sizeof block) >= 0));
}

static void try_directory(const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)victim, name);
    report(name, opendir(path) != NULL);
}

static void try_link(const char *name)
{
    char path[64], block[4096];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)victim, name);
    report(name, readlink(path, block, sizeof block) >= 0);
}

static void try_ptrace(const char *way, int request)
{
    long result = ptrace((enum __ptrace_request)request, victim, NULL, NULL);
    report(way, result == 0);
    if (result == 0) {
        if (request == PTRACE_SEIZE)
            ptrace(PTRACE_INTERRUPT, victim, NULL, NULL);
        waitpid(victim, NULL, __WALL);
        ptrace(PTRACE_DETACH, victim, NULL, NULL);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 99;
    victim = (pid_t)atoi(argv[1]);
    char block[16];
    struct iovec local = {block, sizeof block};
    struct iovec remote = {(void *)strtoul(argv[2], NULL, 0), sizeof block};

    static const char *const files[] = {"environ", "mem", "maps", "smaps", "auxv", "pagemap", "syscall"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        try_file(files[i]);
    try_directory("fd");
    try_directory("map_files");
    try_link("fd/0");
    try_link("exe");
    report("process_vm_readv", process_vm_readv(victim, &local, 1, &remote, 1, 0) >= 0);
    try_ptrace("PTRACE_ATTACH", PTRACE_ATTACH);
    try_ptrace("PTRACE_SEIZE", PTRACE_SEIZE);
    int pidfd = (int)syscall(SYS_pidfd_open, victim, 0);
    for (int fd = 0; pidfd >= 0 && fd < 3; fd++)
        report("pidfd_getfd", syscall(SYS_pidfd_getfd, pidfd, fd, 0) >= 0);
    return 0;
}
