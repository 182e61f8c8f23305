/* SPDX-License-Identifier: ISC */
/* Identity files and recipients as text. Runs in the unit tests only; the keys are the tests' own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "store/identity.h"
#include "support/command.h"

#define KEY            "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
#define RECIPIENT      "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
#define OTHER_KEY      "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0"
#define PUBLIC_COMMENT "# public key: " RECIPIENT "\n"

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
    scratch_begin();
}

TestSuite(identity, .init = begin, .fini = scratch_end);

static void parse(const char *text, struct identities *identities)
{
    struct reason why = {0};
    cr_assert(identity_parse(text, strlen(text), identities, &why), "%s", why.text);
}

/* Refused, with `because` in the reason, and nothing of `hidden` in it. */
static void check_refused(const char *text, size_t size, const char *because, const char *hidden)
{
    struct identities identities;
    struct reason why = {0};
    cr_expect_not(identity_parse(text, size, &identities, &why), "%s", text);
    cr_expect(strstr(why.text, because), "\"%s\" does not say \"%s\"", why.text, because);
    cr_expect(!hidden || !strstr(why.text, hidden), "\"%s\" tells a value", why.text);
    cr_expect_null(identities.keys.bytes);
    cr_expect_eq(identities.count, (size_t)0);
}

static void recipient_of(const struct age_identity *identity, char text[static AGE_RECIPIENT_MAX])
{
    unsigned char recipient[AGE_KEY_SIZE];
    struct reason why;
    cr_assert(identity_recipient(identity, recipient, &why));
    cr_assert(recipient_format(recipient, text));
}

Test(identity, reads_the_example_of_the_specification)
{
    struct identities identities;
    char recipient[AGE_RECIPIENT_MAX];
    parse(KEY "\n", &identities);
    cr_assert_eq(identities.count, (size_t)1);
    cr_expect_eq(identities.keys.size, sizeof(struct age_identity));
    for (int i = 0; i < AGE_KEY_SIZE; i++)
        cr_expect_eq(identity_array(&identities)[0].scalar[i], 0x42);
    recipient_of(&identity_array(&identities)[0], recipient);
    cr_expect_str_eq(recipient, RECIPIENT);
    identity_free(&identities);
}

Test(identity, takes_the_public_key_comment_right_before_it_as_a_claim)
{
    struct identities identities;
    unsigned char recipient[AGE_KEY_SIZE];
    struct reason why;
    parse("# created: 2026-01-01T00:00:00Z\n" PUBLIC_COMMENT KEY "\n" OTHER_KEY "\n", &identities);
    cr_assert_eq(identities.count, (size_t)2);
    cr_assert(recipient_parse(RECIPIENT, strlen(RECIPIENT), recipient, &why));
    cr_expect(identity_array(&identities)[0].claimed);
    cr_expect_arr_eq(identity_array(&identities)[0].recipient, recipient, sizeof recipient);
    cr_expect_not(identity_array(&identities)[1].claimed, "a claim is for one identity");
    identity_free(&identities);
}

Test(identity, takes_no_claim_from_any_other_comment)
{
    static const char *const texts[] = {
        PUBLIC_COMMENT "\n" KEY "\n",
        PUBLIC_COMMENT "# a note\n" KEY "\n",
        "# public key: age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwx\n" KEY "\n",
        "# public key: \n" KEY "\n",
        "# public key: age1\n" KEY "\n",
        "# public key: " RECIPIENT " \n" KEY "\n",
        "#public key: " RECIPIENT "\n" KEY "\n",
        "# public key: ssh-ed25519 AAAA\n" KEY "\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct identities identities;
        parse(texts[i], &identities);
        cr_expect_not(identity_array(&identities)[0].claimed, "%s", texts[i]);
        identity_free(&identities);
    }
}

Test(identity, reads_line_ends_of_cr_lf_and_a_last_line_without_any)
{
    struct identities identities;
    parse("# created: now\r\n# public key: " RECIPIENT "\r\n" KEY "\r\n\r\n" OTHER_KEY, &identities);
    cr_expect_eq(identities.count, (size_t)2);
    cr_expect(identity_array(&identities)[0].claimed);
    identity_free(&identities);
}

Test(identity, tells_apart_what_is_no_identity_and_names_its_line)
{
    static const struct {
        const char *text, *because;
    } cases[] = {
        {"", "no identity"},
        {"# only a comment\n\n", "no identity"},
        {KEY "\n\nAGE-SECRET-KEY-PQ-1HZLGZUPT4ETP\n", "line 3: a post-quantum identity"},
        {"# x\nAGE-PLUGIN-YUBIKEY-1QQPQQQQ\n", "line 2: a plugin identity"},
        {"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "line 1: an SSH or PEM private key"},
        {"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n", "line 1: an SSH or PEM private key"},
        {"ssh-ed25519 AAAA me@here\n", "line 1: an SSH public key"},
        {"age-encryption.org/v1\n-> scrypt", "sealed with age"},
        {"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", "sealed with age"},
        {RECIPIENT "\n", "line 1: a recipient"},
        {"age-secret-key-1gfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpq4egaex\n", "lower case"},
        {"AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEY\n", "a damaged"},
        {"AGE-SECRET-KEY-1gfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpq4egaex\n", "a damaged"},
        {"AGE-SECRET-KEY-1\n", "line 1: a damaged"},
        {KEY " \n", "line 1: a damaged"},
        {" " KEY "\n", "line 1: neither"},
        {"password\n", "line 1: neither"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_refused(cases[i].text, strlen(cases[i].text), cases[i].because, NULL);
}

Test(identity, never_tells_what_a_line_holds)
{
    static const char text[] = "hunter2\n";
    static const char damaged[] = "AGE-SECRET-KEY-1HUNTER2\n";
    check_refused(text, strlen(text), "line 1", "hunter2");
    check_refused(damaged, strlen(damaged), "line 1", "HUNTER2");
}

Test(identity, refuses_a_nul_byte)
{
    static const char text[] = KEY "\0\n";
    static const char alone[] = "\0\n" KEY "\n";
    check_refused(text, sizeof text - 1, "line 1: a damaged", NULL);
    check_refused(alone, sizeof alone - 1, "line 1: neither", NULL);
}

Test(identity, reads_as_many_as_the_limit_and_no_more)
{
    char *text = calloc(IDENTITIES_MAX + 2, sizeof KEY);
    struct identities identities;
    for (int i = 0; i < IDENTITIES_MAX; i++)
        strcat(text, KEY "\n");
    parse(text, &identities);
    cr_expect_eq(identities.count, (size_t)IDENTITIES_MAX);
    identity_free(&identities);
    strcat(text, KEY "\n");
    check_refused(text, strlen(text), "line 33: more than 32 identities", NULL);
    free(text);
}

Test(identity, refuses_a_file_above_its_limit)
{
    char *text = malloc(IDENTITY_FILE_MAX + 1);
    struct identities identities;
    memset(text, '#', IDENTITY_FILE_MAX + 1);
    memcpy(text, KEY "\n", strlen(KEY "\n"));
    struct reason why;
    cr_expect(identity_parse(text, IDENTITY_FILE_MAX, &identities, &why), "%s", why.text);
    identity_free(&identities);
    check_refused(text, IDENTITY_FILE_MAX + 1, "larger than 65536 bytes", NULL);
    free(text);
}

Test(identity, generates_a_file_that_it_reads_with_a_true_claim)
{
    struct secret text;
    struct identities identities;
    struct reason why;
    char recipient[AGE_RECIPIENT_MAX], computed[AGE_RECIPIENT_MAX], expected[256];
    cr_assert(identity_generate("2026-11-23T18:00:00Z", &text, recipient, &why));
    snprintf(expected, sizeof expected, "# created: 2026-11-23T18:00:00Z\n# public key: %s\nAGE-SECRET-KEY-1",
             recipient);
    cr_assert_geq(text.size, strlen(expected));
    cr_expect_eq(memcmp(text.bytes, expected, strlen(expected)), 0);
    cr_assert(identity_parse((char *)text.bytes, text.size, &identities, &why), "%s", why.text);
    cr_assert_eq(identities.count, (size_t)1);
    cr_expect(identity_array(&identities)[0].claimed);
    recipient_of(&identity_array(&identities)[0], computed);
    cr_expect_str_eq(computed, recipient);
    identity_free(&identities);
    secret_free(&text);
}

Test(identity, generates_another_one_each_time)
{
    struct secret first, second;
    struct reason why;
    char one[AGE_RECIPIENT_MAX], two[AGE_RECIPIENT_MAX];
    cr_assert(identity_generate("now", &first, one, &why) && identity_generate("now", &second, two, &why));
    cr_expect_str_neq(one, two);
    secret_free(&first);
    secret_free(&second);
}

Test(identity, generates_a_file_laid_out_as_age_keygen_does)
{
    struct secret text;
    struct reason why;
    char recipient[AGE_RECIPIENT_MAX];
    size_t size;
    cr_assert(identity_generate("2026-11-23T18:00:00Z", &text, recipient, &why));
    struct outcome outcome = shell_with_input(text.bytes, text.size, "age-keygen -y");
    check_status(outcome, 0);
    cr_expect_eq(strncmp(outcome.out, recipient, strlen(recipient)), 0, "age-keygen computes another key");
    outcome_free(&outcome);
    outcome = shell("age-keygen -o theirs");
    check_status(outcome, 0);
    outcome_free(&outcome);
    char *theirs = get_file("theirs", &size);
    char *their_key = strstr(theirs, "\n# public key: ");
    char *our_key = memmem(text.bytes, text.size, "\n# public key: ", strlen("\n# public key: "));
    cr_assert(their_key && our_key);
    cr_expect_eq(strlen(their_key), text.size - (size_t)(our_key - (char *)text.bytes));
    struct identities identities;
    parse(theirs, &identities);
    cr_assert_eq(identities.count, (size_t)1);
    cr_expect(identity_array(&identities)[0].claimed);
    recipient_of(&identity_array(&identities)[0], recipient);
    cr_expect_eq(strncmp(their_key + strlen("\n# public key: "), recipient, strlen(recipient)), 0);
    identity_free(&identities);
    secret_free(&text);
    free(theirs);
}

Test(recipient, round_trips)
{
    unsigned char recipient[AGE_KEY_SIZE];
    char text[AGE_RECIPIENT_MAX];
    struct reason why;
    cr_assert(recipient_parse(RECIPIENT, strlen(RECIPIENT), recipient, &why), "%s", why.text);
    cr_assert(recipient_format(recipient, text));
    cr_expect_str_eq(text, RECIPIENT);
}

Test(recipient, tells_apart_what_it_refuses)
{
    static const struct {
        const char *text, *because;
    } cases[] = {
        {"", "not a recipient"},
        {"age", "not a recipient"},
        {"AGE1ZVKYG2LQZRAA2LNJVQEJ32NKUU0UES2S82HZRYE869XEEXVN73EQUNUJWJ", "not a recipient"},
        {"age1", "a damaged recipient"},
        {"age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwx", "a damaged recipient"},
        {RECIPIENT " ", "a damaged recipient"},
        {RECIPIENT "\n", "a damaged recipient"},
        {"age1pq1x34nzsvr0rxjsgdn8zgy", "post-quantum"},
        {"age1yubikey1qwertzuiop", "plugin"},
        {"age1tag1qwertzuiop", "hardware key"},
        {"ssh-ed25519 AAAAC3Nz me@here", "SSH"},
        {KEY, "an identity, not a recipient"},
        {"me@example.com", "not a recipient"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char recipient[AGE_KEY_SIZE];
        struct reason why = {0};
        cr_expect_not(recipient_parse(cases[i].text, strlen(cases[i].text), recipient, &why), "%s",
                      cases[i].text);
        cr_expect(strstr(why.text, cases[i].because), "%s: %s", cases[i].text, why.text);
    }
}

/* Below a line that says so, and below one that is not replaced: what secrunctl rekey leaves. */
Test(identity, that_were_replaced_are_told_apart)
{
    static const struct {
        const char *text;
        size_t count, current, size;
    } files[] = {
        {KEY "\n", 1, 1, 75},
        {KEY "\n# replaced: 2026-01-02T03:04:05Z\n" OTHER_KEY "\n", 2, 1, 75},
        {KEY "\n" OTHER_KEY "\n# replaced: then\n", 2, 2, 150},
        {"# replaced: then\n" KEY "\n", 1, 1, 92},
        {"# replaced: then\n" KEY "\n# replaced: then\n" OTHER_KEY "\n# replaced: then\n", 2, 1, 92},
        {KEY "\r\n# replaced: then\r\n" OTHER_KEY, 2, 1, 76},
        {KEY "\n#replaced: then\n" OTHER_KEY "\n", 2, 2, 166},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct identities identities;
        struct reason why = {0};
        size_t length = strlen(files[i].text);
        cr_assert(identity_parse(files[i].text, length, &identities, &why), "%zu: %s", i, why.text);
        cr_expect_eq(identities.count, files[i].count, "%zu", i);
        cr_expect_eq(identities.current, files[i].current, "%zu", i);
        cr_expect_eq(identities.current_size, files[i].size, "%zu: %zu", i, identities.current_size);
        identity_free(&identities);
    }
}
