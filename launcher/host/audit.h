/* SPDX-License-Identifier: ISC */
/*
 * The audit log (secrun.conf(5)): who got or changed what, and when. A record holds names, paths and reasons;
 * never a value, and never a command's arguments, which may be one.
 */
#ifndef SECRUN_AUDIT_H
#define SECRUN_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/config.h"
#include "base/reason.h"

enum { AUDIT_DIGEST_SIZE = 32 }; /* bytes of a BLAKE2b-256 digest */

enum audit_event {
    AUDIT_START,   /* a program starts with its secrets */
    AUDIT_FAILED,  /* what is recorded as done just before was not done after all */
    AUDIT_REFUSED, /* a program is not started */
    AUDIT_CHANGE,  /* the sealed file is replaced */
    AUDIT_READ,    /* values are shown to an operator */
};

/* A secret of a profile, or NULL where the record names the profile; ".word" for a profile's attribute. */
struct audit_name {
    const char *profile, *name;
};

struct audit_names {
    const struct audit_name *names;
    size_t count;
};

/* What there is to tell; all is borrowed, and what is NULL or empty is left out. */
struct audit_record {
    enum audit_event event;
    const char *program;                /* resolved path */
    const char *verb;                   /* of secrunctl */
    const char *profile;                /* may be NULL */
    const char *delivery;               /* preload, inject or none */
    const char *store;                  /* path of the sealed file */
    const char *signer;                 /* key ID, where it had to be signed */
    const char *reason;                 /* why it is refused or failed */
    const unsigned char *digest;        /* of the sealed bytes, AUDIT_DIGEST_SIZE */
    const unsigned char *digest_before; /* of those that are replaced */
    const uid_t *user;                  /* whom the program runs as, where that is said (-u) */
    size_t recipients;                  /* how many the sealed file is for; 0: not told */
    const struct audit_names *names, *added, *changed, *removed;
};

/* A zeroed one is not open. */
struct audit_log {
    const struct config *config; /* borrowed; NULL: not open */
    const char *program;         /* whose messages these are */
    uid_t uid;                   /* who this process was when it was opened, */
    uint32_t login;              /* and whose login session it is (UINT32_MAX: nobody's) */
    int fd;                      /* -1: it could not be opened, or is not to be written */
    bool stream;                 /* of /dev/log */
    bool warned;
};

/*
 * Opens the log that secrun.conf names, if it names one, with the rights that this process has now; a file is
 * made if it is not there. Where records are required and it cannot be opened this is false, with a reason;
 * where they are not, a warning is printed. audit_close is due.
 */
bool audit_open(struct audit_log *log, const struct config *config, const char *program, struct reason *why);

/* Could it be opened? Makes nothing. */
bool audit_try(const struct config *config, struct reason *why);

/* Is there anything to be recorded? */
bool audit_is_on(const struct config *config);

/*
 * Writes one record, whole or not at all. Where records are required, false with a reason if that fails,
 * which may take up to 5 seconds; else it takes a tenth of a second at most, and there is one warning.
 */
bool audit_write(struct audit_log *log, const struct audit_record *record, struct reason *why);

void audit_close(struct audit_log *log);

/* The digest that records have of these bytes. */
void audit_digest(unsigned char digest[static AUDIT_DIGEST_SIZE], const unsigned char *bytes, size_t size);

/*
 * Whatever secrun.conf says: sends one line to syslog (authpriv.notice), if there is somebody at /dev/log to
 * take it at once; nothing waits for it and nothing fails. What is no printable ASCII has to be replaced
 * before.
 */
void audit_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
