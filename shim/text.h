/* SPDX-License-Identifier: ISC */
/* Putting short texts together without libc. Runs inside the target; sees what it is given. */
#ifndef SECRUN_TEXT_H
#define SECRUN_TEXT_H

#include <stddef.h>

enum { TEXT_NUMBER_MAX = 21 }; /* bytes of a number, with the NUL */

/* Each puts it, with a NUL behind, to where there is room for it, and returns where the NUL stands. */
static inline char *text_add(char *to, const char *text)
{
    while (*text)
        *to++ = *text++;
    *to = '\0';
    return to;
}

static inline char *text_add_number(char *to, size_t number)
{
    char digits[TEXT_NUMBER_MAX];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0)
        *to++ = digits[--count];
    *to = '\0';
    return to;
}

#endif
