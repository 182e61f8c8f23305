/* SPDX-License-Identifier: ISC */
/* secrunctl verify: who signed the sealed file, and when. Runs as the operator; opens no secret. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/message.h"
#include "base/timestamp.h"
#include "ctl/auditing.h"
#include "ctl/invocation.h"
#include "ctl/signing.h"
#include "ctl/store.h"
#include "host/unseal.h"

enum { CLOCKS_DIFFER = 300 }; /* seconds */

struct verifying {
    struct config config;
    struct place place; /* locked if the serial is to be kept */
    struct signature signature;
    unsigned char *bytes;
    size_t size;
};

static bool keeps(const struct invocation *invocation)
{
    return invocation->options[OPTION_ACCEPT] || invocation->options[OPTION_ACCEPT_ROLLBACK];
}

static bool check(const struct invocation *invocation, struct reason *why)
{
    if (invocation->options[OPTION_ACCEPT] && invocation->options[OPTION_ACCEPT_ROLLBACK])
        return fail(why, "verify: --accept does not go with --accept-rollback");
    return true;
}

/* With a record of it. */
static bool accept(const struct verifying *verifying, const struct stat *like,
                   const struct invocation *invocation, struct reason *why)
{
    char text[128];
    const struct config *config = &verifying->config;
    const struct signature *signature = &verifying->signature;
    const struct sealed_file file = {.config = config, .bytes = {verifying->bytes, verifying->size}};
    snprintf(text, sizeof text, "accepts the serial %" PRId64 "%s", signature->serial,
             invocation->options[OPTION_ACCEPT_ROLLBACK] ? ", be it an old one" : "");
    if (!auditing_step(&file, invocation, text, why))
        return false;
    if (signing_settle(config, signature, why) && signing_keep_serial(config, like, signature->serial, why))
        return true;
    auditing_failure(&file, invocation, why);
    return false;
}

static bool keep(const struct verifying *verifying, const struct invocation *invocation, struct reason *why)
{
    const struct config *config = &verifying->config;
    struct stat like;
    if (stat(config->sealed_file, &like) != 0)
        return fail_errno(why, "%s", config->sealed_file);
    return accept(verifying, &like, invocation, why);
}

static bool tell(const struct verifying *verifying, struct reason *why)
{
    const struct signature *signature = &verifying->signature;
    char id[MINISIGN_ID_TEXT], text[TIMESTAMP_SIZE];
    int64_t least;
    if (!signature_least(&verifying->config, &least, why))
        return false;
    if (least < verifying->config.min_serial)
        least = verifying->config.min_serial;
    printf("file     %s\nkey      %s\nserial   %" PRId64 " (%s)\nleast    %" PRId64 "\n",
           verifying->config.sealed_file, minisign_id_text(id, signature->signer.id), signature->serial,
           timestamp_text(text, signature->serial), least);
    if (signature->serial > time(NULL) + CLOCKS_DIFFER)
        message("secrunctl", "%s: its serial is ahead of this host's clock", verifying->config.sealed_file);
    return true;
}

static bool verify(struct verifying *verifying, const struct invocation *invocation, struct reason *why)
{
    struct config *config = &verifying->config;
    if (!store_configure_file(config, invocation, why))
        return false;
    if (!config->signers[0]) {
        fail(why, "%s: has no signers", config->file);
        return fail_hint(why, "signers = RW..., the second line of minisign's .pub file");
    }
    config->any_serial = invocation->options[OPTION_ACCEPT_ROLLBACK];
    if (keeps(invocation) && (!place_open(&verifying->place, config->sealed_file, true, why) ||
                              !place_lock(&verifying->place, why)))
        return false;
    verifying->bytes = unseal_read(config, &verifying->signature, &verifying->size, why);
    return verifying->bytes && (!keeps(invocation) || keep(verifying, invocation, why)) &&
           tell(verifying, why);
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct verifying verifying = {.place = {.directory = -1}};
    bool ok = verify(&verifying, invocation, why);
    place_close(&verifying.place);
    free(verifying.bytes);
    return ok;
}

const struct verb verify_verb = {
    .name = "verify",
    .operands = "[--accept | --accept-rollback] [FILE]",
    .summary = "say who signed the sealed file, and when",
    .help =
        "Verifies the signature of the store's sealed file, or of another one, as a start does. Takes no\n"
        "machine key. Exit status 1 if a start would refuse it.\n\n"
        "  --accept           from now on nothing older is accepted\n"
        "  --accept-rollback  the same, also where this one is older than what was accepted before\n",
    .options = OPTION(ACCEPT) | OPTION(ACCEPT_ROLLBACK),
    .most = 1,
    .check = check,
    .run = run,
};
