/* SPDX-License-Identifier: ISC */
/*
 * Is the sealed file signed by whom secrun.conf(5) says, and not older than what was accepted before? Its
 * signature is FILE.minisig, or, where secrunctl was stopped while it replaced the two, FILE.minisig.next.
 */
#ifndef SECRUN_SIGNATURE_H
#define SECRUN_SIGNATURE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/reason.h"
#include "store/minisign.h"

/* The names behind the sealed file's. */
#define SIGNATURE_SUFFIX ".minisig"
#define SIGNATURE_NEXT   ".next"
#define SIGNATURE_SERIAL ".serial"

/* As many as fit into the line of secrun.conf. */
enum { SIGNERS_MAX = CONFIG_SIGNERS_MAX / 56 + 1 };

struct signers {
    struct minisign_signer signers[SIGNERS_MAX];
    size_t count;
};

struct signature {
    struct minisign_signer signer; /* who made it */
    int64_t serial;                /* the signed timestamp */
    bool is_next;                  /* it is FILE.minisig.next that is good */
    bool looked_at;                /* the rest has been filled in, as far as it went */
    struct stat files[2];          /* the two as they were opened; st_ino 0: not there */
};

/* Reads the list of secrun.conf. */
bool signers_parse(const struct config *config, struct signers *signers, struct reason *why);

/* The name that is signed: the sealed file's, without directories. In *config. */
const char *signature_name(const struct config *config);

/* Where the signature is, the one that is to take its place, and where the least serial is kept. */
bool signature_path(const struct config *config, char path[static PATH_MAX], struct reason *why);
bool signature_next_path(const struct config *config, char path[static PATH_MAX], struct reason *why);
bool signature_serial_path(const struct config *config, char path[static PATH_MAX], struct reason *why);

/* Has one of them signed these bytes under the sealed file's name? *signature->files is always filled in. */
bool signature_verify(const struct config *config, const struct signers *signers, const unsigned char *bytes,
                      size_t size, struct signature *signature, struct reason *why);

/* The least serial that is kept in the store's directory; 0 if there is none. */
bool signature_least(const struct config *config, int64_t *least, struct reason *why);

/* All of it: the signers of secrun.conf, and a serial that is neither below min-serial nor below the one that
 * is kept. */
bool signature_check(const struct config *config, const unsigned char *bytes, size_t size,
                     struct signature *signature, struct reason *why);

/* Does a path lead to another file by now than to that of the descriptor, or that were opened? Such a failure
 * may come from reading between two renames. */
bool signature_moved(const struct config *config, int sealed, const struct signature *signature);

#endif
