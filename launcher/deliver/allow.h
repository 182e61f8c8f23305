/* SPDX-License-Identifier: ISC */
/* Who may have a profile: its allow-user and allow-exec. Sees names and attributes, no value of a secret. */
#ifndef SECRUN_ALLOW_H
#define SECRUN_ALLOW_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/reason.h"
#include "deliver/probe.h"
#include "store/document.h"

/* Who asks for it. */
struct allow_subject {
    uid_t uid;
    const char *name;          /* of that user, if it is known, or "" */
    const struct probe *probe; /* the command */
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
