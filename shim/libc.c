/* SPDX-License-Identifier: ISC */
/*
 * What compilers take for granted of every program, and which libc it is: see libc.h. Runs inside the
 * target; copies and compares secrets.
 */
#include "shim/libc.h"

#include <stdint.h>

#include "shim/environ.h"

/*
 * glibc's loader has this name, and musl has not. Where there is no environ either, no libc is loaded, and
 * then the loader is glibc's, which hides its own names from such a program: musl's loader is its libc.
 */
extern void *__libc_stack_end WEAK;

bool libc_is_musl(void)
{
    return environ_variable() && !&__libc_stack_end;
}

/*
 * By words, of which the last one overlaps the one before it. Both machines load and store a word anywhere.
 * An empty instruction in each loop keeps the compiler from seeing a memcpy in it, and calling that.
 */
typedef uint64_t __attribute__((may_alias, aligned(1))) word;

#define OPAQUE() __asm__ volatile("" ::: "memory")

static word load(const unsigned char *from)
{
    return *(const word *)from;
}

static void store(unsigned char *to, word bytes)
{
    *(word *)to = bytes;
}

/* For areas that do not overlap, or of which `to` is the lower one. */
static void copy_upwards(unsigned char *to, const unsigned char *from, size_t size)
{
    if (size >= sizeof(word)) {
        size_t rest = size - sizeof(word);
        word last = load(from + rest);
        for (size_t i = 0; i < rest; i += sizeof(word)) {
            store(to + i, load(from + i));
            OPAQUE();
        }
        store(to + rest, last);
        return;
    }
    for (size_t i = 0; i < size; i++) {
        to[i] = from[i];
        OPAQUE();
    }
}

/* For areas that overlap, and of which `to` is the higher one. */
static void copy_downwards(unsigned char *to, const unsigned char *from, size_t size)
{
    if (size >= sizeof(word)) {
        word first = load(from);
        for (size_t left = size; left > sizeof(word); left -= sizeof(word)) {
            store(to + left - sizeof(word), load(from + left - sizeof(word)));
            OPAQUE();
        }
        store(to, first);
        return;
    }
    for (size_t left = size; left > 0; left--) {
        to[left - 1] = from[left - 1];
        OPAQUE();
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    copy_upwards(to, from, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to - (uintptr_t)from < size)
        copy_downwards(to, from, size);
    else
        copy_upwards(to, from, size);
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    unsigned char *bytes = to;
    word repeated = (unsigned char)byte * UINT64_C(0x0101010101010101);
    if (size >= sizeof(word)) {
        for (size_t i = 0; i < size - sizeof(word); i += sizeof(word)) {
            store(bytes + i, repeated);
            OPAQUE();
        }
        store(bytes + size - sizeof(word), repeated);
        return to;
    }
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (unsigned char)byte;
        OPAQUE();
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *left = a, *right = b;
    size_t i = 0;
    while (size - i >= sizeof(word) && load(left + i) == load(right + i))
        i += sizeof(word);
    for (; i < size; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

/*
 * By aligned words: such a load stays within the text's page, so that what is read before and behind the
 * text does no harm. It halves the time of a getenv. Little-endian, as both machines are.
 */
typedef uint64_t __attribute__((may_alias)) aligned_word;

size_t strlen(const char *text)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    size_t before = (uintptr_t)text % sizeof(aligned_word);
    const aligned_word *at = (const aligned_word *)(const void *)(text - before);
    uint64_t bytes = *at | ((1ull << 8 * before) - 1);
    uint64_t zeros;
    while ((zeros = (bytes - ones) & ~bytes & tops) == 0)
        bytes = *++at;
    return (size_t)((const char *)at - text) + (size_t)__builtin_ctzll(zeros) / 8;
}
