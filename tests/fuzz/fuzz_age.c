/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes opening age files: the input as a file, and the input as a list of edits to a valid file, of
 * which no edited form may open. The seeds are sealed for the identity of 32 bytes of 0x42, whose
 * recipient is age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj. No scrypt is run.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "fuzz/fuzz.h"
#include "store/age.h"

/* More than one chunk. */
enum { PLAINTEXT_SIZE = 65536 + 100 };

static struct age_identity identity;
static unsigned char plaintext[PLAINTEXT_SIZE];
static unsigned char *valid;
static size_t valid_size;

/* The same bytes in every run, so that a crash can be repeated. */
static const char *fixed_name(void)
{
    return "fixed";
}

static void fixed_bytes(void *const bytes, const size_t size)
{
    static const unsigned char seed[randombytes_SEEDBYTES];
    randombytes_buf_deterministic(bytes, size, seed);
}

static uint32_t fixed_word(void)
{
    return 4;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static struct randombytes_implementation fixed = {
        .implementation_name = fixed_name, .random = fixed_word, .buf = fixed_bytes};
    struct reason why;
    unsigned char recipients[2][AGE_KEY_SIZE] = {{9}};
    (void)argc;
    (void)argv;
    require(randombytes_set_implementation(&fixed) == 0 && sodium_init() >= 0);
    memset(identity.scalar, 0x42, sizeof identity.scalar);
    crypto_scalarmult_curve25519_base(identity.recipient, identity.scalar);
    identity.claimed = true;
    memcpy(recipients[1], identity.recipient, sizeof identity.recipient);
    require(age_seal((const unsigned char(*)[AGE_KEY_SIZE])recipients, 2, plaintext, sizeof plaintext, &valid,
                     &valid_size, &why));
    return 0;
}

static enum age_result try(const unsigned char *file, size_t size)
{
    struct secret opened;
    struct reason why = {0};
    enum age_result result = age_open(file, size, &identity, 1, &opened, &why);
    if (result == AGE_OK)
        require(opened.bytes && opened.size <= size);
    else
        require(!opened.bytes && opened.size == 0 && why.text[0] != '\0');
    secret_free(&opened);
    return result;
}

/* Edits of three bytes: a place (counted from either end, where most is to be found) and a mask. */
static void try_edited(const uint8_t *edits, size_t size)
{
    size_t cut = size % 3 == 1 ? edits[size - 1] : 0;
    unsigned char *edited = malloc(valid_size);
    memcpy(edited, valid, valid_size);
    for (; size >= 3; edits += 3, size -= 3) {
        size_t place = (edits[0] | (size_t)edits[1] << 8) & 0x7fff;
        place %= valid_size;
        edited[edits[1] & 0x80 ? valid_size - 1 - place : place] ^= edits[2];
    }
    bool same = cut == 0 && memcmp(edited, valid, valid_size) == 0;
    require((try(edited, valid_size - cut) == AGE_OK) == same);
    free(edited);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool is_file = age_is_file(data, size), needs_passphrase = age_needs_passphrase(data, size);
    enum age_result result = try(data, size);
    require(!needs_passphrase || result == AGE_NO_MATCH);
    require(result != AGE_OK || is_file);
    try_edited(data, size);
    return 0;
}
