/* SPDX-License-Identifier: ISC */
/* Times in attributes: see document.h. Runs in secrun and secrunctl; sees no secret. */
#include "store/document.h"

#include <string.h>

/* Passes over exactly `count` digits. */
static bool number(const char **text, int count, int *value)
{
    *value = 0;
    for (; count > 0; count--, (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        *value = *value * 10 + (**text - '0');
    }
    return true;
}

/* Passes over one character. */
static bool mark(const char **text, char c)
{
    if (**text != c)
        return false;
    (*text)++;
    return true;
}

/* Passes over a fraction of a second, which JavaScript writes and which does not count here. */
static bool fraction(const char **text)
{
    if (!mark(text, '.'))
        return true;
    size_t digits = strspn(*text, "0123456789");
    *text += digits;
    return digits > 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Days from 1970-01-01 in the Gregorian calendar, extended to before it began. */
static int64_t days_since_epoch(int year, int month, int day)
{
    int before = year - 1;
    int64_t days = 365 * (int64_t)before + before / 4 - before / 100 + before / 400 - 719162;
    for (int m = 1; m < month; m++)
        days += days_in_month(year, m);
    return days + day - 1;
}

bool document_time(const char *text, int64_t *seconds)
{
    int year, month, day, hour = 0, minute = 0, second = 0;
    if (!number(&text, 4, &year) || !mark(&text, '-') || !number(&text, 2, &month) || !mark(&text, '-') ||
        !number(&text, 2, &day))
        return false;
    if (*text != '\0' &&
        (!mark(&text, 'T') || !number(&text, 2, &hour) || !mark(&text, ':') || !number(&text, 2, &minute) ||
         !mark(&text, ':') || !number(&text, 2, &second) || !fraction(&text) || strcmp(text, "Z") != 0))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
        minute > 59 || second > 59)
        return false;
    *seconds = days_since_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}
