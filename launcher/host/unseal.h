/* SPDX-License-Identifier: ISC */
/* This host's store, from its files: the machine key and the sealed file. */
#ifndef SECRUN_UNSEAL_H
#define SECRUN_UNSEAL_H

#include <stdbool.h>

#include "base/config.h"
#include "base/reason.h"
#include "base/secret.h"
#include "host/audit.h"
#include "host/signature.h"
#include "store/identity.h"

/* Reads the identity that config names; a passphrase-protected one asks on the terminal. The caller
 * frees *identities. */
bool unseal_identities(const struct config *config, struct identities *identities, struct reason *why);

/* Where errno is ENOENT, and path is the store's machine key or sealed file, a hint by what there is of the
 * other. False. */
bool unseal_explain(const struct config *config, const char *path, struct reason *why);

/* Reads the sealed file, and where there are signers does so only if it is signed by one of them, with a
 * serial that is accepted; then *signature is filled in. NULL with a reason; else malloc'd, *size bytes,
 * owned by the caller. */
unsigned char *unseal_read(const struct config *config, struct signature *signature, size_t *size,
                           struct reason *why);

/* Opens what unseal_read reads with them. The caller frees *text. The sealed bytes go to *sealed (malloc'd,
 * *sealed_size of them, owned by the caller) if sealed is not NULL. */
bool unseal_document(const struct config *config, const struct identities *identities, struct secret *text,
                     unsigned char **sealed, size_t *sealed_size, struct reason *why);

/* Where a text comes from. */
struct unseal_origin {
    unsigned char digest[AUDIT_DIGEST_SIZE]; /* of the sealed bytes */
    char signer[MINISIGN_ID_TEXT];           /* empty: it did not have to be signed */
};

/* Both, for who only reads. *origin is filled in if it is not NULL. */
bool unseal(const struct config *config, struct secret *text, struct unseal_origin *origin,
            struct reason *why);

#endif
