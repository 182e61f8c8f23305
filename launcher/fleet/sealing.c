/* SPDX-License-Identifier: ISC */
/*
 * Sealing a fleet: see sealing.h. Runs in secrunctl, in threads; sees every secret of every host.
 *
 * Whenever it is interrupted, each host's files are the old or the new ones, and its signature, as .minisig
 * or as .minisig.next, is good (signing.h has the same order):
 *   1. the new signature becomes secrets.age.minisig.next, the new file .secrets.age.new, for all of a batch
 *   2. one sync of the file system
 *   3. the file, and then the signature, are renamed to what they are to be
 *   4. one more sync; only then are they in the state, so that what is not is sealed again
 */
#include "fleet/sealing.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/path.h"
#include "host/signature.h"
#include "store/age.h"

#define NEW_FILE       "." FLEET_FILE ".new"
#define SIGNATURE      FLEET_FILE SIGNATURE_SUFFIX
#define NEXT_SIGNATURE SIGNATURE SIGNATURE_NEXT

/* One host of a batch. */
struct job {
    const struct inventory_host *host;
    struct fleet_entry entry; /* as it is to be */
    bool changed;
};

struct batch {
    const struct sealing *sealing;
    struct job *jobs;
    size_t count;
    atomic_size_t next;
    atomic_bool failed;
    pthread_mutex_t lock; /* of why */
    struct reason *why;   /* of the first that failed */
};

/* --- what goes in ----------------------------------------------------------------------------------- */

static bool write_text(const struct sealing *sealing, const struct inventory_host *host, struct secret *text,
                       struct reason *why)
{
    static const char remark[] = ", sealed by secrunctl fleet: changes belong into its documents.\n";
    text->size = 0;
    return secret_append(text, "# ", 2, why) && secret_append(text, host->name, strlen(host->name), why) &&
           secret_append(text, remark, strlen(remark), why) &&
           document_extract(sealing->document, (const char *const *)host->profiles, host->profile_count, text,
                            why);
}

static int compare_keys(const void *left, const void *right)
{
    return memcmp(left, right, AGE_KEY_SIZE);
}

static void fold(crypto_generichash_state *hash, const void *bytes, size_t size)
{
    uint64_t length = size; /* of this machine's byte order, as is all that is compared */
    crypto_generichash_update(hash, (const unsigned char *)&length, sizeof length);
    crypto_generichash_update(hash, bytes, size);
}

/* Of all that decides what is sealed, in whatever order the recipients stand. */
static void digest_inputs(const struct sealing *sealing, const struct inventory_host *host,
                          const struct secret *text, unsigned char digest[static FLEET_DIGEST_SIZE])
{
    crypto_generichash_state hash;
    unsigned char keys[INVENTORY_RECIPIENTS_MAX][AGE_KEY_SIZE];
    memcpy(keys, host->recipients, host->recipient_count * AGE_KEY_SIZE);
    qsort(keys, host->recipient_count, AGE_KEY_SIZE, compare_keys);
    crypto_generichash_init(&hash, sealing->state->key, FLEET_KEY_SIZE, FLEET_DIGEST_SIZE);
    fold(&hash, text->bytes, text->size);
    fold(&hash, keys, host->recipient_count * AGE_KEY_SIZE);
    fold(&hash, sealing->signer, sealing->signer ? sizeof *sealing->signer : 0);
    crypto_generichash_final(&hash, digest, FLEET_DIGEST_SIZE);
}

/* --- what is there ---------------------------------------------------------------------------------- */

static void digest_files(const void *file, size_t size, const void *signature, size_t signature_size,
                         unsigned char digest[static FLEET_DIGEST_SIZE])
{
    crypto_generichash_state hash;
    crypto_generichash_init(&hash, NULL, 0, FLEET_DIGEST_SIZE);
    fold(&hash, file, size);
    fold(&hash, signature, signature_size);
    crypto_generichash_final(&hash, digest, FLEET_DIGEST_SIZE);
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

static bool is_as_it_was(const struct sealing *sealing, const struct fleet_entry *was, int directory)
{
    unsigned char digest[FLEET_DIGEST_SIZE];
    size_t size, signature_size;
    unsigned char *file = read_file(directory, FLEET_FILE, AGE_FILE_MAX, &size);
    unsigned char *signature = read_file(directory, SIGNATURE, MINISIGN_FILE_MAX, &signature_size);
    bool is_there = file && !signature == !sealing->key;
    if (is_there)
        digest_files(file, size, signature, signature_size, digest);
    free(file);
    free(signature);
    return is_there && memcmp(digest, was->files, sizeof digest) == 0;
}

/* --- what comes out --------------------------------------------------------------------------------- */

static bool write_file(int directory, const char *name, const void *bytes, size_t size, struct reason *why)
{
    unlinkat(directory, name, 0);
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return fail_errno(why, "%s", name);
    ssize_t put = 0;
    for (const unsigned char *at = bytes, *end = at + size; at < end && put >= 0;) {
        put = write(fd, at, (size_t)(end - at));
        if (put < 0 && errno == EINTR)
            put = 0;
        at += put > 0 ? put : 0;
    }
    bool ok = put >= 0 || fail_errno(why, "%s", name);
    if (close(fd) != 0 && ok)
        ok = fail_errno(why, "%s", name);
    if (!ok)
        unlinkat(directory, name, 0);
    return ok;
}

/* Nothing is sealed that would not read back. One thread at a time (ini.h). */
static bool check_text(const struct secret *text, struct reason *why)
{
    static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
    struct document document;
    pthread_mutex_lock(&turn);
    bool ok = document_parse(&document, (const char *)text->bytes, text->size, why);
    pthread_mutex_unlock(&turn);
    if (!ok)
        return fail_within(why, "what is to be sealed");
    document_free(&document);
    return true;
}

/* A run that was stopped between the two renames has left the signature of what is there as the next one. */
static void settle(const struct sealing *sealing, int directory)
{
    struct minisign_signature parsed;
    struct reason ignored;
    size_t size, signature_size;
    unsigned char *file = read_file(directory, FLEET_FILE, AGE_FILE_MAX, &size);
    unsigned char *signature = read_file(directory, NEXT_SIGNATURE, MINISIGN_FILE_MAX, &signature_size);
    if (file && signature &&
        minisign_signature_parse((const char *)signature, signature_size, &parsed, &ignored) &&
        minisign_verify(&parsed, sealing->signer, file, size, &ignored))
        renameat(directory, NEXT_SIGNATURE, directory, SIGNATURE);
    free(file);
    free(signature);
}

static bool write_files(const struct sealing *sealing, struct job *job, const struct secret *text,
                        int directory, struct reason *why)
{
    const struct inventory_host *host = job->host;
    unsigned char *file;
    char *signature = NULL;
    size_t size, signature_size = 0;
    if (!check_text(text, why) ||
        !age_seal((const unsigned char(*)[AGE_KEY_SIZE])host->recipients, host->recipient_count, text->bytes,
                  text->size, &file, &size, why))
        return false;
    bool ok = !sealing->key || minisign_sign(sealing->key, file, size, FLEET_FILE, job->entry.serial,
                                             &signature, &signature_size, why);
    if (ok) {
        digest_files(file, size, signature, signature_size, job->entry.files);
        if (sealing->key)
            settle(sealing, directory);
        ok = (!sealing->key || write_file(directory, NEXT_SIGNATURE, signature, signature_size, why)) &&
             write_file(directory, NEW_FILE, file, size, why);
    }
    free(signature);
    free(file);
    return ok;
}

/* --- one host --------------------------------------------------------------------------------------- */

/* -1 with a reason, or, in a dry run where there is none yet, without one. */
static int open_directory(const struct sealing *sealing, const char *host, struct reason *why)
{
    enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
    int fd = openat(sealing->output, host, FLAGS);
    if (fd < 0 && errno == ENOENT && !sealing->dry_run) {
        if (mkdirat(sealing->output, host, 0755) != 0 && errno != EEXIST)
            fail_errno(why, "%s", host);
        fd = openat(sealing->output, host, FLAGS);
    }
    if (fd < 0)
        fail_errno(why, "its directory");
    return fd;
}

static bool seal_host(const struct sealing *sealing, struct job *job, struct secret *text, struct reason *why)
{
    const char *name = job->host->name;
    const struct fleet_entry *was = fleet_state_find(sealing->state, name);
    if (!write_text(sealing, job->host, text, why))
        return false;
    digest_inputs(sealing, job->host, text, job->entry.inputs);
    if (sealing->key)
        job->entry.serial = was && was->serial >= sealing->now ? was->serial + 1 : sealing->now;
    int directory = open_directory(sealing, name, why);
    if (directory < 0)
        return job->changed = sealing->dry_run;
    job->changed = !was || memcmp(was->inputs, job->entry.inputs, sizeof was->inputs) != 0 ||
                   !is_as_it_was(sealing, was, directory);
    bool ok = !job->changed || sealing->dry_run || write_files(sealing, job, text, directory, why);
    close(directory);
    return ok;
}

static void *work(void *argument)
{
    struct batch *batch = argument;
    struct secret text = {0};
    struct reason why;
    size_t i;
    while (!batch->failed && (i = batch->next++) < batch->count) {
        if (seal_host(batch->sealing, &batch->jobs[i], &text, &why))
            continue;
        fail_within(&why, "%s/%s", batch->sealing->output_path, batch->jobs[i].host->name);
        pthread_mutex_lock(&batch->lock);
        if (!batch->failed)
            *batch->why = why;
        batch->failed = true;
        pthread_mutex_unlock(&batch->lock);
    }
    secret_free(&text);
    return NULL;
}

/* This thread works as well, so that it goes on where no other can be had. */
static bool work_in_threads(struct batch *batch)
{
    pthread_t threads[FLEET_JOBS_MAX];
    size_t count = 0, jobs = batch->sealing->jobs < batch->count ? batch->sealing->jobs : batch->count;
    while (count + 1 < jobs && pthread_create(&threads[count], NULL, work, batch) == 0)
        count++;
    work(batch);
    while (count > 0)
        pthread_join(threads[--count], NULL);
    return !batch->failed;
}

/* --- a batch ---------------------------------------------------------------------------------------- */

static void name_in(char path[static PATH_MAX], const char *host, const char *name)
{
    snprintf(path, PATH_MAX, "%s/%s", host, name);
}

static bool move(const struct sealing *sealing, const char *host, const char *from, const char *to,
                 struct reason *why)
{
    char from_path[PATH_MAX], to_path[PATH_MAX];
    name_in(from_path, host, from);
    name_in(to_path, host, to);
    return renameat(sealing->output, from_path, sealing->output, to_path) == 0 ||
           fail_errno(why, "%s/%s", sealing->output_path, to_path);
}

static bool discard(const struct sealing *sealing, const char *host, const char *name, struct reason *why)
{
    char path[PATH_MAX];
    name_in(path, host, name);
    return unlinkat(sealing->output, path, 0) == 0 || errno == ENOENT ||
           fail_errno(why, "%s/%s", sealing->output_path, path);
}

static bool put_in_place(const struct sealing *sealing, const char *host, struct reason *why)
{
    return move(sealing, host, NEW_FILE, FLEET_FILE, why) &&
           (sealing->key ? move(sealing, host, NEXT_SIGNATURE, SIGNATURE, why)
                         : discard(sealing, host, SIGNATURE, why));
}

static bool sync_all(const struct sealing *sealing, struct reason *why)
{
    return syncfs(sealing->output) == 0 || fail_errno(why, "%s: cannot be synced", sealing->output_path);
}

static bool finish(const struct batch *batch, struct reason *why)
{
    const struct sealing *sealing = batch->sealing;
    bool ok = sync_all(sealing, why);
    for (size_t i = 0; ok && i < batch->count; i++)
        ok = !batch->jobs[i].changed || put_in_place(sealing, batch->jobs[i].host->name, why);
    ok = ok && sync_all(sealing, why);
    for (size_t i = 0; ok && i < batch->count; i++)
        ok = !batch->jobs[i].changed ||
             fleet_state_put(sealing->state, batch->jobs[i].host->name, &batch->jobs[i].entry, why);
    return ok;
}

/* What was not put in place. Where the file was, its signature may be the next one. */
static void clean_up(const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        char file[PATH_MAX], signature[PATH_MAX];
        name_in(file, batch->jobs[i].host->name, NEW_FILE);
        name_in(signature, batch->jobs[i].host->name, NEXT_SIGNATURE);
        if (unlinkat(batch->sealing->output, file, 0) == 0)
            unlinkat(batch->sealing->output, signature, 0);
    }
}

bool sealing_batch(const struct sealing *sealing, const struct inventory_host *const *hosts, size_t count,
                   bool *changed, struct reason *why)
{
    struct batch batch = {.sealing = sealing, .count = count, .lock = PTHREAD_MUTEX_INITIALIZER, .why = why};
    bool any = false;
    batch.jobs = calloc(count + 1, sizeof *batch.jobs);
    if (!batch.jobs)
        return fail(why, "no memory for %zu hosts", count);
    for (size_t i = 0; i < count; i++)
        batch.jobs[i].host = hosts[i];
    bool ok = work_in_threads(&batch);
    for (size_t i = 0; i < count; i++)
        any |= changed[i] = batch.jobs[i].changed;
    if (!sealing->dry_run && any) {
        ok = ok && finish(&batch, why);
        if (!ok)
            clean_up(&batch);
    }
    free(batch.jobs);
    return ok;
}

bool sealing_remove(const struct sealing *sealing, const char *host, struct reason *why)
{
    static const char *const names[] = {FLEET_FILE, SIGNATURE, NEXT_SIGNATURE, NEW_FILE};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!discard(sealing, host, names[i], why))
            return false;
    unlinkat(sealing->output, host, AT_REMOVEDIR); /* there may be more in it */
    return true;
}
