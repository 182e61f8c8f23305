/* SPDX-License-Identifier: ISC */
/* Live commands: see live.h. Runs in the test programs only. */
#include "support/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"

enum { SECONDS_MAX = 60 };

static _Noreturn void become(const char *script, int input, int output)
{
    dup2(input, 0);
    dup2(output, 1);
    dup2(output, 2);
    command_become(script);
}

/* Reads once; false at the end of its output, or when the time is over. */
static bool read_more(struct live *live, time_t end)
{
    char block[65536];
    struct pollfd readable = {live->output, POLLIN, 0};
    time_t now = time(NULL);
    if (now >= end || poll(&readable, 1, (int)(end - now) * 1000) <= 0)
        return false;
    ssize_t got = read(live->output, block, sizeof block);
    if (got <= 0)
        return false;
    text_append(&live->text, &live->size, block, (size_t)got);
    return true;
}

void live_start(struct live *live, const void *mark, size_t mark_size, const char *format, ...)
{
    va_list list;
    char *command = NULL, *script = NULL;
    va_start(list, format);
    cr_assert_geq(vasprintf(&command, format, list), 0);
    va_end(list);
    cr_assert_geq(asprintf(&script, "exec %s", command), 0);
    int in[2], out[2];
    cr_assert(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    *live = (struct live){.input = in[1], .output = out[0], .text = strdup("")};
    live->pid = fork();
    cr_assert_geq(live->pid, 0);
    if (live->pid == 0)
        become(script, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    time_t end = time(NULL) + SECONDS_MAX;
    while (!memmem(live->text, live->size, mark, mark_size))
        if (!read_more(live, end)) {
            live_end(live);
            cr_assert_fail("%s: ended early (wait status %#x)\n%s", command, (unsigned)live->status,
                           live->text);
        }
    free(command);
    free(script);
}

void live_end(struct live *live)
{
    if (live->input >= 0)
        close(live->input);
    live->input = -1;
    time_t end = time(NULL) + SECONDS_MAX;
    while (read_more(live, end))
        ;
    if (time(NULL) >= end)
        kill(live->pid, SIGKILL);
    while (waitpid(live->pid, &live->status, 0) < 0 && errno == EINTR)
        ;
    close(live->output);
}

void live_free(struct live *live)
{
    free(live->text);
    *live = (struct live){.input = -1, .output = -1};
}

char *live_proc(pid_t pid, const char *name, size_t *size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    size_t capacity = 65536;
    char *bytes = malloc(capacity);
    *size = 0;
    for (ssize_t got; bytes && (got = read(fd, bytes + *size, capacity - *size - 1)) != 0;) {
        if (got < 0) {
            int error = errno;
            free(bytes);
            close(fd);
            errno = error;
            return NULL;
        }
        *size += (size_t)got;
        if (capacity - *size < 2)
            bytes = realloc(bytes, capacity *= 2);
    }
    close(fd);
    cr_assert_not_null(bytes);
    bytes[*size] = '\0';
    return bytes;
}
