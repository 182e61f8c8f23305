/* SPDX-License-Identifier: ISC */
/*
 * spawns SECTION: starts itself by posix_spawn in all the ways of that section, and prints what came of it;
 * the child (spawns report WHAT…) prints what it finds, see spawns_report.c. What is printed follows from the
 * arguments and the environment alone, so two runs that print the same have behaved the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawns_report.h"

extern char **environ;
/* Not in every libc. */
int pidfd_spawn(int *, const char *, const void *, const void *, char *const *, char *const *)
    __attribute__((weak));
int pidfd_spawnp(int *, const char *, const void *, const void *, char *const *, char *const *)
    __attribute__((weak));

static const char *self;

static posix_spawn_file_actions_t actions;
static posix_spawnattr_t attributes;
static char *arguments[64];
static char **environment;

static void begin(const char *what)
{
    static bool used;
    if (used) {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    used = true;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    arguments[0] = (char *)(uintptr_t) "spawns";
    arguments[1] = (char *)(uintptr_t) "report";
    arguments[2] = (char *)(uintptr_t)what;
    arguments[3] = NULL;
    environment = environ;
}

static void end(const char *title, int error, pid_t pid)
{
    int status = 0;
    bool ended = error == 0 && waitpid(pid, &status, 0) == pid;
    printf("%s: %s, pid %s, ended %d, status %x\n", title, error ? strerror(error) : "started",
           pid == -7 ? "untouched" : "written", ended, (unsigned)status);
    printf("  no other child: %d\n", waitpid(-1, NULL, 0) < 0 && errno == ECHILD);
}

static void start(const char *title)
{
    pid_t pid = -7;
    printf("%s\n", title);
    fflush(stdout);
    int error = posix_spawn(&pid, self, &actions, &attributes, arguments, environment);
    end(title, error, pid);
}

static void start_file(const char *title, bool search, const char *file)
{
    pid_t pid = -7;
    printf("%s\n", title);
    fflush(stdout);
    int error = search ? posix_spawnp(&pid, file, NULL, NULL, arguments, environment)
                       : posix_spawn(&pid, file, NULL, NULL, arguments, environment);
    end(title, error, pid);
}

static void flags(int value)
{
    printf("flags %x: %d\n", (unsigned)value, posix_spawnattr_setflags(&attributes, (short)value));
}

static sigset_t signals(int first, int second)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, first);
    sigaddset(&set, second);
    return set;
}

static void put(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
}

static int spawn_actions(void)
{
    struct stat status;
    mkdir("inner", 0755);
    begin("descriptors");
    start("nothing");
    begin("descriptors");
    posix_spawn_file_actions_addclose(&actions, 0);
    posix_spawn_file_actions_addclose(&actions, 77);
    start("close");
    begin("descriptors");
    dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 20);
    fcntl(20, F_SETFD, FD_CLOEXEC);
    posix_spawn_file_actions_adddup2(&actions, 1, 9);
    posix_spawn_file_actions_adddup2(&actions, 20, 20);
    start("dup2");
    begin("descriptors");
    start("the flag is as it was");
    begin("descriptors");
    posix_spawn_file_actions_adddup2(&actions, 78, 79);
    start("dup2 of nothing");
    begin("descriptors");
    posix_spawn_file_actions_adddup2(&actions, 78, 78);
    start("dup2 of nothing to itself");
    begin("descriptors");
    umask(027);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 30, "made", O_WRONLY | O_CREAT, 0666);
    posix_spawn_file_actions_addopen(&actions, 20, "made", O_RDONLY | O_CLOEXEC, 0);
    start("open");
    printf("mode %o\n", stat("made", &status) == 0 ? status.st_mode : 0u);
    begin("descriptors");
    posix_spawn_file_actions_addopen(&actions, 1, "not there", O_RDONLY, 0);
    start("open of nothing");
    begin("directory");
    int outer = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    posix_spawn_file_actions_addchdir_np(&actions, "inner");
    posix_spawn_file_actions_addopen(&actions, 0, "in inner", O_RDWR | O_CREAT, 0600);
    start("chdir");
    printf("it was opened there: %d\n", stat("inner/in inner", &status) == 0);
    begin("directory");
    posix_spawn_file_actions_addchdir_np(&actions, "/");
    posix_spawn_file_actions_addfchdir_np(&actions, outer);
    start("fchdir");
    begin("directory");
    posix_spawn_file_actions_addfchdir_np(&actions, 78);
    start("fchdir of nothing");
    begin("directory");
    posix_spawn_file_actions_addchdir_np(&actions, "not there");
    start("chdir to nothing");
    begin("descriptors");
    for (int i = 0; i < 500; i++)
        posix_spawn_file_actions_adddup2(&actions, i == 0 ? 1 : 100 + (i - 1) % 7, 100 + i % 7);
    start("five hundred");
#ifdef __GLIBC__
    begin("descriptors");
    dup2(1, 50);
    dup2(1, 500);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    start("closefrom");
    begin("terminal");
    int controller = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    grantpt(controller);
    unlockpt(controller);
    posix_spawn_file_actions_addopen(&actions, 0, ptsname(controller), O_RDWR, 0);
    posix_spawn_file_actions_addtcsetpgrp_np(&actions, 0);
    flags(POSIX_SPAWN_SETSID);
    start("terminal");
    begin("terminal");
    posix_spawn_file_actions_addtcsetpgrp_np(&actions, outer);
    start("no terminal");
    begin("word"); /* the descriptor is closed first, which leaves one to open */
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){50, limit.rlim_max});
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
        ;
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    start("open with no descriptor left");
    setrlimit(RLIMIT_NOFILE, &limit);
#endif
    begin("descriptors");
    posix_spawn_file_actions_addclose(&actions, 600);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){550, 600});
    start("close out of range");
    return 0;
}

static void nothing(int number)
{
    (void)number;
}

static int spawn_attributes(void)
{
    begin("group");
    flags(POSIX_SPAWN_SETPGROUP);
    start("a group of its own");
    begin("group");
    flags(POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 1);
    start("another's group");
    begin("group");
    flags(POSIX_SPAWN_SETSID);
    start("a session");
    begin("group");
    flags(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 1);
    start("a session and another's group");
    signal(SIGINT, nothing);
    signal(SIGTERM, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    signal(40, nothing);
    sigset_t blocked = signals(SIGHUP, 41), set = signals(SIGUSR1, 42);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    begin("signals");
    start("signals as they are");
    begin("signals");
    flags(POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &set);
    start("a mask");
    begin("signals");
    flags(POSIX_SPAWN_SETSIGDEF);
    sigfillset(&set);
    sigdelset(&set, SIGTERM);
    posix_spawnattr_setsigdefault(&attributes, &set);
    start("defaults");
    sigprocmask(SIG_BLOCK, NULL, &set);
    printf("mask here: %d %d %d\n", sigismember(&set, SIGHUP), sigismember(&set, 41), sigismember(&set, 42));
    for (int i = 0; i < 12; i++) {
        begin("schedule");
        struct sched_param parameters = {.sched_priority = i & 2 ? 50 : 0};
        flags(i & 1 ? POSIX_SPAWN_SETSCHEDPARAM : POSIX_SPAWN_SETSCHEDULER);
        printf("%d", posix_spawnattr_setschedpolicy(&attributes, i / 4));
        printf(" %d\n", posix_spawnattr_setschedparam(&attributes, &parameters));
        start("a schedule");
    }
    begin("ids");
    flags(POSIX_SPAWN_RESETIDS);
    int changed = geteuid() == 0 ? seteuid(65534) : 0;
    start("the real user");
    return changed;
}

static int spawn_failures(void)
{
    static char long_one[200 * 1024];
    char *many[6001];
    begin("directory");
    mkdir("directory", 0755);
    put("text", "echo text\n", 0755);
    put("unmarked", "#!/bin/sh\n", 0644);
    put("script", "#!/bin/sh\necho \"  script $1 $PLAIN\"\n", 0755);
    static const char *const files[] = {
        "./not-there", "./directory", "./text", "./unmarked", "./script", "./text/x", "not-there",
        "unmarked",    "text",        "script", "",           "true",     "./script/"};
    setenv("PATH", "/nonexistent:.:/usr/bin:/bin", 1);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        start_file(files[i], false, files[i]);
        start_file(files[i], true, files[i]);
    }
    setenv("PATH", "/nonexistent::/usr/bin", 1);
    start_file("here", true, "script");
    unsetenv("PATH");
    start_file("without PATH", true, "sh");
    memset(long_one, 'x', sizeof long_one - 1);
    begin(long_one);
    start("a long argument");
    begin("environment");
    environment = NULL;
    start("no environment");
    begin("environment");
    environment = (char *[]){(char *)(uintptr_t) "A=1", (char *)(uintptr_t) "A=2", NULL};
    start("another environment");
    begin("a");
    for (size_t i = 0; i < 6000; i++)
        many[i] = environ[0];
    many[6000] = NULL;
    environment = many;
    start("six thousand entries");
    pid_t pid;
    fflush(stdout);
    int error = posix_spawn(NULL, self, NULL, NULL, arguments, environ);
    int waited = wait(NULL) > 0;
    printf("no pid wanted: %d %d\n", error, waited);
    return posix_spawn(&pid, "./not-there", NULL, NULL, arguments, environ) != ENOENT;
}

/* Not to be compared: there is nothing to compare it with in an older libc. */
static int spawn_pidfd(void)
{
    siginfo_t info = {0};
    int fd = -7;
    if (!&pidfd_spawn || !&pidfd_spawnp)
        return 1;
    begin("word");
    posix_spawn_file_actions_adddup2(&actions, 1, 9);
    fflush(stdout);
    int error = pidfd_spawn(&fd, self, &actions, &attributes, arguments, environ);
    int flag = fcntl(fd, F_GETFD), ended = waitid((idtype_t)3, (id_t)fd, &info, WEXITED);
    printf("started %d, close on exec %d\n", error, flag);
    printf("ended %d, status %d\n", ended, info.si_status);
    close(fd);
    fd = -7;
    error = pidfd_spawnp(&fd, "not-there", NULL, NULL, arguments, environ);
    printf("failed %d %d\n", error == ENOENT, fd == -7);
    printf("next descriptor %d\n", dup(1));
#ifdef __GLIBC__
    const short cgroup_flag = 0x100;
    const int no_directory = -1;
    memcpy(&attributes, &cgroup_flag, sizeof cgroup_flag);
    memcpy((char *)&attributes + 272, &no_directory, sizeof no_directory);
    printf("cgroup %d\n", posix_spawn(&fd, self, NULL, &attributes, arguments, environ) == EBADF);
    const int unknown = 99;
    void *first;
    memcpy(&first, (char *)&actions + 8, sizeof first);
    memcpy(first, &unknown, sizeof unknown);
    printf("unknown %d\n", posix_spawn(&fd, self, &actions, NULL, arguments, environ) == ENOSYS);
#endif
    return 0;
}

int main(int argc, char **argv)
{
    static char path[4096];
    if (argc > 2 && strcmp(argv[1], "report") == 0)
        return spawns_report(argv + 2);
    if (argc != 2 || readlink("/proc/self/exe", path, sizeof path - 1) < 0)
        return 99;
    self = path;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(argv[1], "actions") == 0)
        return spawn_actions();
    if (strcmp(argv[1], "attributes") == 0)
        return spawn_attributes();
    if (strcmp(argv[1], "failures") == 0)
        return spawn_failures();
    return strcmp(argv[1], "pidfd") == 0 ? spawn_pidfd() : 99;
}
