/* SPDX-License-Identifier: ISC */
/* Times: see timestamp.h. Runs in secrun and secrunctl; sees no secret. */
#include "base/timestamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

char *timestamp_text(char text[static TIMESTAMP_SIZE], int64_t seconds)
{
    const int64_t last = INT64_C(253402300799);
    time_t time = (time_t)(seconds < last ? seconds : last);
    struct tm utc;
    if (!gmtime_r(&time, &utc) || strftime(text, TIMESTAMP_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        snprintf(text, TIMESTAMP_SIZE, "1970-01-01T00:00:00Z");
    return text;
}

char *timestamp_now(char text[static TIMESTAMP_SIZE])
{
    return timestamp_text(text, time(NULL));
}

static int64_t unit_of(int64_t seconds, char *letter)
{
    *letter = seconds >= 86400 ? 'd' : seconds >= 3600 ? 'h' : seconds >= 60 ? 'm' : 's';
    return seconds >= 86400 ? 86400 : seconds >= 3600 ? 3600 : seconds >= 60 ? 60 : 1;
}

char *timespan(char text[static TIMESPAN_SIZE], int64_t seconds)
{
    char letter;
    int64_t span = seconds < 0 ? 0 : seconds, unit = unit_of(span, &letter);
    snprintf(text, TIMESPAN_SIZE, "%" PRId64 "%c", span / unit, letter);
    return text;
}

char *timespan_up(char text[static TIMESPAN_SIZE], int64_t seconds)
{
    char letter;
    int64_t unit = unit_of(seconds, &letter), over = seconds % unit;
    return timespan(text, over > 0 && seconds <= INT64_MAX - unit ? seconds - over + unit : seconds);
}

bool timespan_parse(const char *text, int64_t *seconds)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}, {'y', 365 * 86400}};
    int64_t count = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(count, 10, &count) || __builtin_add_overflow(count, *at - '0', &count))
            return false;
    if (at == text || *at == '\0' || at[1] != '\0')
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (units[i].letter == *at)
            return !__builtin_mul_overflow(count, units[i].seconds, seconds);
    return false;
}

bool timespan_or_no_parse(const char *text, int64_t *seconds)
{
    if (strcmp(text, "no") != 0)
        return timespan_parse(text, seconds);
    *seconds = 0;
    return true;
}
