/* SPDX-License-Identifier: ISC */
/*
 * What a process gets from the one that started it, other than arguments and environment.
 *   state prepare COMMAND [ARG...]  sets all of it to something unusual, and runs COMMAND
 *   state blocked COMMAND [ARG...]  blocks every signal, leaves some pending, and runs COMMAND
 *   state continued COMMAND         the same, with a SIGCONT among them in place of a SIGTSTP
 *   state bereft COMMAND [ARG...]   blocks every signal, leaves a child that has ended, and runs COMMAND
 *   state ignoring N COMMAND...     ignores signal N, or each one for N = 0, and runs COMMAND
 *   state show [ARG...]             prints it (all but the core limit, and whether it is dumpable)
 *   state shield                    prints these two
 *   state text                      compares its code, and that of its libraries, with the files
 *   state terminal                  prints what it has of a terminal
 *   state descriptors FILE          writes which descriptors are open to FILE
 *   state arenas                    has memory of its own that is left out of dumps, and waits for its input
 *   state locked                    prints VmLck, and the mappings whose name has `memfd` in it
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#ifndef SECBIT_NO_SETUID_FIXUP
#define SECBIT_NO_SETUID_FIXUP 4 /* musl brings no linux/securebits.h */
#endif

static int run(char **command)
{
    execvp(command[0], command);
    perror(command[0]);
    return 99;
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (file) {
        fputs(text, file);
        fclose(file);
    }
}

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
    const struct itimerval far = {{7, 0}, {900, 0}};
    setitimer(ITIMER_VIRTUAL, &far, NULL);
    setitimer(ITIMER_PROF, &far, NULL);
    prctl(PR_SET_PDEATHSIG, SIGUSR2);
    prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP); /* root's */
    const struct sched_param none = {0};
    syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &none); /* musl's function only says that it cannot */
    put("/proc/self/oom_score_adj", "123");
    cpu_set_t one, all;
    size_t first = 0;
    sched_getaffinity(0, sizeof all, &all);
    while (first < CPU_SETSIZE - 1 && !CPU_ISSET(first, &all))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    sched_setaffinity(0, sizeof one, &one);
    return run(command);
}

static int blocked(char **command, int goes_on)
{
    static const int numbers[] = {SIGTERM, SIGTRAP, SIGINT, SIGALRM, SIGSEGV, SIGURG};
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        raise(numbers[i]);
        kill(getpid(), numbers[i]);
    }
    if (goes_on) { /* of these two there is but one, whichever is the last */
        kill(getpid(), SIGCONT);
    } else {
        raise(SIGTSTP);
        kill(getpid(), SIGTSTP);
    }
    return run(command);
}

static int bereft(char **command)
{
    siginfo_t info;
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    if (fork() == 0)
        _exit(7);
    waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
    return run(command);
}

static int ignoring(int number, char **command)
{
    for (int each = 1; each <= SIGRTMAX; each++)
        if (number == 0 || each == number)
            signal(each, SIG_IGN);
    return run(command);
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

/* Of /proc/self/stat: group, session, terminal, its foreground group, priority, policy. */
static void print_numbers(void)
{
    static const int fields[] = {5, 6, 7, 8, 18, 19, 41};
    char text[4096] = "", *at;
    FILE *file = fopen("/proc/self/stat", "r");
    if (file && fgets(text, sizeof text, file) && (at = strrchr(text, ')'))) {
        int field = 2;
        for (char *word = strtok(at + 1, " "); word; word = strtok(NULL, " ")) {
            field++;
            for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
                if (field == fields[i])
                    printf("stat %d: %s\n", field, word);
        }
    }
    if (file)
        fclose(file);
}

static void print_file(const char *path)
{
    char line[4096];
    FILE *file = fopen(path, "r");
    printf("%s:", path);
    while (file && fgets(line, sizeof line, file))
        printf(" %s", line);
    puts("");
    if (file)
        fclose(file);
}

static void print_children(void)
{
    char path[64];
    int status;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(path, "r");
    int byte, any = 0;
    while (file && (byte = getc(file)) != EOF)
        any |= byte != ' ';
    if (file)
        fclose(file);
    pid_t waited = waitpid(-1, &status, WNOHANG | __WALL);
    printf("children %d, waited %d, status %#x, errno %d\n", any, waited > 0,
           waited > 0 ? (unsigned)status : 0, waited < 0 ? errno : 0);
}

static void print_timers(void)
{
    for (int i = ITIMER_REAL; i <= ITIMER_PROF; i++) {
        struct itimerval timer = {{0}, {0}};
        getitimer((__typeof__(ITIMER_REAL))i, &timer);
        printf("timer %d: every %ld, on %d\n", i, (long)timer.it_interval.tv_sec,
               timer.it_value.tv_sec + timer.it_value.tv_usec > 0);
    }
}

static int show(int argc, char **argv)
{
    const char *name = (const char *)getauxval(AT_EXECFN), *random = (const char *)getauxval(AT_RANDOM);
    for (int i = 1; i < argc; i++)
        printf("argument %d: %s\n", i, argv[i]);
    printf("AT_EXECFN %s AT_SECURE %lu AT_RANDOM %d AT_UID %lu AT_HWCAP %#lx AT_FLAGS %#lx\n",
           name ? name : "-", getauxval(AT_SECURE), random != NULL, getauxval(AT_UID), getauxval(AT_HWCAP),
           getauxval(AT_FLAGS));
    print_numbers();
    print_children();
    print_timers();
    print_file("/proc/self/oom_score_adj");
    print_file("/proc/self/cgroup");
    print_file("/proc/self/timerslack_ns");
    printf("securebits %d\n", prctl(PR_GET_SECUREBITS));
    static const char *const lines[] = {
        "Umask",   "SigPnd",      "SigBlk",      "SigIgn",        "SigCgt",        "ShdPnd",      "Cap",
        "NoNew",   "Seccomp",     "Uid",         "Gid",           "Groups:",       "PPid",        "TracerPid",
        "Threads", "THP_enabled", "CoreDumping", "Cpus_allowed:", "Mems_allowed:", "Speculation", NULL};
    print_lines("/proc/self/status", lines);
    for (int i = 0; i < RLIMIT_NLIMITS; i++) {
        struct rlimit limit;
        if (i != RLIMIT_CORE && prlimit(0, i, NULL, &limit) == 0)
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

static int shield(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_CORE, &limit);
    printf("dumpable %d core %ld %ld\n", prctl(PR_GET_DUMPABLE), (long)limit.rlim_cur, (long)limit.rlim_max);
    return 0;
}

/* Is what is mapped for execution what is in the file? */
static int compare(const char *line, size_t *compared)
{
    unsigned long begin, end, offset;
    char path[4096] = "", block[4096];
    if (sscanf(line, "%lx-%lx r-xp %lx %*s %*s %4095s", &begin, &end, &offset, path) != 4 || path[0] != '/')
        return 0;
    int fd = open(path, O_RDONLY), wrong = 0;
    for (; fd >= 0 && begin < end; begin += sizeof block, offset += sizeof block) {
        ssize_t got = pread(fd, block, sizeof block, (off_t)offset);
        wrong += got > 0 && memcmp((const char *)begin, block, (size_t)got) != 0;
        *compared += got > 0;
    }
    if (fd >= 0)
        close(fd);
    return wrong;
}

static int text(void)
{
    char line[8192];
    size_t compared = 0;
    int wrong = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        wrong += compare(line, &compared);
    printf("%d pages of code differ, %s\n", wrong, compared > 10 ? "of more than ten" : "of too few");
    return maps ? 0 : 99;
}

static int terminal(void)
{
    int fd = open("/dev/tty", O_RDWR);
    printf("terminal %d, its session %d, in front %d\n", fd >= 0, fd >= 0 && tcgetsid(fd) == getsid(0),
           fd >= 0 && tcgetpgrp(fd) == getpgrp());
    return 0;
}

/* Next to what was mapped before, as the kernel does it. */
static int arenas(void)
{
    for (int i = 0; i < 4; i++) {
        char *arena = mmap(NULL, 12288, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (arena == MAP_FAILED || madvise(arena, 12288, MADV_DONTDUMP) != 0)
            return 99;
        memcpy(arena, "arena", 5);
    }
    puts("ready");
    fflush(stdout);
    return getchar() == 0;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "blocked") == 0)
        return blocked(argv + 2, 0);
    if (argc > 2 && strcmp(argv[1], "continued") == 0)
        return blocked(argv + 2, 1);
    if (argc > 2 && strcmp(argv[1], "bereft") == 0)
        return bereft(argv + 2);
    if (argc > 3 && strcmp(argv[1], "ignoring") == 0)
        return ignoring(atoi(argv[2]), argv + 3);
    if (argc == 2 && strcmp(argv[1], "shield") == 0)
        return shield();
    if (argc == 2 && strcmp(argv[1], "text") == 0)
        return text();
    if (argc == 2 && strcmp(argv[1], "terminal") == 0)
        return terminal();
    if (argc > 2 && strcmp(argv[1], "prepare") == 0)
        return prepare(argv + 2);
    if (argc >= 2 && strcmp(argv[1], "show") == 0)
        return show(argc, argv);
    if (argc == 3 && strcmp(argv[1], "descriptors") == 0)
        return descriptors(argv[2]);
    if (argc == 2 && strcmp(argv[1], "arenas") == 0)
        return arenas();
    if (argc == 2 && strcmp(argv[1], "locked") == 0)
        return locked();
    return 99;
}
