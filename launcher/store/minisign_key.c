/* SPDX-License-Identifier: ISC */
/* Secret keys of minisign: see minisign_key.h. Runs in secrunctl; sees the signing key. */
#include "store/minisign_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "store/minisign_internal.h"

/* Where things are in a secret key's bytes. */
enum {
    KDF_AT = MINISIGN_MARK_SIZE,
    CHECKSUM_KIND_AT = KDF_AT + MINISIGN_MARK_SIZE,
    SALT_AT = CHECKSUM_KIND_AT + MINISIGN_MARK_SIZE,
    OPERATIONS_AT = SALT_AT + crypto_pwhash_scryptsalsa208sha256_SALTBYTES,
    MEMORY_AT = OPERATIONS_AT + 8,
    ID_AT = MEMORY_AT + 8, /* from here on it is sealed */
    SECRET_AT = ID_AT + MINISIGN_ID_SIZE,
    CHECKSUM_AT = SECRET_AT + crypto_sign_SECRETKEYBYTES,
    CHECKSUM_SIZE = 32,
    KEY_BYTES = CHECKSUM_AT + CHECKSUM_SIZE,
    SEALED_SIZE = KEY_BYTES - ID_AT,
};
_Static_assert(KEY_BYTES == 158, "as minisign has it");

/* Above what minisign asks for; what is more would only be to keep this host busy. */
static const uint64_t operations_max = UINT64_C(4) * crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE;
static const uint64_t memory_max = UINT64_C(2) * crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE;

static const char scrypt[] = "Sc", no_kdf[] = "\0", checksum_kind[] = "B2";

static bool has(const struct minisign_key *key, size_t at, const char mark[static MINISIGN_MARK_SIZE])
{
    return memcmp(key->bytes.bytes + at, mark, MINISIGN_MARK_SIZE) == 0;
}

/* libsodium's decoder takes the same time for any key. Bytes above 127, which it misreads, have been looked
 * for. */
static bool decode(struct minisign_line line, struct secret *bytes, struct reason *why)
{
    size_t size;
    for (size_t i = 0; i < line.size; i++)
        if ((unsigned char)line.text[i] > 127)
            return fail(why, "not a secret key of minisign");
    if (!secret_alloc(bytes, KEY_BYTES, why))
        return false;
    if (sodium_base642bin(bytes->bytes, KEY_BYTES, line.text, line.size, NULL, &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) == 0 &&
        size == KEY_BYTES) {
        bytes->size = size;
        return true;
    }
    secret_free(bytes);
    return fail(why, "not a secret key of minisign");
}

/* Is it a pair of keys whose checksum is right? A key that never was sealed has none (minisign -G -W). */
static bool check(const struct minisign_key *key)
{
    const unsigned char *bytes = key->bytes.bytes;
    unsigned char checksum[CHECKSUM_SIZE], public[MINISIGN_KEY_SIZE];
    struct secret secret;
    struct reason ignored;
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof checksum);
    crypto_generichash_update(&state, bytes, MINISIGN_MARK_SIZE);
    crypto_generichash_update(&state, bytes + ID_AT, CHECKSUM_AT - ID_AT);
    crypto_generichash_final(&state, checksum, sizeof checksum);
    bool ok = sodium_memcmp(checksum, bytes + CHECKSUM_AT, sizeof checksum) == 0 ||
              (has(key, KDF_AT, no_kdf) && sodium_is_zero(bytes + CHECKSUM_AT, sizeof checksum));
    sodium_memzero(&state, sizeof state);
    if (!ok || !secret_alloc(&secret, crypto_sign_SECRETKEYBYTES, &ignored))
        return false;
    ok = crypto_sign_seed_keypair(public, secret.bytes, bytes + SECRET_AT) == 0 &&
         sodium_memcmp(secret.bytes, bytes + SECRET_AT, crypto_sign_SECRETKEYBYTES) == 0;
    secret_free(&secret);
    return ok;
}

static bool check_kind(struct minisign_key *key, struct reason *why)
{
    if (memcmp(key->bytes.bytes, MINISIGN_OF_KEYS, MINISIGN_MARK_SIZE) != 0 ||
        !has(key, CHECKSUM_KIND_AT, checksum_kind))
        return fail(why, "not a secret key of minisign");
    key->sealed = has(key, KDF_AT, scrypt);
    if (!key->sealed && !has(key, KDF_AT, no_kdf))
        return fail(why, "sealed in a way that is not known here");
    return key->sealed || check(key) || fail(why, "damaged");
}

bool minisign_key_parse(const char *text, size_t size, struct minisign_key *key, struct reason *why)
{
    struct minisign_line rest = {text, size}, line;
    *key = (struct minisign_key){0};
    if (size > MINISIGN_KEY_FILE_MAX)
        return fail(why, "larger than %d bytes", MINISIGN_KEY_FILE_MAX);
    if (!minisign_next_comment(&rest, MINISIGN_UNTRUSTED, &line, why) ||
        !minisign_next_line(&rest, &line, why)) {
        fail(why, "not a secret key of minisign");
        return fail_hint(why, "minisign -G makes one");
    }
    if (rest.size > 0)
        return fail(why, "something behind the secret key");
    if (decode(line, &key->bytes, why) && check_kind(key, why))
        return true;
    minisign_key_free(key);
    return false;
}

void minisign_key_free(struct minisign_key *key)
{
    secret_free(&key->bytes);
    *key = (struct minisign_key){0};
}

static uint64_t little_endian(const unsigned char bytes[static 8])
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

bool minisign_key_unseal(struct minisign_key *key, const char *passphrase, size_t size, struct reason *why)
{
    unsigned char *bytes = key->bytes.bytes;
    uint64_t operations = little_endian(bytes + OPERATIONS_AT), memory = little_endian(bytes + MEMORY_AT);
    struct secret stream;
    if (operations > operations_max || memory > memory_max)
        return fail(why, "its passphrase takes more than %" PRIu64 " MiB of memory, or too long",
                    memory_max >> 20);
    if (!secret_alloc(&stream, SEALED_SIZE, why))
        return false;
    if (crypto_pwhash_scryptsalsa208sha256(stream.bytes, SEALED_SIZE, passphrase, size, bytes + SALT_AT,
                                           operations, (size_t)memory) != 0) {
        secret_free(&stream);
        return fail(why, "no memory for its passphrase, which takes %" PRIu64 " MiB", memory >> 20);
    }
    for (size_t i = 0; i < SEALED_SIZE; i++)
        bytes[ID_AT + i] ^= stream.bytes[i];
    key->sealed = !check(key);
    for (size_t i = 0; key->sealed && i < SEALED_SIZE; i++)
        bytes[ID_AT + i] ^= stream.bytes[i];
    secret_free(&stream);
    return !key->sealed || fail(why, "not its passphrase");
}

bool minisign_key_signer(const struct minisign_key *key, struct minisign_signer *signer, struct reason *why)
{
    if (key->sealed || key->bytes.size != KEY_BYTES)
        return fail(why, "no secret key, or one that is sealed");
    memcpy(signer->id, key->bytes.bytes + ID_AT, sizeof signer->id);
    /* The second half of the secret key, which check() has computed. */
    memcpy(signer->key, key->bytes.bytes + SECRET_AT + crypto_sign_SEEDBYTES, sizeof signer->key);
    return true;
}

/* --- signing ---------------------------------------------------------------------------------------- */

enum {
    SIGNATURE_SIZE = MINISIGN_MARK_SIZE + MINISIGN_ID_SIZE + MINISIGN_SIGNATURE_SIZE,
    COMMENT_MAX = MINISIGN_NAME_MAX + 64, /* timestamp:…, file:NAME, hashed, and a NUL */
};

static bool check_name(const char *name, struct reason *why)
{
    size_t size = strlen(name);
    if (size == 0 || size > MINISIGN_NAME_MAX)
        return fail(why, "a name of 1 to %d bytes is wanted", MINISIGN_NAME_MAX);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7F)
            return fail(why, "a control byte in its name, which cannot be signed");
    return true;
}

static void encode(char *text, size_t room, const unsigned char *bytes, size_t size)
{
    sodium_bin2base64(text, room, bytes, size, sodium_base64_VARIANT_ORIGINAL);
}

bool minisign_sign(const struct minisign_key *key, const unsigned char *file, size_t size, const char *name,
                   int64_t timestamp, char **text, size_t *text_size, struct reason *why)
{
    unsigned char digest[MINISIGN_DIGEST_SIZE], global[MINISIGN_SIGNATURE_SIZE];
    unsigned char signature[SIGNATURE_SIZE], covered[MINISIGN_SIGNATURE_SIZE + COMMENT_MAX];
    char comment[COMMENT_MAX], lines[2][160];
    if (key->sealed || key->bytes.size != KEY_BYTES)
        return fail(why, "no secret key, or one that is sealed");
    const unsigned char *secret = key->bytes.bytes + SECRET_AT;
    if (timestamp < 0 || timestamp >= INT64_C(1000000000000000000))
        return fail(why, "a timestamp of more than 18 digits");
    if (!check_name(name, why))
        return false;
    minisign_digest(digest, file, size);
    memcpy(signature, MINISIGN_OF_DIGEST, MINISIGN_MARK_SIZE);
    memcpy(signature + MINISIGN_MARK_SIZE, key->bytes.bytes + ID_AT, MINISIGN_ID_SIZE);
    unsigned char *of_file = signature + MINISIGN_MARK_SIZE + MINISIGN_ID_SIZE;
    crypto_sign_detached(of_file, NULL, digest, sizeof digest, secret);
    int length = snprintf(comment, sizeof comment, "timestamp:%" PRId64 "\tfile:%s\thashed", timestamp, name);
    memcpy(covered, of_file, MINISIGN_SIGNATURE_SIZE);
    memcpy(covered + MINISIGN_SIGNATURE_SIZE, comment, (size_t)length);
    crypto_sign_detached(global, NULL, covered, MINISIGN_SIGNATURE_SIZE + (size_t)length, secret);
    encode(lines[0], sizeof lines[0], signature, sizeof signature);
    encode(lines[1], sizeof lines[1], global, sizeof global);
    int total =
        asprintf(text, MINISIGN_UNTRUSTED "signature from secrunctl\n%s\n" MINISIGN_TRUSTED "%s\n%s\n",
                 lines[0], comment, lines[1]);
    if (total < 0)
        return fail(why, "no memory for a signature");
    *text_size = (size_t)total;
    return true;
}
