/* SPDX-License-Identifier: ISC */
/* Commands for tests: see command.h. Runs in the test programs only. */
#include "support/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

enum { SECONDS_MAX = 120 };

static char directory[512];

const char *scratch(void)
{
    return directory;
}

void scratch_begin(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/secrun-test.XXXXXX", base && *base ? base : "/tmp");
    cr_assert_not_null(mkdtemp(directory), "%s: %s", directory, strerror(errno));
}

void scratch_end(void)
{
    char command[600];
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    if (directory[0] && system(command) != 0)
        fprintf(stderr, "%s: left behind\n", directory);
    directory[0] = '\0';
}

struct stream {
    char *bytes;
    size_t size;
};

void text_append(char **text, size_t *text_size, const void *bytes, size_t size)
{
    *text = realloc(*text, *text_size + size + 1);
    cr_assert_not_null(*text);
    memcpy(*text + *text_size, bytes, size);
    *text_size += size;
    (*text)[*text_size] = '\0';
}

void command_become(const char *script)
{
    signal(SIGPIPE, SIG_DFL);
    const char *stage = getenv("SECRUN_STAGE"), *path = getenv("PATH");
    char *search = NULL;
    if (stage && asprintf(&search, "%s/bin:%s", stage, path ? path : "/usr/bin:/bin") > 0)
        setenv("PATH", search, 1);
    if (directory[0] == '\0' || chdir(directory) == 0)
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
    _exit(99);
}

static pid_t start(const char *script, int fds[3])
{
    int in[2], out[2], err[2];
    cr_assert(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0);
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        setpgid(0, 0);
        dup2(in[0], 0);
        dup2(out[1], 1);
        dup2(err[1], 2);
        command_become(script);
    }
    close(in[0]);
    close(out[1]);
    close(err[1]);
    fds[0] = in[1];
    fds[1] = out[0];
    fds[2] = err[0];
    return pid;
}

/* Feeds and drains the three pipes until both outputs are closed; false when time runs out. */
static bool converse(int fds[3], const char *input, size_t size, struct stream streams[3])
{
    char block[65536];
    time_t end = time(NULL) + SECONDS_MAX;
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    if (size == 0) {
        close(fds[0]);
        fds[0] = -1;
    }
    while (fds[1] >= 0 || fds[2] >= 0) {
        struct pollfd polls[3] = {{fds[0], POLLOUT, 0}, {fds[1], POLLIN, 0}, {fds[2], POLLIN, 0}};
        time_t now = time(NULL);
        if (now >= end)
            return false;
        if (poll(polls, 3, (int)(end - now) * 1000) < 0 && errno != EINTR)
            return false;
        if (fds[0] >= 0 && polls[0].revents) {
            ssize_t put = write(fds[0], input, size);
            if (put > 0) {
                input += put;
                size -= (size_t)put;
            }
            if (size == 0 || (put < 0 && errno != EAGAIN && errno != EINTR)) {
                close(fds[0]);
                fds[0] = -1;
            }
        }
        for (int i = 1; i < 3; i++) {
            if (fds[i] < 0 || !polls[i].revents)
                continue;
            ssize_t got = read(fds[i], block, sizeof block);
            if (got > 0) {
                text_append(&streams[i].bytes, &streams[i].size, block, (size_t)got);
            } else if (got == 0 || errno != EINTR) {
                close(fds[i]);
                fds[i] = -1;
            }
        }
    }
    return true;
}

__attribute__((format(printf, 3, 0))) static struct outcome run(const void *input, size_t size,
                                                                const char *format, va_list list)
{
    char *script = NULL;
    cr_assert_geq(vasprintf(&script, format, list), 0);
    signal(SIGPIPE, SIG_IGN);
    int fds[3];
    pid_t pid = start(script, fds);
    struct stream streams[3] = {{0}, {0}, {0}};
    text_append(&streams[1].bytes, &streams[1].size, "", 0);
    text_append(&streams[2].bytes, &streams[2].size, "", 0);
    bool ended = converse(fds, input, size, streams);
    if (!ended) {
        kill(-pid, SIGKILL);
        fprintf(stderr, "killed after %d seconds: %s\n", SECONDS_MAX, script);
    }
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    free(script);
    return (struct outcome){
        .status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
        .out = streams[1].bytes,
        .out_size = streams[1].size,
        .err = streams[2].bytes,
        .err_size = streams[2].size,
    };
}

struct outcome shell(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    struct outcome outcome = run("", 0, format, list);
    va_end(list);
    return outcome;
}

struct outcome shell_with_input(const void *input, size_t size, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    struct outcome outcome = run(input, size, format, list);
    va_end(list);
    return outcome;
}

void outcome_free(struct outcome *outcome)
{
    free(outcome->out);
    free(outcome->err);
    *outcome = (struct outcome){0};
}

bool holds(const void *haystack, size_t size, const char *needle)
{
    return memmem(haystack, size, needle, strlen(needle)) != NULL;
}

static void in_scratch(char path[static 1024], const char *name)
{
    if (name[0] == '/')
        snprintf(path, 1024, "%s", name);
    else
        snprintf(path, 1024, "%s/%s", directory, name);
}

void put_file(const char *name, const void *bytes, size_t size)
{
    char path[1024];
    in_scratch(path, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
    for (size_t done = 0; done < size;) {
        ssize_t put = write(fd, (const char *)bytes + done, size - done);
        cr_assert_gt(put, 0, "%s: %s", path, strerror(errno));
        done += (size_t)put;
    }
    cr_assert_eq(close(fd), 0);
}

char *get_file(const char *name, size_t *size)
{
    char path[1024], block[65536];
    in_scratch(path, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
    struct stream stream = {0};
    text_append(&stream.bytes, &stream.size, "", 0);
    for (ssize_t got; (got = read(fd, block, sizeof block)) != 0;) {
        cr_assert_gt(got, 0, "%s: %s", path, strerror(errno));
        text_append(&stream.bytes, &stream.size, block, (size_t)got);
    }
    close(fd);
    if (size)
        *size = stream.size;
    return stream.bytes;
}

unsigned ordinary_uid(void)
{
    return getuid() == 0 ? 54321 : getuid();
}

const char *as_ordinary(void)
{
    static char command[128];
    if (getuid() != 0)
        return "";
    cr_assert_eq(chown(directory, ordinary_uid(), ordinary_uid()), 0);
    snprintf(command, sizeof command, "setpriv --reuid=%u --regid=%u --clear-groups ", ordinary_uid(),
             ordinary_uid());
    return command;
}
