/* SPDX-License-Identifier: ISC */
/*
 * The payload of an age file: a nonce, then chunks of 64 KiB under STREAM ("Payload" in the
 * specification). Runs in secrun and secrunctl; sees plaintext, which goes from the sealed bytes
 * straight into its one locked buffer.
 */
#include "store/age_internal.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include <sodium.h>

enum { SEALED_CHUNK_SIZE = AGE_CHUNK_SIZE + AGE_TAG_SIZE };

/* The nonce of a chunk: 11 bytes of big-endian counter, then 1 in the last chunk, else 0. */
static void chunk_nonce(unsigned char nonce[static crypto_aead_chacha20poly1305_ietf_NPUBBYTES],
                        uint64_t counter, bool last)
{
    memset(nonce, 0, 3);
    for (int i = 0; i < 8; i++)
        nonce[3 + i] = (unsigned char)(counter >> (56 - 8 * i));
    nonce[11] = last;
}

/* Some of a payload's chunks, one after another. */
struct chunks {
    unsigned char *out; /* room for all of their plaintext */
    const unsigned char *sealed;
    size_t size;      /* bytes of sealed */
    uint64_t counter; /* of the first */
    bool is_end;      /* the payload's last chunk is the last of these */
    const unsigned char *key;
    bool opened;
};

static void open_chunks(struct chunks *chunks)
{
    unsigned char nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    unsigned char *out = chunks->out;
    const unsigned char *sealed = chunks->sealed;
    size_t left = chunks->size;
    chunks->opened = true;
    for (uint64_t counter = chunks->counter; left > 0 && chunks->opened; counter++) {
        size_t length = left < SEALED_CHUNK_SIZE ? left : (size_t)SEALED_CHUNK_SIZE;
        chunk_nonce(nonce, counter, chunks->is_end && length == left);
        chunks->opened = crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed, length, NULL, 0,
                                                                   nonce, chunks->key) == 0;
        out += AGE_CHUNK_SIZE;
        sealed += length;
        left -= length;
    }
}

static void *open_beside(void *chunks)
{
    open_chunks(chunks);
    return NULL;
}

/* From here on a second thread is worth its making: two of them open 8 MiB in little more than half the time.
 */
enum { PARALLEL_MIN = 16 }; /* chunks */

static bool open_all(struct chunks all)
{
    size_t half = all.size / SEALED_CHUNK_SIZE / 2;
    struct chunks first = all, second = all;
    pthread_t thread;
    if (half < PARALLEL_MIN / 2) {
        open_chunks(&all);
        return all.opened;
    }
    first.size = half * SEALED_CHUNK_SIZE;
    first.is_end = false;
    second.out += half * AGE_CHUNK_SIZE;
    second.sealed += first.size;
    second.size -= first.size;
    second.counter += half;
    bool beside = pthread_create(&thread, NULL, open_beside, &first) == 0;
    open_chunks(&second);
    if (beside)
        pthread_join(thread, NULL);
    else
        open_chunks(&first);
    return first.opened && second.opened;
}

enum age_result age_stream_open(struct secret *plaintext, const unsigned char *payload, size_t size,
                                const unsigned char file_key[static AGE_FILE_KEY_SIZE], struct reason *why)
{
    /* The specification's vectors count a missing nonce as part of the header. */
    if (size < AGE_NONCE_SIZE) {
        fail(why, "malformed header: the file ends where the payload begins");
        return AGE_BAD_HEADER;
    }
    const unsigned char *chunks = payload + AGE_NONCE_SIZE;
    size -= AGE_NONCE_SIZE;
    size_t count = (size + SEALED_CHUNK_SIZE - 1) / SEALED_CHUNK_SIZE;
    size_t last = count > 0 ? size - (count - 1) * SEALED_CHUNK_SIZE : 0;
    /* There is a last chunk, and it is empty only if it is the only one. */
    if (last < AGE_TAG_SIZE || (last == AGE_TAG_SIZE && count > 1)) {
        fail(why, "truncated or altered payload");
        return AGE_BAD_PAYLOAD;
    }
    if (!secret_alloc(plaintext, size - count * AGE_TAG_SIZE, why))
        return AGE_FAILED;
    unsigned char key[AGE_DERIVED_SIZE];
    age_hkdf(key, file_key, AGE_FILE_KEY_SIZE, payload, AGE_NONCE_SIZE, "payload");
    bool opened = open_all((struct chunks){plaintext->bytes, chunks, size, 0, true, key, false});
    sodium_memzero(key, sizeof key);
    if (!opened) {
        secret_free(plaintext);
        fail(why, "truncated or altered payload");
        return AGE_BAD_PAYLOAD;
    }
    plaintext->size = plaintext->capacity;
    return AGE_OK;
}

size_t age_stream_size(size_t size)
{
    size_t count = size > 0 ? (size + AGE_CHUNK_SIZE - 1) / AGE_CHUNK_SIZE : 1;
    return AGE_NONCE_SIZE + size + count * AGE_TAG_SIZE;
}

void age_stream_seal(unsigned char *out, const unsigned char *plaintext, size_t size,
                     const unsigned char file_key[static AGE_FILE_KEY_SIZE])
{
    unsigned char key[AGE_DERIVED_SIZE], nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    randombytes_buf(out, AGE_NONCE_SIZE);
    age_hkdf(key, file_key, AGE_FILE_KEY_SIZE, out, AGE_NONCE_SIZE, "payload");
    out += AGE_NONCE_SIZE;
    for (uint64_t counter = 0;; counter++) {
        bool last = size <= AGE_CHUNK_SIZE;
        size_t length = last ? size : (size_t)AGE_CHUNK_SIZE;
        chunk_nonce(nonce, counter, last);
        crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plaintext, length, NULL, 0, NULL, nonce, key);
        if (last)
            break;
        out += SEALED_CHUNK_SIZE;
        plaintext += AGE_CHUNK_SIZE;
        size -= AGE_CHUNK_SIZE;
    }
    sodium_memzero(key, sizeof key);
}
