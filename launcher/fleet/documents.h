/* SPDX-License-Identifier: ISC */
/* A fleet's documents: all those of one directory, as if they were one. Sees every secret of every host. */
#ifndef SECRUN_FLEET_DOCUMENTS_H
#define SECRUN_FLEET_DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "base/secret.h"
#include "store/document.h"
#include "store/identity.h"

/* A zeroed one is a valid empty one. */
struct documents {
    struct secret text; /* of all files, one behind the other */
    struct document document;
    struct documents_file *files; /* private; owned */
    size_t count, capacity;
    bool closed;          /* nobody else can enter the directory */
    char *exposed;        /* the first file of plaintext that others can read; NULL: none; owned */
    size_t exposed_count; /* how many there are */
};

/*
 * Reads every file NAME.ini, which is a document, and NAME.age, which is one sealed to one of the
 * identities (NULL: there are none to open it with). Each is held to the rules for files (path.h). Profiles
 * may include those of other files; none may be there twice. A reason names the file and its line.
 * documents_free is due whatever comes back.
 */
bool documents_read(struct documents *documents, const char *directory, const struct identities *identities,
                    struct reason *why);
void documents_free(struct documents *documents);

#endif
