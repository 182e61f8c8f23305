/* SPDX-License-Identifier: ISC */
/*
 * secrunctl rekey: a new machine key. Runs as the operator; sees the keys and every secret.
 *
 *   1. The key file becomes the new key, and below it the old ones, which open what was sealed to them.
 *   2. The sealed file is sealed to the new key, in the place of the old.
 *   3. So is each of the backups.
 *
 * After each step the store opens with what is on the disk; begun again, it is carried through, with one more
 * key. A start that has read the old key file and then the new sealed file reads the key once more
 * (unseal.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bsd/string.h>

#include "base/message.h"
#include "base/timestamp.h"
#include "ctl/auditing.h"
#include "ctl/invocation.h"
#include "ctl/store.h"
#include "host/unseal.h"
#include "store/age.h"

/* The key file's own text; there must be a file that can be written. */
static bool read_key_file(const struct config *config, struct secret *text, struct reason *why)
{
    char name[PATH_MAX];
    key_source_name(config, name);
    if (config->key_source != KEY_FILE) {
        fail(why, "%s: not a file: that a rekey could write", config->identity);
        return fail_hint(why,
                         "make a key where this one is from, secrunctl recipients add its age1..., put it "
                         "in the old one's place, secrunctl recipients remove the old");
    }
    if (!key_source_read(config, text, why))
        return false;
    if (!age_is_file(text->bytes, text->size))
        return true;
    secret_free(text);
    fail(why, "%s: sealed with a passphrase, which a rekey could not seal again", name);
    return fail_hint(why,
                     "make a key by age-keygen, secrunctl recipients add it, seal it by age -p in the old "
                     "one's place");
}

static bool write_key_file(const struct config *config, const struct secret *text, struct reason *why)
{
    struct place place = {.directory = -1};
    bool ok = place_open(&place, config_identity_rest(config), true, why) &&
              place_replace(&place, text->bytes, text->size, why);
    place_close(&place);
    return ok;
}

/* *identities are those of the text; nothing that does not read back is written. */
static bool make_text(const struct config *config, const struct secret *old, struct secret *text,
                      struct identities *identities, char recipient[static AGE_RECIPIENT_MAX],
                      struct reason *why)
{
    char now[TIMESTAMP_SIZE], name[PATH_MAX];
    key_source_name(config, name);
    timestamp_now(now);
    *identities = (struct identities){0};
    if (!identity_generate(now, text, recipient, why))
        return false;
    if (identity_append_replaced(text, now, old, why) &&
        identity_parse((const char *)text->bytes, text->size, identities, why))
        return true;
    secret_free(text);
    fail_within(why, "%s", name);
    return fail_hint(why, "secrunctl rekey --forget-old drops the keys that were replaced");
}

/* --- backups ---------------------------------------------------------------------------------------- */

/* Is there a signature beside it? */
static bool is_signed(const struct config *config)
{
    char path[PATH_MAX];
    struct reason ignored;
    return signature_path(config, path, &ignored) && access(path, F_OK) == 0;
}

/* Another sealed file, opened with any of the keys and sealed as the store is. Where signatures are made, one
 * that has a signature has to be signed as the store is, but may be as old as it likes. */
static bool reseal_backup(const struct store *store, const struct recipient_list *recipients,
                          const char *path, const struct invocation *invocation, struct reason *why)
{
    struct secret text = {0};
    unsigned char *before = NULL;
    size_t size = 0;
    struct place place = {.directory = -1};
    struct config *config = malloc(sizeof *config);
    if (!config)
        return fail(why, "no memory for a configuration");
    *config = store->config;
    config->signed_file[0] = '\0';
    config->any_serial = true;
    config->min_serial = 0;
    bool ok = strlcpy(config->sealed_file, path, sizeof config->sealed_file) < sizeof config->sealed_file ||
              fail(why, "a path above %zu bytes", sizeof config->sealed_file - 1);
    if (ok && !is_signed(config))
        config->signers[0] = config->signing_key[0] = '\0';
    ok = ok && place_open(&place, path, true, why) &&
         unseal_document(config, &store->identities, &text, &before, &size, why) &&
         store_put(store, &(struct sealed_file){config, &place, {before, size}, &text, .is_copy = true},
                   &text, recipients, invocation, why);
    place_close(&place);
    secret_free(&text);
    free(before);
    free(config);
    return ok;
}

static bool reseal_backups(const struct store *store, const struct invocation *invocation, struct reason *why)
{
    struct recipient_list recipients;
    bool ok = true;
    if (!recipient_list_make(&recipients, &store->config, &store->identities, why))
        return false;
    for (size_t i = 0; i < invocation->operand_count; i++) {
        struct reason other = {0};
        if (reseal_backup(store, &recipients, invocation->operands[i], invocation, &other))
            continue;
        if (ok)
            *why = other;
        else
            message_reason("secrunctl", &other);
        ok = false;
    }
    return ok;
}

/* --- the verb --------------------------------------------------------------------------------------- */

/* Writes the key file, of which there is a record then. */
static bool put_keys(const struct store *store, const struct secret *text, const char *what,
                     const struct invocation *invocation, struct reason *why)
{
    const struct sealed_file file = store_file(store);
    if (!auditing_step(&file, invocation, what, why))
        return false;
    if (write_key_file(&store->config, text, why))
        return true;
    auditing_failure(&file, invocation, why);
    return false;
}

static bool rekey(struct store *store, const struct secret *old, const struct invocation *invocation,
                  struct reason *why)
{
    struct secret text;
    struct identities identities;
    char recipient[AGE_RECIPIENT_MAX];
    if (!make_text(&store->config, old, &text, &identities, recipient, why))
        return false;
    char what[AGE_RECIPIENT_MAX + 32];
    snprintf(what, sizeof what, "a new machine key, %s", recipient);
    bool ok = put_keys(store, &text, what, invocation, why);
    secret_free(&text);
    if (!ok) {
        identity_free(&identities);
        return false;
    }
    /* One key in the place of all that were this host's. */
    store->recipients_added = 1 - (ptrdiff_t)store->identities.current;
    identity_free(&store->identities);
    store->identities = identities;
    if (!store_replace(store, &store->text, invocation, why) || !reseal_backups(store, invocation, why))
        return false;
    printf("%s\n", recipient);
    if (isatty(STDERR_FILENO))
        message("secrunctl",
                "the old key is kept, for what is sealed to it, until: secrunctl rekey "
                "--forget-old. Whoever seals for this host needs the new recipient, and the copy of the key "
                "that is kept elsewhere is to be made anew");
    return true;
}

static bool forget(const struct store *store, const struct secret *old, const struct invocation *invocation,
                   struct reason *why)
{
    struct secret text = {0}, opened;
    struct identities keys;
    bool ok = true;
    if (!identity_parse((const char *)old->bytes, old->size, &keys, why))
        return fail_within(why, "%s", store->config.identity);
    if (keys.current == keys.count) {
        message("secrunctl", "nothing to do: there is no key that was replaced");
    } else if (age_open(store->sealed, store->sealed_size, identity_array(&keys), keys.current, &opened,
                        why) != AGE_OK) {
        fail(why, "%s: sealed to the key that was replaced", store->config.sealed_file);
        ok = fail_hint(why, "secrunctl rekey");
    } else {
        secret_free(&opened);
        ok = secret_append(&text, old->bytes, keys.current_size, why) &&
             put_keys(store, &text, "forgets the keys that were replaced", invocation, why);
    }
    identity_free(&keys);
    secret_free(&text);
    return ok;
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct store store;
    struct secret old = {0};
    bool ok = store_load(&store, invocation, STORE_WRITE, why) && read_key_file(&store.config, &old, why) &&
              (invocation->options[OPTION_FORGET_OLD] ? forget(&store, &old, invocation, why)
                                                      : rekey(&store, &old, invocation, why));
    secret_free(&old);
    store_close(&store);
    return ok;
}

static bool check(const struct invocation *invocation, struct reason *why)
{
    return !invocation->options[OPTION_FORGET_OLD] || invocation->operand_count == 0 ||
           fail(why, "rekey: --forget-old takes no backups");
}

const struct verb rekey_verb = {
    .name = "rekey",
    .operands = "[BACKUP...] | --forget-old",
    .summary = "a new machine key, and the store sealed to it",
    .help =
        "Makes a new machine key, seals the store to it, and prints its recipient. Sealed files that are\n"
        "named, copies of the store, are sealed to it as well. The old key stays below the new one in\n"
        "the key file, and opens what was sealed to it, until --forget-old.\n\n"
        "  --forget-old       drop the keys that were replaced\n"
        "  --drop-recipients  seal to no others that the file was sealed to\n",
    .options = OPTION(FORGET_OLD) | OPTION(DROP_RECIPIENTS),
    .most = 1024,
    .check = check,
    .run = run,
};
