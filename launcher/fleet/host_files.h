/* SPDX-License-Identifier: ISC */
/*
 * The files of one host of a fleet, in the directory of that host: secrets.age and, where it is signed, its
 * signature. Sees sealed bytes alone. Replacing them goes in this order (signing.h has the same), so that
 * wherever it is interrupted the file is the old or the new one, and its signature, as .minisig or as
 * .minisig.next, is good:
 *   1. host_files_prepare: the new signature becomes secrets.age.minisig.next, the new file .secrets.age.new
 *   2. a sync, which is the caller's
 *   3. host_files_put: the file, and then the signature, are renamed to what they are to be
 */
#ifndef SECRUN_HOST_FILES_H
#define SECRUN_HOST_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "store/minisign.h"

#define HOST_FILE "secrets.age"

enum { HOST_DIGEST_SIZE = 32 };

/* Borrowed. */
struct host_files {
    const unsigned char *file;
    size_t size;
    const char *signature; /* NULL: not signed */
    size_t signature_size;
};

/* BLAKE2b-256 of both. */
void host_files_digest(const struct host_files *files, unsigned char digest[static HOST_DIGEST_SIZE]);

/* Are the files in the directory those of that digest? */
bool host_files_are(int directory, const unsigned char digest[static HOST_DIGEST_SIZE]);

/* signer: whose the signature is, and perhaps that of the file which is there. */
bool host_files_prepare(int directory, const struct host_files *files, const struct minisign_signer *signer,
                        struct reason *why);

/* Of OUTPUT/HOST; is_signed: a next signature has been prepared. Reasons begin with path/HOST. */
bool host_files_put(int output, const char *path, const char *host, bool is_signed, struct reason *why);

/* Takes back what was prepared and has not been put. */
void host_files_discard(int output, const char *host);

/* Removes them, and the directory if it is empty then. */
bool host_files_remove(int output, const char *path, const char *host, struct reason *why);

#endif
