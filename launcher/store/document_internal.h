/* SPDX-License-Identifier: ISC */
/* What the document's files share among themselves. Reasons from here have no "line N: " yet. */
#ifndef SECRUN_DOCUMENT_INTERNAL_H
#define SECRUN_DOCUMENT_INTERNAL_H

#include "base/ini.h"
#include "store/document.h"

/* A set of profiles' names; NULL stands for all. */
struct document_wanted {
    char (*names)[INI_SECTION_MAX + 1];
    size_t count;
};
bool document_is_wanted(const struct document_wanted *wanted, const char *name, size_t length);

/* document.c: reads the profiles that are wanted, and the names of the others. The owners of attributes are
 * yet to be checked. */
bool document_parse_wanted(struct document *document, const char *text, size_t size,
                           const struct document_wanted *wanted, struct reason *why);

/* document_names.c: the index of a profile, or of an entry; TABLE_NONE if absent. word NULL: the secret
 * itself. */
uint32_t document_profile_index(const struct document *document, const char *name);
uint32_t document_entry_index(const struct document *document, uint32_t profile, const char *name,
                              const char *word);

/* Adds the last profile, or the entry at `index`, to its table; false if its name is there already. */
bool document_index_profile(struct document *document, struct reason *why);
bool document_index_entry(struct document *document, uint32_t index, struct reason *why);

/* The hash of an entry's name, for tables of one's own. */
uint32_t document_entry_hash(uint32_t profile, const char *name, const char *word);
/* Are these the name and word of the same entry? Either word may be NULL. */
bool document_same_entry(const char *name_a, const char *word_a, const char *name_b, const char *word_b);

/* document_attributes.c: is `word` an attribute of a secret (of a profile if name is ""), and value of
 * its form and supported? */
bool document_check_attribute(const char *name, const char *word, const char *value, struct reason *why);
/* Is it one of the words that a profile can also say of a secret that it includes? */
bool document_is_policy(const char *word);
/* The index'th word that a secret can have; NULL after the last. */
const char *document_secret_word(size_t index);

/* document_select.c: copies the next name of an include's value and moves *rest behind it; false at
 * its end, or, with *rest not at the NUL, where the list is malformed. */
bool document_next_include(const char **rest, char name[static INI_SECTION_MAX + 1]);
/* Is every profile that is included there, none within itself, and none too deep? */
bool document_check_includes(const struct document *document, struct reason *why);

/* The profiles that a run of one has its secrets from. Zeroed, it is a valid empty one. */
struct document_rank {
    uint32_t *profiles; /* strongest first: itself, its last include, that one's last include …; owned */
    uint32_t count;
    uint32_t *includers; /* by profile: the one that includes it; of itself itself; else TABLE_NONE; owned */
};
bool document_rank(struct document_rank *rank, const struct document *document, uint32_t profile,
                   struct reason *why);
void document_rank_free(struct document_rank *rank);

/* document_policy.c: is the secret of every attribute there? To be asked once all that is included has been
 * read. */
bool document_check_owners(const struct document *document, struct reason *why);

/* document_format.c: appends the lines of an entry, spelt so that they read back to the same bytes. */
bool document_format_entry(struct secret *out, const char *name, const char *word, const char *value,
                           size_t value_size, struct reason *why);

/* --- document_plan.c --- */

/* An entry that the text does not have. */
struct document_addition {
    uint32_t profile;
    const char *name, *word;
    const struct document_change *change; /* the last one for it; its value is NULL if it goes again */
};

/* The change that counts for every entry, old or new. Profiles are numbered on: those of the document,
 * then the new ones. */
struct document_plan {
    const struct document *document;
    const struct document_change **changed; /* by entry; NULL: it stays */
    struct document_addition *added;
    uint32_t added_count;
    const char **profiles; /* the new ones' names */
    uint32_t profile_count;
    struct table added_table, profile_table;
};

/* Looks the changes up, in order; the later one counts. False if one could not be made. The plan borrows
 * both, and is to be freed in any case. */
bool document_plan_make(struct document_plan *plan, const struct document *document,
                        const struct document_change *changes, size_t count, struct reason *why);
void document_plan_free(struct document_plan *plan);

/* The index of an addition; TABLE_NONE if absent. */
uint32_t document_plan_added(const struct document_plan *plan, uint32_t profile, const char *name,
                             const char *word);

#endif
