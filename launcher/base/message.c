/* SPDX-License-Identifier: ISC */
/* Messages: see message.h. Runs in secrun and secrunctl; is given no secret. */
#include "base/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One write a line, so that lines of several processes do not mix. */
static void put_line(char *line, size_t size, int length)
{
    size_t end = length < 0 ? 0 : (size_t)length < size - 1 ? (size_t)length : size - 2;
    line[end++] = '\n';
    ssize_t ignored = write(STDERR_FILENO, line, end);
    (void)ignored;
}

void message_reason(const char *program, const struct reason *why)
{
    message(program, "%s", why->text);
    if (why->hint[0])
        message(program, "hint: %s", why->hint);
}

void message(const char *program, const char *format, ...)
{
    char line[2048];
    int prefix = snprintf(line, sizeof line, "%s: ", program);
    if (prefix < 0 || (size_t)prefix >= sizeof line)
        return;
    va_list list;
    va_start(list, format);
    int length = vsnprintf(line + prefix, sizeof line - (size_t)prefix, format, list);
    va_end(list);
    put_line(line, sizeof line, length < 0 ? length : prefix + length);
}
