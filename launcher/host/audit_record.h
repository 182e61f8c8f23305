/* SPDX-License-Identifier: ISC */
/* An audit record as text: one JSON object, or a message for the journal. Pure; sees names and paths. */
#ifndef SECRUN_AUDIT_RECORD_H
#define SECRUN_AUDIT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "host/audit.h"

enum { AUDIT_RECORD_MAX = 64 * 1024 }; /* bytes of a record in a file or the journal */
enum { AUDIT_SYSLOG_MAX = 8 * 1024 };  /* bytes of a line of syslog, as most daemons take it */

/* Who writes it. */
struct audit_origin {
    struct timespec time;
    uid_t uid;
    uint32_t login; /* uid of the login session; UINT32_MAX: none */
    pid_t pid, parent;
    const char *version;
};

/*
 * Writes the record as one JSON object, printable ASCII without a line feed or a NUL; returns its size, which
 * is below `size` (at least 8000). What is too long is cut, with "..." at its end; names that do not fit are
 * counted in "omitted". Bytes that are not UTF-8 become U+FFFD.
 */
size_t audit_record_json(const struct audit_record *record, const struct audit_origin *origin, char *out,
                         size_t size);

/* The event as it stands there. */
const char *audit_event_word(enum audit_event event);

/* A sentence for people: printable ASCII, without names of secrets. Returns text. */
char *audit_record_sentence(const struct audit_record *record, char *text, size_t size);

#endif
