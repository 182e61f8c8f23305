/* SPDX-License-Identifier: ISC */
/* All that a fleet's files are made of: the inventory, its documents and keys. Sees every secret of every
 * host. */
#ifndef SECRUN_FLEET_INPUTS_H
#define SECRUN_FLEET_INPUTS_H

#include <limits.h>
#include <stdbool.h>

#include "base/reason.h"
#include "ctl/signing.h"
#include "fleet/documents.h"
#include "fleet/inventory.h"
#include "store/identity.h"

/* A zeroed one is a valid empty one. */
struct fleet_inputs {
    const char *path;         /* of the inventory; borrowed */
    char directory[PATH_MAX]; /* that it is in, with its slash, or empty: what it names is relative to it */
    char output[PATH_MAX];    /* where the files go */
    char state[PATH_MAX];     /* where the state is */
    struct inventory inventory;
    struct identities identities; /* which open documents; empty if the inventory names none */
    struct documents documents;
    struct signing signing; /* empty if nothing is to be signed */
};

/* Reads the inventory, to see where all is, and the keys, for which a passphrase may be asked. False with a
 * reason; fleet_inputs_free is due whatever comes back. */
bool fleet_inputs_open(struct fleet_inputs *inputs, const char *path, struct reason *why);

/* With the output directory locked, so that nobody who read older ones seals behind it: reads the hosts,
 * again, and the documents, and finds good: every profile of a host is there. */
bool fleet_inputs_read(struct fleet_inputs *inputs, struct reason *why);
void fleet_inputs_free(struct fleet_inputs *inputs);

static inline bool fleet_is_signed(const struct fleet_inputs *inputs)
{
    return inputs->inventory.settings[INVENTORY_SIGNING_KEY] != NULL;
}

#endif
