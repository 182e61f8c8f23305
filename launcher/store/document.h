/* SPDX-License-Identifier: ISC */
/*
 * The document: the INI text that holds every profile and secret of this host (secrun-document(5)).
 * Reading, choosing what one run gets, and editing the text in place so that comments and order stay.
 * Pure on (pointer, length).
 */
#ifndef SECRUN_DOCUMENT_H
#define SECRUN_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/policy_words.h"
#include "base/reason.h"
#include "base/secret.h"
#include "store/table.h"

enum { DOCUMENT_MAX = 32 * 1024 * 1024 };  /* bytes of text */
enum { DOCUMENT_NAME_MAX = 255 };          /* bytes of a secret's name */
enum { DOCUMENT_VALUE_MAX = 1024 * 1024 }; /* bytes of a value, decoded */
enum { DOCUMENT_INCLUDE_DEPTH = 16 };
enum { DOCUMENT_INCLUDE_MAX = 64 }; /* profiles in one include */

/*
 * One entry of a profile:
 *   NAME = value        a secret:              name set, word NULL
 *   NAME.word = value   a secret's attribute:  name set, word set
 *   .word = value       a profile's attribute: name "",  word set
 * name and value are NUL-terminated and live in document.values.
 */
struct document_entry {
    const char *name;
    const char *word;
    const char *value;
    size_t value_size;
    size_t begin, end; /* the entry's lines in the text, its last line feed included */
    uint32_t profile;  /* index */
    uint32_t line;     /* 1-based */
};

struct document_profile {
    const char *name;
    size_t begin;          /* of the section line in the text */
    size_t end;            /* after the last line that belongs to its entries (or the section line) */
    uint32_t first, count; /* its entries: entries[first .. first + count) */
    uint32_t line;
};

struct document {
    const char *text; /* borrowed: must outlive the document for document_edit */
    size_t size;
    struct secret values; /* names and values, decoded */
    struct document_entry *entries;
    size_t entry_count;
    struct document_profile *profiles;
    size_t profile_count;
    struct table entry_table, profile_table; /* private: both by name */
};

/*
 * Reads a document. Errors ("line N: …"): whatever ini_read refuses, an entry before the first
 * section, a profile's name outside [A-Za-z0-9_.@+-]{1,49}, a profile or name given twice, a name
 * that is not [A-Za-z_][A-Za-z0-9_]*, the reserved names LD_PRELOAD and SECRUN_*, an unknown
 * attribute, an attribute of a secret that is not in that profile (nor, if it is inherit, expose or
 * argv, in one that it includes), an attribute's value that is not of its form or not supported by this
 * version, an include of a profile that is not there or that includes itself, bad base64, a NUL in a decoded
 * value, a limit above. On false nothing is owned.
 */
bool document_parse(struct document *document, const char *text, size_t size, struct reason *why);

/*
 * The same for what one run needs: the first profile of these names that is there, and what it includes. Of
 * all others only the names are read, so that a mistake in one application's profile does not keep another
 * from starting, and what is not needed is not decoded. names: an array that ends with NULL; if none of them
 * is there, no entry is read. Not for document_edit.
 */
bool document_parse_profiles(struct document *document, const char *text, size_t size,
                             const char *const *names, struct reason *why);
void document_free(struct document *document);

/* What a secret and a profile may be called. No reason repeats a name that is not one: in a damaged
 * text it may be a piece of a value. */
bool document_check_name(const char *name, size_t length, struct reason *why);
bool document_check_profile_name(const char *name, struct reason *why);

/* NULL if there is none of that name. */
const struct document_profile *document_profile(const struct document *document, const char *name);

/* Writes " NAME" for each profile, as many as there is room for; false if some are cut off. */
bool document_list_profiles(const struct document *document, char *list, size_t size);

/* The entry `name`, or its attribute `word`, or with name "" the profile's attribute; NULL if absent. */
const struct document_entry *document_find(const struct document *document,
                                           const struct document_profile *profile, const char *name,
                                           const char *word);

/* The same of the profile of that name; NULL also if there is none. */
const struct document_entry *document_find_in(const struct document *document, const char *profile,
                                              const char *name, const char *word);

/* Is there that entry (which may be NULL), and is this its value? */
bool document_value_is(const struct document_entry *entry, const char *value, size_t size);

/*
 * The attributes `word` of `profile` and of every profile that it includes, the strongest first: for words
 * each of which has to hold. *found is a malloc'd array owned by the caller.
 */
bool document_find_all(const struct document *document, const struct document_profile *profile,
                       const char *word, const struct document_entry ***found, size_t *count,
                       struct reason *why);

/*
 * The secrets a run of `profile` gets, includes resolved: its own win over included ones, and of two
 * includes the later wins. *selected is a malloc'd array owned by the caller, in order: included
 * first, then own, as they stand in the text; each name once.
 */
bool document_select(const struct document *document, const struct document_profile *profile,
                     const struct document_entry ***selected, size_t *count, struct reason *why);

/*
 * What holds for secrets that were selected for a run of `profile`: of each of inherit, expose and argv the
 * first that is there of NAME.word and then .word, either in `profile`, in the one that this includes, and so
 * on down to the one that the secret stands in; then defaults; then tree (none if expose comes to getenv),
 * environ and warn. *policies is a malloc'd array in the order of the secrets, owned by the caller; its lists
 * of programs are borrowed from the document and from defaults.
 */
bool document_policies(const struct document *document, const struct document_profile *profile,
                       const struct document_entry *const *secrets, size_t count,
                       const struct policy_defaults *defaults, struct policy **policies, struct reason *why);

/* Seconds since the epoch of an RFC 3339 UTC time (2026-11-23T18:00:00Z), or of the first second of a
 * date (2026-11-23), UTC. False if malformed. */
bool document_time(const char *text, int64_t *seconds);

/* One change of the text. value NULL removes (a secret together with its attributes). */
struct document_change {
    const char *profile; /* made at the end of the text if it is not there */
    const char *name;    /* "" for the profile's own attribute */
    const char *word;    /* NULL for the secret itself */
    const char *value;
    size_t value_size;
};

/*
 * Applies changes, in order, to the text of a parsed document: a new secret goes to the end of its
 * profile, a new attribute behind its secret's lines, all other bytes stay. *text is allocated and
 * owned by the caller. The result has been read back and compared before this returns true: the
 * writer never emits what the reader would change. Removing what is not there is an error.
 */
bool document_edit(const struct document *document, const struct document_change *changes, size_t count,
                   struct secret *text, struct reason *why);

/*
 * Appends to *text (empty, or what stands above the first profile) the document of these profiles and those
 * that they include: their entries as they are spelt, in the order of the text, without comments and without
 * previous values (previous.h). False for a profile that is not there.
 */
bool document_extract(const struct document *document, const char *const *names, size_t count,
                      struct secret *text, struct reason *why);

/* Is that the word of an attribute? */
bool document_is_attribute(const char *word);
/* Is it one whose value is as secret as its secret's? */
bool document_is_secret_word(const char *word);

#endif
