/* SPDX-License-Identifier: ISC */
/*
 * The editor: see editor.h. Runs in secrunctl; writes the whole document in plaintext, so it MUST ensure
 * that it goes to memory and never to a disk, into a directory that nobody else can enter, and that
 * nothing of it is left on any way out but SIGKILL.
 */
#include "ctl/editor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/output.h"
#include "store/document.h"

#define FILE_NAME "secrets.ini"

enum { PATIENCE = 5000 }; /* milliseconds for an editor that was asked to end */

static const int held[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD, 0};

bool editor_begin(struct editor *editor, struct reason *why)
{
    *editor = (struct editor){0};
    /* Its end is waited for, even if whoever started secrunctl does not care about that of children. */
    signal(SIGCHLD, SIG_DFL);
    if (!signals_hold(&editor->signals, held, why))
        return false;
    if (private_directory_make(&editor->directory, why))
        return true;
    signals_release(&editor->signals, 0);
    return false;
}

static bool write_file(const struct editor *editor, const struct secret *text, struct reason *why)
{
    int directory = editor->directory.fd;
    if (unlinkat(directory, FILE_NAME, 0) != 0 && errno != ENOENT)
        return fail_errno(why, "%s/" FILE_NAME, editor->directory.path);
    int fd = openat(directory, FILE_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_errno(why, "%s/" FILE_NAME, editor->directory.path);
    bool ok = output(fd, text->bytes, text->size, editor->directory.path, why);
    return (close(fd) == 0 || fail_errno(why, "%s", editor->directory.path)) && ok;
}

static bool read_file(const struct editor *editor, struct secret *text, struct reason *why)
{
    struct secret edited;
    int fd = openat(editor->directory.fd, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(why, "%s/" FILE_NAME, editor->directory.path);
    bool ok = secret_read(&edited, fd, DOCUMENT_MAX, "the edited text", why);
    close(fd);
    if (!ok)
        return false;
    secret_free(text);
    *text = edited;
    return true;
}

static const char *command(void)
{
    const char *const choices[] = {getenv("VISUAL"), getenv("EDITOR")};
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (choices[i] && choices[i][0])
            return choices[i];
    return "vi";
}

/* $EDITOR may hold arguments, so a shell takes it apart, as for git. */
static pid_t start(const struct editor *editor, struct reason *why)
{
    char path[PATH_MAX], *script;
    snprintf(path, sizeof path, "%s/" FILE_NAME, editor->directory.path);
    if (asprintf(&script, "exec %s \"$1\"", command()) < 0) {
        fail(why, "no memory for the editor's command");
        return -1;
    }
    pid_t child = fork();
    if (child == 0) {
        static const char message[] = "secrunctl: /bin/sh: cannot be run\n";
        sigprocmask(SIG_SETMASK, &editor->signals.before, NULL);
        signal(SIGXFSZ, SIG_DFL);
        execl("/bin/sh", "sh", "-c", script, "sh", path, (char *)NULL);
        ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
        (void)ignored;
        kill(getpid(), SIGKILL); /* leaves everything to the parent */
    }
    free(script);
    if (child < 0)
        fail_errno(why, "fork");
    return child;
}

/* Takes note of signals that came; passes a request to end on to the editor, if there is one (not 0). */
static void take_signals(struct editor *editor, pid_t child)
{
    struct signalfd_siginfo taken;
    while (signals_take(&editor->signals, &taken)) {
        bool is_key =
            (taken.ssi_signo == SIGINT || taken.ssi_signo == SIGQUIT) && taken.ssi_code == SI_KERNEL;
        /* Ctrl-C went to the editor as well, to which it may mean anything. */
        if (taken.ssi_signo == SIGCHLD || (is_key && child > 0))
            continue;
        editor->caught = (int)taken.ssi_signo;
        if (child > 0)
            kill(child, editor->caught);
    }
}

static bool wait_for(struct editor *editor, pid_t child, int *status, struct reason *why)
{
    struct pollfd signals = {editor->signals.fd, POLLIN, 0};
    pid_t ended;
    while ((ended = waitpid(child, status, WNOHANG)) == 0) {
        if (poll(&signals, 1, editor->caught ? PATIENCE : -1) == 0)
            kill(child, SIGKILL);
        take_signals(editor, child);
    }
    if (ended < 0)
        return fail_errno(why, "the editor `%s`", command());
    return editor->caught == 0 || fail(why, "ended by a signal; the store is as it was");
}

bool editor_run(struct editor *editor, struct secret *text, struct reason *why)
{
    int status = 0;
    if (!write_file(editor, text, why))
        return false;
    pid_t child = start(editor, why);
    if (child < 0 || !wait_for(editor, child, &status, why))
        return false;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fail(why, "the editor `%s` failed (status %d); the store is as it was", command(),
             WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        return fail_hint(why, "set VISUAL or EDITOR");
    }
    return read_file(editor, text, why);
}

bool editor_is_attended(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* The first byte of a line of standard input; 0 at its end, or when a signal came. */
static char read_answer(struct editor *editor)
{
    struct pollfd polls[] = {{STDIN_FILENO, POLLIN, 0}, {editor->signals.fd, POLLIN, 0}};
    char first = '\0', byte = '\0';
    while (byte != '\n') {
        if (poll(polls, 2, -1) < 0 && errno != EINTR)
            return '\0';
        take_signals(editor, 0);
        if (editor->caught)
            return '\0';
        if (!polls[0].revents)
            continue;
        if (read(STDIN_FILENO, &byte, 1) <= 0)
            return '\0';
        first = first ? first : byte;
    }
    return first;
}

bool editor_ask_again(struct editor *editor)
{
    static const char question[] = "Enter to edit again, q to drop what you wrote: ";
    struct reason ignored;
    if (!output(STDERR_FILENO, question, sizeof question - 1, "standard error", &ignored))
        return false;
    char answer = read_answer(editor);
    return answer != '\0' && answer != 'q' && answer != 'Q';
}

void editor_end(struct editor *editor)
{
    private_directory_remove(&editor->directory);
    signals_release(&editor->signals, editor->caught);
}
