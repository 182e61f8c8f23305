/* SPDX-License-Identifier: ISC */
/* One run: see run.h. Runs in a process of the leak matrix for each cell, which is a subreaper, so that
 * whatever descends from the run is its to wait for and to end. */
#include "matrix/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "matrix/observer.h"
#include "matrix/secrets.h"

enum { SECONDS_MAX = 30, MESSAGE_MAX = 128 * 1024 };

volatile sig_atomic_t run_stopped;

/* --- the command --------------------------------------------------------------------------------------- */

/* The word with its places filled in. */
static char *fill(const char *word, const struct places *places)
{
    const struct {
        const char *name, *value;
    } known[] = {{"@programs", places->programs},
                 {"@scripts", places->scripts},
                 {"@store", places->store},
                 {"@secrun", places->secrun},
                 {"@socket", places->socket}};
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    while (*word) {
        size_t i = 0, length = 1;
        for (; i < sizeof known / sizeof *known; i++)
            if (strncmp(word, known[i].name, strlen(known[i].name)) == 0)
                break;
        if (i < sizeof known / sizeof *known) {
            fputs(known[i].value, out);
            length = strlen(known[i].name);
        } else {
            fputc(*word, out);
        }
        word += length;
    }
    fclose(out);
    return text;
}

/* @W is two words: the witness and the socket. */
static void fill_command(const struct cell *cell, const struct places *places, bool sealed, char **argv)
{
    size_t count = 0;
    const char *const before[] = {places->secrun, "-d", places->store, "-p", cell->profile, "--"};
    for (size_t i = 0; sealed && i < sizeof before / sizeof *before; i++)
        argv[count++] = strdup(before[i]);
    for (size_t i = 0; i < cell->word_count; i++) {
        if (strcmp(cell->words[i], "@W") == 0) {
            argv[count++] = fill("@programs/witness", places);
            argv[count++] = fill("@socket", places);
        } else {
            argv[count++] = fill(cell->words[i], places);
        }
    }
    argv[count] = NULL;
}

/* What every run inherits: nothing that differs from one run to the next. Plainly, the secrets stand
 * where secrun puts them. */
static void fill_environment(const struct places *places, bool sealed, char **environment)
{
    size_t count = 0;
    const char *path = getenv("PATH");
    if (asprintf(&environment[count], "PATH=%s", path ? path : "/usr/bin:/bin") > 0)
        count++;
    static const char *const fixed[] = {"A=1",    "DUPLICATE=first",  "LANG=C.UTF-8",
                                        "EMPTY=", "DUPLICATE=second", "PERL_HASH_SEED=0"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        environment[count++] = strdup(fixed[i]);
    if (asprintf(&environment[count], "HOME=%s", places->work) > 0)
        count++;
    if (asprintf(&environment[count], "TMPDIR=%s/tmp", places->work) > 0)
        count++;
    for (int i = 0; !sealed && i < SECRETS; i++)
        if (asprintf(&environment[count], "%s=%s", secrets[i].name, secrets[i].value) > 0)
            count++;
    environment[count] = NULL;
}

static pid_t start(const struct cell *cell, const struct places *places, bool sealed)
{
    char *argv[WORDS_MAX * 2 + 8], *environment[32];
    bool plain = !sealed || strcmp(cell->profile, "-") == 0;
    fill_command(cell, places, !plain, argv);
    fill_environment(places, !plain, environment);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    setsid(); /* no terminal */
    struct rlimit core;
    getrlimit(RLIMIT_CORE, &core);
    core.rlim_cur = core.rlim_max;
    setrlimit(RLIMIT_CORE, &core);
    umask(022);
    signal(SIGPIPE, SIG_DFL);
    if (chdir(places->directory) == 0 && dup2(open("/dev/null", O_RDONLY), 0) == 0 &&
        dup2(open("output", O_RDWR | O_CREAT | O_APPEND, 0600), 1) == 1 &&
        dup2(open("error", O_RDWR | O_CREAT | O_APPEND, 0600), 2) == 2 && chdir(places->work) == 0) {
        for (int fd = 3; fd < 64; fd++)
            close(fd);
        execvpe(argv[0], argv, environment);
    }
    dprintf(2, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

/* --- its witnesses ------------------------------------------------------------------------------------- */

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(path, 0666) != 0 || listen(fd, 128) != 0)
        return -1;
    return fd;
}

static bool ask(int fd)
{
    char names[512];
    size_t used = 0;
    static const char *const others[] = {"A", "DUPLICATE", "EMPTY", "COPY", "LD_PRELOAD", "SECRUN_CAPSULE"};
    for (int i = 0; i < SECRETS; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s", secrets[i].name) + 1;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s", others[i]) + 1;
    return send(fd, names, used, MSG_NOSIGNAL) == (ssize_t)used;
}

/* It waits for the answer, and is looked at as long. */
static void hear(int listener, bool sealed, struct run *run)
{
    static char message[MESSAGE_MAX];
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    struct ucred peer = {0};
    socklen_t size = sizeof peer;
    if (fd < 0)
        return;
    struct timeval limit = {10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    ssize_t got = ask(fd) ? recv(fd, message, sizeof message - 1, 0) : -1;
    if (got <= 1 || message[0] != 'L' || message[got - 1] != '\0' || run->report_count == REPORTS_MAX) {
        snprintf(run->problem, sizeof run->problem, "a witness did not tell what it sees");
    } else {
        struct report *report = &run->reports[run->report_count++];
        report->records = malloc((size_t)got);
        memcpy(report->records, message, (size_t)got);
        report->size = (size_t)got;
        report->label = report->records + 1;
        report->observed = sealed && observer_look(peer.pid);
    }
    send(fd, "go", 2, MSG_NOSIGNAL);
    close(fd);
}

/* --- its end ------------------------------------------------------------------------------------------- */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Takes the ends of processes; false when none is left. */
static bool reap(pid_t first, struct run *run)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (pid == first)
            run->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return pid == 0;
}

static void end_all(pid_t first, struct run *run)
{
    const char *any = observer_any();
    snprintf(run->problem, sizeof run->problem, "not at its end after %d seconds: %s is left", SECONDS_MAX,
             any ? any : "nothing");
    if (run_stopped)
        snprintf(run->problem, sizeof run->problem, "stopped");
    for (double limit = now() + 5; now() < limit && reap(first, run);) {
        observer_kill();
        poll(NULL, 0, 10);
    }
    run->status = -1;
}

static char *read_whole(const char *directory, const char *name, size_t *size)
{
    char path[256], *text = NULL;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *in = fopen(path, "re"), *out = open_memstream(&text, size);
    for (int byte; in && (byte = getc(in)) != EOF;)
        putc(byte, out);
    if (in)
        fclose(in);
    fclose(out);
    return text;
}

static bool make_place(const struct places *places)
{
    char command[400];
    snprintf(command, sizeof command, "umask 022; rm -rf '%s' && mkdir -p '%s/tmp'", places->directory,
             places->work);
    return system(command) == 0;
}

void run_cell(const struct cell *cell, const struct places *places, bool sealed, struct run *run)
{
    *run = (struct run){.status = -1};
    int listener = make_place(places) ? listen_at(places->socket) : -1;
    if (listener < 0) {
        snprintf(run->problem, sizeof run->problem, "%s: %s", places->directory, strerror(errno));
        return;
    }
    if (sealed && !observer_sample()) {
        snprintf(run->problem, sizeof run->problem, "no thread to observe with");
        return;
    }
    double limit = now() + SECONDS_MAX;
    pid_t first = start(cell, places, sealed);
    while (reap(first, run) && now() < limit && !run_stopped) {
        struct pollfd readable = {listener, POLLIN, 0};
        if (poll(&readable, 1, 2) > 0)
            hear(listener, sealed, run);
    }
    if (reap(first, run))
        end_all(first, run);
    if (sealed)
        observer_stop();
    close(listener);
    run->output = read_whole(places->directory, "output", &run->output_size);
    run->error = read_whole(places->directory, "error", &run->error_size);
}
