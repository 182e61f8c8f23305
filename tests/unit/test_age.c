/* SPDX-License-Identifier: ISC */
/* Opening and sealing age files: what no peer and no published vector tests. Runs in the unit tests only. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <criterion/criterion.h>

#include "age_sample.h"

enum { CHUNK = 65536, SEALED_CHUNK = CHUNK + 16, NONCE = 16 };
/* "age-encryption.org/v1", a stanza of 98 bytes a recipient, the MAC's line. */
enum { HEADER_OF_ONE = 22 + 98 + 48 };

TestSuite(age, .init = sample_begin);

Test(age, opens_what_it_sealed_at_the_edges_of_chunks)
{
    static const size_t sizes[] = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1};
    struct age_identity identity = sample_identity(1);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *bytes = sample_plaintext(sizes[i]);
        struct sealed sealed = sample_seal(&identity, 1, bytes, sizes[i]);
        size_t chunks = sizes[i] ? (sizes[i] + CHUNK - 1) / CHUNK : 1;
        cr_expect_eq(sealed.size, HEADER_OF_ONE + NONCE + sizes[i] + 16 * chunks);
        check_opens_to(&sealed, &identity, bytes, sizes[i]);
        free(sealed.bytes);
        free(bytes);
    }
}

Test(age, opens_with_each_of_several_recipients_and_any_of_several_identities)
{
    struct age_identity identities[5];
    struct secret plaintext;
    struct reason why;
    for (unsigned char i = 0; i < 5; i++)
        identities[i] = sample_identity((unsigned char)(i + 1));
    struct sealed sealed = sample_seal(identities, 4, "for four", 8);
    for (size_t i = 0; i < 4; i++)
        check_opens_to(&sealed, &identities[i], "for four", 8);
    check_fails_with(sealed.bytes, sealed.size, &identities[4], AGE_NO_MATCH, "sealed for other recipients");
    struct sealed for_last = sample_seal(&identities[4], 1, "for the last", 12);
    cr_assert_eq(sample_open(for_last.bytes, for_last.size, identities, 5, &plaintext, &why), AGE_OK);
    cr_expect_arr_eq(plaintext.bytes, "for the last", 12);
    secret_free(&plaintext);
    cr_expect_eq(sample_open(for_last.bytes, for_last.size, identities, 0, &plaintext, &why), AGE_NO_MATCH);
    free(sealed.bytes);
    free(for_last.bytes);
}

Test(age, opens_without_a_claimed_recipient)
{
    struct age_identity identity = sample_identity(1);
    struct sealed sealed = sample_seal(&identity, 1, "unclaimed", 9);
    identity.claimed = false;
    memset(identity.recipient, 0xaa, sizeof identity.recipient);
    check_opens_to(&sealed, &identity, "unclaimed", 9);
    free(sealed.bytes);
}

Test(age, opens_with_a_wrong_claimed_recipient)
{
    struct age_identity identities[2] = {sample_identity(1), sample_identity(2)};
    struct sealed sealed = sample_seal(identities, 2, "ours", 4);
    struct age_identity wrong = identities[0];
    memset(wrong.recipient, 0, sizeof wrong.recipient);
    check_opens_to(&sealed, &wrong, "ours", 4);
    memcpy(wrong.recipient, identities[1].recipient, sizeof wrong.recipient);
    check_opens_to(&sealed, &wrong, "ours", 4);
    free(sealed.bytes);
}

Test(age, opens_nothing_for_someone_else_with_a_claim_of_his_recipient)
{
    struct age_identity mine = sample_identity(1), other = sample_identity(2);
    struct sealed sealed = sample_seal(&other, 1, "not mine", 8);
    memcpy(mine.recipient, other.recipient, sizeof mine.recipient);
    check_fails_with(sealed.bytes, sealed.size, &mine, AGE_NO_MATCH, "sealed for other recipients");
    free(sealed.bytes);
}

Test(age, refuses_a_file_cut_at_any_byte)
{
    struct age_identity identity = sample_identity(1);
    struct sealed sealed = sample_seal(&identity, 1, "cut me", 6);
    for (size_t size = 0; size < sealed.size; size++) {
        struct secret plaintext;
        struct reason why;
        /* A copy of that size, so that a sanitizer sees a read past its end. */
        unsigned char *cut = malloc(size ? size : 1);
        memcpy(cut, sealed.bytes, size);
        enum age_result result = sample_open(cut, size, &identity, 1, &plaintext, &why);
        enum age_result expected = size < HEADER_OF_ONE + NONCE ? AGE_BAD_HEADER : AGE_BAD_PAYLOAD;
        cr_assert_eq(result, expected, "%zu bytes: %d, %s", size, result, why.text);
        free(cut);
    }
    free(sealed.bytes);
}

Test(age, refuses_a_file_with_any_bit_flipped)
{
    struct age_identity identity = sample_identity(1);
    struct sealed sealed = sample_seal(&identity, 1, "flip me", 7);
    for (size_t bit = 0; bit < sealed.size * 8; bit++) {
        struct secret plaintext;
        struct reason why;
        sealed.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        enum age_result result = sample_open(sealed.bytes, sealed.size, &identity, 1, &plaintext, &why);
        cr_assert_neq(result, AGE_OK, "bit %zu of byte %zu", bit % 8, bit / 8);
        if (bit / 8 >= HEADER_OF_ONE)
            cr_assert_eq(result, AGE_BAD_PAYLOAD, "bit %zu of byte %zu", bit % 8, bit / 8);
        sealed.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    check_opens_to(&sealed, &identity, "flip me", 7);
    free(sealed.bytes);
}

Test(age, refuses_bytes_behind_the_last_chunk)
{
    static const size_t sizes[] = {0, 100, CHUNK, 2 * CHUNK}, extras[] = {1, 15, 16, 17, SEALED_CHUNK};
    struct age_identity identity = sample_identity(1);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *bytes = sample_plaintext(sizes[i]);
        struct sealed sealed = sample_seal(&identity, 1, bytes, sizes[i]);
        for (size_t j = 0; j < sizeof extras / sizeof *extras; j++) {
            unsigned char *longer = calloc(1, sealed.size + extras[j]);
            memcpy(longer, sealed.bytes, sealed.size);
            check_fails_with(longer, sealed.size + extras[j], &identity, AGE_BAD_PAYLOAD,
                             "truncated or altered payload");
            free(longer);
        }
        free(sealed.bytes);
        free(bytes);
    }
}

Test(age, refuses_chunks_that_are_missing_doubled_or_out_of_order)
{
    struct age_identity identity = sample_identity(1);
    unsigned char *bytes = sample_plaintext(3 * CHUNK);
    struct sealed sealed = sample_seal(&identity, 1, bytes, 3 * CHUNK);
    const size_t first = HEADER_OF_ONE + NONCE, second = first + SEALED_CHUNK, third = second + SEALED_CHUNK;
    unsigned char *changed = malloc(sealed.size + SEALED_CHUNK);

    check_fails_with(sealed.bytes, third, &identity, AGE_BAD_PAYLOAD, "payload");

    memcpy(changed, sealed.bytes, second);
    memcpy(changed + second, sealed.bytes + third, SEALED_CHUNK);
    check_fails_with(changed, third, &identity, AGE_BAD_PAYLOAD, "payload");

    memcpy(changed, sealed.bytes, sealed.size);
    memcpy(changed + sealed.size, sealed.bytes + third, SEALED_CHUNK);
    check_fails_with(changed, sealed.size + SEALED_CHUNK, &identity, AGE_BAD_PAYLOAD, "payload");

    memcpy(changed + first, sealed.bytes + second, SEALED_CHUNK);
    memcpy(changed + second, sealed.bytes + first, SEALED_CHUNK);
    check_fails_with(changed, sealed.size, &identity, AGE_BAD_PAYLOAD, "payload");
    free(changed);
    free(sealed.bytes);
    free(bytes);
}

Test(age, refuses_the_payload_of_another_file)
{
    struct age_identity identity = sample_identity(1);
    struct sealed one = sample_seal(&identity, 1, "one", 3), two = sample_seal(&identity, 1, "two", 3);
    memcpy(one.bytes + HEADER_OF_ONE, two.bytes + HEADER_OF_ONE, two.size - HEADER_OF_ONE);
    check_fails_with(one.bytes, one.size, &identity, AGE_BAD_PAYLOAD, "payload");
    free(one.bytes);
    free(two.bytes);
}

Test(age, refuses_a_recipient_added_or_taken_away)
{
    struct age_identity identities[2] = {sample_identity(1), sample_identity(2)};
    struct sealed sealed = sample_seal(identities, 2, "two", 3);
    unsigned char *changed = malloc(sealed.size + 98);
    memcpy(changed, sealed.bytes, 22 + 98);
    memcpy(changed + 22 + 98, sealed.bytes + 22 + 2 * 98, sealed.size - 22 - 2 * 98);
    check_fails_with(changed, sealed.size - 98, &identities[0], AGE_BAD_HMAC, "altered header");
    memcpy(changed, sealed.bytes, 22 + 98);
    memcpy(changed + 22 + 98, sealed.bytes + 22, sealed.size - 22);
    check_fails_with(changed, sealed.size + 98, &identities[0], AGE_BAD_HMAC, "altered header");
    free(changed);
    free(sealed.bytes);
}

Test(age, makes_each_key_and_nonce_anew)
{
    struct age_identity identity = sample_identity(1), same_twice[2] = {identity, identity};
    struct sealed one = sample_seal(same_twice, 2, "same", 4), two = sample_seal(same_twice, 2, "same", 4);
    const size_t share = 22 + strlen("-> X25519 "), header = 22 + 2 * 98 + 48;
    cr_expect_neq(memcmp(one.bytes + share, two.bytes + share, 43), 0, "the share of two files");
    cr_expect_neq(memcmp(one.bytes + share, one.bytes + share + 98, 43), 0, "the share of two stanzas");
    cr_expect_neq(memcmp(one.bytes + header, two.bytes + header, NONCE), 0, "the nonce");
    free(one.bytes);
    free(two.bytes);
}

Test(age, seals_for_as_many_recipients_as_it_opens)
{
    struct age_identity *identities = malloc((AGE_STANZAS_MAX + 1) * sizeof *identities);
    struct reason why;
    unsigned char *file;
    size_t size;
    for (size_t i = 0; i < AGE_STANZAS_MAX; i++)
        identities[i] = sample_identity(1);
    identities[AGE_STANZAS_MAX - 1] = sample_identity(2);
    struct sealed sealed = sample_seal(identities, AGE_STANZAS_MAX, "many", 4);
    check_opens_to(&sealed, &identities[AGE_STANZAS_MAX - 1], "many", 4);
    unsigned char(*recipients)[AGE_KEY_SIZE] = calloc(AGE_STANZAS_MAX + 1, sizeof *recipients);
    cr_expect_not(age_seal((const unsigned char(*)[AGE_KEY_SIZE])recipients, AGE_STANZAS_MAX + 1,
                           (const unsigned char *)"", 0, &file, &size, &why));
    cr_expect_str_eq(why.text, "more than 1024 recipients");
    free(recipients);
    free(sealed.bytes);
    free(identities);
}

Test(age, seals_for_no_low_order_recipient_and_not_for_nobody)
{
    static const unsigned char points[2][AGE_KEY_SIZE] = {
        {9},
        {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
         0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
    };
    struct reason why;
    unsigned char *file = (unsigned char *)&why;
    size_t size = 1;
    cr_expect_not(age_seal(points, 2, (const unsigned char *)"x", 1, &file, &size, &why));
    cr_expect_str_eq(why.text, "recipient 2 is a low-order point");
    cr_expect(!file && size == 0);
    cr_expect_not(age_seal(points, 0, (const unsigned char *)"x", 1, &file, &size, &why));
    cr_expect_str_eq(why.text, "no recipient to seal for");
}

Test(age, refuses_a_file_above_its_limit)
{
    const size_t above = (size_t)AGE_FILE_MAX + 1;
    struct age_identity identity = sample_identity(1);
    struct reason why;
    unsigned char *sealed;
    size_t size;
    /* Pages that nobody touches cost nothing. */
    unsigned char *file = mmap(NULL, above, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(file, MAP_FAILED);
    memcpy(file, VERSION, strlen(VERSION));
    check_fails_with(file, above, &identity, AGE_BAD_HEADER, "larger than 67108864 bytes");
    cr_expect_not(age_seal((const unsigned char(*)[AGE_KEY_SIZE])identity.recipient, 1, file, AGE_FILE_MAX,
                           &sealed, &size, &why));
    cr_expect_str_eq(why.text, "would be larger than 67108864 bytes when sealed");
    munmap(file, above);
}
