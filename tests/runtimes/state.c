/* SPDX-License-Identifier: ISC */
/*
 * What a process gets from the one that started it, other than arguments and environment.
 *   state prepare COMMAND [ARG...]  sets all of it to something unusual, and runs COMMAND
 *   state show                      prints it (all but the core limit, and whether it is dumpable)
 *   state descriptors FILE          writes which descriptors are open to FILE
 *   state locked                    prints VmLck, and the mappings whose name has `memfd` in it
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int prepare(char **command)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN + 3);
    sigprocmask(SIG_SETMASK, &set, NULL);
    raise(SIGUSR1); /* pending */
    signal(SIGUSR2, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    umask(0126);
    struct rlimit files = {321, 654}, stack = {4 << 20, 8 << 20};
    setrlimit(RLIMIT_NOFILE, &files);
    setrlimit(RLIMIT_STACK, &stack);
    setpriority(PRIO_PROCESS, 0, 3);
    prctl(PR_SET_TIMERSLACK, 12345L);
    prctl(PR_SET_CHILD_SUBREAPER, 1L);
    personality(ADDR_NO_RANDOMIZE);
    alarm(1000);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
    execvp(command[0], command);
    perror(command[0]);
    return 99;
}

static void print_lines(const char *path, const char *const *prefixes)
{
    char line[8192];
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        for (size_t i = 0; prefixes[i]; i++)
            if (strncmp(line, prefixes[i], strlen(prefixes[i])) == 0)
                fputs(line, stdout);
    if (file)
        fclose(file);
}

static int show(void)
{
    static const char *const lines[] = {"Umask",  "SigPnd",  "SigBlk", "SigIgn",    "SigCgt",
                                        "ShdPnd", "Cap",     "NoNew",  "Seccomp",   "Uid",
                                        "Gid",    "Groups:", "PPid",   "TracerPid", NULL};
    print_lines("/proc/self/status", lines);
    for (int i = 0; i < RLIMIT_NLIMITS; i++) {
        struct rlimit limit;
        if (i != RLIMIT_CORE && getrlimit((__rlimit_resource_t)i, &limit) == 0)
            printf("limit %d: %lu %lu\n", i, (unsigned long)limit.rlim_cur, (unsigned long)limit.rlim_max);
    }
    int subreaper = 0, deathsig = 0;
    prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
    prctl(PR_GET_PDEATHSIG, &deathsig);
    printf("group %d session %d nice %d slack %d subreaper %d deathsig %d keepcaps %d\n", (int)getpgid(0),
           (int)getsid(0), getpriority(PRIO_PROCESS, 0), prctl(PR_GET_TIMERSLACK), subreaper, deathsig,
           prctl(PR_GET_KEEPCAPS));
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    printf("personality %#x cpus %d scheduler %d alarm %d\n", (unsigned)personality(0xffffffff),
           CPU_COUNT(&set), sched_getscheduler(0), alarm(0) > 0);
    char directory[4096];
    printf("directory %s\n", getcwd(directory, sizeof directory));
    return 0;
}

static int descriptors(const char *path)
{
    char text[16384] = "", name[64], link[4096];
    DIR *directory = opendir("/proc/self/fd");
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        int fd = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || fd == dirfd(directory))
            continue;
        snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
        ssize_t size = readlink(name, link, sizeof link);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d flags %#x fd %d -> %.*s\n", fd,
                 (unsigned)fcntl(fd, F_GETFL), fcntl(fd, F_GETFD), (int)size, link);
    }
    if (!directory)
        return 98;
    closedir(directory);
    FILE *file = fopen(path, "w");
    return file && fputs(text, file) >= 0 && fclose(file) == 0 ? 0 : 99;
}

static int locked(void)
{
    static const char *const lines[] = {"VmLck", NULL};
    char line[8192];
    print_lines("/proc/self/status", lines);
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        if (strstr(line, "memfd"))
            fputs(line, stdout);
    return maps ? 0 : 99;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "prepare") == 0)
        return prepare(argv + 2);
    if (argc == 2 && strcmp(argv[1], "show") == 0)
        return show();
    if (argc == 3 && strcmp(argv[1], "descriptors") == 0)
        return descriptors(argv[2]);
    if (argc == 2 && strcmp(argv[1], "locked") == 0)
        return locked();
    return 99;
}
