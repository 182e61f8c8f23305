/* SPDX-License-Identifier: ISC */
/* See age_sample.h. Runs in the unit tests only. */
#include "age_sample.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

void sample_begin(void)
{
    cr_assert_geq(sodium_init(), 0);
}

struct age_identity sample_identity(unsigned char byte)
{
    struct age_identity identity = {.claimed = true};
    memset(identity.scalar, byte, sizeof identity.scalar);
    crypto_scalarmult_curve25519_base(identity.recipient, identity.scalar);
    return identity;
}

unsigned char *sample_plaintext(size_t size)
{
    static const unsigned char seed[randombytes_SEEDBYTES] = "plaintext";
    unsigned char *bytes = malloc(size + 1);
    randombytes_buf_deterministic(bytes, size, seed);
    return bytes;
}

struct sealed sample_seal(const struct age_identity *identities, size_t count, const void *plaintext,
                          size_t size)
{
    unsigned char(*recipients)[AGE_KEY_SIZE] = malloc(count * sizeof *recipients);
    struct sealed sealed;
    struct reason why = {0};
    for (size_t i = 0; i < count; i++)
        memcpy(recipients[i], identities[i].recipient, sizeof *recipients);
    cr_assert(age_seal((const unsigned char(*)[AGE_KEY_SIZE])recipients, count, plaintext, size,
                       &sealed.bytes, &sealed.size, &why),
              "%s", why.text);
    free(recipients);
    return sealed;
}

enum age_result sample_open(const void *file, size_t size, const struct age_identity *identities,
                            size_t count, struct secret *plaintext, struct reason *why)
{
    *why = (struct reason){0};
    enum age_result result = age_open(file, size, identities, count, plaintext, why);
    if (result != AGE_OK) {
        cr_assert(!plaintext->bytes && plaintext->size == 0, "plaintext released");
        cr_assert_gt(strlen(why->text), (size_t)0);
        cr_assert(why->text[0] >= 'a' && why->text[0] <= 'z' && why->text[strlen(why->text) - 1] != '.', "%s",
                  why->text);
    }
    return result;
}

void check_opens_to(const struct sealed *sealed, const struct age_identity *identity, const void *expected,
                    size_t size)
{
    struct secret plaintext;
    struct reason why;
    enum age_result result = sample_open(sealed->bytes, sealed->size, identity, 1, &plaintext, &why);
    cr_assert_eq(result, AGE_OK, "%s", why.text);
    cr_assert_eq(plaintext.size, size);
    cr_assert_eq(memcmp(plaintext.bytes, expected, size), 0);
    secret_free(&plaintext);
}

void check_fails_with(const void *file, size_t size, const struct age_identity *identity,
                      enum age_result expected, const char *because)
{
    struct secret plaintext;
    struct reason why;
    enum age_result result = sample_open(file, size, identity, 1, &plaintext, &why);
    cr_expect_eq(result, expected, "result %d, not %d: %s (expected: %s)", result, expected, why.text,
                 because);
    cr_expect(strstr(why.text, because), "\"%s\" does not say \"%s\"", why.text, because);
    secret_free(&plaintext);
}
