/* SPDX-License-Identifier: ISC */
/*
 * shells SECTION: system, popen or pclose in all the ways of that section, and what came of it. What
 * is printed follows from the environment alone, so two runs that print the same have behaved the same.
 * `shells fds` is for its children: it prints which descriptors it has.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char self[4096];
static volatile sig_atomic_t children_ended;

static void count_child(int number)
{
    (void)number;
    children_ended++;
}

static int list_descriptors(void)
{
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            printf(" %d", fd);
    printf("\n");
    return 0;
}

/* --- system ------------------------------------------------------------------------------------------ */

static void run(const char *command)
{
    errno = 0;
    int status = system(command);
    printf("%.60s: %d %s\n", command, status, status < 0 ? strerror(errno) : "");
}

static void show_signals(const char *when)
{
    sigset_t mask;
    struct sigaction interrupt, quit;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    sigaction(SIGINT, NULL, &interrupt);
    sigaction(SIGQUIT, NULL, &quit);
    printf("%s: %d%d%d%d, children %d\n", when, interrupt.sa_handler == count_child,
           (interrupt.sa_flags & (int)SA_RESETHAND) != 0, quit.sa_handler == SIG_IGN,
           sigismember(&mask, SIGCHLD), (int)children_ended);
}

static void *run_many(void *argument)
{
    char command[32];
    long wrong = 0;
    for (int i = 0; i < 25; i++) {
        int expected = (int)((size_t)argument * 7 + (size_t)i) % 100;
        snprintf(command, sizeof command, "exit %d", expected);
        wrong += system(command) != expected << 8;
    }
    return (void *)wrong;
}

static void *run_long(void *argument)
{
    *(volatile int *)argument = 1;
    system("exec sleep 100");
    return NULL;
}

static int run_system(void)
{
    static char large[200 * 1024] = "LARGE=";
    static const char signals[] =
        "grep -E '^Sig(Blk|Ign)' /proc/self/status | sed 's/.*\\(.......\\)$/\\1/'; sleep 0.3; "
        "grep '^SigBlk' /proc/$PPID/status | sed 's/.*\\(.......\\)$/\\1/'";
    printf("a shell: %d\n", system(NULL) != 0);
    run("echo $PLAIN; exit 3");
    run("kill -KILL $$");
    run("kill -INT $$");
    run("kill -QUIT $PPID; kill -INT $PPID; true");
    run("no-such-command-at-all 2>/dev/null");
    run("");
    run("cat");
    run(" -c");
    struct sigaction interrupt = {.sa_handler = count_child, .sa_flags = (int)SA_RESETHAND};
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGINT, &interrupt, NULL);
    signal(SIGQUIT, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    signal(SIGCHLD, count_child);
    run(signals);
    show_signals("afterwards");
    setenv("NEW", "set later", 1);
    run("echo $NEW");
    signal(SIGCHLD, SIG_IGN);
    run("exit 4");
    signal(SIGCHLD, SIG_DFL);
    memset(large + 6, 'x', sizeof large - 7);
    putenv(large);
    run("exit 5");
    unsetenv("LARGE");
    environ = NULL;
    run("echo \"PLAIN is '$PLAIN'\"");
    return 0;
}

/* Not to be compared: musl's own forgets dispositions here, and leaves the shell of a cancelled thread. */
static int run_threads(void)
{
    pthread_t threads[8], thread;
    void *result;
    int runs = 0;
    sigaction(SIGINT, &(struct sigaction){.sa_handler = count_child, .sa_flags = (int)SA_RESETHAND}, NULL);
    show_signals("before");
    for (size_t i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, run_many, (void *)i);
    for (size_t i = 0; i < 8; i++) {
        pthread_join(threads[i], &result);
        printf("wrong %ld\n", (long)result);
    }
    show_signals("after eight threads");
    pthread_create(&thread, NULL, run_long, &runs);
    while (!*(volatile int *)&runs)
        usleep(1000);
    usleep(200000);
    run("true");
    show_signals("while a shell runs");
    pthread_cancel(thread);
    pthread_join(thread, &result);
    printf("cancelled %d\n", result == PTHREAD_CANCELED);
    printf("no child is left: %d\n", waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
    run("exit 6");
    return 0;
}

/* --- popen ------------------------------------------------------------------------------------------- */

static void close_stream(const char *title, FILE *stream)
{
    errno = 0;
    int status = pclose(stream);
    printf("%s: %d %s\n", title, status, status < 0 ? strerror(errno) : "");
}

static void read_all(const char *command, const char *mode)
{
    char text[256];
    errno = 0;
    printf("%s %s\n", mode, command);
    FILE *stream = popen(command, mode);
    if (!stream) {
        printf("  %s\n", strerror(errno));
        return;
    }
    int flag = fcntl(fileno(stream), F_GETFD);
    while (fgets(text, sizeof text, stream))
        printf("  %s", text);
    close_stream("closed", stream);
    printf("it had close on exec: %d\n", flag);
}

static void open_many(void)
{
    enum { COUNT = 230 };
    FILE *streams[COUNT];
    char command[64], text[64];
    for (int i = 0; i < COUNT; i++) {
        snprintf(command, sizeof command, "echo %d; exit %d", i, i % 50);
        streams[i] = popen(command, "r");
    }
    for (int i = 0; i < COUNT; i++) {
        FILE *stream = streams[i * 77 % COUNT];
        int got = fgets(text, sizeof text, stream) ? atoi(text) : -1;
        int status = pclose(stream);
        if (got != i * 77 % COUNT || status != got % 50 << 8)
            printf("stream %d: %d %x\n", i, got, (unsigned)status);
    }
}

static int run_popen(void)
{
    char command[4200];
    siginfo_t info;
    static const char *const modes[] = {"r", "re", "er", "w", "x", "", "rw", "rb", "wr", "e"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        read_all("echo $PLAIN; exit 2", modes[i]);
    FILE *writer = popen("sort", "w");
    FILE *ended = popen("exec <&-; exit 0", "w"), *killed = popen("kill -KILL $$", "r");
    snprintf(command, sizeof command, "exec '%s' fds", self);
    read_all(command, "r");
    read_all(command, "re");
    fputs("b\na\n", writer);
    close_stream("writer", writer);
    close_stream("killed", killed);
    signal(SIGPIPE, SIG_IGN);
    waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
    fputs("nobody reads this", ended);
    close_stream("not written", ended);
    writer = popen("exit 0", "w");
    waitpid(-1, NULL, 0);
    close_stream("waited for", writer);
    open_many();
    read_all(command, "r");
    fclose(stdin);
    read_all(command, "r");
    writer = popen("cat; exit 7", "w");
    read_all(command, "r");
    fputs("into descriptor 0\n", writer);
    close_stream("writer", writer);
    environ = NULL;
    read_all("echo \"PLAIN is '$PLAIN'\"", "r");
    return 0;
}

/* Not to be compared: older libcs take these for options. */
static int run_own(void)
{
    run("-no-such-command 2>/dev/null");
    run("+no-such-command 2>/dev/null");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2 || readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        return 99;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(argv[1], "fds") == 0)
        return list_descriptors();
    if (strcmp(argv[1], "system") == 0)
        return run_system();
    if (strcmp(argv[1], "threads") == 0)
        return run_threads();
    if (strcmp(argv[1], "popen") == 0)
        return run_popen();
    return strcmp(argv[1], "own") == 0 ? run_own() : 99;
}
