/* SPDX-License-Identifier: ISC */
/* Signing the sealed file, and keeping the serial below which none is accepted. Holds the signing key. */
#ifndef SECRUN_CTL_SIGNING_H
#define SECRUN_CTL_SIGNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/reason.h"
#include "base/secret.h"
#include "ctl/durable.h"
#include "host/signature.h"
#include "store/minisign_key.h"

/* A zeroed one is a valid empty one. */
struct signing {
    struct minisign_key key;
    struct minisign_signer signer;
};

/* Borrowed. */
struct file_bytes {
    const unsigned char *bytes;
    size_t size;
};

/* A sealed file that is to be replaced, the store's own or a copy of it. All is borrowed. */
struct sealed_file {
    const struct config *config; /* with its path as sealed_file */
    const struct place *place;
    struct file_bytes bytes;
    const struct secret *text; /* that these bytes open to */
    bool is_copy;              /* what is in it is no newer for being sealed anew */
};

/* Is a changed store to be signed? Where there are signers it is of no use otherwise. */
bool signing_is_due(const struct config *config);

/* Reads the key of secrun.conf, for which a passphrase may be asked. True, and empty, if no signature is due;
 * false if one is and there is no key, or if it is none of the signers'. signing_close is due. */
bool signing_open(struct signing *signing, const struct config *config, struct reason *why);
/* Reads the key in that file; whether it is one of the signers' is not asked. */
bool signing_open_key(struct signing *signing, const char *path, const struct config *config,
                      struct reason *why);
/* Is it one of them, where there are any? */
bool signing_check(const struct signing *signing, const struct config *config, struct reason *why);
void signing_close(struct signing *signing);

/*
 * Puts the new bytes in the place of those before, and their signature with them, and keeps its serial. For a
 * copy, whose signature has to be good, the serial is the one that it had, and none is kept. Only under the
 * lock. Wherever this is interrupted, the store is the old or the new one and its signature good:
 *   1. the new signature becomes FILE.minisig.next; that of the old file is FILE.minisig
 *   2. the new file replaces the old one
 *   3. FILE.minisig.next becomes FILE.minisig
 */
bool signing_replace(const struct signing *signing, const struct sealed_file *file,
                     const struct file_bytes *after, struct reason *why);

/* Signs a file as it is, with a serial above all those before; the signature's file is made like *like. */
bool signing_add(const struct signing *signing, const struct config *config, const struct stat *like,
                 const struct file_bytes *file, int64_t *serial, struct reason *why);

/* Where a signing_replace was interrupted, goes on with its third step. *signature is what signature_verify
 * found of the present file. */
bool signing_settle(const struct config *config, const struct signature *signature, struct reason *why);

/* Keeps the serial as the least that is accepted. */
bool signing_keep_serial(const struct config *config, const struct stat *like, int64_t serial,
                         struct reason *why);

#endif
