/* SPDX-License-Identifier: ISC */
/*
 * The sealed file's signature: see signature.h. Runs in secrun and secrunctl, before anything is decrypted;
 * sees no secret. It MUST ensure that:
 *   1. what is verified are the bytes that are decrypted afterwards, not a file that is opened again;
 *   2. whatever is missing, malformed or unreadable is a failure, never a store without signers;
 *   3. nothing that a signature says is used before it has been verified.
 */
#include "host/signature.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "base/number.h"
#include "base/path.h"
#include "base/timestamp.h"

static const char separators[] = ", \t";

/* --- paths ------------------------------------------------------------------------------------------ */

static const char *signed_file(const struct config *config)
{
    return config->signed_file[0] ? config->signed_file : config->sealed_file;
}

const char *signature_name(const struct config *config)
{
    return path_name(signed_file(config));
}

static bool name_path(char path[static PATH_MAX], const char *before, const char *suffix, struct reason *why)
{
    int length = snprintf(path, PATH_MAX, "%s%s", before, suffix);
    return (length >= 0 && length < PATH_MAX) || fail(why, "%s: longer than %d bytes", before, PATH_MAX - 1);
}

bool signature_path(const struct config *config, char path[static PATH_MAX], struct reason *why)
{
    return name_path(path, signed_file(config), SIGNATURE_SUFFIX, why);
}

/* Beside the file that the signature's path leads to, so that a rename can put it there. */
bool signature_next_path(const struct config *config, char path[static PATH_MAX], struct reason *why)
{
    char named[PATH_MAX], resolved[PATH_MAX];
    if (!signature_path(config, named, why))
        return false;
    return name_path(path, realpath(named, resolved) ? resolved : named, SIGNATURE_NEXT, why);
}

bool signature_serial_path(const struct config *config, char path[static PATH_MAX], struct reason *why)
{
    int length =
        snprintf(path, PATH_MAX, "%s/%s%s", config->directory, signature_name(config), SIGNATURE_SERIAL);
    return (length >= 0 && length < PATH_MAX) ||
           fail(why, "%s: longer than %d bytes", config->directory, PATH_MAX - 1);
}

/* --- files ------------------------------------------------------------------------------------------ */

/* Reads a file of less than size bytes; -1 with a reason, errno ENOENT if there is none. *status, if it is
 * not NULL, tells of the file. */
static ssize_t read_small(const char *path, char *text, size_t size, struct stat *status, struct reason *why)
{
    struct stat ignored;
    int fd = path_open(path, PATH_TRUSTED, why);
    if (fd < 0) {
        int saved = errno;
        if (status && stat(path, status) != 0)
            *status = (struct stat){0};
        errno = saved;
        return -1;
    }
    size_t done = 0;
    ssize_t got = 0;
    if (fstat(fd, status ? status : &ignored) != 0)
        got = -1;
    while (got >= 0 && done < size) {
        got = read(fd, text + done, size - done);
        if (got < 0 && errno == EINTR)
            got = 0;
        else if (got == 0)
            break;
        else if (got > 0)
            done += (size_t)got;
    }
    if (got < 0)
        fail_errno(why, "%s", path);
    close(fd);
    if (got < 0 || done < size)
        return got < 0 ? -1 : (ssize_t)done;
    fail(why, "%s: larger than %zu bytes", path, size - 1);
    errno = EFBIG;
    return -1;
}

/* --- signers ---------------------------------------------------------------------------------------- */

bool signers_parse(const struct config *config, struct signers *signers, struct reason *why)
{
    signers->count = 0;
    for (const char *at = config->signers; *(at += strspn(at, separators));) {
        size_t size = strcspn(at, separators);
        if (signers->count == SIGNERS_MAX ||
            !minisign_signer_parse(at, size, &signers->signers[signers->count], why)) {
            if (signers->count == SIGNERS_MAX)
                fail(why, "more than %d", SIGNERS_MAX);
            return fail_within(why, "%s: signers", config->file);
        }
        signers->count++;
        at += size;
    }
    return true;
}

/* The key that a signature names against those that are accepted. */
static bool refuse_key(const char *path, const struct minisign_signature *signature,
                       const struct signers *signers, struct reason *why)
{
    char id[MINISIGN_ID_TEXT], list[128] = "";
    for (size_t i = 0; i < signers->count && i < 4; i++) {
        strlcat(list, i > 0 ? ", " : "", sizeof list);
        strlcat(list, minisign_id_text(id, signers->signers[i].id), sizeof list);
    }
    if (signers->count > 4)
        strlcat(list, ", ...", sizeof list);
    return fail(why, "%s: signed with the key %s, which is not of the signers (%s)", path,
                minisign_id_text(id, signature->id), list);
}

/* --- verifying -------------------------------------------------------------------------------------- */

/* What the verified signature says of the file. */
static bool check_comment(const struct config *config, const struct minisign_signature *parsed,
                          struct signature *signature, struct reason *why)
{
    struct minisign_comment comment;
    char shown[128];
    const char *name = signature_name(config);
    if (!minisign_comment_parse(parsed->comment, parsed->comment_size, &comment, why))
        return fail_within(why, "trusted comment");
    if (comment.file_size != strlen(name) || memcmp(comment.file, name, comment.file_size) != 0)
        return fail(why, "signed as %s, and the file's name is %s",
                    printable(shown, sizeof shown, comment.file, comment.file_size), name);
    signature->serial = comment.timestamp;
    return true;
}

static bool verify_file(const struct config *config, const char *path, const struct signers *signers,
                        const unsigned char *bytes, size_t size, struct signature *signature,
                        struct reason *why)
{
    char text[MINISIGN_FILE_MAX + 1];
    struct minisign_signature parsed;
    ssize_t length = read_small(path, text, sizeof text, &signature->files[signature->is_next], why);
    if (length < 0)
        return false;
    errno = 0;
    if (!minisign_signature_parse(text, (size_t)length, &parsed, why))
        return fail_within(why, "%s", path);
    bool known = false;
    for (size_t i = 0; i < signers->count; i++) {
        const struct minisign_signer *signer = &signers->signers[i];
        if (memcmp(signer->id, parsed.id, sizeof parsed.id) != 0)
            continue;
        known = true;
        if (!minisign_verify(&parsed, signer, bytes, size, why))
            continue;
        signature->signer = *signer;
        return check_comment(config, &parsed, signature, why) || fail_within(why, "%s", path);
    }
    if (!known)
        return refuse_key(path, &parsed, signers, why);
    fail_within(why, "%s", path);
    return fail_hint(why, "bring both files, of the same sealing; or one of them was changed on its way");
}

bool signature_verify(const struct config *config, const struct signers *signers, const unsigned char *bytes,
                      size_t size, struct signature *signature, struct reason *why)
{
    char path[PATH_MAX], next[PATH_MAX];
    struct reason of_next;
    *signature = (struct signature){.looked_at = true};
    if (!signature_path(config, path, why))
        return false;
    if (verify_file(config, path, signers, bytes, size, signature, why))
        return true;
    if (errno == ENOENT) {
        fail(why, "%s: not signed: there is no %s", config->sealed_file, path);
        fail_hint(why, "bring it along; or look at what is in the file, and secrunctl sign");
    }
    signature->is_next = true;
    return signature_next_path(config, next, &of_next) &&
           verify_file(config, next, signers, bytes, size, signature, &of_next);
}

/* --- serials ---------------------------------------------------------------------------------------- */

bool signature_least(const struct config *config, int64_t *least, struct reason *why)
{
    char path[PATH_MAX], text[NUMBER_DIGITS_MAX + 3];
    *least = 0;
    if (!signature_serial_path(config, path, why))
        return false;
    ssize_t size = read_small(path, text, sizeof text, NULL, why);
    if (size < 0) {
        struct stat status;
        return errno == ENOENT && lstat(path, &status) != 0 && errno == ENOENT;
    }
    if (size > 0 && text[size - 1] == '\n' && number_parse(text, (size_t)size - 1, least))
        return true;
    fail(why, "%s: not the number of a serial", path);
    return fail_hint(why, "secrunctl verify --accept-rollback writes it anew");
}

static bool check_serial(const struct config *config, const struct signature *signature, struct reason *why)
{
    char time[TIMESTAMP_SIZE];
    int64_t least, serial = signature->serial;
    if (serial < config->min_serial) {
        fail(why, "%s: an old one: its serial is %" PRId64 " (%s), and min-serial in %s is %" PRId64,
             config->sealed_file, serial, timestamp_text(time, serial), config->file, config->min_serial);
        return fail_hint(why, "lower min-serial, if the old one is meant");
    }
    if (config->any_serial)
        return true;
    if (!signature_least(config, &least, why))
        return false;
    if (serial >= least)
        return true;
    fail(why, "%s: an old one: its serial is %" PRId64 " (%s), and one of %" PRId64 " was accepted before",
         config->sealed_file, serial, timestamp_text(time, serial), least);
    return fail_hint(why,
                     "bring the newest, and its .minisig; or if this one is meant: secrunctl -d %s verify "
                     "--accept-rollback",
                     config->directory);
}

bool signature_check(const struct config *config, const unsigned char *bytes, size_t size,
                     struct signature *signature, struct reason *why)
{
    struct signers signers;
    *signature = (struct signature){0};
    return signers_parse(config, &signers, why) &&
           signature_verify(config, &signers, bytes, size, signature, why) &&
           check_serial(config, signature, why);
}

/* --- races ------------------------------------------------------------------------------------------ */

static bool moved(const char *path, const struct stat *was)
{
    struct stat is;
    return stat(path, &is) == 0 ? was->st_ino == 0 || !path_is_unchanged(was, &is) : was->st_ino != 0;
}

bool signature_moved(const struct config *config, int sealed, const struct signature *signature)
{
    struct stat was;
    struct reason ignored;
    char path[PATH_MAX];
    return signature->looked_at && fstat(sealed, &was) == 0 &&
           (moved(config->sealed_file, &was) ||
            (signature_path(config, path, &ignored) && moved(path, &signature->files[0])) ||
            (signature_next_path(config, path, &ignored) && moved(path, &signature->files[1])));
}
