/* SPDX-License-Identifier: ISC */
/* What was asked of secrunctl: a verb, its options and its operands. Holds no secret. */
#ifndef SECRUN_INVOCATION_H
#define SECRUN_INVOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"

enum option_name {
    OPTION_DIRECTORY,
    OPTION_PROFILE,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_RECIPIENT,
    OPTION_RECIPIENTS_FILE,
    OPTION_OUTPUT,
    OPTION_FILE,
    OPTION_GENERATE,
    OPTION_KEEP_NEWLINE,
    OPTION_ALLOW_EMPTY,
    OPTION_FORMAT,
    OPTION_REPLACE,
    OPTION_SKIP_INVALID,
    OPTION_JSON,
    OPTION_DROP_RECIPIENTS,
    OPTION_NAMES,
    OPTION_PROMETHEUS,
    OPTION_GIT,
    OPTION_STAGED,
    OPTION_HISTORY,
    OPTION_PROC,
    OPTION_GITIGNORE,
    OPTION_FORGET_OLD,
    OPTION_SIGNING_KEY,
    OPTION_ACCEPT,
    OPTION_ACCEPT_ROLLBACK,
    OPTION_NAME,
    OPTION_SINCE,
    OPTION_MEMORY,
    OPTION_DRY_RUN,
    OPTION_PRUNE,
    OPTION_JOBS,
    OPTION_COUNT,
};

#define OPTION(name) (UINT64_C(1) << OPTION_##name)

struct verb;

enum { GIVEN_MAX = 256 };

/* An option as it was given. */
struct given {
    enum option_name option;
    const char *argument; /* NULL: none */
};

struct invocation {
    const struct verb *verb;           /* NULL if none was named */
    const char *options[OPTION_COUNT]; /* NULL: not given; "": given without an argument */
    struct given given[GIVEN_MAX];     /* in their order, for options that count each time */
    size_t given_count;
    const char *profile; /* -p, else "default" */
    char **operands;     /* after the verb */
    size_t operand_count;
};

/* A verb: what its help says, what it takes, what it does. Each has a file of its own. */
struct verb {
    const char *name;
    const char *operands; /* for the synopsis */
    const char *summary;  /* one line */
    const char *help;     /* a few lines, each ending in a line feed */
    uint64_t options;     /* those it takes besides -d, -h and --version */
    size_t least, most;   /* operands */
    bool takes_command;   /* its first operand is a command: what follows is that one's */
    /* Does the command line make sense? Called before anything is opened; may be NULL. */
    bool (*check)(const struct invocation *invocation, struct reason *why);
    bool (*run)(const struct invocation *invocation, struct reason *why);
    /* In its place, where the exit status is an answer: 0, 1, or above that with a reason. */
    int (*answer)(const struct invocation *invocation, struct reason *why);
};

extern const struct verb init_verb, pubkey_verb, set_verb, get_verb, unset_verb, list_verb, edit_verb,
    import_verb, export_verb, check_verb, scan_verb, rollback_verb, recipients_verb, rekey_verb, sign_verb,
    verify_verb, inspect_verb, audit_verb, attribute_verb, seal_verb, fleet_verb, enroll_verb;

/*
 * Reads the command line; options may stand anywhere. False with a reason for a usage error. Nothing
 * of an operand goes into the reason, since it may be a value put in the wrong place.
 */
bool invocation_parse(struct invocation *invocation, int argc, char **argv, struct reason *why);

/* The text of `secrunctl --help` (verb NULL) or `secrunctl VERB --help`, on standard output. */
void invocation_help(const struct verb *verb);

#endif
