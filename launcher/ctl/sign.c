/* SPDX-License-Identifier: ISC */
/* secrunctl sign: signs a sealed file as it is. Runs as the operator; sees the signing key. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bsd/string.h>

#include "base/timestamp.h"
#include "ctl/auditing.h"
#include "ctl/invocation.h"
#include "ctl/signing.h"
#include "ctl/store.h"
#include "host/unseal.h"
#include "store/age.h"

struct signed_store {
    struct config config;
    struct signing signing;
    struct place place;
    struct stat like;
    unsigned char *bytes;
    size_t size;
};

static bool open_key(struct signed_store *store, const struct invocation *invocation, struct reason *why)
{
    const char *path = invocation->options[OPTION_SIGNING_KEY];
    if (!path)
        path = store->config.signing_key;
    if (path[0])
        return signing_open_key(&store->signing, path, &store->config, why) &&
               (invocation->operand_count > 0 || signing_check(&store->signing, &store->config, why));
    fail(why, "no key to sign with: there is neither --signing-key nor a signing-key in %s",
         store->config.file);
    return fail_hint(why, "minisign -G makes one");
}

/* It need not be signed yet, nor by whom it should. */
static bool read_file(struct signed_store *store, struct reason *why)
{
    struct signature none;
    struct config any = store->config;
    any.signers[0] = '\0';
    store->bytes = unseal_read(&any, &none, &store->size, why);
    if (!store->bytes)
        return false;
    if (!age_is_file(store->bytes, store->size))
        return fail(why, "%s: not a sealed file", store->config.sealed_file);
    return stat(store->config.sealed_file, &store->like) == 0 ||
           fail_errno(why, "%s", store->config.sealed_file);
}

static bool sign(struct signed_store *store, const struct invocation *invocation, struct reason *why)
{
    char id[MINISIGN_ID_TEXT], time[TIMESTAMP_SIZE];
    const struct sealed_file file = {
        .config = &store->config, .place = &store->place, .bytes = {store->bytes, store->size}};
    int64_t serial;
    if (!auditing_whole(&file, &store->signing, invocation, why))
        return false;
    if (!signing_add(&store->signing, &store->config, &store->like, &file.bytes, &serial, why) ||
        (invocation->operand_count == 0 && !signing_keep_serial(&store->config, &store->like, serial, why))) {
        auditing_failure(&file, invocation, why);
        return false;
    }
    printf("file     %s\nkey      %s\nserial   %lld (%s)\n", store->config.sealed_file,
           minisign_id_text(id, store->signing.signer.id), (long long)serial, timestamp_text(time, serial));
    return true;
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct signed_store store = {.place = {.directory = -1}};
    bool ok = store_configure_file(&store.config, invocation, why) && open_key(&store, invocation, why) &&
              place_open(&store.place, store.config.sealed_file, true, why) &&
              place_lock(&store.place, why) && read_file(&store, why) && sign(&store, invocation, why);
    place_close(&store.place);
    signing_close(&store.signing);
    free(store.bytes);
    return ok;
}

const struct verb sign_verb = {
    .name = "sign",
    .operands = "[--signing-key KEY] [FILE]",
    .summary = "sign the sealed file as it is",
    .help = "Makes FILE.minisig, as minisign -S -m FILE does, of the store's sealed file or another one.\n"
            "Whoever signs vouches for what is in the file: look at it first.\n\n"
            "  --signing-key KEY  minisign's secret key (default: signing-key in secrun.conf)\n",
    .options = OPTION(SIGNING_KEY),
    .most = 1,
    .run = run,
};
