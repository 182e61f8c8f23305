/* SPDX-License-Identifier: ISC */
/* Reasons: see reason.h. Runs in secrun and secrunctl; sees no secret. */
#include "base/reason.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct reason *reason_set(struct reason *why, const char *format, ...)
{
    int saved = errno;
    va_list list;
    va_start(list, format);
    vsnprintf(why->text, sizeof why->text, format, list);
    va_end(list);
    why->hint[0] = '\0';
    errno = saved;
    return why;
}

struct reason *reason_set_errno(struct reason *why, const char *format, ...)
{
    int saved = errno;
    va_list list;
    va_start(list, format);
    int length = vsnprintf(why->text, sizeof why->text, format, list);
    va_end(list);
    if (length >= 0 && (size_t)length < sizeof why->text)
        snprintf(why->text + length, sizeof why->text - (size_t)length, ": %s", strerror(saved));
    why->hint[0] = '\0';
    errno = saved;
    return why;
}

struct reason *reason_prefix(struct reason *why, const char *format, ...)
{
    char inner[sizeof why->text];
    memcpy(inner, why->text, sizeof inner);
    va_list list;
    va_start(list, format);
    int length = vsnprintf(why->text, sizeof why->text, format, list);
    va_end(list);
    if (length >= 0 && (size_t)length < sizeof why->text)
        snprintf(why->text + length, sizeof why->text - (size_t)length, ": %s", inner);
    return why;
}

struct reason *reason_hint(struct reason *why, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(why->hint, sizeof why->hint, format, list);
    va_end(list);
    return why;
}

char *printable(char *out, unsigned long size, const char *text, unsigned long length)
{
    unsigned long n = 0;
    for (; n < length && n + 1 < size; n++)
        out[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
    if (size > 0)
        out[n] = '\0';
    return out;
}
