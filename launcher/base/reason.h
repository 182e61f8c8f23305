/* SPDX-License-Identifier: ISC */
/*
 * Why something failed, in words for the person who ran the command. Filled in by the module that
 * knows, carried up by value, printed by one of the two mains. Never holds a secret's value.
 */
#ifndef SECRUN_REASON_H
#define SECRUN_REASON_H

#include <stdbool.h>

/* text: lower case, no full stop, "path: reason". hint: what to do about it, or empty. */
struct reason {
    char text[768];
    char hint[256];
};

/*
 * Each of these records something and is false as an expression, so that a function that reports success
 * as true can `return fail(why, ...)`. Macros, so that compilers and analyzers know that it is false.
 *
 * fail         the formatted text, and no hint; errno is left alone
 * fail_errno   the same with ": " and the message of errno behind it
 * fail_within  the formatted text and ": " in front of what is recorded
 * fail_hint    a hint to what is recorded
 */
#define fail(why, ...)        reason_false(reason_set((why), __VA_ARGS__))
#define fail_errno(why, ...)  reason_false(reason_set_errno((why), __VA_ARGS__))
#define fail_within(why, ...) reason_false(reason_prefix((why), __VA_ARGS__))
#define fail_hint(why, ...)   reason_false(reason_hint((why), __VA_ARGS__))

struct reason *reason_set(struct reason *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct reason *reason_set_errno(struct reason *why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct reason *reason_prefix(struct reason *why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct reason *reason_hint(struct reason *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline bool reason_false(const struct reason *why)
{
    (void)why;
    return false;
}

/*
 * Copies at most size - 1 bytes of untrusted text, with every control byte and every byte above 126
 * replaced by '?', so that a name from a file cannot drive a terminal. Returns out.
 */
char *printable(char *out, unsigned long size, const char *text, unsigned long length);

#endif
