/* SPDX-License-Identifier: ISC */
/* Where the store is, and what secrun.conf(5) says. Holds no secret. */
#ifndef SECRUN_CONFIG_H
#define SECRUN_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/policy_words.h"
#include "base/reason.h"

#define CONFIG_DIRECTORY "/etc/secrun" /* of root's store */

enum { CONFIG_FILE_MAX = 64 * 1024 };  /* bytes */
enum { CONFIG_RECIPIENTS_MAX = 4096 }; /* bytes of the recipients line */
enum { CONFIG_SIGNERS_MAX = 4096 };    /* bytes of the signers line */
enum { CONFIG_KEEP_PREVIOUS = 7 * 86400 };

/* What becomes of a start or a change that cannot be recorded. */
enum audit_policy { AUDIT_UNSAID, AUDIT_OFF, AUDIT_BEST, AUDIT_REQUIRED };
enum audit_place { AUDIT_TO_NOTHING, AUDIT_TO_FILE, AUDIT_TO_JOURNAL, AUDIT_TO_SYSLOG };

enum key_source { KEY_FILE, KEY_CREDENTIAL, KEY_FD, KEY_COMMAND };

struct config {
    char directory[PATH_MAX];               /* of the store */
    bool of_user;                           /* it is where a user's is who says nothing of it */
    char file[PATH_MAX];                    /* secrun.conf, which need not exist */
    char sealed_file[PATH_MAX];             /* absolute or below directory */
    char identity[PATH_MAX];                /* "file:PATH" (absolute or below directory), or as it is given */
    enum key_source key_source;             /* of identity */
    char *const *environment;               /* of a command: that is run; NULL: the caller's own */
    char recipients[CONFIG_RECIPIENTS_MAX]; /* more recipients to seal to, separated by blanks or commas */
    char signers[CONFIG_SIGNERS_MAX]; /* who may have signed the sealed file (minisign.h); empty: anybody */
    char signing_key[PATH_MAX];       /* absolute or below directory; empty: none */
    int64_t min_serial;               /* the least that a signature may have */
    int64_t keep_previous;            /* seconds that a value is kept after it was replaced; 0: not at all */
    char signed_file[PATH_MAX];       /* as whose the signature is looked for; empty: sealed_file */
    enum audit_policy audit;          /* policy audit */
    enum audit_place audit_place;     /* store audit-log */
    char audit_file[PATH_MAX];        /* absolute or below directory, if it is a file */
    bool memory_secret;               /* policy memory = secret */
    bool dumpable;                    /* policy dumpable = yes */
    enum policy_delivery delivery;    /* policy delivery */
    struct policy_defaults policy;    /* policy inherit, expose, argv and static */
    bool any_serial; /* an older store than was accepted before is meant: the caller's to set */
    bool unattended; /* nobody is to be asked for anything, and nothing to be run: the caller's to set */
};

/*
 * Finds the store's directory: `directory` (an option, or NULL), else $SECRUN_DIR, else /etc/secrun
 * for root and $XDG_CONFIG_HOME/secrun or $HOME/.config/secrun for anybody else. Nothing is opened;
 * all other fields get their defaults.
 */
bool config_locate(struct config *config, const char *directory, struct reason *why);

/* After config_locate: reads secrun.conf if there is one. An unknown section or key, or a value that
 * is not of its form, is an error with its line. */
bool config_read(struct config *config, struct reason *why);

/* An option's or a key's identity, as secrun.conf(5) has it: `file:PATH` or a bare path, below `base` (NULL:
 * as it stands) if relative, credential:NAME, fd:N or command:/PATH ARGUMENT… */
bool config_set_identity(struct config *config, const char *identity, const char *base, struct reason *why);

/* What stands behind the colon. */
const char *config_identity_rest(const struct config *config);

#endif
