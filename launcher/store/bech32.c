/* SPDX-License-Identifier: ISC */
/*
 * Bech32: see bech32.h. Runs in secrun and secrunctl; sees private keys, so nothing here branches on
 * a data character or indexes memory by one.
 */
#include "store/bech32.h"

#include <stdint.h>
#include <string.h>

#include <sodium.h>

enum { CHECKSUM_LENGTH = 6 };
enum { SIZE_LIMIT = 1 << 20 }; /* keeps the arithmetic on lengths far from overflow */
enum { LOWER = 1, UPPER = 2 };

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* All ones if a equals b, else zero; both below 256. */
static uint32_t equal_mask(uint32_t a, uint32_t b)
{
    return 0 - (((a ^ b) - 1) >> 31);
}

/* All ones if low <= c <= high, else zero; all below 256. */
static uint32_t range_mask(uint32_t c, uint32_t low, uint32_t high)
{
    return (((c - low) | (high - c)) >> 31) - 1;
}

/* The character in lower case; *cases collects which cases were met. */
static uint32_t fold(char character, uint32_t *cases)
{
    uint32_t c = (unsigned char)character;
    uint32_t upper = range_mask(c, 'A', 'Z');
    *cases |= (upper & UPPER) | (range_mask(c, 'a', 'z') & LOWER);
    return c | (upper & 0x20);
}

/* The five bits that a lower-case character stands for; *bad becomes nonzero if it stands for none. */
static uint32_t value_of(uint32_t c, uint32_t *bad)
{
    uint32_t value = 0, found = 0;
    for (uint32_t i = 0; i < 32; i++) {
        uint32_t hit = equal_mask(c, (unsigned char)alphabet[i]);
        value |= hit & i;
        found |= hit;
    }
    *bad |= ~found;
    return value;
}

static char character_of(uint32_t value)
{
    uint32_t c = 0;
    for (uint32_t i = 0; i < 32; i++)
        c |= equal_mask(value, i) & (unsigned char)alphabet[i];
    return (char)c;
}

/* One step of the BCH code of BIP 173. */
static uint32_t checksum_step(uint32_t sum, uint32_t value)
{
    static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    uint32_t top = sum >> 25;
    sum = (sum & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++)
        sum ^= generator[i] & (0 - (top >> i & 1));
    return sum;
}

static uint32_t checksum_begin(const char *hrp)
{
    uint32_t sum = 1;
    for (const char *c = hrp; *c; c++)
        sum = checksum_step(sum, (unsigned char)*c >> 5);
    sum = checksum_step(sum, 0);
    for (const char *c = hrp; *c; c++)
        sum = checksum_step(sum, (unsigned char)*c & 31);
    return sum;
}

/* One to many characters of printable ASCII, none in upper case. */
static bool is_hrp(const char *hrp)
{
    for (const char *c = hrp; *c; c++)
        if (*c < 33 || *c > 126 || (*c >= 'A' && *c <= 'Z'))
            return false;
    return *hrp != '\0';
}

/* Characters that size bytes take, without the checksum. */
static size_t characters_for(size_t size)
{
    return (size * 8 + 4) / 5;
}

/* Does text begin with hrp and the separator? The prefix is no secret, unlike what follows. */
static bool has_prefix(const char *text, const char *hrp, uint32_t *cases)
{
    for (; *hrp; hrp++, text++)
        if (fold(*text, cases) != (unsigned char)*hrp)
            return false;
    return *text == '1';
}

bool bech32_decode(const char *text, size_t length, const char *hrp, unsigned char *out, size_t size)
{
    size_t hrp_length = strlen(hrp);
    uint32_t cases = 0, bad = 0, bits = 0;
    if (!is_hrp(hrp) || hrp_length > SIZE_LIMIT || size > SIZE_LIMIT)
        return false;
    size_t characters = characters_for(size);
    if (length != hrp_length + 1 + characters + CHECKSUM_LENGTH || !has_prefix(text, hrp, &cases))
        return false;
    const char *data = text + hrp_length + 1;
    uint32_t sum = checksum_begin(hrp);
    unsigned held = 0; /* low bits of `bits` that are not in out yet */
    size_t filled = 0;
    for (size_t i = 0; i < characters + CHECKSUM_LENGTH; i++) {
        uint32_t value = value_of(fold(data[i], &cases), &bad);
        sum = checksum_step(sum, value);
        if (i >= characters)
            continue;
        bits = bits << 5 | value;
        held += 5;
        if (held >= 8) {
            held -= 8;
            out[filled++] = (unsigned char)(bits >> held);
        }
    }
    bad |= sum ^ 1;
    bad |= bits & ((1U << held) - 1);
    bad |= equal_mask(cases, LOWER | UPPER);
    if (bad)
        sodium_memzero(out, size);
    return !bad;
}

bool bech32_encode(char *out, size_t out_size, const char *hrp, const unsigned char *data, size_t size)
{
    size_t hrp_length = strlen(hrp);
    if (!is_hrp(hrp) || hrp_length > SIZE_LIMIT || size > SIZE_LIMIT)
        return false;
    if (out_size < hrp_length + 1 + characters_for(size) + CHECKSUM_LENGTH + 1)
        return false;
    memcpy(out, hrp, hrp_length);
    out += hrp_length;
    *out++ = '1';
    uint32_t sum = checksum_begin(hrp), bits = 0;
    size_t taken = 0;
    unsigned held = 0; /* low bits of `bits` that are not in out yet */
    for (size_t i = 0; i < characters_for(size); i++) {
        /* Behind the last byte come zero bits, to fill the last character. */
        if (held < 5) {
            bits = bits << 8 | (taken < size ? data[taken] : 0);
            taken++;
            held += 8;
        }
        held -= 5;
        uint32_t value = bits >> held & 31;
        sum = checksum_step(sum, value);
        *out++ = character_of(value);
    }
    for (int i = 0; i < CHECKSUM_LENGTH; i++)
        sum = checksum_step(sum, 0);
    sum ^= 1;
    for (unsigned i = 0; i < CHECKSUM_LENGTH; i++)
        *out++ = character_of(sum >> (5 * (CHECKSUM_LENGTH - 1 - i)) & 31);
    *out = '\0';
    return true;
}
