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

char *timespan(char text[static TIMESPAN_SIZE], int64_t seconds)
{
    int64_t count = seconds < 0 ? 0 : seconds;
    char unit = 's';
    if (count >= 86400) {
        count /= 86400;
        unit = 'd';
    } else if (count >= 3600) {
        count /= 3600;
        unit = 'h';
    } else if (count >= 60) {
        count /= 60;
        unit = 'm';
    }
    snprintf(text, TIMESPAN_SIZE, "%" PRId64 "%c", count, unit);
    return text;
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
