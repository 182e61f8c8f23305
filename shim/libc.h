/* SPDX-License-Identifier: ISC */
/*
 * What the shim asks of the target's libc: weak names, null where there is none. Runs inside the target.
 * Nothing here may be called on the way to an exec (exec.h): only errno is.
 */
#ifndef SECRUN_LIBC_H
#define SECRUN_LIBC_H

#include <stdbool.h>
#include <stddef.h>

#define EXPORTED __attribute__((visibility("default")))
#define WEAK     __attribute__((weak, visibility("default")))

extern int *__errno_location(void) WEAK;

/* Sets errno and returns -1, as a function of libc that failed. */
static inline int libc_fail(int error)
{
    if (&__errno_location)
        *__errno_location() = error;
    return -1;
}

/* Is the libc of this process musl? Else it is glibc. */
bool libc_is_musl(void);

/*
 * libc.c: the four functions that compilers call by themselves, and one more, for the shim alone; the
 * launcher has those of its libc.
 */
size_t strlen(const char *text);
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#endif
