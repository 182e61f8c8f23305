/* SPDX-License-Identifier: ISC */
/* The words of policy that documents and secrun.conf have in common: who gets a secret and how it is seen.
 * Pure on strings; sees no secret. */
#ifndef SECRUN_POLICY_WORDS_H
#define SECRUN_POLICY_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum policy_inherit {
    POLICY_TREE,     /* every process of the tree */
    POLICY_NONE,     /* the one that secrun becomes, through its own execve, and no other */
    POLICY_PROGRAMS, /* that one, and any that runs a program of a list */
};

enum policy_argv { POLICY_WARN, POLICY_REFUSE, POLICY_ALLOW }; /* of a value in an argument list */

/* What happens where no preload reaches a program. */
enum policy_static {
    POLICY_STATIC_INJECT,   /* it has the secret all the same */
    POLICY_STATIC_WITHHOLD, /* it runs without */
    POLICY_STATIC_REFUSE,   /* it is not run */
    POLICY_STATIC_ENVIRON,  /* it has the secret in its plain environment */
};

enum policy_delivery { POLICY_AUTO, POLICY_PRELOAD, POLICY_INJECT };

/* What holds for one secret in one run. */
struct policy {
    bool hidden; /* expose = getenv */
    enum policy_inherit inherit;
    const char *programs; /* the list as it was written, borrowed from where it was; NULL without one */
    enum policy_argv argv;
    enum policy_static statics;
    bool static_said;     /* somewhere, and not by default */
    bool refuses_overdue; /* on-expiry = refuse */
};

/* Does it say who may not have it, or how it must not be seen? An injected program is held to neither. */
static inline bool policy_restricts(const struct policy *policy)
{
    return policy->hidden || policy->inherit != POLICY_TREE;
}

/* The values that a word takes, to follow "is wanted". */
#define POLICY_INHERIT_WANTED                                                                                \
    "tree, none, or one to 64 programs (names or absolute paths) with commas between"
#define POLICY_EXPOSE_WANTED   "environ or getenv"
#define POLICY_ARGV_WANTED     "warn, refuse or allow"
#define POLICY_STATIC_WANTED   "inject, withhold, refuse or environ"
#define POLICY_DELIVERY_WANTED "auto, preload or inject"
#define POLICY_EXPIRY_WANTED   "warn or refuse"

#define POLICY_ALLOW_USER_WANTED "one to 64 users (names or numbers) with commas between"
#define POLICY_ALLOW_EXEC_WANTED "one to 64 absolute paths of programs with commas between"

enum { POLICY_PROGRAMS_MAX = 64 };       /* programs, or users, in a list */
enum { POLICY_DEFAULT_SIZE = 4 * 1024 }; /* bytes of a default's text, its NUL included */

/* What secrun.conf says of each word; empty: nothing. */
struct policy_defaults {
    char inherit[POLICY_DEFAULT_SIZE];
    char expose[sizeof "environ"];
    char argv[sizeof "refuse"];
    char statics[sizeof "withhold"];
    char on_expiry[sizeof "refuse"];
};

bool policy_is_inherit(const char *value);
bool policy_is_expose(const char *value);
bool policy_is_argv(const char *value);
bool policy_is_static(const char *value);
bool policy_is_on_expiry(const char *value);

/* One of the words of POLICY_DELIVERY_WANTED. */
bool policy_is_delivery(const char *value);
enum policy_delivery policy_delivery_of(const char *value);

/* The policy that these come to. Each is a value of its word, or NULL where nothing was said. */
struct policy policy_of(const char *expose, const char *inherit, const char *argv, const char *statics,
                        const char *on_expiry);

/*
 * Takes the next item from a list of them with commas between: it begins at *item and has *size bytes,
 * without the blanks around it; *rest moves behind its comma. False if it is none by is_item, which is asked
 * of an empty one as well, or if a comma is the last of all; then *rest stays.
 */
typedef bool policy_item_fn(const char *text, size_t size);
bool policy_next_item(const char **rest, const char **item, size_t *size, policy_item_fn *is_item);

/*
 * Takes the next program from a list: it begins at *program and has *size bytes, at most 255 of a bare name
 * and PATH_MAX - 1 of a path; *rest moves behind it. False at the list's end, or, with *rest not at the NUL,
 * where the list is malformed.
 */
bool policy_next_program(const char **rest, const char **program, size_t *size);

/* The same for a list of users, each a name or a number of at most 255 bytes. */
bool policy_next_user(const char **rest, const char **user, size_t *size);

bool policy_is_allow_user(const char *value);
bool policy_is_allow_exec(const char *value);

#endif
