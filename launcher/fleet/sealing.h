/* SPDX-License-Identifier: ISC */
/*
 * Sealing a fleet: for each host OUTPUT/HOST/secrets.age and, if they are to be signed, its .minisig, which
 * is as secrun.conf(5) wants it on that host. Sees every secret of every host, and the signing key.
 */
#ifndef SECRUN_FLEET_SEALING_H
#define SECRUN_FLEET_SEALING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"
#include "fleet/inventory.h"
#include "fleet/state.h"
#include "store/document.h"
#include "store/minisign_key.h"

enum { FLEET_BATCH = 1024 };   /* hosts that are sealed between two syncs */
enum { FLEET_JOBS_MAX = 256 }; /* threads */

struct sealing {
    const struct document *document;
    const struct minisign_key *key;       /* NULL: nothing is signed */
    const struct minisign_signer *signer; /* of the key */
    struct fleet_state *state;
    int output;              /* the directory; locked by the caller */
    const char *output_path; /* for messages */
    int64_t now;             /* seconds: the serial of signatures, unless the last one was later */
    size_t jobs;
    bool dry_run; /* find what is to be sealed, and leave all as it is */
};

/*
 * Seals the files of up to FLEET_BATCH hosts, of those in which anything is not as it was when they were
 * sealed last; changed[i] tells which. On true these are on the disk and in the state; on false each host's
 * files are still the old or already the new ones.
 */
bool sealing_batch(const struct sealing *sealing, const struct inventory_host *const *hosts, size_t count,
                   bool *changed, struct reason *why);

#endif
