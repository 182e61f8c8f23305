/* SPDX-License-Identifier: ISC */
/* Bech32: the examples of BIP 173, and what age asks of it. Runs in the unit tests only. */
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "store/bech32.h"

enum { ROOM = 64 };

static bool decodes(const char *text, const char *hrp, size_t size)
{
    unsigned char out[ROOM];
    cr_assert_leq(size, sizeof out);
    return bech32_decode(text, strlen(text), hrp, out, size);
}

Test(bech32, decodes_what_bip_173_calls_valid)
{
    cr_expect(decodes("A12UEL5L", "a", 0));
    cr_expect(decodes("a12uel5l", "a", 0));
    cr_expect(decodes("?1ezyfcl", "?", 0));
    cr_expect(
        decodes("an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
                "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio", 0));
    cr_expect(decodes("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef", 20));
    cr_expect(decodes("split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", "split", 30));
    cr_expect(
        decodes("11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
                "1", 51));
}

Test(bech32, decodes_the_bits_in_order)
{
    static const unsigned char expected[20] = {0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf,
                                               0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc6, 0x75, 0xbe, 0x77, 0xdf};
    static const char text[] = "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw";
    unsigned char out[20];
    cr_assert(bech32_decode(text, strlen(text), "abcdef", out, sizeof out));
    cr_expect_arr_eq(out, expected, sizeof expected);
}

Test(bech32, refuses_what_bip_173_calls_invalid)
{
    cr_expect_not(decodes("\x20"
                          "1nwldj5",
                          "\x20", 0));
    cr_expect_not(decodes("\x7f"
                          "1axkwrx",
                          "\x7f", 0));
    cr_expect_not(decodes("\x80"
                          "1eym55h",
                          "\x80", 0));
    cr_expect_not(decodes("pzry9x0s0muk", "pzry9x", 0), "no separator");
    cr_expect_not(decodes("1pzry9x0s0muk", "", 3), "empty human-readable part");
    cr_expect_not(decodes("10a06t8", "", 0), "empty human-readable part");
    cr_expect_not(decodes("1qzzfhee", "", 0), "empty human-readable part");
    cr_expect_not(decodes("x1b4n0q5v", "x", 0), "a character outside the alphabet");
    cr_expect_not(decodes("li1dgmt3", "li", 0), "a short checksum");
    cr_expect_not(decodes("de1lg7wt\xff", "de", 0), "a character outside ASCII");
    cr_expect_not(decodes("A1G7SGD8", "a", 0), "a checksum over the upper-case part");
}

Test(bech32, refuses_mixed_case)
{
    cr_expect(decodes("ABCDEF1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LMQQQXW", "abcdef", 20));
    cr_expect_not(decodes("ABCDEF1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef", 20));
    cr_expect_not(decodes("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxW", "abcdef", 20));
}

Test(bech32, refuses_another_human_readable_part_or_size)
{
    static const char text[] = "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw";
    cr_expect_not(decodes(text, "abcdeg", 20));
    cr_expect_not(decodes(text, "abcde", 20));
    cr_expect_not(decodes(text, "ABCDEF", 20), "the part is to be given in lower case");
    cr_expect_not(decodes(text, "abcdef", 19));
    cr_expect_not(decodes(text, "abcdef", 21));
    cr_expect_not(decodes("", "abcdef", 0));
    cr_expect_not(decodes("abcdef1", "abcdef", 0));
}

Test(bech32, refuses_padding_bits_that_are_not_zero)
{
    /* A byte takes two characters, of whose ten bits the last two are padding; both checksums are right. */
    char zero[ROOM];
    cr_assert(bech32_encode(zero, sizeof zero, "a", (const unsigned char *)"", 1));
    cr_expect_str_eq(zero, "a1qqqd87cq");
    cr_expect(decodes("a1qqqd87cq", "a", 1));
    cr_expect_not(decodes("a1qpamnt9j", "a", 1));
}

Test(bech32, refuses_each_changed_character_and_leaves_nothing_behind)
{
    static const char key[] = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
    unsigned char out[32], zero[32] = {0};
    cr_assert(bech32_decode(key, strlen(key), "age-secret-key-", out, sizeof out));
    for (size_t i = 0; i < strlen(key); i++) {
        for (int c = 0; c < 256; c++) {
            char changed[sizeof key];
            memcpy(changed, key, sizeof key);
            changed[i] = (char)c;
            if (changed[i] == key[i])
                continue;
            memset(out, 0, sizeof out);
            cr_assert_not(bech32_decode(changed, strlen(key), "age-secret-key-", out, sizeof out),
                          "byte %d at %zu", c, i);
            cr_assert_arr_eq(out, zero, sizeof out);
        }
    }
}

Test(bech32, reads_back_what_it_writes_at_every_size)
{
    unsigned char data[ROOM], back[ROOM];
    char text[160];
    for (size_t size = 0; size <= sizeof data; size++) {
        randombytes_buf(data, sizeof data);
        cr_assert(bech32_encode(text, sizeof text, "age", data, size));
        cr_assert(bech32_decode(text, strlen(text), "age", back, size), "%s", text);
        cr_assert_eq(memcmp(back, data, size), 0);
    }
}

Test(bech32, writes_only_into_the_room_it_is_given)
{
    static const unsigned char data[32] = {1, 2, 3};
    char text[64];
    cr_expect(bech32_encode(text, 63, "age", data, sizeof data), "age1, 52 + 6 characters and the NUL");
    cr_expect_eq(strlen(text), (size_t)62);
    memset(text, '#', sizeof text);
    cr_expect_not(bech32_encode(text, 62, "age", data, sizeof data));
    cr_expect_not(bech32_encode(text, 0, "age", data, sizeof data));
    for (size_t i = 0; i < sizeof text; i++)
        cr_assert_eq(text[i], '#', "wrote where nothing fits");
}
