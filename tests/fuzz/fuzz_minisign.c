/* SPDX-License-Identifier: ISC */
/* Fuzzes signatures, public and secret keys of minisign: what is read stands in the text and fits, and
 * nothing that was not signed is verified. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "store/minisign.h"
#include "store/minisign_key.h"

FUZZ_WITH_SODIUM

static void check_comment(const char *text, size_t size)
{
    struct minisign_comment comment = {0};
    struct reason why = {0};
    if (!minisign_comment_parse(text, size, &comment, &why)) {
        require(why.text[0] != '\0');
        return;
    }
    require(comment.timestamp >= 0);
    require(comment.file >= text && comment.file + comment.file_size <= text + size);
    require(!memchr(comment.file, '\t', comment.file_size));
}

/* A key that is made here has signed none of it. */
static void check_signature(const char *text, size_t size)
{
    struct minisign_signature signature;
    struct minisign_signer signer;
    struct reason why = {0};
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    static const unsigned char seed[crypto_sign_SEEDBYTES] = {1};
    if (!minisign_signature_parse(text, size, &signature, &why)) {
        require(why.text[0] != '\0');
        return;
    }
    require(size <= MINISIGN_FILE_MAX && signature.comment_size <= MINISIGN_LINE_MAX);
    require(signature.comment >= text && signature.comment + signature.comment_size <= text + size);
    check_comment(signature.comment, signature.comment_size);
    memcpy(signer.id, signature.id, sizeof signer.id);
    crypto_sign_seed_keypair(signer.key, secret, seed);
    require(!minisign_verify(&signature, &signer, (const unsigned char *)text, size, &why));
    require(!minisign_verify_comment(&signature, &signer));
}

static void check_key(const char *text, size_t size)
{
    struct minisign_key key;
    struct minisign_signer signer;
    struct reason why = {0};
    if (!minisign_key_parse(text, size, &key, &why)) {
        require(!key.bytes.bytes && why.text[0] != '\0');
        return;
    }
    require(minisign_key_signer(&key, &signer, &why) == !key.sealed);
    minisign_key_free(&key);
}

/* What a good key signs can be verified, whatever the file. */
static void check_made(const uint8_t *data, size_t size)
{
    static const char text[] =
        "untrusted comment: x\n"
        "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAARKR48AasSE+DepILvqdN6LxZhVMc"
        "Qk3pfL4Sod2KfExxc7isYGF1H9xH9odExKCx7ngd4iKrY1DUjKx9u8qFhrO9tIuNoOnYAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAA"
        "AAAAAAA=\n";
    struct minisign_key key;
    struct minisign_signer signer;
    struct minisign_signature signature;
    struct reason why;
    char *made, name[MINISIGN_NAME_MAX + 2];
    size_t made_size, name_size = size < sizeof name - 1 ? size : sizeof name - 1;
    memcpy(name, data, name_size);
    name[name_size] = '\0';
    require(minisign_key_parse(text, sizeof text - 1, &key, &why) &&
            minisign_key_signer(&key, &signer, &why));
    if (minisign_sign(&key, data, size, name, (int64_t)size, &made, &made_size, &why)) {
        struct minisign_comment comment;
        require(minisign_signature_parse(made, made_size, &signature, &why));
        require(minisign_verify(&signature, &signer, data, size, &why));
        require(minisign_comment_parse(signature.comment, signature.comment_size, &comment, &why));
        require(comment.timestamp == (int64_t)size && comment.file_size == strlen(name) &&
                memcmp(comment.file, name, comment.file_size) == 0);
        free(made);
    }
    minisign_key_free(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct minisign_signer signer;
    struct reason why = {0};
    require(minisign_signer_parse(text, size, &signer, &why) || why.text[0] != '\0');
    check_signature(text, size);
    check_comment(text, size);
    check_key(text, size);
    check_made(data, size);
    return 0;
}
