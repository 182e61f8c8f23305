/* SPDX-License-Identifier: ISC */
/*
 * Every key of an age file that comes from another: HKDF, the header's MAC, and wrapping a file key
 * for a recipient or a passphrase. Runs in secrun and secrunctl; sees private keys and file keys,
 * on the stack only, wiped before each return.
 */
#include "store/age_internal.h"

#include <stdint.h>
#include <string.h>

#include <sodium.h>

static const char x25519_info[] = "age-encryption.org/v1/X25519";
static const char scrypt_label[] = "age-encryption.org/v1/scrypt";
enum { SCRYPT_LABEL_SIZE = sizeof scrypt_label - 1 };

/* A wrap key is used once, so its nonce is fixed. */
static const unsigned char zero_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

_Static_assert(AGE_DERIVED_SIZE == crypto_auth_hmacsha256_BYTES, "HKDF's one block");
_Static_assert(AGE_DERIVED_SIZE == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "a wrap key");
_Static_assert(AGE_TAG_SIZE == crypto_aead_chacha20poly1305_ietf_ABYTES, "a tag");
_Static_assert(AGE_WRAPPED_SIZE == AGE_FILE_KEY_SIZE + AGE_TAG_SIZE, "a wrapped file key");
_Static_assert(AGE_KEY_SIZE == crypto_scalarmult_curve25519_BYTES, "a point");
_Static_assert(AGE_KEY_SIZE == crypto_scalarmult_curve25519_SCALARBYTES, "a scalar");

static void hmac(unsigned char out[static AGE_DERIVED_SIZE], const unsigned char *key, size_t key_size,
                 const unsigned char *text, size_t size)
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, key_size);
    crypto_auth_hmacsha256_update(&state, text, size);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

void age_hkdf(unsigned char out[static AGE_DERIVED_SIZE], const unsigned char *ikm, size_t ikm_size,
              const unsigned char *salt, size_t salt_size, const char *info)
{
    static const unsigned char first_block = 1;
    unsigned char extracted[AGE_DERIVED_SIZE];
    crypto_auth_hmacsha256_state state;
    hmac(extracted, salt, salt_size, ikm, ikm_size);
    crypto_auth_hmacsha256_init(&state, extracted, sizeof extracted);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)info, strlen(info));
    crypto_auth_hmacsha256_update(&state, &first_block, 1);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
    sodium_memzero(extracted, sizeof extracted);
}

void age_header_mac(unsigned char mac[static AGE_DERIVED_SIZE], const unsigned char *header, size_t covered,
                    const unsigned char file_key[static AGE_FILE_KEY_SIZE])
{
    unsigned char key[AGE_DERIVED_SIZE];
    age_hkdf(key, file_key, AGE_FILE_KEY_SIZE, (const unsigned char *)"", 0, "header");
    hmac(mac, key, sizeof key, header, covered);
    sodium_memzero(key, sizeof key);
}

static void wrap(unsigned char wrapped[static AGE_WRAPPED_SIZE],
                 const unsigned char file_key[static AGE_FILE_KEY_SIZE],
                 const unsigned char key[static AGE_DERIVED_SIZE])
{
    crypto_aead_chacha20poly1305_ietf_encrypt(wrapped, NULL, file_key, AGE_FILE_KEY_SIZE, NULL, 0, NULL,
                                              zero_nonce, key);
}

static bool unwrap(unsigned char file_key[static AGE_FILE_KEY_SIZE],
                   const unsigned char wrapped[static AGE_WRAPPED_SIZE],
                   const unsigned char key[static AGE_DERIVED_SIZE])
{
    return crypto_aead_chacha20poly1305_ietf_decrypt(file_key, NULL, NULL, wrapped, AGE_WRAPPED_SIZE, NULL, 0,
                                                     zero_nonce, key) == 0;
}

static void x25519_wrap_key(unsigned char key[static AGE_DERIVED_SIZE],
                            const unsigned char shared[static AGE_KEY_SIZE],
                            const unsigned char share[static AGE_KEY_SIZE],
                            const unsigned char recipient[static AGE_KEY_SIZE])
{
    unsigned char salt[2 * AGE_KEY_SIZE];
    memcpy(salt, share, AGE_KEY_SIZE);
    memcpy(salt + AGE_KEY_SIZE, recipient, AGE_KEY_SIZE);
    age_hkdf(key, shared, AGE_KEY_SIZE, salt, sizeof salt, x25519_info);
}

bool age_x25519_wrap(struct age_x25519_stanza *stanza, const unsigned char file_key[static AGE_FILE_KEY_SIZE],
                     const unsigned char recipient[static AGE_KEY_SIZE])
{
    unsigned char ephemeral[AGE_KEY_SIZE], shared[AGE_KEY_SIZE], key[AGE_DERIVED_SIZE];
    randombytes_buf(ephemeral, sizeof ephemeral);
    /* libsodium fails when the product is all zero, that is for a low-order point. */
    bool made = crypto_scalarmult_curve25519_base(stanza->share, ephemeral) == 0 &&
                crypto_scalarmult_curve25519(shared, ephemeral, recipient) == 0;
    if (made) {
        x25519_wrap_key(key, shared, stanza->share, recipient);
        wrap(stanza->wrapped, file_key, key);
        sodium_memzero(key, sizeof key);
    }
    sodium_memzero(ephemeral, sizeof ephemeral);
    sodium_memzero(shared, sizeof shared);
    return made;
}

enum age_result age_x25519_unwrap(unsigned char file_key[static AGE_FILE_KEY_SIZE],
                                  const struct age_x25519_stanza *stanza,
                                  const unsigned char scalar[static AGE_KEY_SIZE],
                                  const unsigned char recipient[static AGE_KEY_SIZE], struct reason *why)
{
    unsigned char shared[AGE_KEY_SIZE], key[AGE_DERIVED_SIZE];
    if (crypto_scalarmult_curve25519(shared, scalar, stanza->share) != 0) {
        fail(why, "malformed header: a share is a low-order point");
        return AGE_BAD_HEADER;
    }
    x25519_wrap_key(key, shared, stanza->share, recipient);
    bool opened = unwrap(file_key, stanza->wrapped, key);
    sodium_memzero(key, sizeof key);
    sodium_memzero(shared, sizeof shared);
    return opened ? AGE_OK : AGE_NO_MATCH;
}

enum age_result age_scrypt_unwrap(unsigned char file_key[static AGE_FILE_KEY_SIZE],
                                  const struct age_scrypt_stanza *stanza, const char *passphrase,
                                  size_t passphrase_size, struct reason *why)
{
    unsigned char salt[SCRYPT_LABEL_SIZE + AGE_SALT_SIZE], key[AGE_DERIVED_SIZE];
    memcpy(salt, scrypt_label, SCRYPT_LABEL_SIZE);
    memcpy(salt + SCRYPT_LABEL_SIZE, stanza->salt, AGE_SALT_SIZE);
    if (crypto_pwhash_scryptsalsa208sha256_ll((const uint8_t *)passphrase, passphrase_size, salt, sizeof salt,
                                              UINT64_C(1) << stanza->log_n, 8, 1, key, sizeof key) != 0) {
        fail(why, "no memory for scrypt with a work factor of 2^%u", stanza->log_n);
        return AGE_FAILED;
    }
    bool opened = unwrap(file_key, stanza->wrapped, key);
    sodium_memzero(key, sizeof key);
    if (opened)
        return AGE_OK;
    fail(why, "wrong passphrase");
    return AGE_NO_MATCH;
}
