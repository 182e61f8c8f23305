/* SPDX-License-Identifier: ISC */
/*
 * The terminal: see terminal.h. Runs in secrunctl; sees the one value being typed.
 *
 * Lines are taken apart here, not by the terminal: its canonical mode cuts a line at 4095 bytes without
 * a word, and keys are longer. It MUST ensure that the terminal gets its echo back on every way out.
 */
#include "ctl/terminal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "base/output.h"
#include "ctl/signals.h"

enum { BLOCK_SIZE = 4096 };

struct terminal {
    struct termios before;
    struct signals signals;
    struct secret block; /* what was read and not yet looked at is bytes[next..size) */
    size_t next;
    int caught; /* the signal that interrupted, or 0 */
};

static const int held[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, 0};

static bool prompt(const char *text, struct reason *why)
{
    return output(STDERR_FILENO, text, strlen(text), "standard error", why);
}

static bool enter(struct terminal *terminal, struct reason *why)
{
    *terminal = (struct terminal){0};
    if (tcgetattr(STDIN_FILENO, &terminal->before) != 0)
        return fail_errno(why, "standard input");
    if (!secret_alloc(&terminal->block, BLOCK_SIZE, why))
        return false;
    if (!signals_hold(&terminal->signals, held, why)) {
        secret_free(&terminal->block);
        return false;
    }
    struct termios silent = terminal->before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON);
    silent.c_iflag |= ICRNL;
    silent.c_cc[VMIN] = 0; /* what poll has seen may be gone: a key that interrupts takes it away */
    silent.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0)
        return true;
    fail_errno(why, "standard input");
    secret_free(&terminal->block);
    signals_release(&terminal->signals, 0);
    return false;
}

/* What was typed or pasted beyond the value goes with it: it is not for the shell. */
static void leave(struct terminal *terminal)
{
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal->before);
    secret_free(&terminal->block);
    signals_release(&terminal->signals, terminal->caught);
}

/* Waits for bytes; false when a signal came or the terminal is gone. */
static bool refill(struct terminal *terminal, struct reason *why)
{
    struct pollfd polls[] = {{STDIN_FILENO, POLLIN, 0}, {terminal->signals.fd, POLLIN, 0}};
    struct signalfd_siginfo taken;
    if (poll(polls, 2, -1) < 0 && errno != EINTR)
        return fail_errno(why, "standard input");
    if (signals_take(&terminal->signals, &taken)) {
        terminal->caught = (int)taken.ssi_signo;
        return fail(why, "interrupted");
    }
    if (!polls[0].revents)
        return true;
    ssize_t got = read(STDIN_FILENO, terminal->block.bytes, terminal->block.capacity);
    if (got < 0)
        return errno == EINTR || fail_errno(why, "standard input");
    if (got == 0 && (polls[0].revents & (POLLHUP | POLLERR)))
        return fail(why, "standard input: the terminal is gone");
    terminal->block.size = (size_t)got;
    terminal->next = 0;
    return true;
}

static bool next_byte(struct terminal *terminal, unsigned char *byte, struct reason *why)
{
    while (terminal->next == terminal->block.size)
        if (!refill(terminal, why))
            return false;
    *byte = terminal->block.bytes[terminal->next++];
    return true;
}

/* Takes the last character back, which in UTF-8 may be several bytes. */
static void erase(struct secret *line)
{
    while (line->size > 0 && (line->bytes[--line->size] & 0xC0) == 0x80)
        continue;
}

static bool is_key(const struct terminal *terminal, int key, unsigned char byte)
{
    return byte == terminal->before.c_cc[key] && byte != _POSIX_VDISABLE;
}

static bool read_line(struct terminal *terminal, struct secret *line, size_t max, struct reason *why)
{
    unsigned char byte = 0;
    while (next_byte(terminal, &byte, why)) {
        if (byte == '\n' || (is_key(terminal, VEOF, byte) && line->size > 0))
            return true;
        if (is_key(terminal, VEOF, byte))
            return fail(why, "no value given");
        if (is_key(terminal, VERASE, byte) || byte == '\b' || byte == 0x7F)
            erase(line);
        else if (is_key(terminal, VKILL, byte))
            line->size = 0;
        else if (line->size == max)
            return fail(why, "a value above %zu bytes", max);
        else if (!secret_append(line, &byte, 1, why))
            return false;
    }
    return false;
}

/* One round: both questions, in one silence, so that the second is not asked aloud in between. */
static bool ask_twice(struct terminal *terminal, struct secret *value, struct secret *again, const char *name,
                      size_t max, struct reason *why)
{
    value->size = again->size = 0;
    if (!prompt("Value of ", why) || !prompt(name, why) || !prompt(" (not shown): ", why) ||
        !read_line(terminal, value, max, why) || !prompt("\nOnce more: ", why) ||
        !read_line(terminal, again, max, why))
        return false;
    if (value->size == again->size && sodium_memcmp(value->bytes, again->bytes, value->size) == 0)
        return true;
    fail(why, "the two values are not the same");
    return fail_hint(why, "a value of several lines goes by --file or a pipe");
}

bool terminal_ask_value(struct secret *value, const char *name, size_t max, struct reason *why)
{
    struct secret again;
    if (!secret_alloc(value, 256, why))
        return false;
    bool ok = secret_alloc(&again, 256, why);
    for (bool stopped = ok; stopped;) {
        struct terminal terminal;
        ok = enter(&terminal, why);
        if (!ok)
            break;
        ok = ask_twice(&terminal, value, &again, name, max, why);
        struct reason ignored;
        prompt("\n", &ignored);
        int caught = terminal.caught;
        stopped = caught == SIGTSTP;
        if (caught && !stopped) {
            secret_free(value);
            secret_free(&again);
        }
        leave(&terminal);
    }
    secret_free(&again);
    if (!ok)
        secret_free(value);
    return ok;
}
