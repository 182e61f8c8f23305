/* SPDX-License-Identifier: ISC */
/* Who may have a profile: its allow-user and allow-exec. Sees names and attributes, no value of a secret. */
#ifndef SECRUN_ALLOW_H
#define SECRUN_ALLOW_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/reason.h"
#include "store/document.h"

struct allow_file {
    dev_t device;
    ino_t number;
};

/* Who asks for it. */
struct allow_subject {
    uid_t uid;
    const char *name;           /* of that user, if it is known, or "" */
    const char *path;           /* of the command, as it is shown */
    struct allow_file files[2]; /* the command's, and that of the program which starts */
};

/*
 * Is the profile, with every one that it includes, for that user, and (allow_program) for that command: is
 * its file, or that of the program that starts, one of the list, whatever links lead to it? False with a
 * reason that says which profile it is, and a hint that says who may.
 */
bool allow_user(const struct document *document, const struct document_profile *profile,
                const struct allow_subject *subject, struct reason *why);
bool allow_program(const struct document *document, const struct document_profile *profile,
                   const struct allow_subject *subject, struct reason *why);

#endif
