/* SPDX-License-Identifier: ISC */
/*
 * The age v1 file format (C2SP specification "age-encryption.org/v1"): X25519 and scrypt recipients,
 * optional armor when reading. Pure on (pointer, length); plaintext only in struct secret, and none
 * of it is released before the whole file has been authenticated.
 */
#ifndef SECRUN_AGE_H
#define SECRUN_AGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "base/secret.h"

enum { AGE_KEY_SIZE = 32 };               /* bytes of an X25519 scalar or point */
enum { AGE_RECIPIENT_MAX = 64 };          /* "age1…" with its NUL: 63 */
enum { AGE_IDENTITY_MAX = 75 };           /* "AGE-SECRET-KEY-1…" with its NUL */
enum { AGE_HEADER_MAX = 1024 * 1024 };    /* bytes of a header */
enum { AGE_STANZAS_MAX = 1024 };          /* recipients of one file */
enum { AGE_SCRYPT_LOGN_MAX = 20 };        /* 1 GiB of memory */
enum { AGE_FILE_MAX = 64 * 1024 * 1024 }; /* bytes of a sealed file, armored or not */

/* The failures that the C2SP test vectors tell apart. */
enum age_result {
    AGE_OK,
    AGE_NO_MATCH,   /* well-formed, but for none of these identities */
    AGE_BAD_HEADER, /* malformed, over a limit, or a low-order share */
    AGE_BAD_HMAC,   /* header altered */
    AGE_BAD_ARMOR,
    AGE_BAD_PAYLOAD, /* altered, truncated, or with bytes after its end */
    AGE_FAILED,      /* no memory */
};

/* An X25519 identity. Lives inside a struct secret (identity.h allocates it). */
struct age_identity {
    unsigned char scalar[AGE_KEY_SIZE];
    unsigned char recipient[AGE_KEY_SIZE]; /* claimed public key when `claimed`, else unset */
    bool claimed; /* recipient was read from a comment: a cache that may be wrong, checked in use */
};

/*
 * Opens a sealed file with any of `count` identities. On AGE_OK *plaintext is allocated and owned by
 * the caller; else it is empty and *why says what is wrong. A wrong `claimed` recipient costs time,
 * never correctness.
 */
enum age_result age_open(const unsigned char *file, size_t size, const struct age_identity *identities,
                         size_t count, struct secret *plaintext, struct reason *why);

/* The same for a file sealed with a passphrase (an scrypt stanza, alone in its header). */
enum age_result age_open_passphrase(const unsigned char *file, size_t size, const char *passphrase,
                                    size_t passphrase_size, struct secret *plaintext, struct reason *why);

/* Is this an age file, armored or not? Looks at the first line alone. */
bool age_is_file(const unsigned char *file, size_t size);

/* Does the header ask for a passphrase? False for anything malformed. */
bool age_needs_passphrase(const unsigned char *file, size_t size);

/*
 * Seals size bytes to count (>= 1) recipients, in binary form. On true *file (malloc, owned by the
 * caller) holds *file_size bytes. False for no recipient, a low-order one, no memory.
 */
bool age_seal(const unsigned char (*recipients)[AGE_KEY_SIZE], size_t count, const unsigned char *plaintext,
              size_t size, unsigned char **file, size_t *file_size, struct reason *why);

/*
 * How many recipients a well-formed file is sealed to, of every type; the stanzas of nobody that some
 * implementations add ("-grease") do not count. 0 for anything malformed.
 */
size_t age_recipient_count(const unsigned char *file, size_t size);

#endif
