/* SPDX-License-Identifier: ISC */
/*
 * What the age_*.c files share. Runs in secrun and secrunctl; sees file keys and plaintext.
 * Section names refer to the C2SP specification "age".
 */
#ifndef SECRUN_AGE_INTERNAL_H
#define SECRUN_AGE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "base/secret.h"
#include "store/age.h"

enum { AGE_FILE_KEY_SIZE = 16 };
enum { AGE_TAG_SIZE = 16 };     /* of ChaCha20-Poly1305 */
enum { AGE_WRAPPED_SIZE = 32 }; /* a file key and its tag */
enum { AGE_DERIVED_SIZE = 32 }; /* every key that HKDF or scrypt makes, and the header's MAC */
enum { AGE_SALT_SIZE = 16 };    /* of an scrypt stanza */
enum { AGE_NONCE_SIZE = 16 };   /* in front of the payload */
enum { AGE_CHUNK_SIZE = 65536 };
enum { AGE_COLUMNS = 64 }; /* of base64, in a stanza's body and in armor */
enum { AGE_COLUMNS_BYTES = 48 };

/* The first line; "age-encryption.org/" alone makes it an age file, of whatever version. */
#define AGE_VERSION_PREFIX "age-encryption.org/"
#define AGE_VERSION_LINE   AGE_VERSION_PREFIX "v1"

struct age_x25519_stanza {
    unsigned char share[AGE_KEY_SIZE];
    unsigned char wrapped[AGE_WRAPPED_SIZE];
};

struct age_scrypt_stanza {
    unsigned char salt[AGE_SALT_SIZE];
    unsigned char wrapped[AGE_WRAPPED_SIZE];
    unsigned log_n;
};

/* A parsed header: 66 KiB, to be allocated. */
struct age_header {
    size_t size;    /* bytes, its last line feed included: here the payload begins */
    size_t covered; /* bytes that the MAC covers: up to and including "---" */
    unsigned char mac[AGE_DERIVED_SIZE];
    bool post_quantum; /* has an ML-KEM stanza, which is not supported */
    bool passphrase;   /* scrypt holds its one stanza */
    struct age_scrypt_stanza scrypt;
    size_t stanza_count; /* of every type */
    size_t grease_count; /* of those, stanzas that no one can open */
    size_t x25519_count;
    struct age_x25519_stanza x25519[AGE_STANZAS_MAX];
};

/* age_armor.c: does this look like armor, well-formed or not, rather than a binary file? */
bool age_armor_looks_so(const unsigned char *text, size_t size);
/* Is the first line that is not blank the BEGIN line? */
bool age_armor_begins(const unsigned char *text, size_t size);
/* Decodes armor ("ASCII armor") into *bytes (malloc, owned by the caller). On failure *bytes is NULL. */
enum age_result age_armor_decode(const unsigned char *text, size_t size, unsigned char **bytes,
                                 size_t *decoded, struct reason *why);

/* age_header.c: parses and checks a header ("Header"), each X25519 and scrypt stanza included. */
bool age_header_parse(struct age_header *header, const unsigned char *file, size_t size, struct reason *why);
/* The bytes of a header of count X25519 stanzas. */
size_t age_header_size(size_t count);
/* Writes age_header_size(count) bytes at out. */
void age_header_write(unsigned char *out, const struct age_x25519_stanza *stanzas, size_t count,
                      const unsigned char file_key[static AGE_FILE_KEY_SIZE]);

/* age_keys.c: HKDF-SHA-256 (RFC 5869) of 32 bytes. info is a string. */
void age_hkdf(unsigned char out[static AGE_DERIVED_SIZE], const unsigned char *ikm, size_t ikm_size,
              const unsigned char *salt, size_t salt_size, const char *info);
/* The MAC of the first `covered` bytes of a header ("Header MAC"). */
void age_header_mac(unsigned char mac[static AGE_DERIVED_SIZE], const unsigned char *header, size_t covered,
                    const unsigned char file_key[static AGE_FILE_KEY_SIZE]);
/* Wraps a file key for a recipient; false if the recipient is a low-order point. */
bool age_x25519_wrap(struct age_x25519_stanza *stanza, const unsigned char file_key[static AGE_FILE_KEY_SIZE],
                     const unsigned char recipient[static AGE_KEY_SIZE]);
/* AGE_OK, AGE_NO_MATCH (no reason given), or AGE_BAD_HEADER for a low-order share. */
enum age_result age_x25519_unwrap(unsigned char file_key[static AGE_FILE_KEY_SIZE],
                                  const struct age_x25519_stanza *stanza,
                                  const unsigned char scalar[static AGE_KEY_SIZE],
                                  const unsigned char recipient[static AGE_KEY_SIZE], struct reason *why);
/* AGE_OK, AGE_NO_MATCH for a wrong passphrase, or AGE_FAILED. */
enum age_result age_scrypt_unwrap(unsigned char file_key[static AGE_FILE_KEY_SIZE],
                                  const struct age_scrypt_stanza *stanza, const char *passphrase,
                                  size_t passphrase_size, struct reason *why);

/* age_stream.c: opens a payload ("Payload"), its nonce included, into *plaintext, which it allocates. */
enum age_result age_stream_open(struct secret *plaintext, const unsigned char *payload, size_t size,
                                const unsigned char file_key[static AGE_FILE_KEY_SIZE], struct reason *why);
/* The bytes of the payload for size bytes of plaintext, its nonce included. */
size_t age_stream_size(size_t size);
/* Writes age_stream_size(size) bytes at out. */
void age_stream_seal(unsigned char *out, const unsigned char *plaintext, size_t size,
                     const unsigned char file_key[static AGE_FILE_KEY_SIZE]);

#endif
