/* SPDX-License-Identifier: ISC */
/* Times as the document has them, and spans of time as people read them. Holds no secret. */
#ifndef SECRUN_TIMESTAMP_H
#define SECRUN_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

enum { TIMESTAMP_SIZE = sizeof "2026-11-23T18:00:00Z" };
enum { TIMESPAN_SIZE = 24 };

/* The present, RFC 3339, UTC. Returns text. */
char *timestamp_now(char text[static TIMESTAMP_SIZE]);

/* The same of a number of seconds since 1970; one that no year of four digits holds is 9999-12-31T23:59:59Z.
 */
char *timestamp_text(char text[static TIMESTAMP_SIZE], int64_t seconds);

/* Whole units of a span: 45s, 12m, 5h, 3d; at most in days. Returns text. */
char *timespan(char text[static TIMESPAN_SIZE], int64_t seconds);

/* The same, rounded up: what is to last 7d is said to do so a second later, too. */
char *timespan_up(char text[static TIMESPAN_SIZE], int64_t seconds);

/* Seconds in a duration such as 90d, 12h, 2w, 1y (s m h d w y; y = 365 d). False if malformed. */
bool timespan_parse(const char *text, int64_t *seconds);
/* The same where `no`, which is 0, may stand in its place. */
bool timespan_or_no_parse(const char *text, int64_t *seconds);

#endif
