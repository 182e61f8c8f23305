/* SPDX-License-Identifier: ISC */
/* What a file gives to import: its secrets, however it spells them. Holds every value of the file. */
#ifndef SECRUN_IMPORT_SOURCE_H
#define SECRUN_IMPORT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "base/secret.h"
#include "ctl/invocation.h"
#include "store/document.h"
#include "store/dotenv.h"

/* A secret, or (from INI) an attribute; the strings are the source's. */
struct import_item {
    const char *profile, *name, *word, *value;
    size_t size;
    size_t line;              /* in the file, or 0 */
    size_t name_at, value_at; /* private: in the pool, until it stands still */
};

/* A zeroed struct is a valid empty one. */
struct import_source {
    const char *path; /* for messages */
    bool is_regular;
    unsigned mode;     /* of the file */
    bool is_partial;   /* something of it is not imported: that has been told */
    bool is_different; /* other readers of .env files read it in another way: that has been told */
    struct import_item *items;
    size_t count;
    struct document document; /* of an INI file; without profiles for the others */
    /* private */
    const struct invocation *invocation;
    size_t capacity;
    struct secret text;
    struct dotenv dotenv;
    struct secret pool; /* JSON's names and values */
};

/* The formats that --format takes, ending with NULL. */
extern const char *const import_formats[];

/* Reads the invocation's operand, a file or "-", in the format that --format, its name or its first byte
 * tells. import_source_free is due whatever comes back. */
bool import_source_read(struct import_source *source, const struct invocation *invocation,
                        struct reason *why);
void import_source_free(struct import_source *source);

#endif
