/* SPDX-License-Identifier: ISC */
/* Sealing: see age.h. Runs in secrunctl; sees plaintext, and the file key that it makes. */
#include <stdlib.h>

#include <sodium.h>

#include "store/age.h"
#include "store/age_internal.h"

static bool wrap_all(struct age_x25519_stanza *stanzas, const unsigned char (*recipients)[AGE_KEY_SIZE],
                     size_t count, const unsigned char file_key[static AGE_FILE_KEY_SIZE], struct reason *why)
{
    for (size_t i = 0; i < count; i++)
        if (!age_x25519_wrap(&stanzas[i], file_key, recipients[i]))
            return fail(why, "recipient %zu is a low-order point", i + 1);
    return true;
}

bool age_seal(const unsigned char (*recipients)[AGE_KEY_SIZE], size_t count, const unsigned char *plaintext,
              size_t size, unsigned char **file, size_t *file_size, struct reason *why)
{
    unsigned char file_key[AGE_FILE_KEY_SIZE];
    *file = NULL;
    *file_size = 0;
    if (count == 0)
        return fail(why, "no recipient to seal for");
    if (count > AGE_STANZAS_MAX)
        return fail(why, "more than %d recipients", AGE_STANZAS_MAX);
    if (size > AGE_FILE_MAX || age_header_size(count) + age_stream_size(size) > AGE_FILE_MAX)
        return fail(why, "would be larger than %d bytes when sealed", AGE_FILE_MAX);
    size_t header_size = age_header_size(count), total = header_size + age_stream_size(size);
    unsigned char *sealed = malloc(total);
    struct age_x25519_stanza *stanzas = malloc(count * sizeof *stanzas);
    randombytes_buf(file_key, sizeof file_key);
    bool made = sealed && stanzas ? wrap_all(stanzas, recipients, count, file_key, why)
                                  : fail(why, "no memory for %zu bytes", total);
    if (made) {
        age_header_write(sealed, stanzas, count, file_key);
        age_stream_seal(sealed + header_size, plaintext, size, file_key);
        *file = sealed;
        *file_size = total;
    } else {
        free(sealed);
    }
    sodium_memzero(file_key, sizeof file_key);
    free(stanzas);
    return made;
}
