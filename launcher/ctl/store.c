/* SPDX-License-Identifier: ISC */
/* The store: see store.h. Runs in secrunctl; sees the machine key and every secret. */
#include "ctl/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bsd/string.h>

#include "ctl/auditing.h"
#include "host/key_source.h"
#include "host/unseal.h"
#include "store/age.h"
#include "store/previous.h"

bool store_configure(struct config *config, const struct invocation *invocation, struct reason *why)
{
    if (!config_locate(config, invocation->options[OPTION_DIRECTORY], why))
        return false;
    config->unattended = invocation->options[OPTION_NAMES] != NULL;
    return config_read(config, why) && key_source_hold(config, why);
}

bool store_configure_file(struct config *config, const struct invocation *invocation, struct reason *why)
{
    if (!store_configure(config, invocation, why))
        return false;
    return invocation->operand_count == 0 ||
           strlcpy(config->sealed_file, invocation->operands[0], sizeof config->sealed_file) <
               sizeof config->sealed_file ||
           fail(why, "a path above %zu bytes", sizeof config->sealed_file - 1);
}

/* Reads the sealed file into text and sealed. */
static bool read_text(struct store *store, struct reason *why)
{
    document_free(&store->document);
    secret_free(&store->text);
    free(store->sealed);
    store->sealed = NULL;
    return unseal_document(&store->config, &store->identities, &store->text, &store->sealed,
                           &store->sealed_size, why);
}

static bool read_keys(struct store *store, struct reason *why)
{
    identity_free(&store->identities);
    key_source_stamp(&store->config, &store->key_stamp);
    return unseal_identities(&store->config, &store->identities, why);
}

/* Whoever had the lock may have replaced the key, or changed who else the store is sealed to. */
static bool read_anew(struct store *store, const struct invocation *invocation, struct reason *why)
{
    struct config *now = malloc(sizeof *now);
    bool ok = now ? config_locate(now, invocation->options[OPTION_DIRECTORY], why) && config_read(now, why)
                  : fail(why, "no memory for a configuration");
    if (ok)
        memcpy(store->config.recipients, now->recipients, sizeof now->recipients);
    free(now);
    return ok && (!key_source_moved(&store->config, &store->key_stamp) || read_keys(store, why));
}

/* Who takes no lock may meet a rekey between the two files. */
static bool read_unlocked(struct store *store, struct reason *why)
{
    return read_text(store, why) || (key_source_moved(&store->config, &store->key_stamp) &&
                                     read_keys(store, why) && read_text(store, why));
}

/* From here on the file that a symbolic link leads to is what is read, locked and replaced; its signature
 * stays that of the link. */
static bool lock(struct store *store, struct reason *why)
{
    if (!place_open(&store->place, store->config.sealed_file, true, why))
        return unseal_explain(&store->config, store->config.sealed_file, why);
    if (!store->config.signed_file[0])
        snprintf(store->config.signed_file, sizeof store->config.signed_file, "%s",
                 store->config.sealed_file);
    snprintf(store->config.sealed_file, sizeof store->config.sealed_file, "%s", store->place.path);
    return place_lock(&store->place, why);
}

bool store_open(struct store *store, const struct invocation *invocation, enum store_access access,
                struct reason *why)
{
    *store = (struct store){.place = {.directory = -1}};
    /* The keys before the lock: they may take a passphrase, for which nobody else should wait. */
    return store_configure(&store->config, invocation, why) && read_keys(store, why) &&
           (access == STORE_READ || signing_open(&store->signing, &store->config, why)) &&
           (access == STORE_WRITE
                ? lock(store, why) && read_anew(store, invocation, why) && read_text(store, why)
                : read_unlocked(store, why));
}

bool store_relock(struct store *store, const struct invocation *invocation, bool *changed, struct reason *why)
{
    unsigned char *before = store->sealed;
    size_t size = store->sealed_size;
    store->sealed = NULL;
    bool ok = lock(store, why) && read_anew(store, invocation, why) && read_text(store, why);
    *changed = !ok || !before || !store->sealed || size != store->sealed_size ||
               memcmp(before, store->sealed, size) != 0;
    free(before);
    return ok;
}

void store_unlock(struct store *store)
{
    place_close(&store->place);
}

bool store_parse(struct store *store, struct reason *why)
{
    if (document_parse(&store->document, (const char *)store->text.bytes, store->text.size, why))
        return true;
    store->document = (struct document){0};
    fail_within(why, "%s", store->config.sealed_file);
    return fail_hint(why, "secrunctl edit");
}

bool store_load(struct store *store, const struct invocation *invocation, enum store_access access,
                struct reason *why)
{
    return store_open(store, invocation, access, why) && store_parse(store, why);
}

void store_close(struct store *store)
{
    place_close(&store->place);
    signing_close(&store->signing);
    document_free(&store->document);
    secret_free(&store->text);
    identity_free(&store->identities);
    free(store->sealed);
    *store = (struct store){.place = {.directory = -1}};
}

const struct document_profile *store_profile(const struct store *store, const char *name, struct reason *why)
{
    const struct document *document = &store->document;
    const struct document_profile *profile = document_profile(document, name);
    if (profile)
        return profile;
    char shown[64], list[sizeof why->hint];
    fail(why, "no profile [%s]", printable(shown, sizeof shown, name, strlen(name)));
    document_list_profiles(document, list, sizeof list);
    if (document->profile_count > 0)
        fail_hint(why, "there are:%s", list);
    return NULL;
}

/* Which recipients a file has cannot be told from it, but how many can: nobody is to be shut out unseen. */
bool store_drops_nobody(const struct store *store, size_t count, const struct invocation *invocation,
                        struct reason *why)
{
    size_t before = age_recipient_count(store->sealed, store->sealed_size);
    if (invocation->options[OPTION_DROP_RECIPIENTS])
        return true;
    /* As many of those before as there were: not one that is shut out, and another in its place. */
    if (before > 0 && (ptrdiff_t)count - store->recipients_added >= (ptrdiff_t)before)
        return true;
    fail(why, "%s: sealed to %zu recipients, of which %zu are known here", store->config.sealed_file, before,
         (size_t)((ptrdiff_t)count - store->recipients_added));
    if (store->recipients_added > 0)
        return fail_hint(why, "if the one that is added is among the others: --drop-recipients");
    return fail_hint(why, "put the others into `recipients` in %s; or shut them out: --drop-recipients",
                     store->config.file);
}

/* *kept is the text with the values that it changes kept in it (previous.h), or empty where that is the same.
 * A text before that does not parse, which edit can mend, has no values to keep. */
static bool keep_previous(const struct store *store, const struct secret *text, struct secret *kept,
                          struct reason *why)
{
    struct document parsed = {0}, after;
    const struct document *before = store->document.text ? &store->document : &parsed;
    struct reason ignored;
    *kept = (struct secret){0};
    if (!document_parse(&after, (const char *)text->bytes, text->size, why))
        return fail_within(why, "%s", store->config.sealed_file);
    if (before == &parsed &&
        !document_parse(&parsed, (const char *)store->text.bytes, store->text.size, &ignored))
        parsed = (struct document){0};
    bool ok = previous_keep(before, &after, store->config.keep_previous, time(NULL), kept, why) ||
              fail_within(why, "keeping the value that was replaced");
    document_free(&parsed);
    document_free(&after);
    return ok;
}

struct sealed_file store_file(const struct store *store)
{
    return (struct sealed_file){
        &store->config, &store->place, {store->sealed, store->sealed_size}, &store->text, .is_copy = false};
}

bool store_put(const struct store *store, const struct sealed_file *file, const struct secret *text,
               const struct recipient_list *recipients, const struct invocation *invocation,
               struct reason *why)
{
    const struct config *config = file->config;
    unsigned char *bytes;
    size_t size;
    if (!age_seal((const unsigned char(*)[AGE_KEY_SIZE])recipients->keys, recipients->count, text->bytes,
                  text->size, &bytes, &size, why))
        return fail_within(why, "%s", config->sealed_file);
    const struct file_bytes after = {bytes, size};
    bool recorded = auditing_change(store, file, text, &after, invocation, why), ok = recorded;
    if (recorded)
        ok = signing_is_due(config) ? signing_replace(&store->signing, file, &after, why)
                                    : place_replace(file->place, bytes, size, why);
    if (recorded && !ok)
        auditing_failure(file, invocation, why);
    free(bytes);
    return ok;
}

static bool seal(const struct store *store, const struct secret *text, const struct invocation *invocation,
                 struct reason *why)
{
    const struct sealed_file file = store_file(store);
    struct recipient_list recipients;
    return recipient_list_make(&recipients, &store->config, &store->identities, why) &&
           store_drops_nobody(store, recipients.count, invocation, why) &&
           store_put(store, &file, text, &recipients, invocation, why);
}

bool store_replace(const struct store *store, const struct secret *text, const struct invocation *invocation,
                   struct reason *why)
{
    struct secret kept;
    bool ok =
        keep_previous(store, text, &kept, why) && seal(store, kept.size > 0 ? &kept : text, invocation, why);
    secret_free(&kept);
    return ok;
}

bool store_change(const struct store *store, const struct document_change *changes, size_t count,
                  const struct invocation *invocation, struct reason *why)
{
    struct secret text;
    if (!document_edit(&store->document, changes, count, &text, why))
        return false;
    bool ok = store_replace(store, &text, invocation, why);
    secret_free(&text);
    return ok;
}
