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

/* What holds for one secret in one run. */
struct policy {
    bool hidden; /* expose = getenv */
    enum policy_inherit inherit;
    const char *programs; /* the list as it was written, borrowed from where it was; NULL without one */
    enum policy_argv argv;
};

/* The values that a word takes, to follow "is wanted". */
#define POLICY_INHERIT_WANTED                                                                                \
    "tree, none, or one to 64 programs (names or absolute paths) with commas between"
#define POLICY_EXPOSE_WANTED "environ or getenv"
#define POLICY_ARGV_WANTED   "warn, refuse or allow"

enum { POLICY_PROGRAMS_MAX = 64 };       /* programs in a list */
enum { POLICY_DEFAULT_SIZE = 4 * 1024 }; /* bytes of a default's text, its NUL included */

/* What secrun.conf says of each word; empty: nothing. */
struct policy_defaults {
    char inherit[POLICY_DEFAULT_SIZE];
    char expose[sizeof "environ"];
    char argv[sizeof "refuse"];
};

bool policy_is_inherit(const char *value);
bool policy_is_expose(const char *value);
bool policy_is_argv(const char *value);

/* The policy that these come to. Each is a value of its word, or NULL where nothing was said. */
struct policy policy_of(const char *expose, const char *inherit, const char *argv);

/*
 * Takes the next program from a list: it begins at *program and has *size bytes, at most 255 of a bare name
 * and PATH_MAX - 1 of a path; *rest moves behind it. False at the list's end, or, with *rest not at the NUL,
 * where the list is malformed.
 */
bool policy_next_program(const char **rest, const char **program, size_t *size);

#endif
