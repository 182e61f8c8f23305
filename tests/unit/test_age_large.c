/* SPDX-License-Identifier: ISC */
/* Payloads that are opened by two threads: every chunk still counts. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "store/age.h"

enum { CHUNK = 65536, SEALED_CHUNK = CHUNK + 16 };

static struct reason why;
static struct age_identity identity;
static unsigned char *plain, *file;
static size_t file_size;

static void seal(size_t size)
{
    unsigned char recipient[1][AGE_KEY_SIZE];
    cr_assert_geq(sodium_init(), 0);
    randombytes_buf(identity.scalar, sizeof identity.scalar);
    cr_assert_eq(crypto_scalarmult_curve25519_base(recipient[0], identity.scalar), 0);
    plain = malloc(size);
    randombytes_buf(plain, size);
    cr_assert(
        age_seal((const unsigned char(*)[AGE_KEY_SIZE])recipient, 1, plain, size, &file, &file_size, &why));
}

static enum age_result try_open(size_t size, struct secret *opened)
{
    return age_open(file, size, &identity, 1, opened, &why);
}

Test(age_large, payloads_of_many_sizes_open_to_the_same_bytes)
{
    static const size_t sizes[] = {15 * CHUNK,     16 * CHUNK - 1, 16 * CHUNK,
                                   16 * CHUNK + 1, 17 * CHUNK,     33 * CHUNK + 7};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct secret opened;
        seal(sizes[i]);
        cr_assert_eq(try_open(file_size, &opened), AGE_OK, "%zu: %s", sizes[i], why.text);
        cr_assert_eq(opened.size, sizes[i]);
        cr_assert_eq(memcmp(opened.bytes, plain, sizes[i]), 0);
        secret_free(&opened);
        free(plain);
        free(file);
    }
}

Test(age_large, payload_with_any_chunk_altered_is_refused)
{
    struct secret opened;
    seal(20 * CHUNK);
    size_t payload = file_size - 20 * SEALED_CHUNK;
    for (size_t chunk = 0; chunk < 20; chunk++) {
        unsigned char *byte = file + payload + chunk * SEALED_CHUNK + 1000;
        *byte ^= 1;
        cr_assert_eq(try_open(file_size, &opened), AGE_BAD_PAYLOAD, "chunk %zu", chunk);
        cr_assert_null(opened.bytes);
        *byte ^= 1;
    }
    cr_assert_eq(try_open(file_size, &opened), AGE_OK);
    secret_free(&opened);
}

Test(age_large, payload_whose_chunks_changed_places_or_are_missing_is_refused)
{
    struct secret opened;
    seal(20 * CHUNK);
    unsigned char *chunks = file + file_size - 20 * SEALED_CHUNK, *kept = malloc(20 * SEALED_CHUNK);
    memcpy(kept, chunks, 20 * SEALED_CHUNK);
    memcpy(chunks + 3 * SEALED_CHUNK, kept + 13 * SEALED_CHUNK, SEALED_CHUNK);
    memcpy(chunks + 13 * SEALED_CHUNK, kept + 3 * SEALED_CHUNK, SEALED_CHUNK);
    cr_assert_eq(try_open(file_size, &opened), AGE_BAD_PAYLOAD);
    memcpy(chunks, kept, 20 * SEALED_CHUNK);
    for (size_t missing = 1; missing < 5; missing++)
        cr_assert_eq(try_open(file_size - missing * SEALED_CHUNK, &opened), AGE_BAD_PAYLOAD);
    free(kept);
}
