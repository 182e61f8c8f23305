/* SPDX-License-Identifier: ISC */
/* What a scan looks for: each value of a store, and what it looks like once it is encoded. Pure; runs in
 * secrunctl. Holds every value, in locked memory. */
#ifndef SECRUN_SCAN_PATTERNS_H
#define SECRUN_SCAN_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "base/secret.h"

/* Shorter values are not looked for: of 7 bytes and less, too many are words, numbers and dates that stand
 * anywhere. */
enum { PATTERN_VALUE_LEAST = 8 };
/* Of a larger value its beginning is looked for. */
enum { PATTERN_VALUE_MOST = 16 * 1024 };

enum form {
    FORM_PLAIN,
    FORM_ESCAPED, /* as in a string of JSON or of a .env file */
    FORM_BASE64,
    FORM_BASE64URL,
    FORM_HEX,
    FORM_URL,
};

/* How a text may differ from a pattern and still match. In both cases a line may end in CR LF and begin with
 * up to PATTERN_INDENT blanks. */
enum breaks {
    BREAKS_NONE,
    /* Into lines of PATTERN_LINE characters or more, as base64(1) prints it. Of lines shorter than two of the
     * matcher's windows, 48 bytes, some are missed. */
    BREAKS_ANYWHERE,
    BREAKS_OWN, /* where the pattern has a line feed itself */
};
enum { PATTERN_INDENT = 16, PATTERN_LINE = 16 };

struct pattern {
    size_t at; /* in patterns.bytes */
    uint32_t size;
    uint32_t secret; /* whose it is, as the caller numbers them */
    enum form form;
    enum breaks breaks;
};

/* A zeroed struct is a valid empty one. */
struct patterns {
    struct secret bytes;
    struct pattern *list; /* owned */
    size_t count, capacity;
    size_t span; /* bytes of text that a match can have */
};

/*
 * Adds the forms of a value of PATTERN_VALUE_LEAST bytes or more: as it is; escaped; base64 in both
 * alphabets, as it comes out behind 0, 1 and 2 other bytes, without the characters that these or what follows
 * have a part in; hex, lower and upper case; percent-encoded, in the ways that are in use. Each text once.
 */
bool patterns_add(struct patterns *patterns, uint32_t secret, const void *value, size_t size,
                  struct reason *why);
void patterns_free(struct patterns *patterns);

static inline const unsigned char *pattern_bytes(const struct patterns *patterns, size_t index)
{
    return patterns->bytes.bytes + patterns->list[index].at;
}

/* "base64" and so on; "" for FORM_PLAIN. */
const char *form_name(enum form form);

#endif
