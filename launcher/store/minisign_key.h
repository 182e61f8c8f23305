/* SPDX-License-Identifier: ISC */
/*
 * Secret keys of minisign ("Secret key format"), and signing with them. Pure on (pointer, length); keys only
 * in struct secret.
 */
#ifndef SECRUN_MINISIGN_KEY_H
#define SECRUN_MINISIGN_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "base/secret.h"
#include "store/minisign.h"

enum { MINISIGN_KEY_FILE_MAX = 4 * 1024 }; /* bytes of a secret key's file */
enum { MINISIGN_NAME_MAX = 255 };          /* bytes of a signed file's name */

/* A zeroed one is a valid empty one. */
struct minisign_key {
    struct secret bytes; /* as they are in the file */
    bool sealed;         /* with a passphrase: minisign_key_unseal is due */
};

/* Reads a secret key's file. The caller frees *key. */
bool minisign_key_parse(const char *text, size_t size, struct minisign_key *key, struct reason *why);
void minisign_key_free(struct minisign_key *key);

/* Takes the passphrase off, which takes seconds and a gigabyte of memory if minisign has put it on. */
bool minisign_key_unseal(struct minisign_key *key, const char *passphrase, size_t size, struct reason *why);

/* The public half of a key that is not sealed, computed. */
bool minisign_key_signer(const struct minisign_key *key, struct minisign_signer *signer, struct reason *why);

/* Signs a file by that name; *text, which is malloc'd, is the text of its .minisig, *text_size bytes. A name
 * with control bytes, or a timestamp that cannot be read back, is refused. */
bool minisign_sign(const struct minisign_key *key, const unsigned char *file, size_t size, const char *name,
                   int64_t timestamp, char **text, size_t *text_size, struct reason *why);

#endif
