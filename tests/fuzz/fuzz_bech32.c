/* SPDX-License-Identifier: ISC */
/* Fuzzes Bech32: what decodes is the one spelling of its bytes, and every byte string round-trips. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "store/bech32.h"

enum { SIZE_MAX_TRIED = 256 };

/* Decodes as whatever size fits the length, and compares with what is written for the same bytes. */
static void try_decode(const char *text, size_t length, const char *hrp)
{
    unsigned char bytes[SIZE_MAX_TRIED];
    char again[SIZE_MAX_TRIED * 2];
    for (size_t size = 0; size < SIZE_MAX_TRIED; size++) {
        if (!bech32_decode(text, length, hrp, bytes, size))
            continue;
        require(bech32_encode(again, sizeof again, hrp, bytes, size) && strlen(again) == length);
        for (size_t i = 0; i < length; i++)
            require(again[i] == tolower((unsigned char)text[i]));
    }
}

static void try_encode(const uint8_t *data, size_t size, const char *hrp)
{
    char text[SIZE_MAX_TRIED * 2];
    unsigned char back[SIZE_MAX_TRIED];
    if (size > SIZE_MAX_TRIED || !bech32_encode(text, sizeof text, hrp, data, size))
        return;
    require(bech32_decode(text, strlen(text), hrp, back, size) && memcmp(back, data, size) == 0);
    /* One changed character is always found. */
    size_t place = size > 0 ? data[0] % strlen(text) : 0;
    text[place] = text[place] == 'q' ? 'p' : 'q';
    require(!bech32_decode(text, strlen(text), hrp, back, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_decode((const char *)data, size, "age");
    try_decode((const char *)data, size, "age-secret-key-");
    try_encode(data, size, "age");
    return 0;
}
