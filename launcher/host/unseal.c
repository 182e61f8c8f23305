/* SPDX-License-Identifier: ISC */
/* Opening the store: see unseal.h. Runs in secrun and secrunctl; sees the machine key and all secrets. */
#include "host/unseal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "host/key_source.h"
#include "host/passphrase.h"
#include "host/signature.h"
#include "store/age.h"

static bool is_there(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

/* Both files of a store are made by init; without them the likeliest cause is that it never ran. */
bool unseal_explain(const struct config *config, const char *path, struct reason *why)
{
    const char *key = config->key_source == KEY_FILE ? config_identity_rest(config) : NULL;
    bool is_key = key && strcmp(path, key) == 0;
    int saved = errno;
    if (saved != ENOENT || !config->directory[0] || (!is_key && strcmp(path, config->sealed_file) != 0))
        return false;
    if (is_key && is_there(config->sealed_file))
        fail_hint(why,
                  "bring it back from its backup; %s is sealed to it "
                  "(another machine takes a key of its own: recipients in secrunctl(1))",
                  config->sealed_file);
    else if (!is_key && key && is_there(key))
        fail_hint(why, "bring it back from its backup; secrunctl -d %s init makes an empty one",
                  config->directory);
    else if (config->of_user && is_there(CONFIG_DIRECTORY))
        fail_hint(why,
                  "if root's store is meant, run this as root: secrun -u USER, in a unit ExecStart=!...; "
                  "for one of your own: secrunctl -d %s init",
                  config->directory);
    else
        fail_hint(why, "make a store with: secrunctl -d %s init", config->directory);
    errno = saved;
    return false;
}

static bool open_with_passphrase(const char *path, const struct secret *file, struct secret *text,
                                 struct reason *why)
{
    struct secret passphrase;
    if (!passphrase_ask(path, &passphrase, why))
        return false;
    bool ok = age_open_passphrase(file->bytes, file->size, (const char *)passphrase.bytes, passphrase.size,
                                  text, why) == AGE_OK ||
              fail_within(why, "%s", path);
    secret_free(&passphrase);
    return ok;
}

bool unseal_identities(const struct config *config, struct identities *identities, struct reason *why)
{
    char name[PATH_MAX];
    struct secret file, opened;
    key_source_name(config, name);
    if (config->unattended && (config->key_source == KEY_COMMAND || config->key_source == KEY_FD))
        return fail(why, "%s: not asked for here", name);
    if (!key_source_read(config, &file, why))
        return unseal_explain(config, name, why);
    bool ok = true;
    if (age_is_file(file.bytes, file.size)) {
        if (config->key_source != KEY_FILE)
            ok = fail(why, "%s: sealed with a passphrase, which can be asked for a file: only", name);
        else if (config->unattended)
            ok = fail(why, "%s: sealed with a passphrase, which is not asked for here", name);
        else
            ok = open_with_passphrase(name, &file, &opened, why);
        secret_free(&file);
        if (!ok)
            return false;
        file = opened;
    }
    ok = identity_parse((const char *)file.bytes, file.size, identities, why) || fail_within(why, "%s", name);
    secret_free(&file);
    return ok;
}

/* The sealed bytes are no secret: they may stand in ordinary memory; a large file in huge pages. */
static unsigned char *allocate(size_t size)
{
    enum { HUGE_PAGE = 2 * 1024 * 1024 };
    if (size < HUGE_PAGE)
        return malloc(size);
    size_t rounded = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    unsigned char *bytes = aligned_alloc(HUGE_PAGE, rounded);
    if (bytes)
        madvise(bytes, rounded, MADV_HUGEPAGE);
    return bytes;
}

static unsigned char *read_sealed(int fd, const char *path, size_t *size, struct reason *why)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        fail_errno(why, "%s", path);
        return NULL;
    }
    if (status.st_size > AGE_FILE_MAX) {
        fail(why, "%s: larger than %d bytes", path, AGE_FILE_MAX);
        return NULL;
    }
    size_t expected = (size_t)status.st_size, done = 0;
    unsigned char *bytes = allocate(expected + 1);
    if (!bytes) {
        fail(why, "%s: no memory for %zu bytes", path, expected);
        return NULL;
    }
    while (done < expected) {
        ssize_t got = read(fd, bytes + done, expected - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            fail_errno(why, "%s", path);
            free(bytes);
            return NULL;
        }
        if (got == 0)
            break;
        done += (size_t)got;
    }
    *size = done;
    return bytes;
}

unsigned char *unseal_read(const struct config *config, struct signature *signature, size_t *size,
                           struct reason *why)
{
    enum { TRIES = 32 };
    const char *path = config->sealed_file;
    for (int i = 0; i < TRIES; i++) {
        int fd = path_open(path, PATH_TRUSTED, why);
        if (fd < 0) {
            unseal_explain(config, path, why);
            return NULL;
        }
        unsigned char *bytes = read_sealed(fd, path, size, why);
        bool ok = bytes && (!config->signers[0] || signature_check(config, bytes, *size, signature, why));
        /* The file, or its signature, may have been replaced in between. */
        bool again = bytes && !ok && signature_moved(config, fd, signature);
        close(fd);
        if (ok)
            return bytes;
        free(bytes);
        if (!again)
            break;
    }
    return NULL;
}

static enum age_result open_document(const struct config *config, const struct identities *identities,
                                     struct secret *text, unsigned char **sealed, size_t *sealed_size,
                                     struct signature *signature, struct reason *why)
{
    const char *path = config->sealed_file;
    size_t size = 0;
    unsigned char *bytes = unseal_read(config, signature, &size, why);
    if (!bytes)
        return AGE_FAILED;
    enum age_result result = age_open(bytes, size, identity_array(identities), identities->count, text, why);
    if (result != AGE_OK) {
        free(bytes);
        fail_within(why, "%s", path);
        if (result == AGE_NO_MATCH) {
            char name[PATH_MAX];
            key_source_name(config, name);
            fail_hint(why, "is %s the key of this host?", name);
        }
        return result;
    }
    if (sealed) {
        *sealed = bytes;
        *sealed_size = size;
    } else {
        free(bytes);
    }
    return AGE_OK;
}

bool unseal_document(const struct config *config, const struct identities *identities, struct secret *text,
                     unsigned char **sealed, size_t *sealed_size, struct reason *why)
{
    struct signature signature;
    return open_document(config, identities, text, sealed, sealed_size, &signature, why) == AGE_OK;
}

static enum age_result open_with_origin(const struct config *config, const struct identities *identities,
                                        struct secret *text, struct unseal_origin *origin, struct reason *why)
{
    struct signature signature;
    unsigned char *sealed;
    size_t size;
    enum age_result result =
        open_document(config, identities, text, origin ? &sealed : NULL, &size, &signature, why);
    if (result != AGE_OK || !origin)
        return result;
    audit_digest(origin->digest, sealed, size);
    free(sealed);
    origin->signer[0] = '\0';
    if (config->signers[0])
        minisign_id_text(origin->signer, signature.signer.id);
    return result;
}

bool unseal(const struct config *config, struct secret *text, struct unseal_origin *origin,
            struct reason *why)
{
    enum { TRIES = 2 };
    enum age_result result = AGE_NO_MATCH;
    for (int i = 0; i < TRIES && result == AGE_NO_MATCH; i++) {
        struct identities identities = {0};
        struct key_stamp stamp;
        key_source_stamp(config, &stamp);
        if (!unseal_identities(config, &identities, why))
            return false;
        result = open_with_origin(config, &identities, text, origin, why);
        identity_free(&identities);
        /* A rekey may have come between the two files. */
        if (result == AGE_NO_MATCH && !key_source_moved(config, &stamp))
            break;
    }
    return result == AGE_OK;
}
