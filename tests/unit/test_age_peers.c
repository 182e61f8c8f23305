/* SPDX-License-Identifier: ISC */
/*
 * Files between us and the other two implementations at hand, both ways: Debian's age, and typage
 * (npm package age-encryption). Runs in the unit tests only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "store/age.h"
#include "store/identity.h"
#include "support/command.h"

static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131072, 1048576};
enum { SIZES = sizeof sizes / sizeof *sizes };
/* Files of those sizes, named so. */
#define NAMES "0 1 65535 65536 65537 131072 1048576"

#define TYPAGE "node '" TESTS_DIR "/vectors/typage.mjs' "

/* Ours, in the file "ours.key"; and the recipient of theirs, whose identity is in "theirs.key". */
static struct identities ours;
static char our_recipient[AGE_RECIPIENT_MAX], their_recipient[AGE_RECIPIENT_MAX];

static void run(const char *command)
{
    struct outcome outcome = shell("%s", command);
    check_status(outcome, 0);
    outcome_free(&outcome);
}

static void begin(void)
{
    struct secret text;
    struct reason why;
    cr_assert_geq(sodium_init(), 0);
    scratch_begin();
    cr_assert(identity_generate("2026-01-01T00:00:00Z", &text, our_recipient, &why), "%s", why.text);
    put_file("ours.key", text.bytes, text.size);
    cr_assert(identity_parse((const char *)text.bytes, text.size, &ours, &why), "%s", why.text);
    secret_free(&text);
    run("age-keygen -o theirs.key && age-keygen -y theirs.key > theirs.pub");
    char *public = get_file("theirs.pub", NULL);
    snprintf(their_recipient, sizeof their_recipient, "%.62s", public);
    free(public);
    /* The plaintext of each size, in a file of that name. */
    for (size_t i = 0; i < SIZES; i++) {
        char name[32], *bytes = malloc(sizes[i] + 1);
        snprintf(name, sizeof name, "%zu", sizes[i]);
        randombytes_buf(bytes, sizes[i]);
        put_file(name, bytes, sizes[i]);
        free(bytes);
    }
}

static void end(void)
{
    identity_free(&ours);
    scratch_end();
}

TestSuite(age_peers, .init = begin, .fini = end);

/* The file `sealed` opens with our identity to what the file `plain` holds. */
static void check_we_open(const char *sealed, const char *plain)
{
    size_t sealed_size, plain_size;
    char *file = get_file(sealed, &sealed_size), *expected = get_file(plain, &plain_size);
    struct secret plaintext;
    struct reason why = {0};
    enum age_result result = age_open((const unsigned char *)file, sealed_size, identity_array(&ours),
                                      ours.count, &plaintext, &why);
    cr_assert_eq(result, AGE_OK, "%s: %s", sealed, why.text);
    cr_expect_eq(plaintext.size, plain_size, "%s", sealed);
    cr_expect(plaintext.size == plain_size && memcmp(plaintext.bytes, expected, plain_size) == 0, "%s",
              sealed);
    secret_free(&plaintext);
    free(file);
    free(expected);
}

/* Seals the file `plain` to PLAIN.age for theirs, and for ours too if `both`. */
static void we_seal(const char *plain, const char *theirs, bool both)
{
    unsigned char recipients[2][AGE_KEY_SIZE], *file;
    size_t plain_size, size;
    struct reason why;
    char name[64], *bytes = get_file(plain, &plain_size);
    cr_assert(recipient_parse(our_recipient, strlen(our_recipient), recipients[0], &why), "%s", why.text);
    cr_assert(recipient_parse(theirs, strlen(theirs), recipients[1], &why), "%s", why.text);
    cr_assert(age_seal((const unsigned char(*)[AGE_KEY_SIZE])recipients + !both, both ? 2 : 1,
                       (unsigned char *)bytes, plain_size, &file, &size, &why),
              "%s", why.text);
    snprintf(name, sizeof name, "%s.age", plain);
    put_file(name, file, size);
    free(file);
    free(bytes);
}

/* Runs `command` for each size, with N being the name of its plaintext file. */
static void run_each(const char *command)
{
    struct outcome outcome = shell("set -e; for N in " NAMES "; do %s; done", command);
    check_status(outcome, 0);
    outcome_free(&outcome);
}

static void check_we_open_each(const char *suffix)
{
    for (size_t i = 0; i < SIZES; i++) {
        char plain[32], sealed[40];
        snprintf(plain, sizeof plain, "%zu", sizes[i]);
        snprintf(sealed, sizeof sealed, "%zu%s", sizes[i], suffix);
        check_we_open(sealed, plain);
    }
}

static void we_seal_each(const char *theirs, bool both)
{
    for (size_t i = 0; i < SIZES; i++) {
        char plain[32];
        snprintf(plain, sizeof plain, "%zu", sizes[i]);
        we_seal(plain, theirs, both);
    }
}

Test(age_peers, opens_what_age_seals_for_one_recipient)
{
    run_each("age -r $(age-keygen -y ours.key) -o $N.age $N");
    check_we_open_each(".age");
}

Test(age_peers, opens_what_age_armors)
{
    run_each("age -a -r $(age-keygen -y ours.key) -o $N.asc $N");
    check_we_open_each(".asc");
}

Test(age_peers, opens_what_age_seals_for_several_recipients)
{
    run_each("age -R theirs.pub -r $(age-keygen -y ours.key) -R theirs.pub -o $N.age $N");
    check_we_open_each(".age");
}

Test(age_peers, opens_nothing_that_age_seals_for_another)
{
    run("age -R theirs.pub -o 1.age 1");
    size_t size;
    char *file = get_file("1.age", &size);
    struct secret plaintext;
    struct reason why;
    cr_expect_eq(age_open((unsigned char *)file, size, identity_array(&ours), ours.count, &plaintext, &why),
                 AGE_NO_MATCH);
    cr_expect_str_eq(why.text, "sealed for other recipients");
    free(file);
}

Test(age_peers, seals_for_one_what_age_opens)
{
    we_seal_each(their_recipient, false);
    run_each("age -d -i theirs.key $N.age | cmp - $N; ! age -d -i ours.key $N.age 2>/dev/null");
}

Test(age_peers, seals_for_two_what_age_opens_with_either)
{
    we_seal_each(their_recipient, true);
    run_each("age -d -i theirs.key $N.age | cmp - $N; age -d -i ours.key $N.age | cmp - $N");
}

/* Has age seal the file "1" with a passphrase, which it asks for on a terminal. */
Test(age_peers, opens_what_age_seals_with_a_passphrase)
{
    struct outcome outcome = shell_with_input("correct horse\ncorrect horse\n", 28,
                                              "script -qec 'age -p -o 65537.age 65537' /dev/null");
    check_status(outcome, 0);
    outcome_free(&outcome);
    size_t size, plain_size;
    char *file = get_file("65537.age", &size), *plain = get_file("65537", &plain_size);
    struct secret plaintext;
    struct reason why = {0};
    cr_expect(age_needs_passphrase((unsigned char *)file, size));
    cr_expect_eq(age_open((unsigned char *)file, size, identity_array(&ours), ours.count, &plaintext, &why),
                 AGE_NO_MATCH);
    cr_expect_str_eq(why.text, "sealed with a passphrase");
    cr_assert_eq(age_open_passphrase((unsigned char *)file, size, "correct horse", 13, &plaintext, &why),
                 AGE_OK, "%s", why.text);
    cr_expect_eq(plaintext.size, plain_size);
    cr_expect_eq(memcmp(plaintext.bytes, plain, plain_size), 0);
    secret_free(&plaintext);
    free(file);
    free(plain);
}

Test(age_peers, opens_what_typage_seals_and_armors)
{
    struct outcome outcome = shell(TYPAGE "encrypt %s " NAMES, our_recipient);
    check_status(outcome, 0);
    outcome_free(&outcome);
    check_we_open_each(".age");
    check_we_open_each(".asc");
}

Test(age_peers, opens_what_typage_seals_for_several_recipients)
{
    struct outcome outcome =
        shell(TYPAGE "encrypt %s,%s,%s 65537", their_recipient, our_recipient, their_recipient);
    check_status(outcome, 0);
    outcome_free(&outcome);
    check_we_open("65537.age", "65537");
    check_we_open("65537.asc", "65537");
}

Test(age_peers, seals_what_typage_opens)
{
    struct outcome outcome = shell(TYPAGE "keygen");
    check_status(outcome, 0);
    char identity[128], recipient[128];
    cr_assert_eq(sscanf(outcome.out, "%127s %127s", identity, recipient), 2);
    outcome_free(&outcome);
    for (int both = 0; both < 2; both++) {
        we_seal_each(recipient, both);
        outcome = shell(TYPAGE "decrypt %s " NAMES, identity);
        check_status(outcome, 0);
        outcome_free(&outcome);
        run_each("cmp $N $N.opened && rm $N.opened");
    }
}

Test(age_peers, opens_what_typage_seals_with_a_passphrase)
{
    static const char passphrase[] = "p\xc3\xa4ss";
    struct outcome outcome = shell(TYPAGE "encrypt-passphrase %s 10 65536", passphrase);
    check_status(outcome, 0);
    outcome_free(&outcome);
    size_t size, plain_size;
    char *file = get_file("65536.age", &size), *plain = get_file("65536", &plain_size);
    struct secret plaintext;
    struct reason why = {0};
    cr_assert_eq(
        age_open_passphrase((unsigned char *)file, size, passphrase, strlen(passphrase), &plaintext, &why),
        AGE_OK, "%s", why.text);
    cr_expect_eq(plaintext.size, plain_size);
    cr_expect_eq(memcmp(plaintext.bytes, plain, plain_size), 0);
    secret_free(&plaintext);
    cr_expect_eq(age_open_passphrase((unsigned char *)file, size, "pass", 4, &plaintext, &why), AGE_NO_MATCH);
    cr_expect_str_eq(why.text, "wrong passphrase");
    cr_expect_null(plaintext.bytes);
    free(file);
    free(plain);
}
