/* SPDX-License-Identifier: ISC */
/* Bech32 (BIP 173, without its limit of 90 characters), as age writes its keys. Pure. */
#ifndef SECRUN_BECH32_H
#define SECRUN_BECH32_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Decodes the string of `length` characters, all lower or all upper case, whose human-readable part
 * is exactly `hrp` (given in lower case), into exactly `size` bytes. False if anything is off: mixed
 * case, checksum, padding bits that are not zero, another size. Runs in constant time in the data
 * part as far as the alphabet look-up goes (no table indexed by a secret).
 */
bool bech32_decode(const char *text, size_t length, const char *hrp, unsigned char *out, size_t size);

/* Encodes size bytes under hrp in lower case; writes a NUL-terminated string of at most out_size
 * bytes. False if it does not fit. */
bool bech32_encode(char *out, size_t out_size, const char *hrp, const unsigned char *data, size_t size);

#endif
