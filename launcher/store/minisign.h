/* SPDX-License-Identifier: ISC */
/*
 * Signatures and public keys of minisign (https://jedisct1.github.io/minisign/, "Signature format", "Public
 * key format"): Ed25519 over the BLAKE2b-512 digest of a file. Pure on (pointer, length); holds no secret.
 *
 * The older signatures over the file itself ("Ed", minisign -l) are not read: one kind of signature cannot be
 * taken for the other where there is only one.
 */
#ifndef SECRUN_MINISIGN_H
#define SECRUN_MINISIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"

enum { MINISIGN_ID_SIZE = 8 };          /* bytes of a key ID */
enum { MINISIGN_ID_TEXT = 17 };         /* in hexadecimal, as minisign prints it, with its NUL */
enum { MINISIGN_KEY_SIZE = 32 };        /* bytes of a public key */
enum { MINISIGN_SIGNATURE_SIZE = 64 };  /* bytes */
enum { MINISIGN_FILE_MAX = 16 * 1024 }; /* bytes of a signature's file */
enum { MINISIGN_LINE_MAX = 8 * 1024 };  /* bytes of a line in it */

struct minisign_signer {
    unsigned char id[MINISIGN_ID_SIZE];
    unsigned char key[MINISIGN_KEY_SIZE];
};

/* Nothing of it is to be believed before it has been verified. */
struct minisign_signature {
    unsigned char id[MINISIGN_ID_SIZE];             /* of the key that is said to have made it */
    unsigned char of_file[MINISIGN_SIGNATURE_SIZE]; /* of the file's digest */
    unsigned char global[MINISIGN_SIGNATURE_SIZE];  /* of of_file and the trusted comment */
    const char *comment;                            /* the trusted one; in the text, no NUL behind it */
    size_t comment_size;
};

/* What a trusted comment says. */
struct minisign_comment {
    int64_t timestamp; /* seconds of 1970 */
    const char *file;  /* the signed file's name, without directories; in the comment, no NUL behind it */
    size_t file_size;
};

/* Reads a public key: RW… in base64, as the second line of a .pub file has it. */
bool minisign_signer_parse(const char *text, size_t size, struct minisign_signer *signer, struct reason *why);

/* Returns text. */
char *minisign_id_text(char text[static MINISIGN_ID_TEXT], const unsigned char id[static MINISIGN_ID_SIZE]);

/* Reads a signature's file: four lines, of which each may end in CR LF, and nothing else. */
bool minisign_signature_parse(const char *text, size_t size, struct minisign_signature *signature,
                              struct reason *why);

/* Has this key signed these bytes, and the trusted comment with them? The key ID is not looked at. */
bool minisign_verify(const struct minisign_signature *signature, const struct minisign_signer *signer,
                     const unsigned char *file, size_t size, struct reason *why);

/* Has this key signed the trusted comment, with whatever file? */
bool minisign_verify_comment(const struct minisign_signature *signature,
                             const struct minisign_signer *signer);

/* Reads timestamp:SECONDS and file:NAME, each of which must be there once, among what else is in a trusted
 * comment between tabs. */
bool minisign_comment_parse(const char *text, size_t size, struct minisign_comment *comment,
                            struct reason *why);

#endif
