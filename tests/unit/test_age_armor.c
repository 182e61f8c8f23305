/* SPDX-License-Identifier: ISC */
/* Armor, its base64, and telling what is an age file. Runs in the unit tests only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "age_sample.h"
#include "store/age_internal.h"
#include "store/base64.h"

TestSuite(age_armor, .init = sample_begin);

Test(age_armor, decodes_base64_as_libsodium_does_where_both_are_right)
{
    static const char some[] = "ABCgz09+/=\n*";
    char text[8];
    for (size_t size = 0; size <= 5; size++) {
        size_t forms = 1;
        for (size_t i = 0; i < size; i++)
            forms *= strlen(some);
        for (size_t form = 0; form < forms; form++) {
            size_t rest = form;
            for (size_t i = 0; i < size; i++, rest /= strlen(some))
                text[i] = some[rest % strlen(some)];
            for (int padded = 0; padded < 2; padded++) {
                unsigned char out[8] = {0}, expected[8] = {0};
                size_t length = 0, expected_length = 0;
                bool good = base64_decode(out, 4, &length, (unsigned char *)text, size, padded);
                bool right = sodium_base642bin(expected, 4, text, size, NULL, &expected_length, NULL,
                                               padded ? sodium_base64_VARIANT_ORIGINAL
                                                      : sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0;
                cr_assert_eq(good, right, "%.*s", (int)size, text);
                cr_assert(!good || (length == expected_length && memcmp(out, expected, length) == 0), "%.*s",
                          (int)size, text);
            }
        }
    }
}

Test(age_armor, decodes_every_digit_of_base64)
{
    for (unsigned value = 0; value < 64; value++) {
        unsigned char in[3] = {(unsigned char)(value << 2), 0, 0}, out[3];
        char text[5];
        size_t length;
        sodium_bin2base64(text, sizeof text, in, 3, sodium_base64_VARIANT_ORIGINAL);
        cr_expect(base64_decode(out, 3, &length, (unsigned char *)text, 4, true) && length == 3);
        cr_expect_eq(memcmp(in, out, 3), 0, "%s", text);
        cr_expect_not(base64_decode(out, 2, &length, (unsigned char *)text, 4, true), "no room");
    }
}

Test(age_armor, tells_an_age_file_by_its_first_line)
{
    static const struct {
        const char *file;
        bool is;
    } cases[] = {
        {VERSION, true},
        {"age-encryption.org/v9\n", true},
        {"-----BEGIN AGE ENCRYPTED FILE-----\n", true},
        {"-----BEGIN AGE ENCRYPTED FILE-----\r\n", true},
        {" \r\n\n-----BEGIN AGE ENCRYPTED FILE-----", true},
        {"", false},
        {"\n \n", false},
        {"age-encryption", false},
        {"\nage-encryption.org/v1\n", false},
        {"-----BEGIN AGE ENCRYPTED FILE-----x\n", false},
        {"x\n-----BEGIN AGE ENCRYPTED FILE-----\n", false},
        {"# created: now\n", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(age_is_file((const unsigned char *)cases[i].file, strlen(cases[i].file)), cases[i].is,
                     "%s", cases[i].file);
    cr_expect_not(age_is_file(NULL, 0));
}

/* The armored form of a file, in `columns` with `line_end`; malloc'd, NUL-terminated. */
static char *armored(const struct sealed *sealed, size_t columns, const char *line_end)
{
    size_t length = sodium_base64_encoded_len(sealed->size, sodium_base64_VARIANT_ORIGINAL) - 1;
    char *base64 = malloc(length + 1), *text = malloc(128 + 3 * length);
    sodium_bin2base64(base64, length + 1, sealed->bytes, sealed->size, sodium_base64_VARIANT_ORIGINAL);
    char *at = stpcpy(stpcpy(text, "-----BEGIN AGE ENCRYPTED FILE-----"), line_end);
    for (size_t i = 0; i < length; i += columns)
        at += sprintf(at, "%.*s%s", (int)columns, base64 + i, line_end);
    stpcpy(stpcpy(at, "-----END AGE ENCRYPTED FILE-----"), line_end);
    free(base64);
    return text;
}

Test(age_armor, opens_armor_of_every_length_of_its_last_line)
{
    struct age_identity identity = sample_identity(1);
    for (size_t size = 0; size < 49; size++) {
        unsigned char *bytes = sample_plaintext(size);
        struct sealed sealed = sample_seal(&identity, 1, bytes, size);
        char *text = armored(&sealed, 64, size % 2 ? "\r\n" : "\n");
        struct sealed armor = {(unsigned char *)text, strlen(text)};
        check_opens_to(&armor, &identity, bytes, size);
        cr_expect(age_is_file(armor.bytes, armor.size));
        free(text);
        free(sealed.bytes);
        free(bytes);
    }
}

Test(age_armor, refuses_armor_that_is_not_strict_and_names_the_line)
{
    static const struct {
        const char *before, *after, *because;
    } cases[] = {
        {"hello\n", "", "malformed armor: line 1: not the line that begins an age file"},
        {"\n  \n", "\nhello\n", "text after the END line"},
        {"-----BEGIN PGP MESSAGE-----\n", "", "malformed armor: line 1"},
        {"", "-----BEGIN AGE ENCRYPTED FILE-----\n", "text after the END line"},
    };
    struct age_identity identity = sample_identity(1);
    struct sealed sealed = sample_seal(&identity, 1, "armor", 5);
    char *text = armored(&sealed, 64, "\n"), *narrow = armored(&sealed, 60, "\n"),
         *wide = armored(&sealed, 68, "\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char changed[2048];
        snprintf(changed, sizeof changed, "%s%s%s", cases[i].before, text, cases[i].after);
        check_fails_with(changed, strlen(changed), &identity, AGE_BAD_ARMOR, cases[i].because);
    }
    check_fails_with(narrow, strlen(narrow), &identity, AGE_BAD_ARMOR,
                     "line 3: more text after a short line");
    check_fails_with(wide, strlen(wide), &identity, AGE_BAD_ARMOR, "line 2: more than 64 columns");
    check_fails_with(text, strlen(text) - strlen("-----\n"), &identity, AGE_BAD_ARMOR,
                     "malformed armor: line ");
    check_fails_with(text, (size_t)(strstr(text, "\n-----END") + 1 - text), &identity, AGE_BAD_ARMOR,
                     "no END line");
    free(text);
    free(narrow);
    free(wide);
    free(sealed.bytes);
}

Test(age_armor, refuses_armor_with_any_byte_changed)
{
    struct age_identity identity = sample_identity(1);
    struct sealed sealed = sample_seal(&identity, 1, "armor!", 6);
    char *text = armored(&sealed, 64, "\n");
    size_t size = strlen(text);
    for (size_t bit = 0; bit < (size - 1) * 8; bit++) {
        struct secret plaintext;
        struct reason why;
        text[bit / 8] ^= (char)(1 << bit % 8);
        cr_assert_neq(sample_open(text, size, &identity, 1, &plaintext, &why), AGE_OK, "bit %zu of byte %zu",
                      bit % 8, bit / 8);
        text[bit / 8] ^= (char)(1 << bit % 8);
    }
    free(text);
    free(sealed.bytes);
}

Test(age_armor, takes_no_binary_file_for_armor)
{
    static const char file[] = VERSION "-> -----BEGIN AGE ENCRYPTED FILE-----\n\n" MAC_LINE;
    struct age_identity identity = sample_identity(1);
    check_fails_with(file, strlen(file), &identity, AGE_NO_MATCH, "sealed for other recipients");
}
