/* SPDX-License-Identifier: ISC */
/* Several things in one digest, of which none can be taken for a piece of another. */
#ifndef SECRUN_FLEET_FOLD_H
#define SECRUN_FLEET_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include <sodium.h>

/* Adds one: its size, in this machine's byte order, which is the one that it is compared on, and its bytes.
 */
static inline void fold(crypto_generichash_state *hash, const void *bytes, size_t size)
{
    uint64_t length = size;
    crypto_generichash_update(hash, (const unsigned char *)&length, sizeof length);
    crypto_generichash_update(hash, bytes, size);
}

#endif
