/* SPDX-License-Identifier: ISC */
/* What the header of an age file may be, and what is said of one that is not so. Runs in the unit tests only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "age_sample.h"

TestSuite(age_header, .init = sample_begin);

Test(age_header, takes_no_byte_for_base64_that_is_not_of_its_alphabet)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct age_identity identity = sample_identity(1);
    struct sealed sealed = sample_seal(&identity, 1, "x", 1);
    const size_t places[] = {22 + strlen("-> X25519 "), 22 + strlen("-> X25519 ") + 44,
                             22 + 98 + strlen("--- ")};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        unsigned char *digit = &sealed.bytes[places[i]], right = *digit;
        for (int byte = 0; byte < 256; byte++) {
            struct secret plaintext;
            struct reason why;
            if (byte != 0 && strchr(alphabet, byte))
                continue;
            *digit = (unsigned char)byte;
            cr_assert_eq(sample_open(sealed.bytes, sealed.size, &identity, 1, &plaintext, &why),
                         AGE_BAD_HEADER, "byte %d at %zu", byte, places[i]);
        }
        *digit = right;
    }
    check_opens_to(&sealed, &identity, "x", 1);
    free(sealed.bytes);
}

Test(age_header, says_where_a_header_is_malformed)
{
    static const struct {
        const char *file, *because;
    } cases[] = {
        {"", "not an age file"},
        {"[default]\nTOKEN = x\n", "not an age file"},
        {"age-encryption.org/v1", "malformed header: line 1: truncated"},
        {"age-encryption.org/v2\n" STANZA MAC_LINE, "line 1: a version of the format that is not supported"},
        {"age-encryption.org/v1 \n" STANZA MAC_LINE, "line 1: a version"},
        {"age-encryption.org/v1\r\n-> x\r\n\r\n", "line 1: its lines end in CR LF"},
        {VERSION MAC_LINE, "no recipient"},
        {VERSION STANZA, "line 4: truncated"},
        {VERSION STANZA "--- WyJp9F\n", "line 4: malformed MAC"},
        {VERSION STANZA "---" SHARE "\n", "line 4: malformed MAC"},
        {VERSION STANZA "---\n", "line 4: malformed MAC"},
        {VERSION STANZA "--- " SHARE "=\n", "line 4: malformed MAC"},
        {VERSION STANZA "---  " SHARE "\n", "line 4: malformed MAC"},
        {VERSION STANZA "--- " SHARE "\r\n", "line 4: malformed MAC"},
        {VERSION STANZA "--- " SHARE, "line 4: truncated"},
        {VERSION "X25519\n\n" MAC_LINE, "line 2: neither a recipient nor the MAC"},
        {VERSION "->\n\n" MAC_LINE, "line 2: neither"},
        {VERSION "-> \n\n" MAC_LINE, "line 2: an empty argument"},
        {VERSION "->  x\n\n" MAC_LINE, "line 2: an empty argument"},
        {VERSION "-> x \n\n" MAC_LINE, "line 2: an empty argument"},
        {VERSION "-> x  y\n\n" MAC_LINE, "line 2: an empty argument"},
        {VERSION "-> x\ty\n\n" MAC_LINE, "line 2: a byte that is not printable"},
        {VERSION "-> x\x7f\n\n" MAC_LINE, "line 2: a byte that is not printable"},
        {VERSION "-> \xc3\xa9\n\n" MAC_LINE, "line 2: a byte that is not printable"},
        {VERSION "-> x\n" MAC_LINE, "line 3: not canonical base64"},
        {VERSION "-> x\n" ROW_64 "\n" MAC_LINE, "line 4: not canonical base64"},
        {VERSION "-> x\n" ROW_64 "A\n\n" MAC_LINE, "line 3: more than 64 columns"},
        {VERSION "-> x\nA\n" MAC_LINE, "line 3: not canonical base64"},
        {VERSION "-> x\nAB\n" MAC_LINE, "line 3: not canonical base64"},
        {VERSION "-> x\nAA==\n" MAC_LINE, "line 3: not canonical base64"},
        {VERSION "-> x\nAAAA\nAAAA\n" MAC_LINE, "line 4: neither"},
        {VERSION "-> X25519\n" BODY "\n" MAC_LINE, "an X25519 recipient with 1 arguments"},
        {VERSION "-> X25519 " SHARE " 1 2 3 4\n" BODY "\n" MAC_LINE, "with 6 arguments, not 2"},
        {VERSION "-> X25519 AAAA\n" BODY "\n" MAC_LINE, "whose share is not 32 bytes"},
        {VERSION "-> X25519 " SHARE "AA\n" BODY "\n" MAC_LINE, "whose share is not 32 bytes"},
        {VERSION "-> X25519 " SHARE "\nAAAA\n" MAC_LINE, "with a body of 3 bytes"},
        {VERSION "-> X25519 " SHARE "\n" ROW_64 "\n\n" MAC_LINE, "with a body of 48 bytes"},
        {VERSION STANZA "-> X25519 AAAA\n" BODY "\n" MAC_LINE, "line 5: an X25519"},
        {VERSION "-> scrypt " SALT "\n" BODY "\n" MAC_LINE, "a passphrase recipient with 2 arguments"},
        {VERSION "-> scrypt AAAA 10\n" BODY "\n" MAC_LINE, "whose salt is not 16 bytes"},
        {VERSION "-> scrypt " SALT " 010\n" BODY "\n" MAC_LINE, "leading zero"},
        {VERSION "-> scrypt " SALT " 0\n" BODY "\n" MAC_LINE, "leading zero"},
        {VERSION "-> scrypt " SALT " 1O\n" BODY "\n" MAC_LINE, "not a number"},
        {VERSION "-> scrypt " SALT " 21\n" BODY "\n" MAC_LINE, "a scrypt work factor above 2^20"},
        {VERSION "-> scrypt " SALT " 4294967306\n" BODY "\n" MAC_LINE, "a scrypt work factor above 2^20"},
        {VERSION "-> scrypt " SALT " 10\nAAAA\n" MAC_LINE, "with a body of 3 bytes"},
        {VERSION "-> scrypt " SALT " 10\n" BODY "\n" STANZA MAC_LINE,
         "a passphrase recipient that is not alone"},
        {VERSION STANZA "-> scrypt " SALT " 10\n" BODY "\n" MAC_LINE,
         "a passphrase recipient that is not alone"},
        {VERSION "-> x\n\n-> scrypt " SALT " 10\n" BODY "\n" MAC_LINE, "not alone"},
    };
    struct age_identity identity = sample_identity(1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_fails_with(cases[i].file, strlen(cases[i].file), &identity, AGE_BAD_HEADER, cases[i].because);
        cr_expect_not(age_needs_passphrase((const unsigned char *)cases[i].file, strlen(cases[i].file)));
    }
}

Test(age_header, says_for_whom_a_file_is_that_none_of_the_identities_opens)
{
    static const struct {
        const char *file, *because;
    } cases[] = {
        {VERSION "-> ssh-ed25519 a b\n" BODY "\n" MAC_LINE, "sealed for other recipients"},
        {VERSION "-> x25519 a b\n" BODY "\n" MAC_LINE, "sealed for other recipients"},
        {VERSION "-> !~ \"#$\n" ROW_64 "\n\n" MAC_LINE, "sealed for other recipients"},
        {VERSION "-> mlkem768x25519 a\n" BODY "\n" MAC_LINE,
         "sealed for post-quantum recipients (mlkem768x25519), which are not supported"},
        {VERSION "-> mlkem768x25519 a\n" BODY "\n" STANZA MAC_LINE, "post-quantum ones (mlkem768x25519)"},
        {VERSION "-> scrypt " SALT " 10\n" BODY "\n" MAC_LINE, "sealed with a passphrase"},
    };
    struct age_identity identity = sample_identity(1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_fails_with(cases[i].file, strlen(cases[i].file), &identity, AGE_NO_MATCH, cases[i].because);
}

Test(age_header, refuses_a_low_order_share)
{
    /* The points 0, 1, and one of order 8. */
    static const char *const shares[] = {
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA",
    };
    struct age_identity identity = sample_identity(1);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        char file[512];
        snprintf(file, sizeof file, VERSION "-> X25519 %s\n" BODY "\n" MAC_LINE, shares[i]);
        check_fails_with(file, strlen(file), &identity, AGE_BAD_HEADER, "low-order point");
    }
}

/* A header of count unknown stanzas with bodies of `rows` full rows each. */
static char *many_stanzas(size_t count, size_t rows, size_t *size)
{
    char *file = malloc(128 + count * (8 + rows * 65)), *at = stpcpy(file, VERSION);
    for (size_t i = 0; i < count; i++) {
        at = stpcpy(at, "-> x\n");
        for (size_t j = 0; j < rows; j++)
            at = stpcpy(at, ROW_64 "\n");
        at = stpcpy(at, "\n");
    }
    at = stpcpy(at, MAC_LINE);
    *size = (size_t)(at - file);
    return file;
}

Test(age_header, refuses_a_header_above_its_limits)
{
    struct age_identity identity = sample_identity(1);
    static const struct {
        size_t count, rows;
        enum age_result expected;
        const char *because;
    } cases[] = {
        {AGE_STANZAS_MAX, 0, AGE_NO_MATCH, "sealed for other recipients"},
        {AGE_STANZAS_MAX + 1, 0, AGE_BAD_HEADER, "more than 1024 recipients"},
        {1, 16130, AGE_NO_MATCH, "sealed for other recipients"},
        {1, 16131, AGE_BAD_HEADER, "larger than 1048576 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size;
        char *file = many_stanzas(cases[i].count, cases[i].rows, &size);
        cr_expect(cases[i].rows == 0 || (size > AGE_HEADER_MAX) == (cases[i].expected == AGE_BAD_HEADER));
        check_fails_with(file, size, &identity, cases[i].expected, cases[i].because);
        free(file);
    }
}

Test(age_header, tells_whether_a_passphrase_is_asked_for)
{
    static const char passphrase[] = VERSION "-> scrypt " SALT " 20\n" BODY "\n" MAC_LINE;
    static const char keys[] = VERSION STANZA MAC_LINE;
    cr_expect(age_needs_passphrase((const unsigned char *)passphrase, strlen(passphrase)));
    cr_expect_not(age_needs_passphrase((const unsigned char *)passphrase, strlen(passphrase) - 1));
    cr_expect_not(age_needs_passphrase((const unsigned char *)keys, strlen(keys)));
    cr_expect_not(age_needs_passphrase(NULL, 0));
}

Test(age_header, refuses_a_passphrase_for_a_file_sealed_for_keys)
{
    static const char keys[] = VERSION STANZA MAC_LINE;
    struct secret plaintext;
    struct reason why = {0};
    cr_expect_eq(age_open_passphrase((const unsigned char *)keys, strlen(keys), "x", 1, &plaintext, &why),
                 AGE_NO_MATCH);
    cr_expect_str_eq(why.text, "not sealed with a passphrase");
}

Test(age_header, counts_the_recipients_of_every_type_but_no_grease)
{
    static const struct {
        const char *file;
        size_t count;
    } cases[] = {
        {VERSION STANZA MAC_LINE, 1},
        {VERSION STANZA "-> ssh-ed25519 a b\n\n" STANZA MAC_LINE, 3},
        {VERSION "-> scrypt " SALT " 20\n" BODY "\n" MAC_LINE, 1},
        {VERSION "-> x-grease a\n\n" STANZA "-> -grease\n\n-> x a-grease\n\n" MAC_LINE, 2},
        {VERSION STANZA, 0},
        {"", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(age_recipient_count((const unsigned char *)cases[i].file, strlen(cases[i].file)),
                     cases[i].count, "%s", cases[i].file);
}
