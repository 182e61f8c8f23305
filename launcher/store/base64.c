/* SPDX-License-Identifier: ISC */
/*
 * Strict base64: see base64.h. Runs in secrun and secrunctl; sees sealed bytes, signatures and public keys
 * only, so it may look them up in a table.
 *
 * libsodium's decoder would not do: 1.0.18 reads every byte above 127 as a slash where char is signed,
 * which would give a header many spellings, and it is ten times slower on armor.
 */
#include "store/base64.h"

#include <stdint.h>

/* One more than the value of each digit; 0 for every other byte. */
/* clang-format off */
static const unsigned char digits[256] = {
    ['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
    ['+'] = 63, ['/'] = 64,
};
/* clang-format on */

/* Joins count digits to one number; false if one of them is none. */
static bool join(const unsigned char *text, size_t count, uint32_t *bits)
{
    *bits = 0;
    for (size_t i = 0; i < count; i++) {
        if (digits[text[i]] == 0)
            return false;
        *bits = *bits << 6 | (digits[text[i]] - 1U);
    }
    return true;
}

/* The last two or three digits: one or two bytes, and behind them bits that are to be zero. */
static bool decode_tail(unsigned char *out, const unsigned char *text, size_t count)
{
    uint32_t bits;
    unsigned spare = count == 2 ? 4 : 2;
    if (count == 1 || !join(text, count, &bits) || (bits & ((1U << spare) - 1)) != 0)
        return false;
    bits >>= spare;
    if (count == 3)
        *out++ = (unsigned char)(bits >> 8);
    *out = (unsigned char)bits;
    return true;
}

bool base64_decode(unsigned char *out, size_t room, size_t *length, const unsigned char *text, size_t size,
                   bool padded)
{
    if (padded && size % 4 != 0)
        return false;
    for (int i = 0; padded && i < 2 && size > 0 && text[size - 1] == '='; i++)
        size--;
    size_t tail = size % 4, whole = size - tail;
    *length = whole / 4 * 3 + (tail > 0 ? tail - 1 : 0);
    if (*length > room)
        return false;
    for (size_t i = 0; i < whole; i += 4) {
        uint32_t bits;
        if (!join(text + i, 4, &bits))
            return false;
        *out++ = (unsigned char)(bits >> 16);
        *out++ = (unsigned char)(bits >> 8);
        *out++ = (unsigned char)bits;
    }
    return tail == 0 || decode_tail(out, text + whole, tail);
}
