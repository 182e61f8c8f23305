/* SPDX-License-Identifier: ISC */
/* What one run gets: the profile, its secrets less what the options leave out, its policy. */
#ifndef SECRUN_CHOICE_H
#define SECRUN_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "base/reason.h"
#include "deliver/delivery.h"
#include "run/options.h"
#include "store/document.h"

struct choice {
    const struct document_profile *profile;
    const struct document_entry **secrets; /* owned array; entries are the document's */
    struct policy *policies; /* of each; owned array; lists are the document's or the configuration's */
    size_t count;
    size_t withheld; /* behind these, that many more, which a program that no preload reaches does without */
    bool memory_secret; /* refuse the fallback */
    bool dumpable;
    enum policy_delivery delivery;
};

/* The names of the profiles that choose() may take, ending with NULL: one or two. */
void choice_names(const char *names[static 3], const struct options *options);

/* The first of these that there is; NULL if there is none. */
const struct document_profile *choice_find_profile(const struct document *document,
                                                   const struct options *options);

/*
 * The profile is the one that -p names, else the one named like the command's basename, else
 * [default]. A required secret that is not among what is delivered is an error.
 */
bool choose(struct choice *choice, const struct document *document, const struct options *options,
            const struct config *config, struct reason *why);
/* Is a secret of that name among what is delivered, or among what is withheld? */
bool choice_delivers(const struct choice *choice, const char *name);
bool choice_withholds(const struct choice *choice, const char *name);

bool choice_has_required(const struct choice *choice, const struct name_list *required, struct reason *why);

/*
 * For a program that no preload reaches: does what `static` says, moving what is withheld behind the rest.
 * False, with a reason, where the program is not to be run, or where it takes more than a default to hand it
 * a secret that the document restricts.
 */
bool choice_hold_static(struct choice *choice, const struct delivery *delivery, struct reason *why);
void choice_free(struct choice *choice);

#endif
