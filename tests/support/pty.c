/* SPDX-License-Identifier: ISC */
/* Commands on a terminal: see pty.h. Runs in the test programs only. */
#include "support/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#include <criterion/criterion.h>

#include "support/command.h"

enum { SECONDS_MAX = 120, TICK = 20 /* milliseconds */ };

static _Noreturn void become(const char *script, int terminal)
{
    if (login_tty(terminal) != 0)
        _exit(99);
    command_become(script);
}

void pty_start(struct pty *pty, const char *format, ...)
{
    va_list list;
    char *command = NULL, *script = NULL;
    va_start(list, format);
    cr_assert_geq(vasprintf(&command, format, list), 0);
    va_end(list);
    cr_assert_geq(asprintf(&script, "exec %s", command), 0);
    *pty = (struct pty){.text = strdup("")};
    cr_assert_eq(openpty(&pty->person, &pty->terminal, NULL, NULL, NULL), 0, "openpty: %s", strerror(errno));
    fcntl(pty->person, F_SETFD, FD_CLOEXEC);
    pty->pid = fork();
    cr_assert_geq(pty->pid, 0);
    if (pty->pid == 0)
        become(script, pty->terminal);
    fcntl(pty->person, F_SETFL, O_NONBLOCK);
    fcntl(pty->terminal, F_SETFD, FD_CLOEXEC);
    free(command);
    free(script);
}

/* Reads what is there after at most a tick; false if there was nothing. */
static bool read_more(struct pty *pty)
{
    char block[4096];
    struct pollfd readable = {pty->person, POLLIN, 0};
    ssize_t got = poll(&readable, 1, TICK) > 0 ? read(pty->person, block, sizeof block) : -1;
    if (got <= 0)
        return false;
    text_append(&pty->text, &pty->size, block, (size_t)got);
    return true;
}

static bool has_ended(const struct pty *pty)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)pty->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pty->pid;
}

void pty_expect(struct pty *pty, const char *text)
{
    time_t end = time(NULL) + SECONDS_MAX;
    for (;;) {
        char *found = memmem(pty->text + pty->seen, pty->size - pty->seen, text, strlen(text));
        if (found) {
            pty->seen = (size_t)(found - pty->text) + strlen(text);
            return;
        }
        bool ended = has_ended(pty);
        if (!read_more(pty) && (ended || time(NULL) >= end)) {
            kill(pty->pid, SIGKILL);
            cr_assert_fail("'%s' is not on the screen when %s:\n%s", text,
                           ended ? "the command has ended" : "the time is over", pty->text);
        }
    }
}

void pty_type(struct pty *pty, const void *bytes, size_t size)
{
    const char *at = bytes;
    time_t end = time(NULL) + SECONDS_MAX;
    while (size > 0) {
        ssize_t put = write(pty->person, at, size);
        if (put > 0) {
            at += put;
            size -= (size_t)put;
        } else {
            cr_assert(time(NULL) < end && (errno == EAGAIN || errno == EINTR), "nobody reads what is typed");
            read_more(pty);
        }
    }
}

void pty_type_text(struct pty *pty, const char *text)
{
    pty_type(pty, text, strlen(text));
}

bool pty_echoes(const struct pty *pty)
{
    struct termios settings;
    cr_assert_eq(tcgetattr(pty->terminal, &settings), 0);
    return (settings.c_lflag & ECHO) && (settings.c_lflag & ICANON);
}

void pty_end(struct pty *pty)
{
    time_t end = time(NULL) + SECONDS_MAX;
    while (!has_ended(pty)) {
        read_more(pty);
        if (time(NULL) >= end) {
            kill(pty->pid, SIGKILL);
            cr_assert_fail("the command does not end:\n%s", pty->text);
        }
    }
    while (read_more(pty))
        ;
    int status;
    while (waitpid(pty->pid, &status, 0) < 0 && errno == EINTR)
        ;
    pty->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void pty_free(struct pty *pty)
{
    close(pty->person);
    close(pty->terminal);
    free(pty->text);
    *pty = (struct pty){.person = -1, .terminal = -1};
}
