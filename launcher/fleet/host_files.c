/* SPDX-License-Identifier: ISC */
/* The files of a host: see host_files.h. Runs in secrunctl, in threads; sees sealed bytes. */
#include "fleet/host_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/output.h"
#include "fleet/fold.h"
#include "host/signature.h"
#include "store/age.h"

#define NEW_FILE       "." HOST_FILE ".new"
#define SIGNATURE      HOST_FILE SIGNATURE_SUFFIX
#define NEXT_SIGNATURE SIGNATURE SIGNATURE_NEXT

/* --- what is there ---------------------------------------------------------------------------------- */

void host_files_digest(const struct host_files *files, unsigned char digest[static HOST_DIGEST_SIZE])
{
    crypto_generichash_state hash;
    crypto_generichash_init(&hash, NULL, 0, HOST_DIGEST_SIZE);
    fold(&hash, files->file, files->size);
    fold(&hash, files->signature, files->signature_size);
    crypto_generichash_final(&hash, digest, HOST_DIGEST_SIZE);
}

/* At most `most` bytes of a file, malloc'd; NULL for one that is not there, or not of that size. */
static unsigned char *read_file(int directory, const char *name, size_t most, size_t *size)
{
    struct stat status;
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    unsigned char *bytes = NULL;
    *size = 0;
    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && (uintmax_t)status.st_size <= most)
        bytes = malloc((size_t)status.st_size + 1);
    if (bytes) {
        ssize_t got = read(fd, bytes, (size_t)status.st_size);
        *size = got < 0 ? 0 : (size_t)got;
    }
    close(fd);
    return bytes;
}

bool host_files_are(int directory, const unsigned char digest[static HOST_DIGEST_SIZE])
{
    unsigned char found[HOST_DIGEST_SIZE];
    size_t size, signature_size;
    unsigned char *file = read_file(directory, HOST_FILE, AGE_FILE_MAX, &size);
    unsigned char *signature = read_file(directory, SIGNATURE, MINISIGN_FILE_MAX, &signature_size);
    host_files_digest(&(struct host_files){file, size, (const char *)signature, signature_size}, found);
    bool same = file && memcmp(found, digest, sizeof found) == 0;
    free(file);
    free(signature);
    return same;
}

/* --- replacing them --------------------------------------------------------------------------------- */

static bool write_file(int directory, const char *name, const void *bytes, size_t size, struct reason *why)
{
    unlinkat(directory, name, 0);
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return fail_errno(why, "%s", name);
    bool ok = output(fd, bytes, size, name, why);
    if (close(fd) != 0 && ok)
        ok = fail_errno(why, "%s", name);
    if (!ok)
        unlinkat(directory, name, 0);
    return ok;
}

/* A run that was stopped between the two renames has left the signature of what is there as the next one. */
static void settle(int directory, const struct minisign_signer *signer)
{
    struct minisign_signature parsed;
    struct reason ignored;
    size_t size, signature_size;
    unsigned char *file = read_file(directory, HOST_FILE, AGE_FILE_MAX, &size);
    unsigned char *signature = read_file(directory, NEXT_SIGNATURE, MINISIGN_FILE_MAX, &signature_size);
    if (file && signature &&
        minisign_signature_parse((const char *)signature, signature_size, &parsed, &ignored) &&
        minisign_verify(&parsed, signer, file, size, &ignored))
        renameat(directory, NEXT_SIGNATURE, directory, SIGNATURE);
    free(file);
    free(signature);
}

bool host_files_prepare(int directory, const struct host_files *files, const struct minisign_signer *signer,
                        struct reason *why)
{
    if (files->signature) {
        settle(directory, signer);
        if (!write_file(directory, NEXT_SIGNATURE, files->signature, files->signature_size, why))
            return false;
    }
    return write_file(directory, NEW_FILE, files->file, files->size, why);
}

/* Below a directory of its own, and no link: -1 with a reason. */
static int open_host(int output, const char *path, const char *host, struct reason *why)
{
    int fd = openat(output, host, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        fail_errno(why, "%s/%s", path, host);
    return fd;
}

static bool move(int directory, const char *from, const char *to, struct reason *why)
{
    return renameat(directory, from, directory, to) == 0 || fail_errno(why, "%s", to);
}

static bool discard(int directory, const char *name, struct reason *why)
{
    return unlinkat(directory, name, 0) == 0 || errno == ENOENT || fail_errno(why, "%s", name);
}

bool host_files_put(int output, const char *path, const char *host, bool is_signed, struct reason *why)
{
    int fd = open_host(output, path, host, why);
    if (fd < 0)
        return false;
    bool ok = move(fd, NEW_FILE, HOST_FILE, why) &&
              (is_signed ? move(fd, NEXT_SIGNATURE, SIGNATURE, why)
                         : discard(fd, SIGNATURE, why) && discard(fd, NEXT_SIGNATURE, why));
    close(fd);
    return ok || fail_within(why, "%s/%s", path, host);
}

/* Where the file has been put, its signature may be the next one yet. */
void host_files_discard(int output, const char *host)
{
    struct reason ignored;
    int fd = open_host(output, "", host, &ignored);
    if (fd >= 0 && unlinkat(fd, NEW_FILE, 0) == 0)
        unlinkat(fd, NEXT_SIGNATURE, 0);
    if (fd >= 0)
        close(fd);
}

bool host_files_remove(int output, const char *path, const char *host, struct reason *why)
{
    static const char *const names[] = {HOST_FILE, SIGNATURE, NEXT_SIGNATURE, NEW_FILE};
    bool ok = true;
    int fd = open_host(output, path, host, why);
    if (fd < 0)
        return errno == ENOENT;
    for (size_t i = 0; ok && i < sizeof names / sizeof *names; i++)
        ok = discard(fd, names[i], why) || fail_within(why, "%s/%s", path, host);
    close(fd);
    if (ok)
        unlinkat(output, host, AT_REMOVEDIR); /* there may be more in it */
    return ok;
}
