/* SPDX-License-Identifier: ISC */
/* One line on standard error: see line.h. Runs inside the target. */
#include "shim/line.h"

#include <asm/signal.h>
#include <linux/errno.h>

#include "shim/sys_process.h"
#include "shim/text.h"

void line_begin(struct line *line)
{
    line->size = 0;
    line_text(line, "secrun: ");
}

/* A byte is kept for the line feed. */
static void add_byte(struct line *line, char byte)
{
    unsigned char plain = (unsigned char)byte;
    if (line->size < sizeof line->bytes - 1)
        line->bytes[line->size++] = plain < 0x20 || plain == 0x7f ? '?' : byte;
}

void line_add(struct line *line, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        add_byte(line, text[i]);
}

void line_text(struct line *line, const char *text)
{
    for (; *text; text++)
        add_byte(line, *text);
}

void line_number(struct line *line, size_t number)
{
    char digits[TEXT_NUMBER_MAX];
    text_add_number(digits, number);
    line_text(line, digits);
}

void line_write(struct line *line)
{
    const uint64_t pipe = SYS_SIGNAL_BIT(SIGPIPE), now[2] = {0, 0};
    uint64_t before, pending = 0;
    line->bytes[line->size++] = '\n';
    /* A reader that is gone must not end the program for a line that is not its own. */
    sys_call6(__NR_rt_sigpending, (long)&pending, sizeof pending, 0, 0, 0, 0);
    sys_sigprocmask(SIG_BLOCK, &pipe, &before);
    if (sys_write(2, line->bytes, line->size) == -EPIPE && !(pending & pipe))
        sys_call6(__NR_rt_sigtimedwait, (long)&pipe, 0, (long)now, sizeof pipe, 0, 0);
    sys_sigprocmask(SIG_SETMASK, &before, NULL);
}
