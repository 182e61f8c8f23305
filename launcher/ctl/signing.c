/* SPDX-License-Identifier: ISC */
/* Signing the sealed file: see signing.h. Runs in secrunctl; sees the signing key. */
#include "ctl/signing.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/path.h"
#include "host/passphrase.h"

bool signing_is_due(const struct config *config)
{
    return config->signers[0] || config->signing_key[0];
}

/* --- the key ---------------------------------------------------------------------------------------- */

static bool unseal_key(struct minisign_key *key, const char *path, struct reason *why)
{
    struct secret passphrase;
    if (!passphrase_ask(path, &passphrase, why))
        return false;
    bool ok = minisign_key_unseal(key, (const char *)passphrase.bytes, passphrase.size, why) ||
              fail_within(why, "%s", path);
    secret_free(&passphrase);
    return ok;
}

bool signing_open_key(struct signing *signing, const char *path, const struct config *config,
                      struct reason *why)
{
    struct secret text;
    if (!path_read(path, PATH_PRIVATE, MINISIGN_KEY_FILE_MAX, &text, why))
        return false;
    bool ok = minisign_key_parse((const char *)text.bytes, text.size, &signing->key, why) ||
              fail_within(why, "%s", path);
    secret_free(&text);
    if (ok && signing->key.sealed && config->unattended)
        return fail(why, "%s: sealed with a passphrase, which is not asked for here", path);
    return ok && (!signing->key.sealed || unseal_key(&signing->key, path, why)) &&
           minisign_key_signer(&signing->key, &signing->signer, why);
}

bool signing_check(const struct signing *signing, const struct config *config, struct reason *why)
{
    struct signers signers;
    char id[MINISIGN_ID_TEXT];
    if (!config->signers[0])
        return true;
    if (!signers_parse(config, &signers, why))
        return false;
    for (size_t i = 0; i < signers.count; i++)
        if (memcmp(&signers.signers[i], &signing->signer, sizeof signing->signer) == 0)
            return true;
    return fail(why, "the signing key, %s, is none of the signers in %s",
                minisign_id_text(id, signing->signer.id), config->file);
}

bool signing_open(struct signing *signing, const struct config *config, struct reason *why)
{
    if (!signing_is_due(config))
        return true;
    if (config->signing_key[0])
        return signing_open_key(signing, config->signing_key, config, why) &&
               signing_check(signing, config, why);
    fail(why, "%s: has signers, and no signing-key to sign a change with", config->file);
    return fail_hint(why, "change the store where the signing key is, and bring both files here");
}

void signing_close(struct signing *signing)
{
    minisign_key_free(&signing->key);
    *signing = (struct signing){0};
}

/* --- files ------------------------------------------------------------------------------------------ */

struct places {
    struct place signature, next; /* of the same directory */
};

static bool open_places(struct places *places, const struct config *config, struct reason *why)
{
    char path[PATH_MAX], next[PATH_MAX];
    struct stat status;
    places->signature.directory = places->next.directory = -1;
    return signature_path(config, path, why) && signature_next_path(config, next, why) &&
           place_open(&places->signature, path, lstat(path, &status) == 0, why) &&
           place_open(&places->next, next, false, why);
}

static void close_places(struct places *places)
{
    place_close(&places->signature);
    place_close(&places->next);
}

bool signing_settle(const struct config *config, const struct signature *signature, struct reason *why)
{
    struct places places;
    if (!signature->is_next)
        return true;
    bool ok = open_places(&places, config, why) && place_move(&places.next, &places.signature, why);
    close_places(&places);
    return ok;
}

bool signing_keep_serial(const struct config *config, const struct stat *like, int64_t serial,
                         struct reason *why)
{
    char path[PATH_MAX], text[24];
    struct place place = {.directory = -1};
    int size = snprintf(text, sizeof text, "%" PRId64 "\n", serial);
    bool ok = signature_serial_path(config, path, why) && place_open(&place, path, false, why) &&
              place_put(&place, like, text, (size_t)size, why);
    place_close(&place);
    return ok;
}

/* --- signing ---------------------------------------------------------------------------------------- */

/* Above those that were there, and as late as the clock says. */
static bool next_serial(const struct config *config, int64_t last, int64_t *serial, struct reason *why)
{
    int64_t least;
    if (!signature_least(config, &least, why))
        return false;
    *serial = time(NULL);
    if (*serial <= last)
        *serial = last + 1;
    if (*serial <= least)
        *serial = least + 1;
    if (*serial < config->min_serial)
        *serial = config->min_serial;
    return true;
}

/* What is to be put next to a file is held against it once more. */
static bool make(const struct signing *signing, const struct config *config, const struct file_bytes *file,
                 int64_t serial, char **text, size_t *size, struct reason *why)
{
    struct minisign_signature signature;
    if (!minisign_sign(&signing->key, file->bytes, file->size, signature_name(config), serial, text, size,
                       why))
        return fail_within(why, "%s", config->sealed_file);
    if (minisign_signature_parse(*text, *size, &signature, why) &&
        minisign_verify(&signature, &signing->signer, file->bytes, file->size, why))
        return true;
    free(*text);
    return fail_within(why, "a signature that was just made");
}

static bool put_both(const struct places *places, const struct place *sealed, const struct file_bytes *after,
                     const char *text, size_t size, const struct stat *like, struct reason *why)
{
    struct stat is;
    if (!place_put(&places->next, like, text, size, why))
        return false;
    if (place_replace(sealed, after->bytes, after->size, why))
        return place_move(&places->next, &places->signature, why);
    /* It may be the new one all the same, if only the sync of the directory failed. */
    if (fstatat(sealed->directory, sealed->name, &is, AT_SYMLINK_NOFOLLOW) == 0 && is.st_ino == like->st_ino)
        unlinkat(places->next.directory, places->next.name, 0);
    return false;
}

/* Who may have signed what is there: the signers or, without any, the one who signs now. */
static bool find_before(const struct signing *signing, const struct sealed_file *file,
                        struct signature *signature, struct reason *why)
{
    const struct config *config = file->config;
    const struct file_bytes *before = &file->bytes;
    struct signers signers = {.signers = {signing->signer}, .count = 1};
    struct reason ignored;
    bool must = config->signers[0] || file->is_copy;
    *signature = (struct signature){0};
    if (config->signers[0] && !signers_parse(config, &signers, why))
        return false;
    if (signature_verify(config, &signers, before->bytes, before->size, signature, must ? why : &ignored))
        return true;
    *signature = (struct signature){0};
    return !must;
}

bool signing_replace(const struct signing *signing, const struct sealed_file *file,
                     const struct file_bytes *after, struct reason *why)
{
    const struct config *config = file->config;
    const struct place *sealed = file->place;
    struct signature last;
    struct places places;
    struct stat like;
    sigset_t all, old;
    int64_t serial;
    char *text;
    size_t size;
    if (!find_before(signing, file, &last, why) || !signing_settle(config, &last, why))
        return false;
    serial = last.serial;
    if ((!file->is_copy && !next_serial(config, last.serial, &serial, why)) ||
        !make(signing, config, after, serial, &text, &size, why))
        return false;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    bool ok = open_places(&places, config, why);
    if (ok && fstatat(sealed->directory, sealed->name, &like, AT_SYMLINK_NOFOLLOW) != 0)
        ok = fail_errno(why, "%s", sealed->path);
    ok = ok && put_both(&places, sealed, after, text, size, &like, why) &&
         (file->is_copy || signing_keep_serial(config, &like, serial, why) ||
          fail_within(why, "%s: written, but", sealed->path));
    sigprocmask(SIG_SETMASK, &old, NULL);
    close_places(&places);
    free(text);
    return ok;
}

bool signing_add(const struct signing *signing, const struct config *config, const struct stat *like,
                 const struct file_bytes *file, int64_t *serial, struct reason *why)
{
    struct signature last;
    struct signers signers = {.signers = {signing->signer}, .count = 1};
    struct reason ignored;
    struct places places;
    char *text;
    size_t size;
    bool signed_before = signature_verify(config, &signers, file->bytes, file->size, &last, &ignored);
    if (!next_serial(config, signed_before ? last.serial : 0, serial, why) ||
        !make(signing, config, file, *serial, &text, &size, why))
        return false;
    bool ok = open_places(&places, config, why) && place_put(&places.signature, like, text, size, why);
    close_places(&places);
    free(text);
    return ok;
}
