/* SPDX-License-Identifier: ISC */
/*
 * wordexp: libc's own starts shells with the plain environment, in glibc for command substitutions, in musl
 * for everything. Here a shell that gets its secrets in a capsule does it. Runs inside the target; sees the
 * text and the words, which may hold secrets.
 *
 * The text does not stand in the shell's argument list, which /proc shows to all: the shell reads it from a
 * socket (which, other than a pipe, cannot be opened through /proc), and answers with words over a pipe.
 */
#include <stdint.h>

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/net.h>

#include "shim/libc.h"
#include "shim/next.h"
#include "shim/spawn.h"
#include "shim/sys_process.h"
#include "shim/words.h"

enum { UNIX = 1, STREAM = 1, NO_SIGNAL = 0x4000 }; /* AF_UNIX, SOCK_STREAM, MSG_NOSIGNAL */

int wordexp(const char *text, struct wordexp *result, int flags);

extern void wordfree(struct wordexp *result) WEAK;

typedef int wordexp_fn(const char *text, struct wordexp *result, int flags);

/* --- the shell --------------------------------------------------------------------------------------- */

/* Reads what it is to do from a descriptor, whose digit is put in at the two marked places. */
#define SHELL_SCRIPT                                                                                         \
    "_secrun_text=\n"                                                                                        \
    "while IFS= read -r _secrun_line <&%\n"                                                                  \
    "do _secrun_text=$_secrun_text$_secrun_line'\n'\n"                                                       \
    "done\n"                                                                                                 \
    "exec %<&-\n"                                                                                            \
    "eval \"$_secrun_text\"\n"

/*
 * What it is to do, around the text. The words are evaluated as arguments of a function without arguments of
 * its own. printf is a built-in, so that the words are in no argument list: another is not found in this
 * PATH. The two words that come first tell how far the shell got: the text was read (1), and evaluated (2).
 */
#define SHELL_BEFORE                                                                                         \
    "_secrun_show() { PATH=/dev/null; for _secrun_line do printf '%s\\0' \"$_secrun_line\"; done; }\n"       \
    "_secrun_words() { _secrun_show 2 "
#define SHELL_AFTER                                                                                          \
    "\n}\n"                                                                                                  \
    "unset _secrun_text _secrun_line\n"                                                                      \
    "printf '1\\0'\n"                                                                                        \
    "_secrun_words\n"

struct shell {
    int pid;
    int input, output; /* this process's ends */
};

struct steps {
    const int *text, *words; /* pairs; the shell's ends come second */
    int text_fd;             /* what number the shell finds the text under */
    bool show_errors;
    int at;
};

static int next_step(void *cursor, struct spawn_step *step)
{
    struct steps *steps = cursor;
    switch (steps->at++) {
    case 0: /* out of the way of the numbers to be taken below */
        *step = (struct spawn_step){.kind = SPAWN_DUP2, .fd = steps->text[1], .new_fd = steps->text_fd};
        return 1;
    case 1:
        *step = (struct spawn_step){.kind = SPAWN_DUP2, .fd = steps->words[1], .new_fd = 1};
        return 1;
    case 2:
        *step = (struct spawn_step){.kind = SPAWN_OPEN,
                                    .path = "/dev/null",
                                    .flags = O_WRONLY,
                                    .new_fd = steps->show_errors ? -1 : 2};
        return steps->show_errors ? 0 : 1;
    }
    return 0;
}

/* A number of one digit, which is all that every shell can redirect, for what is at no other use if there is
 * one. */
static int free_digit(const int words[static 2])
{
    for (int fd = 9; fd > 2; fd--)
        if (fd != words[1] && sys_fcntl(fd, F_GETFD, 0) == -EBADF)
            return fd;
    return words[1] == 9 ? 8 : 9;
}

static void close_pair(const int fds[static 2])
{
    sys_close(fds[0]);
    sys_close(fds[1]);
}

static int start_with(struct shell *shell, const int text[static 2], const int words[static 2], int flags)
{
    char script[] = SHELL_SCRIPT;
    char *arguments[SPAWN_SHELL_ARGUMENTS];
    struct spawn_request request;
    struct steps steps = {.text = text,
                          .words = words,
                          .text_fd = free_digit(words),
                          .show_errors = flags & WORDEXP_SHOW_ERRORS};
    for (char *at = script; *at; at++)
        if (*at == '%')
            *at = (char)('0' + steps.text_fd);
    spawn_shell(&request, arguments, script);
    request.next_step = next_step;
    request.cursor = &steps;
    return spawn_program(&request, &shell->pid, NULL);
}

static bool start_shell(struct shell *shell, int flags)
{
    int text[2] = {-1, -1}, words[2] = {-1, -1};
    if (sys_socketpair(UNIX, STREAM | O_CLOEXEC, text) < 0)
        return false;
    if (sys_pipe(words, O_CLOEXEC) < 0) {
        close_pair(text);
        return false;
    }
    if (start_with(shell, text, words, flags) != 0) {
        close_pair(text);
        close_pair(words);
        return false;
    }
    sys_close(text[1]);
    sys_close(words[1]);
    shell->input = text[0];
    shell->output = words[0];
    return true;
}

/* A shell that is gone is found out by what it has not said. */
static void send(const struct shell *shell, const char *bytes)
{
    size_t left = 0;
    while (bytes[left])
        left++;
    while (left > 0) {
        long sent = sys_send(shell->input, bytes, left, NO_SIGNAL);
        if (sent == -EINTR)
            continue;
        if (sent <= 0)
            return;
        bytes += sent;
        left -= (size_t)sent;
    }
}

struct answer {
    char *bytes;
    size_t size, capacity;
};

/* False: there is no memory for it. */
static bool receive(const struct shell *shell, struct answer *answer)
{
    for (;;) {
        if (answer->size == answer->capacity) {
            size_t capacity = answer->capacity * 2 + 4096;
            char *larger = realloc(answer->bytes, capacity);
            if (!larger)
                return false;
            answer->bytes = larger;
            answer->capacity = capacity;
        }
        long got = sys_read(shell->output, answer->bytes + answer->size, answer->capacity - answer->size);
        if (got > 0)
            answer->size += (size_t)got;
        else if (got != -EINTR)
            return got == 0;
    }
}

/* What the shell has said, and how it ended. */
static int judge(struct wordexp *result, const struct answer *answer, int status, int flags)
{
    const char *bytes = answer->bytes;
    size_t size = answer->size;
    if (size < 2 || memcmp(bytes, "1", 2) != 0)
        return WORDS_SYNTAX;
    if (size < 4 || memcmp(bytes + 2, "2", 2) != 0)
        return WORDS_BADVAL;
    if (status != 0 || bytes[size - 1] != '\0')
        return WORDS_NOSPACE;
    return words_add(result, bytes + 4, size - 4, flags);
}

/* text: as words_check has copied it. */
static int expand(const char *text, struct wordexp *result, int flags)
{
    struct shell shell;
    struct answer answer = {0};
    if (!start_shell(&shell, flags))
        return WORDS_NOSPACE;
    if (flags & WORDEXP_UNDEFINED)
        send(&shell, "set -u\n");
    send(&shell, SHELL_BEFORE);
    send(&shell, text);
    send(&shell, SHELL_AFTER);
    sys_close(shell.input);
    bool whole = receive(&shell, &answer);
    sys_close(shell.output);
    int status = 0;
    if (sys_wait(shell.pid, &status) < 0)
        status = 0; /* the program waits for all children by itself; the answer tells enough */
    int error = whole ? judge(result, &answer, status, flags) : WORDS_NOSPACE;
    free(answer.bytes);
    return error;
}

static int expand_checked(const char *text, struct wordexp *result, int flags)
{
    bool commands;
    size_t size = 0;
    while (text[size])
        size++;
    char *copy = malloc(2 * size + 1);
    if (!copy)
        return WORDS_NOSPACE;
    int error = words_check(text, &commands, copy);
    if (commands && (flags & WORDEXP_NO_COMMANDS))
        error = WORDS_CMDSUB;
    if (error == 0)
        error = expand(copy, result, flags);
    free(copy);
    return error;
}

EXPORTED int wordexp(const char *text, struct wordexp *result, int flags)
{
    static next_fn *own;
    bool commands;
    words_check(text, &commands, NULL);
    wordexp_fn *libc = (wordexp_fn *)next_definition("wordexp", &own);
    /* Not asked first and then bettered: glibc's, when it fails, may leave a freed array in an APPENDed
     * result. */
    if (libc && !libc_is_musl() && (!commands || (flags & WORDEXP_NO_COMMANDS)))
        return libc(text, result, flags | WORDEXP_NO_COMMANDS);
    if (!&malloc || !&realloc || !&free || !&wordfree)
        return WORDS_NOSPACE;
    if (flags & WORDEXP_REUSE) {
        wordfree(result);
        *result = (struct wordexp){0, NULL, result->offset};
    }
    int error = expand_checked(text, result, flags);
    if (error == WORDS_NOSPACE && !(flags & WORDEXP_APPEND)) /* wordfree may be called after that */
        *result = (struct wordexp){0, NULL, 0};
    return error;
}
