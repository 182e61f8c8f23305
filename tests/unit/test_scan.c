/* SPDX-License-Identifier: ISC */
/* The search for values and their forms: every form, every place, every border. Runs in the unit tests only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "scan/stream.h"

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
}

TestSuite(scan, .init = begin);

struct bench {
    struct patterns patterns;
    struct matcher matcher;
    struct stream stream;
    struct {
        struct match match;
        uint32_t secret;
        enum form form;
    } found[256];
    size_t count;
};

static bool note(void *user, const struct match *match, struct reason *why)
{
    struct bench *bench = user;
    (void)why;
    cr_assert(bench->count < 256);
    bench->found[bench->count].match = *match;
    bench->found[bench->count].secret = bench->patterns.list[match->pattern].secret;
    bench->found[bench->count++].form = bench->patterns.list[match->pattern].form;
    return true;
}

static void add(struct bench *bench, const void *value, size_t size)
{
    struct reason why;
    uint32_t secret = bench->patterns.count ? bench->patterns.list[bench->patterns.count - 1].secret + 1 : 0;
    cr_assert(patterns_add(&bench->patterns, secret, value, size, &why), "%s", why.text);
}

static void ready(struct bench *bench)
{
    struct reason why;
    cr_assert(matcher_build(&bench->matcher, &bench->patterns, &why), "%s", why.text);
    cr_assert(stream_make(&bench->stream, &bench->matcher, note, bench, &why), "%s", why.text);
}

/* Scans text in pieces of at most `piece` bytes; returns how many matches there are. */
static size_t scan(struct bench *bench, const void *text, size_t size, size_t piece)
{
    const unsigned char *bytes = text;
    struct reason why;
    bench->count = 0;
    stream_begin(&bench->stream);
    while (size > 0) {
        size_t room;
        unsigned char *to = stream_room(&bench->stream, &room);
        cr_assert_geq(room, (size_t)STREAM_PIECE);
        room = room < piece ? room : piece;
        room = room < size ? room : size;
        memcpy(to, bytes, room);
        cr_assert(stream_add(&bench->stream, room, &why));
        bytes += room;
        size -= room;
    }
    cr_assert(stream_end(&bench->stream, &why));
    return bench->count;
}

static void done(struct bench *bench)
{
    stream_free(&bench->stream);
    matcher_free(&bench->matcher);
    patterns_free(&bench->patterns);
}

/* Expects exactly one match of this form at this offset. */
static void check(struct bench *bench, const char *text, enum form form, size_t offset)
{
    size_t count = scan(bench, text, strlen(text), SIZE_MAX);
    cr_assert_eq(count, 1, "%zu matches in %s", count, text);
    cr_expect_eq(bench->found[0].form, form, "form %d in %s", (int)bench->found[0].form, text);
    cr_expect_eq(bench->found[0].match.offset, offset, "at %lu in %s",
                 (unsigned long)bench->found[0].match.offset, text);
}

Test(scan, finds_a_value_and_each_of_its_forms)
{
    static struct bench bench;
    add(&bench, "p\xfb\xff/+ w\"rd?~\xc3\xa9", 14);
    ready(&bench);
    check(&bench, "p\xfb\xff/+ w\"rd?~\xc3\xa9", FORM_PLAIN, 0);
    check(&bench, "{\"a\":\"p\xfb\xff/+ w\\\"rd?~\xc3\xa9\"}", FORM_ESCAPED, 6);
    check(&bench, "x=cPv/Lysgdz8=; cPv/LysgdyJyZD9+w6k=", FORM_BASE64, 16);
    check(&bench, "cPv_LysgdyJyZD9-w6k", FORM_BASE64URL, 0);
    check(&bench, "70fbff2f2b20772272643f7ec3a9", FORM_HEX, 0);
    check(&bench, "0x70FBFF2F2B20772272643F7EC3A9", FORM_HEX, 2);
    check(&bench, "?q=p%FB%FF%2F%2B%20w%22rd%3F~%C3%A9", FORM_URL, 3);
    check(&bench, "?q=p%fb%ff%2f%2b%20w%22rd%3f~%c3%a9", FORM_URL, 3);
    check(&bench, "?q=p%FB%FF/%2B%20w%22rd%3F~%C3%A9", FORM_URL, 3);
    check(&bench, "?q=p%FB%FF%2F%2B+w%22rd%3F%7E%C3%A9", FORM_URL, 3);
    done(&bench);
}

/* libsodium's own encoder. */
Test(scan, finds_base64_behind_any_number_of_other_bytes)
{
    static const int variants[] = {sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_URLSAFE_NO_PADDING};
    for (size_t size = PATTERN_VALUE_LEAST; size < 40; size++) {
        static struct bench bench;
        unsigned char value[40], around[64];
        char text[128];
        randombytes_buf(value, sizeof value);
        memset(&bench, 0, sizeof bench);
        add(&bench, value, size);
        ready(&bench);
        for (size_t before = 0; before < 7; before++)
            for (size_t after = 0; after < 4; after++)
                for (size_t v = 0; v < 2; v++) {
                    randombytes_buf(around, sizeof around);
                    memcpy(around + before, value, size);
                    sodium_bin2base64(text, sizeof text, around, before + size + after, variants[v]);
                    cr_assert_eq(scan(&bench, text, strlen(text), SIZE_MAX), 1, "%zu %zu %zu", before, size,
                                 after);
                    cr_expect_eq(bench.found[0].match.offset, (before * 8 + 5) / 6);
                }
        done(&bench);
    }
}

Test(scan, finds_base64_and_hex_wherever_their_lines_are_broken)
{
    static struct bench bench;
    unsigned char value[50];
    char base64[128], hex[128], text[256];
    randombytes_buf(value, sizeof value);
    value[0] = 0xff;
    add(&bench, "a short one, 16b", 16); /* it makes windows narrow */
    add(&bench, value, sizeof value);
    ready(&bench);
    sodium_bin2base64(base64, sizeof base64, value, sizeof value, sodium_base64_VARIANT_ORIGINAL);
    sodium_bin2hex(hex, sizeof hex, value, sizeof value);
    static const char *const ends[] = {"\n", "\r\n", "\n  ", "\r\n                "};
    for (size_t e = 0; e < sizeof ends / sizeof *ends; e++)
        for (size_t at = 1; at < 60; at++)
            for (int h = 0; h < 2; h++) {
                const char *whole = h ? hex : base64;
                snprintf(text, sizeof text, "k: %.*s%s%s\n", (int)at, whole, ends[e], whole + at);
                cr_assert_eq(scan(&bench, text, strlen(text), SIZE_MAX), 1, "broken at %zu", at);
                cr_expect_eq(bench.found[0].match.offset, (uint64_t)3);
            }
    snprintf(text, sizeof text, "%.10s\n%.4s\n%s", base64, base64 + 10, base64 + 14);
    cr_expect_eq(scan(&bench, text, strlen(text), SIZE_MAX), 0, "lines of 4 characters are no base64");
    done(&bench);
}

Test(scan, finds_a_value_of_several_lines_that_is_indented_or_has_other_line_ends)
{
    static struct bench bench;
    static const char value[] =
        "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEA\n-----END KEY-----";
    add(&bench, value, strlen(value));
    ready(&bench);
    check(&bench, value, FORM_PLAIN, 0);
    check(&bench,
          "k: |\n  -----BEGIN KEY-----\n  MIIEvQIBADANBgkqhkiG9w0B\n  AQEFAASCBKcwggSjAgEA\n  -----END "
          "KEY-----\n",
          FORM_PLAIN, 7);
    check(&bench,
          "-----BEGIN KEY-----\r\nMIIEvQIBADANBgkqhkiG9w0B\r\nAQEFAASCBKcwggSjAgEA\r\n-----END KEY-----",
          FORM_PLAIN, 0);
    check(&bench,
          "\"-----BEGIN KEY-----\\nMIIEvQIBADANBgkqhkiG9w0B\\nAQEFAASCBKcwggSjAgEA\\n-----END KEY-----\"",
          FORM_ESCAPED, 1);
    done(&bench);
}

Test(scan, an_indented_value_keeps_the_blanks_of_its_own)
{
    static struct bench bench;
    static const char value[] = "{\n  \"key\": 12345678,\n    \"two\": 2\n}";
    static const char cut[] = "{\n\"key\": 12345678,\n\"two\": 2\n}";
    add(&bench, value, strlen(value));
    ready(&bench);
    check(&bench, value, FORM_PLAIN, 0);
    check(&bench, "k: |\r\n    {\r\n      \"key\": 12345678,\r\n        \"two\": 2\r\n    }", FORM_PLAIN, 10);
    cr_expect_eq(scan(&bench, cut, strlen(cut), SIZE_MAX), 0);
    done(&bench);
}

Test(scan, finds_a_value_across_every_border_of_its_buffer)
{
    static struct bench bench;
    static const char value[] = "hunter2-hunter2-hunter2";
    size_t size = 6 * STREAM_PIECE;
    unsigned char *text = malloc(size);
    add(&bench, value, strlen(value));
    ready(&bench);
    cr_assert_not_null(text);
    for (size_t at = 2 * STREAM_PIECE - 300; at < 2 * STREAM_PIECE + 300; at++) {
        memset(text, 'h', size);
        text[1000] = '\n';
        memcpy(text + at, value, strlen(value));
        memcpy(text + size - strlen(value), value, strlen(value));
        cr_assert_eq(scan(&bench, text, size, SIZE_MAX), 2, "at %zu", at);
        cr_expect_eq(bench.found[0].match.offset, at);
        cr_expect_eq(bench.found[0].match.line, (uint64_t)2);
        cr_expect_eq(bench.found[1].match.offset, size - strlen(value));
    }
    cr_assert_eq(scan(&bench, text, size, 7919), 2, "in small pieces");
    free(text);
    done(&bench);
}

Test(scan, tells_lines_and_offsets_of_every_match)
{
    static struct bench bench;
    add(&bench, "first-value", 11);
    add(&bench, "value-2-second", 14);
    ready(&bench);
    static const char text[] = "first-value-2-second\n\n\nx first-value\nvalue-2-second";
    cr_assert_eq(scan(&bench, text, strlen(text), SIZE_MAX), 4);
    static const uint64_t offsets[] = {0, 6, 25, 37}, lines[] = {1, 1, 4, 5};
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(bench.found[i].match.offset, offsets[i]);
        cr_expect_eq(bench.found[i].match.line, lines[i]);
        cr_expect_eq(bench.found[i].secret, i % 2);
    }
    done(&bench);
}

Test(scan, passes_over_holes_and_counts_them)
{
    static struct bench bench;
    struct reason why;
    size_t room;
    add(&bench, "hunter2hunter2", 14);
    ready(&bench);
    stream_begin(&bench.stream);
    memcpy(stream_room(&bench.stream, &room), "hunter2\n", 8);
    cr_assert(stream_add(&bench.stream, 8, &why));
    cr_assert(stream_skip(&bench.stream, UINT64_C(1) << 40, &why));
    memcpy(stream_room(&bench.stream, &room), "hunter2hunter2", 14);
    cr_assert(stream_add(&bench.stream, 14, &why) && stream_end(&bench.stream, &why));
    cr_assert_eq(bench.count, 1);
    cr_expect_eq(bench.found[0].match.offset, (UINT64_C(1) << 40) + 8);
    cr_expect_eq(bench.found[0].match.line, (uint64_t)2);
    done(&bench);
}

Test(scan, tells_many_secrets_apart_also_where_they_begin_alike_or_are_the_same)
{
    static struct bench bench;
    char value[64], text[128];
    for (int i = 0; i < 1000; i++) {
        snprintf(value, sizeof value, "sk-live-0000000000000000000000-%04d", i);
        add(&bench, value, strlen(value));
    }
    add(&bench, value, strlen(value)); /* the last one twice */
    ready(&bench);
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "a sk-live-0000000000000000000000-%04d b", i);
        cr_assert_eq(scan(&bench, text, strlen(text), SIZE_MAX), i == 999 ? 2 : 1, "%s", text);
        cr_expect_eq(bench.found[0].secret, (uint32_t)i);
    }
    cr_expect_eq(scan(&bench, "sk-live-0000000000000000000000-1000", 35, SIZE_MAX), 0);
    done(&bench);
}

/* They begin alike for a hundred bytes, in each form. */
Test(scan, tells_keys_of_one_kind_apart_also_where_they_are_indented)
{
    static struct bench bench;
    static const char head[] = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg";
    char(*values)[320] = calloc(1000, sizeof *values);
    char text[512];
    cr_assert_not_null(values);
    for (int i = 0; i < 1000; i++) {
        unsigned char key[96];
        char base64[160];
        randombytes_buf(key, sizeof key);
        sodium_bin2base64(base64, sizeof base64, key, sizeof key, sodium_base64_VARIANT_ORIGINAL);
        snprintf(values[i], sizeof values[i],
                 "-----BEGIN PRIVATE KEY-----\n%s%.16s\n%s\n-----END PRIVATE KEY-----", head, base64,
                 base64 + 16);
        add(&bench, values[i], strlen(values[i]));
    }
    ready(&bench);
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "k: |\n  -----BEGIN PRIVATE KEY-----\r\n  %.64s\r\n  %.112s\r\n  %s\n",
                 values[i] + 28, values[i] + 28 + 65, values[i] + 28 + 65 + 113);
        cr_assert_eq(scan(&bench, text, strlen(text), SIZE_MAX), 1, "%s", text);
        cr_expect_eq(bench.found[0].secret, (uint32_t)i);
        sodium_bin2hex(text, sizeof text, (const unsigned char *)values[i], strlen(values[i]));
        cr_assert_eq(scan(&bench, text, strlen(text), SIZE_MAX), 1, "%s", text);
        cr_expect_eq(bench.found[0].secret, (uint32_t)i);
    }
    free(values);
    done(&bench);
}

Test(scan, finds_nothing_in_random_bytes)
{
    static struct bench bench;
    unsigned char value[12], *text = malloc(8 << 20);
    cr_assert_not_null(text);
    for (int i = 0; i < 500; i++) {
        randombytes_buf(value, sizeof value);
        for (size_t b = 0; b < sizeof value; b++)
            value[b] = (unsigned char)('a' + value[b] % 26);
        add(&bench, value, sizeof value);
    }
    ready(&bench);
    randombytes_buf(text, 8 << 20);
    cr_expect_eq(scan(&bench, text, 8 << 20, SIZE_MAX), 0);
    for (size_t i = 0; i < 8 << 20; i++)
        text[i] = (unsigned char)("0123456789abcdef"[text[i] % 16]);
    cr_expect_eq(scan(&bench, text, 8 << 20, SIZE_MAX), 0);
    free(text);
    done(&bench);
}

Test(scan, a_value_too_short_is_refused_and_of_a_large_one_the_beginning_counts)
{
    static struct bench bench;
    struct reason why;
    size_t size = 3 * PATTERN_VALUE_MOST;
    unsigned char *value = malloc(size);
    cr_assert_not_null(value);
    cr_expect(!patterns_add(&bench.patterns, 0, "1234567", 7, &why));
    for (size_t i = 0; i < size; i++)
        value[i] = (unsigned char)(1 + (i * i >> 3) % 255);
    add(&bench, value, size);
    ready(&bench);
    cr_expect_geq(scan(&bench, value, size, SIZE_MAX), (size_t)1);
    cr_expect_eq(scan(&bench, value, PATTERN_VALUE_MOST - 1, SIZE_MAX), 0);
    free(value);
    done(&bench);
}

Test(scan, without_any_value_nothing_is_found)
{
    static struct bench bench;
    ready(&bench);
    cr_expect_eq(scan(&bench, "anything at all", 15, SIZE_MAX), 0);
    done(&bench);
}
