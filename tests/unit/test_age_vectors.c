/* SPDX-License-Identifier: ISC */
/*
 * Every C2SP/CCTV age vector (npm package cctv-age): the class of each failure and the hash of each
 * payload. A vector's failure is one line with its name. Runs in the unit tests only.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "store/age.h"
#include "store/identity.h"
#include "support/command.h"

/* Of cctv-age 0.2.0. */
enum { VECTORS = 143, HYBRID_VECTORS = 19, KEYS_MAX = 8 };

/* The identity that the X25519 vectors are made for, where a vector gives only a hybrid one. */
static const char stand_in[] = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";

struct vector {
    char *file;
    const unsigned char *sealed;
    size_t sealed_size;
    char expect[32], payload[65];
    char identities[KEYS_MAX][128], passphrases[KEYS_MAX][64];
    size_t identity_count, passphrase_count;
};

static void take_line(struct vector *vector, const char *line, const char *name)
{
    char value[4096];
    if (sscanf(line, "expect: %31[a-zA-Z ]", vector->expect) == 1)
        return;
    if (sscanf(line, "payload: %64[0-9a-f]", vector->payload) == 1)
        return;
    if (sscanf(line, "identity: %4095s", value) == 1) {
        cr_assert_lt(vector->identity_count, (size_t)KEYS_MAX, "%s", name);
        snprintf(vector->identities[vector->identity_count++], sizeof vector->identities[0], "%.127s", value);
    } else if (sscanf(line, "passphrase: %4095[^\n]", value) == 1) {
        cr_assert_lt(vector->passphrase_count, (size_t)KEYS_MAX, "%s", name);
        snprintf(vector->passphrases[vector->passphrase_count++], sizeof vector->passphrases[0], "%.63s",
                 value);
    }
}

static void read_vector(struct vector *vector, const char *name)
{
    char path[512];
    size_t size;
    memset(vector, 0, sizeof *vector);
    snprintf(path, sizeof path, "vectors/%s", name);
    vector->file = get_file(path, &size);
    char *line = vector->file, *end = strstr(vector->file, "\n\n");
    cr_assert_not_null(end, "%s", name);
    while (line <= end) {
        char *feed = strchr(line, '\n');
        *feed = '\0';
        take_line(vector, line, name);
        line = feed + 1;
    }
    vector->sealed = (const unsigned char *)end + 2;
    vector->sealed_size = size - (size_t)(end + 2 - vector->file);
}

static const char *class_of(enum age_result result)
{
    static const char *const names[] = {
        [AGE_OK] = "success",
        [AGE_NO_MATCH] = "no match",
        [AGE_BAD_HEADER] = "header failure",
        [AGE_BAD_HMAC] = "HMAC failure",
        [AGE_BAD_ARMOR] = "armor failure",
        [AGE_BAD_PAYLOAD] = "payload failure",
        [AGE_FAILED] = "no memory",
    };
    return names[result];
}

/* Opens a vector with its X25519 identities (all in one call), or `otherwise` if it has none. */
static enum age_result open_with_identities(const struct vector *vector, const char *otherwise,
                                            struct secret *plaintext, struct reason *why)
{
    char text[KEYS_MAX * 130] = "";
    for (size_t i = 0; i < vector->identity_count; i++) {
        if (strncmp(vector->identities[i], "AGE-SECRET-KEY-1", 16) != 0)
            continue;
        strcat(text, vector->identities[i]);
        strcat(text, "\n");
    }
    struct identities identities = {0};
    bool parsed =
        identity_parse(*text ? text : otherwise, strlen(*text ? text : otherwise), &identities, why);
    cr_assert(parsed, "%s", why->text);
    enum age_result result = age_open(vector->sealed, vector->sealed_size, identity_array(&identities),
                                      identities.count, plaintext, why);
    identity_free(&identities);
    return result;
}

static enum age_result open_vector(const struct vector *vector, struct secret *plaintext, struct reason *why)
{
    enum age_result result = AGE_NO_MATCH;
    if (vector->passphrase_count == 0)
        return open_with_identities(vector, stand_in, plaintext, why);
    for (size_t i = 0; i < vector->passphrase_count && result == AGE_NO_MATCH; i++)
        result = age_open_passphrase(vector->sealed, vector->sealed_size, vector->passphrases[i],
                                     strlen(vector->passphrases[i]), plaintext, why);
    return result;
}

static void check_payload(const struct vector *vector, const struct secret *plaintext, const char *name)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof hash + 1];
    crypto_hash_sha256(hash, plaintext->bytes, plaintext->size);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    cr_expect_str_eq(hex, vector->payload, "%s: another payload", name);
}

static void check_vector(const char *name)
{
    struct vector vector;
    struct secret plaintext = {0};
    struct reason why = {0};
    read_vector(&vector, name);
    const char *class = class_of(open_vector(&vector, &plaintext, &why));
    cr_expect_str_eq(class, vector.expect, "%s: %s, not %s (%s)", name, class, vector.expect, why.text);
    if (strcmp(class, "success") == 0)
        check_payload(&vector, &plaintext, name);
    else
        cr_expect(!plaintext.bytes && plaintext.size == 0, "%s: plaintext released", name);
    secret_free(&plaintext);
    free(vector.file);
}

/* A vector that needs ML-KEM: never opens, whatever is expected of it, and the user is told why. */
static void check_hybrid(const char *name)
{
    struct vector vector;
    struct secret plaintext = {0};
    struct reason why = {0};
    struct identities identities;
    read_vector(&vector, name);
    for (size_t i = 0; i < vector.identity_count; i++) {
        if (strncmp(vector.identities[i], "AGE-SECRET-KEY-PQ-1", 19) != 0)
            continue;
        cr_expect_not(identity_parse(vector.identities[i], strlen(vector.identities[i]), &identities, &why),
                      "%s", name);
        cr_expect(strstr(why.text, "post-quantum"), "%s: identity refused as %s", name, why.text);
    }
    enum age_result result = open_with_identities(&vector, stand_in, &plaintext, &why);
    const char *class = class_of(result);
    cr_expect_neq(result, AGE_OK, "%s", name);
    cr_expect_null(plaintext.bytes, "%s: plaintext released", name);
    /* Only what no key is needed for can be found malformed; no stanza may be taken for X25519. */
    if (result == AGE_NO_MATCH)
        cr_expect(strstr(why.text, "post-quantum") || strcmp(name, "hybrid_uppercase") == 0, "%s: %s", name,
                  why.text);
    else
        cr_expect_str_eq(class, vector.expect, "%s: %s, not %s (%s)", name, class, vector.expect, why.text);
    free(vector.file);
}

static bool is_hybrid(const char *name)
{
    return strstr(name, "hybrid") != NULL;
}

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
    scratch_begin();
    struct outcome outcome = shell("node '%s/vectors/extract_cctv.mjs' vectors", TESTS_DIR);
    check_status(outcome, 0);
    outcome_free(&outcome);
}

TestSuite(age_vectors, .init = begin, .fini = scratch_end);

/* Checks every vector of one of the two kinds; returns how many there were of both. */
static size_t check_all(bool hybrid, size_t *checked)
{
    char path[1024];
    struct dirent **names;
    snprintf(path, sizeof path, "%s/vectors", scratch());
    int count = scandir(path, &names, NULL, alphasort);
    size_t total = 0;
    cr_assert_gt(count, 0);
    for (int i = 0; i < count; i++) {
        const char *name = names[i]->d_name;
        if (name[0] == '.')
            continue;
        total++;
        if (is_hybrid(name) != hybrid)
            continue;
        ++*checked;
        hybrid ? check_hybrid(name) : check_vector(name);
    }
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
    return total;
}

Test(age_vectors, opens_or_refuses_each_with_its_exact_class)
{
    size_t checked = 0;
    cr_expect_eq(check_all(false, &checked), (size_t)VECTORS);
    cr_expect_eq(checked, (size_t)(VECTORS - HYBRID_VECTORS));
}

Test(age_vectors, refuses_each_hybrid_one_and_names_post_quantum)
{
    size_t checked = 0;
    cr_expect_eq(check_all(true, &checked), (size_t)VECTORS);
    cr_expect_eq(checked, (size_t)HYBRID_VECTORS);
}
