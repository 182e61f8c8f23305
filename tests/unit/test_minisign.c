/* SPDX-License-Identifier: ISC */
/* Signatures and keys of minisign: what minisign 0.11 made, and what has been done to it. Runs in the unit
 * tests only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "store/minisign.h"
#include "store/minisign_key.h"

/* Made for these tests, and for nothing else: minisign -G -W; the same key once more, after -G and -C -W. */
static const char public_text[] = "RWREpHjwBqxIT9xH9odExKCx7ngd4iKrY1DUjKx9u8qFhrO9tIuNoOnY";
static const char secret_text[] =
    "untrusted comment: minisign encrypted secret key\n"
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAARKR48AasSE+DepILvqdN6LxZhVMc"
    "Qk3pfL4Sod2KfExxc7isYGF1H9xH9odExKCx7ngd4iKrY1DUjKx9u8qFhrO9tIuNoOnYAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAA=\n";
static const char once_sealed_text[] =
    "untrusted comment: minisign encrypted secret key\n"
    "RWQAAEIyxqK+ovCgkf5l4DFDJLskbIqJKwlJ+XSByRN70p2Z7+cAAAACAAAAAAAAAEAAAAAAUZyB03wF3euQNYPnQaoqYQpmYJC3G1WT"
    "nuAzHmAdJ/NP8ajOawKSAwmsc6IzQhZJaeJuUeJQpXtHhgkLytWvPmDRrEK8g3v0V1hftNsuSUECXNYq0cf+Bl0Z4DcO7YIQ/Va9HhRv"
    "EnA=\n";

static const unsigned char file[] = "hello\n";
enum { FILE_SIZE = sizeof file - 1 };
#define UNTRUSTED "untrusted comment: signature from minisign secret key\n"
#define OF_FILE                                                                                              \
    "RUREpHjwBqxIT5H9C8vpO/Dy1ug2h4tGUoByYbQg5kuhV4lKigWbal4z+18LB6YHKuzVaCGn8E0yYBoCw7mZlgkVZSTnnhQBswI=\n"
#define TRUSTED "trusted comment: timestamp:1795610634\tfile:f\thashed\n"
#define GLOBAL  "fkJDgiBgL77XR8IG/NjYp3+dZmARZ7Q1gzQjDKSECguSPCSGfGa4dcsQ8NjcJTScloauyc9K3uNL8EhVYEPECg==\n"
static const char signature_text[] = UNTRUSTED OF_FILE TRUSTED GLOBAL;
static const char legacy_text[] = UNTRUSTED
    "RWREpHjwBqxIT87J6QNPqV8GnzSeTfLpEZ1dwMJwTZI/f4H9Tq3xxf7cJojgcEyh5YUN0Z2IoM272tXv+MLONuiOwx31v6H"
    "kmA0=\n"
    "trusted comment: timestamp:1795610634\tfile:f\n"
    "lTAl8Oni9wpdp23CQx5P3d8THLxhFDtOukQ+QgMF6YFZXtwr13zpjDRfoKaohl6vIMKyQ4pUbN5r6Rb0QVLxAQ==\n";

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
}

TestSuite(minisign, .init = begin);

static struct minisign_signer signer(void)
{
    struct minisign_signer signer;
    struct reason why;
    cr_assert(minisign_signer_parse(public_text, strlen(public_text), &signer, &why), "%s", why.text);
    return signer;
}

/* Is it a good signature of the file? */
static bool good(const char *text, size_t size, struct reason *why)
{
    const struct minisign_signer ours = signer();
    struct minisign_signature signature;
    return minisign_signature_parse(text, size, &signature, why) &&
           memcmp(signature.id, ours.id, sizeof ours.id) == 0 &&
           minisign_verify(&signature, &ours, file, FILE_SIZE, why);
}

static void check_refused(const char *text, const char *says)
{
    struct reason why = {0};
    cr_expect_not(good(text, strlen(text), &why), "%s", text);
    cr_expect(strstr(why.text, says), "'%s' does not say '%s'", why.text, says);
}

Test(minisign, verifies_what_minisign_signed)
{
    struct reason why;
    cr_expect(good(signature_text, strlen(signature_text), &why), "%s", why.text);
    cr_expect(good(signature_text, strlen(signature_text) - 1, &why), "no line feed at its end: %s",
              why.text);
}

Test(minisign, prints_a_key_id_as_minisign_does)
{
    char text[MINISIGN_ID_TEXT];
    const struct minisign_signer ours = signer();
    cr_expect_str_eq(minisign_id_text(text, ours.id), "4F48AC06F078A444");
    cr_expect_str_eq(minisign_id_text(text, (const unsigned char[MINISIGN_ID_SIZE]){0x0A, 1}), "10A");
}

/* Every byte, every bit: but for the untrusted comment and the carriage return of a CR LF nothing may change.
 */
Test(minisign, notices_any_change)
{
    const size_t size = strlen(signature_text), begin = strlen("untrusted comment: "),
                 end = strlen(UNTRUSTED) - 1;
    char text[sizeof signature_text];
    struct reason why;
    for (size_t i = 0; i < size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(text, signature_text, sizeof text);
            text[i] = (char)(text[i] ^ (1 << bit));
            bool is_comment = i >= begin && i < end;
            cr_expect(is_comment || !good(text, size, &why), "byte %zu, bit %d", i, bit);
        }
    }
}

Test(minisign, notices_that_something_is_missing)
{
    struct reason why;
    for (size_t size = 0; size < strlen(signature_text) - 1; size++)
        cr_expect_not(good(signature_text, size, &why), "%zu bytes", size);
    for (size_t i = 0; i < strlen(signature_text) - 1; i++) {
        char text[sizeof signature_text];
        memcpy(text, signature_text, i);
        memcpy(text + i, signature_text + i + 1, sizeof text - i - 1);
        bool is_comment = i >= strlen("untrusted comment: ") && i < strlen(UNTRUSTED) - 1;
        cr_expect(is_comment || !good(text, strlen(text), &why), "without byte %zu", i);
    }
}

Test(minisign, reads_lines_that_end_in_cr_lf)
{
    char text[2 * sizeof signature_text], *at = text;
    struct reason why;
    for (const char *from = signature_text; *from; from++) {
        if (*from == '\n')
            *at++ = '\r';
        *at++ = *from;
    }
    cr_expect(good(text, (size_t)(at - text), &why), "%s", why.text);
    check_refused("untrusted comment: a\rb\n" OF_FILE TRUSTED GLOBAL, "line 1: a control byte");
    check_refused(UNTRUSTED OF_FILE "trusted comment: timestamp:1795610634\tfile:f\thashed\r\r\n" GLOBAL,
                  "line 3: a control byte");
}

Test(minisign, refuses_what_is_not_four_lines)
{
    check_refused("", "empty");
    check_refused(UNTRUSTED, "line 2: ends too early");
    check_refused(UNTRUSTED OF_FILE, "line 3: ends too early");
    check_refused(UNTRUSTED OF_FILE TRUSTED, "line 4: ends too early");
    check_refused(UNTRUSTED OF_FILE TRUSTED GLOBAL "\n", "line 5: something behind");
    check_refused(UNTRUSTED OF_FILE TRUSTED GLOBAL UNTRUSTED OF_FILE TRUSTED GLOBAL, "line 5: ");
    check_refused(UNTRUSTED UNTRUSTED OF_FILE TRUSTED GLOBAL, "line 2: not a signature");
    check_refused(UNTRUSTED OF_FILE OF_FILE TRUSTED GLOBAL, "line 3: not \"trusted comment: \"");
    check_refused(UNTRUSTED OF_FILE TRUSTED TRUSTED GLOBAL, "line 4: not a signature");
    check_refused(TRUSTED OF_FILE TRUSTED GLOBAL, "line 1: not \"untrusted comment: \"");
    check_refused("\xEF\xBB\xBF" UNTRUSTED OF_FILE TRUSTED GLOBAL, "line 1: ");
    check_refused(UNTRUSTED " " OF_FILE TRUSTED GLOBAL, "line 2: ");
}

Test(minisign, refuses_what_is_large_or_binary)
{
    static char text[MINISIGN_FILE_MAX + 2];
    struct reason why;
    memset(text, 'a', sizeof text - 1);
    check_refused(text, "larger than");
    memcpy(text, "untrusted comment: ", strlen("untrusted comment: "));
    text[MINISIGN_LINE_MAX + 1] = '\0';
    check_refused(text, "line 1: a line above");
    cr_expect_not(good("untrusted comment: a\0b\n" OF_FILE TRUSTED GLOBAL,
                       sizeof "untrusted comment: a\0b\n" OF_FILE TRUSTED GLOBAL - 1, &why));
    cr_expect_str_eq(why.text, "line 1: a control byte");
}

Test(minisign, refuses_the_older_kind_of_signature)
{
    check_refused(legacy_text, "line 2: a signature of the older kind");
}

Test(minisign, does_not_take_one_kind_of_signature_for_the_other)
{
    /* The same bytes under the other mark: "RWRE" is Ed, "RURE" is ED. */
    char text[sizeof legacy_text];
    memcpy(text, legacy_text, sizeof text);
    memcpy(strstr(text, "\nRWRE") + 1, "RURE", 4);
    check_refused(text, "not a signature of this file");
}

Test(minisign, refuses_another_file)
{
    const struct minisign_signer ours = signer();
    struct minisign_signature signature;
    struct reason why;
    cr_assert(minisign_signature_parse(signature_text, strlen(signature_text), &signature, &why));
    cr_expect_not(minisign_verify(&signature, &ours, file, FILE_SIZE - 1, &why));
    cr_expect_str_eq(why.text, "not a signature of this file");
    cr_expect_not(minisign_verify(&signature, &ours, (const unsigned char *)"Hello\n", 6, &why));
}

Test(minisign, refuses_a_trusted_comment_that_was_swapped)
{
    check_refused(UNTRUSTED OF_FILE "trusted comment: timestamp:1895610634\tfile:f\thashed\n" GLOBAL,
                  "trusted comment is not what was signed");
}

static void check_signer_refused(const char *text)
{
    struct minisign_signer signer;
    struct reason why;
    cr_expect_not(minisign_signer_parse(text, strlen(text), &signer, &why), "%s", text);
}

Test(minisign, refuses_what_is_no_public_key)
{
    check_signer_refused("");
    check_signer_refused("RWREpHjwBqxIT9xH9odExKCx7ngd4iKrY1DUjKx9u8qFhrO9tIuNoOn");
    check_signer_refused("RWREpHjwBqxIT9xH9odExKCx7ngd4iKrY1DUjKx9u8qFhrO9tIuNoOnYAAAA");
    check_signer_refused("RUREpHjwBqxIT9xH9odExKCx7ngd4iKrY1DUjKx9u8qFhrO9tIuNoOnY");
    check_signer_refused("RWREpHjwBqxIT9xH9odExKCx7ngd4iKrY1DUjKx9u8qFhrO9tIuNoOn ");
    check_signer_refused("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p");
}

/* --- trusted comments --- */

static void check_comment(const char *text, const char *says)
{
    struct minisign_comment comment = {0};
    struct reason why = {0};
    bool ok = minisign_comment_parse(text, strlen(text), &comment, &why);
    cr_expect_eq(ok, !says, "%s: %s", text, why.text);
    if (says)
        cr_expect(strstr(why.text, says), "%s: '%s' does not say '%s'", text, why.text, says);
    else
        cr_expect(comment.timestamp == 42 && comment.file_size == 5 && memcmp(comment.file, "a b:c", 5) == 0,
                  "%s: %lld %.*s", text, (long long)comment.timestamp, (int)comment.file_size, comment.file);
}

Test(minisign, reads_a_trusted_comment)
{
    check_comment("timestamp:42\tfile:a b:c", NULL);
    check_comment("timestamp:42\tfile:a b:c\thashed", NULL);
    check_comment("file:a b:c\tother\t\ttimestamp:42", NULL);
    check_comment("", "no timestamp:");
    check_comment("timestamp:42", "no file:");
    check_comment("file:f", "no timestamp:");
    check_comment("timestamp:42\tfile:f\tfile:g", "more than one file:");
    check_comment("timestamp:42\ttimestamp:43\tfile:f", "more than one timestamp:");
    check_comment("timestamp:\tfile:f", "a number");
    check_comment("timestamp:-1\tfile:f", "a number");
    check_comment("timestamp: 1\tfile:f", "a number");
    check_comment("timestamp:1e3\tfile:f", "a number");
    check_comment("timestamp:1234567890123456789\tfile:f", "a number");
    check_comment("timestamp:42 file:f", "a number");
    check_comment("Timestamp:42\tfile:f", "no timestamp:");
}

/* --- secret keys --- */

static bool parse_key(const char *text, struct minisign_key *key, struct reason *why)
{
    return minisign_key_parse(text, strlen(text), key, why);
}

Test(minisign, signs_what_it_verifies)
{
    struct minisign_key key;
    struct minisign_signer by;
    const struct minisign_signer ours = signer();
    struct minisign_signature signature;
    struct minisign_comment comment;
    struct reason why;
    char *text;
    size_t size;
    cr_assert(parse_key(secret_text, &key, &why), "%s", why.text);
    cr_assert(minisign_key_signer(&key, &by, &why));
    cr_expect_eq(memcmp(&by, &ours, sizeof by), 0);
    cr_assert(minisign_sign(&key, file, FILE_SIZE, "f", 1795610634, &text, &size, &why), "%s", why.text);
    cr_expect(good(text, size, &why), "%s", why.text);
    /* Ed25519 has one signature of a file: but for the untrusted comment it is what minisign makes. */
    cr_expect_str_eq(strchr(text, '\n') + 1, OF_FILE TRUSTED GLOBAL);
    cr_assert(minisign_signature_parse(text, size, &signature, &why));
    cr_assert(minisign_comment_parse(signature.comment, signature.comment_size, &comment, &why));
    cr_expect_eq(comment.timestamp, 1795610634);
    free(text);
    minisign_key_free(&key);
}

Test(minisign, signs_under_no_name_that_cannot_be_read_back)
{
    static const char *const names[] = {"", "a\tfile:b", "a\nb", "\x7F"};
    struct minisign_key key;
    struct reason why;
    char *text, long_name[300];
    size_t size;
    cr_assert(parse_key(secret_text, &key, &why));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_expect_not(minisign_sign(&key, file, FILE_SIZE, names[i], 1, &text, &size, &why), "%zu", i);
    memset(long_name, 'n', sizeof long_name);
    long_name[255] = '\0';
    cr_assert(
        minisign_sign(&key, file, FILE_SIZE, long_name, INT64_C(999999999999999999), &text, &size, &why));
    cr_expect(good(text, size, &why), "%s", why.text);
    free(text);
    cr_expect_not(
        minisign_sign(&key, file, FILE_SIZE, "f", INT64_C(1000000000000000000), &text, &size, &why));
    cr_expect_not(minisign_sign(&key, file, FILE_SIZE, "f", -1, &text, &size, &why));
    minisign_key_free(&key);
    cr_expect_not(minisign_sign(&key, file, FILE_SIZE, "f", 1, &text, &size, &why), "without a key");
}

Test(minisign, reads_a_key_whose_passphrase_was_removed)
{
    struct minisign_key key;
    struct reason why;
    cr_expect(parse_key(once_sealed_text, &key, &why) && !key.sealed, "%s", why.text);
    minisign_key_free(&key);
}

/* Of a key with a checksum no byte behind the parameters of its former passphrase may change. */
Test(minisign, refuses_a_damaged_key)
{
    char text[sizeof once_sealed_text];
    struct minisign_key key;
    struct reason why;
    size_t line = strlen("untrusted comment: minisign encrypted secret key\n");
    for (size_t i = line + 72; i < sizeof text - 2; i++) {
        memcpy(text, once_sealed_text, sizeof text);
        text[i] = text[i] == 'A' ? 'B' : 'A';
        cr_expect_not(parse_key(text, &key, &why), "byte %zu", i);
        cr_expect_null(key.bytes.bytes);
    }
    for (size_t size = 0; size < sizeof text - 2; size++)
        cr_expect_not(minisign_key_parse(once_sealed_text, size, &key, &why), "%zu bytes", size);
}

Test(minisign, refuses_what_is_no_secret_key)
{
    char text[sizeof secret_text + 8];
    struct minisign_key key;
    struct reason why;
    cr_expect_not(parse_key("", &key, &why));
    cr_expect_not(parse_key(public_text, &key, &why));
    cr_expect_not(
        parse_key("untrusted comment: minisign public key\nRWREpHjwBqxIT9xH9odExKCx7ngd4iKrY1DUjKx9u8"
                  "qFhrO9tIuNoOnY\n",
                  &key, &why));
    snprintf(text, sizeof text, "%s%s", secret_text, "more");
    cr_expect_not(parse_key(text, &key, &why));
    memcpy(text, secret_text, sizeof secret_text);
    text[strlen("untrusted comment: minisign encrypted secret key\n") + 20] = (char)0xE9;
    cr_expect_not(parse_key(text, &key, &why));
}

/* The mark of a passphrase, and what it takes, where no minisign put them. */
static bool unseal_with(uint64_t operations, uint64_t memory, struct reason *why)
{
    unsigned char bytes[158];
    char text[512] = "untrusted comment: x\n";
    struct minisign_key key;
    size_t size;
    const char *line = strchr(secret_text, '\n') + 1;
    cr_assert_eq(sodium_base642bin(bytes, sizeof bytes, line, strlen(line) - 1, NULL, &size, NULL,
                                   sodium_base64_VARIANT_ORIGINAL),
                 0);
    memcpy(bytes + 2, "Sc", 2);
    for (int i = 0; i < 8; i++) {
        bytes[38 + i] = (unsigned char)(operations >> (8 * i));
        bytes[46 + i] = (unsigned char)(memory >> (8 * i));
    }
    sodium_bin2base64(text + strlen(text), sizeof text - strlen(text), bytes, sizeof bytes,
                      sodium_base64_VARIANT_ORIGINAL);
    cr_assert(parse_key(text, &key, why) && key.sealed, "%s", why->text);
    bool ok = minisign_key_unseal(&key, "a", 1, why);
    struct minisign_signer ignored;
    struct reason unused;
    cr_expect(key.sealed && !minisign_key_signer(&key, &ignored, &unused));
    minisign_key_free(&key);
    return ok;
}

Test(minisign, refuses_a_passphrase_that_is_wrong_or_takes_too_much)
{
    struct reason why = {0};
    cr_expect_not(unseal_with(32768, 16777216, &why));
    cr_expect_str_eq(why.text, "not its passphrase");
    cr_expect_not(unseal_with(UINT64_C(1) << 62, 16777216, &why));
    cr_expect(strstr(why.text, "more than 2048 MiB"), "%s", why.text);
    cr_expect_not(unseal_with(32768, UINT64_C(1) << 40, &why));
    cr_expect(strstr(why.text, "more than 2048 MiB"), "%s", why.text);
}
