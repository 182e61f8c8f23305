/* SPDX-License-Identifier: ISC */
/*
 * Opening and sealing age files: see age.h. Runs in secrun and secrunctl; sees private keys, file
 * keys and plaintext.
 *
 * Opening MUST, in this order:
 *   1. undo the armor and parse the whole header, strictly, before any key is used;
 *   2. refuse a share that makes the shared secret zero;
 *   3. find the header's MAC right, compared in constant time, before the payload is looked at;
 *   4. find every chunk authentic, the last one marked as the last and nothing behind it, before
 *      the caller sees one byte.
 */
#include "store/age.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "store/age_internal.h"

/* A file whose header has been parsed. */
struct sealed {
    const unsigned char *bytes; /* the file, or what its armor holds */
    size_t size;
    unsigned char *dearmored;  /* owned; NULL for a binary file */
    struct age_header *header; /* owned */
};

static void sealed_free(struct sealed *sealed)
{
    free(sealed->dearmored);
    free(sealed->header);
    *sealed = (struct sealed){0};
}

/* Undoes the armor and parses the header. *sealed is to be freed whatever the result. */
static enum age_result sealed_parse(struct sealed *sealed, const unsigned char *file, size_t size,
                                    struct reason *why)
{
    *sealed = (struct sealed){.bytes = file, .size = size};
    if (size == 0) {
        fail(why, "empty, not an age file");
        return AGE_BAD_HEADER;
    }
    if (size > AGE_FILE_MAX) {
        fail(why, "larger than %d bytes", AGE_FILE_MAX);
        return AGE_BAD_HEADER;
    }
    if (age_armor_looks_so(file, size)) {
        enum age_result result = age_armor_decode(file, size, &sealed->dearmored, &sealed->size, why);
        if (result != AGE_OK)
            return result;
        sealed->bytes = sealed->dearmored;
    }
    sealed->header = malloc(sizeof *sealed->header);
    if (!sealed->header) {
        fail(why, "no memory for a header");
        return AGE_FAILED;
    }
    return age_header_parse(sealed->header, sealed->bytes, sealed->size, why) ? AGE_OK : AGE_BAD_HEADER;
}

/* With the file key: checks the header's MAC, then opens the payload. */
static enum age_result sealed_open(const struct sealed *sealed,
                                   const unsigned char file_key[static AGE_FILE_KEY_SIZE],
                                   struct secret *plaintext, struct reason *why)
{
    const struct age_header *header = sealed->header;
    unsigned char mac[AGE_DERIVED_SIZE];
    age_header_mac(mac, sealed->bytes, header->covered, file_key);
    bool same = sodium_memcmp(mac, header->mac, sizeof mac) == 0;
    /* The right MAC of altered bytes is what a forger would want to know. */
    sodium_memzero(mac, sizeof mac);
    if (!same) {
        fail(why, "altered header");
        return AGE_BAD_HMAC;
    }
    return age_stream_open(plaintext, sealed->bytes + header->size, sealed->size - header->size, file_key,
                           why);
}

/* Tries one identity on every X25519 stanza. */
static enum age_result unwrap_with(unsigned char file_key[static AGE_FILE_KEY_SIZE],
                                   const struct age_header *header,
                                   const unsigned char scalar[static AGE_KEY_SIZE],
                                   const unsigned char recipient[static AGE_KEY_SIZE], struct reason *why)
{
    for (size_t i = 0; i < header->x25519_count; i++) {
        enum age_result result = age_x25519_unwrap(file_key, &header->x25519[i], scalar, recipient, why);
        if (result != AGE_NO_MATCH)
            return result;
    }
    return AGE_NO_MATCH;
}

/*
 * One round over the identities. The first takes a claimed recipient at its word, which saves a
 * scalar multiplication. The second is for the claims that were wrong: the recipient is a part of
 * the wrap key's salt, so a wrong one only ever fails to open what should open.
 */
static enum age_result unwrap_round(unsigned char file_key[static AGE_FILE_KEY_SIZE],
                                    const struct age_header *header, const struct age_identity *identities,
                                    size_t count, bool trusting, struct reason *why)
{
    for (size_t i = 0; i < count; i++) {
        const struct age_identity *identity = &identities[i];
        const unsigned char *recipient = identity->recipient;
        unsigned char computed[AGE_KEY_SIZE];
        if (!trusting && !identity->claimed)
            continue;
        if (!trusting || !identity->claimed) {
            crypto_scalarmult_curve25519_base(computed, identity->scalar);
            recipient = computed;
        }
        if (!trusting && memcmp(computed, identity->recipient, sizeof computed) == 0)
            continue;
        enum age_result result = unwrap_with(file_key, header, identity->scalar, recipient, why);
        if (result != AGE_NO_MATCH)
            return result;
    }
    return AGE_NO_MATCH;
}

static enum age_result no_match(const struct age_header *header, struct reason *why)
{
    if (header->passphrase)
        fail(why, "sealed with a passphrase");
    else if (header->post_quantum && header->x25519_count == 0)
        fail(why, "sealed for post-quantum recipients (mlkem768x25519), which are not supported");
    else if (header->post_quantum)
        fail(why, "sealed for other recipients; post-quantum ones (mlkem768x25519) are not supported");
    else
        fail(why, "sealed for other recipients");
    return AGE_NO_MATCH;
}

enum age_result age_open(const unsigned char *file, size_t size, const struct age_identity *identities,
                         size_t count, struct secret *plaintext, struct reason *why)
{
    struct sealed sealed;
    unsigned char file_key[AGE_FILE_KEY_SIZE];
    *plaintext = (struct secret){0};
    enum age_result result = sealed_parse(&sealed, file, size, why);
    if (result == AGE_OK) {
        result = AGE_NO_MATCH;
        if (sealed.header->x25519_count > 0)
            result = unwrap_round(file_key, sealed.header, identities, count, true, why);
        if (result == AGE_NO_MATCH && sealed.header->x25519_count > 0)
            result = unwrap_round(file_key, sealed.header, identities, count, false, why);
        if (result == AGE_NO_MATCH)
            no_match(sealed.header, why);
    }
    if (result == AGE_OK)
        result = sealed_open(&sealed, file_key, plaintext, why);
    sodium_memzero(file_key, sizeof file_key);
    sealed_free(&sealed);
    return result;
}

enum age_result age_open_passphrase(const unsigned char *file, size_t size, const char *passphrase,
                                    size_t passphrase_size, struct secret *plaintext, struct reason *why)
{
    struct sealed sealed;
    unsigned char file_key[AGE_FILE_KEY_SIZE];
    *plaintext = (struct secret){0};
    enum age_result result = sealed_parse(&sealed, file, size, why);
    if (result == AGE_OK && !sealed.header->passphrase) {
        fail(why, "not sealed with a passphrase");
        result = AGE_NO_MATCH;
    }
    if (result == AGE_OK)
        result = age_scrypt_unwrap(file_key, &sealed.header->scrypt, passphrase, passphrase_size, why);
    if (result == AGE_OK)
        result = sealed_open(&sealed, file_key, plaintext, why);
    sodium_memzero(file_key, sizeof file_key);
    sealed_free(&sealed);
    return result;
}

bool age_is_file(const unsigned char *file, size_t size)
{
    static const char prefix[] = AGE_VERSION_PREFIX;
    if (size == 0)
        return false;
    if (size >= strlen(prefix) && memcmp(file, prefix, strlen(prefix)) == 0)
        return true;
    return age_armor_begins(file, size);
}

bool age_needs_passphrase(const unsigned char *file, size_t size)
{
    struct sealed sealed;
    struct reason ignored;
    bool needs = sealed_parse(&sealed, file, size, &ignored) == AGE_OK && sealed.header->passphrase;
    sealed_free(&sealed);
    return needs;
}

size_t age_recipient_count(const unsigned char *file, size_t size)
{
    struct sealed sealed;
    struct reason ignored;
    bool parsed = sealed_parse(&sealed, file, size, &ignored) == AGE_OK;
    size_t count = parsed ? sealed.header->stanza_count - sealed.header->grease_count : 0;
    sealed_free(&sealed);
    return count;
}
