/* SPDX-License-Identifier: ISC */
/*
 * Sealing a fleet: see sealing.h. Runs in secrunctl, in threads; sees every secret of every host.
 *
 * Of a batch all files are prepared (host_files.h), synced at once, put in place, and synced once more. Only
 * then are they in the state: what was interrupted is sealed again.
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

#include "fleet/fold.h"
#include "fleet/host_files.h"
#include "store/age.h"

/* What comes of one host of a batch. */
struct job {
    struct fleet_entry entry; /* as it is to be */
    bool changed;
};

struct batch {
    const struct sealing *sealing;
    const struct inventory_host *const *hosts;
    struct job *jobs; /* one for each host */
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

/* --- what comes out --------------------------------------------------------------------------------- */

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

static bool write_files(const struct sealing *sealing, const struct inventory_host *host, struct job *job,
                        const struct secret *text, int directory, struct reason *why)
{
    unsigned char *file;
    char *signature = NULL;
    size_t size, signature_size = 0;
    if (!check_text(text, why) ||
        !age_seal((const unsigned char(*)[AGE_KEY_SIZE])host->recipients, host->recipient_count, text->bytes,
                  text->size, &file, &size, why))
        return false;
    bool ok = !sealing->key || minisign_sign(sealing->key, file, size, HOST_FILE, job->entry.serial,
                                             &signature, &signature_size, why);
    if (ok) {
        const struct host_files files = {file, size, signature, signature_size};
        host_files_digest(&files, job->entry.files);
        ok = host_files_prepare(directory, &files, sealing->signer, why);
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

static bool seal_host(const struct sealing *sealing, const struct inventory_host *host, struct job *job,
                      struct secret *text, struct reason *why)
{
    const struct fleet_entry *was = fleet_state_find(sealing->state, host->name);
    if (!write_text(sealing, host, text, why))
        return false;
    digest_inputs(sealing, host, text, job->entry.inputs);
    if (sealing->key)
        job->entry.serial = was && was->serial >= sealing->now ? was->serial + 1 : sealing->now;
    int directory = open_directory(sealing, host->name, why);
    if (directory < 0)
        return job->changed = sealing->dry_run;
    job->changed = !was || memcmp(was->inputs, job->entry.inputs, sizeof was->inputs) != 0 ||
                   !host_files_are(directory, was->files);
    bool ok = !job->changed || sealing->dry_run || write_files(sealing, host, job, text, directory, why);
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
        if (seal_host(batch->sealing, batch->hosts[i], &batch->jobs[i], &text, &why))
            continue;
        fail_within(&why, "%s/%s", batch->sealing->output_path, batch->hosts[i]->name);
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

static bool sync_all(const struct sealing *sealing, struct reason *why)
{
    return syncfs(sealing->output) == 0 || fail_errno(why, "%s: cannot be synced", sealing->output_path);
}

static bool finish(const struct batch *batch, struct reason *why)
{
    const struct sealing *sealing = batch->sealing;
    bool ok = sync_all(sealing, why);
    for (size_t i = 0; ok && i < batch->count; i++)
        ok = !batch->jobs[i].changed ||
             host_files_put(sealing->output, sealing->output_path, batch->hosts[i]->name, sealing->key, why);
    ok = ok && sync_all(sealing, why);
    for (size_t i = 0; ok && i < batch->count; i++)
        ok = !batch->jobs[i].changed ||
             fleet_state_put(sealing->state, batch->hosts[i]->name, &batch->jobs[i].entry, why);
    return ok;
}

bool sealing_batch(const struct sealing *sealing, const struct inventory_host *const *hosts, size_t count,
                   bool *changed, struct reason *why)
{
    struct batch batch = {
        .sealing = sealing, .hosts = hosts, .count = count, .lock = PTHREAD_MUTEX_INITIALIZER, .why = why};
    bool any = false;
    batch.jobs = calloc(count + 1, sizeof *batch.jobs);
    if (!batch.jobs)
        return fail(why, "no memory for %zu hosts", count);
    bool ok = work_in_threads(&batch);
    for (size_t i = 0; i < count; i++)
        any |= changed[i] = batch.jobs[i].changed;
    if (!sealing->dry_run && any) {
        ok = ok && finish(&batch, why);
        for (size_t i = 0; !ok && i < count; i++)
            host_files_discard(sealing->output, hosts[i]->name);
    }
    free(batch.jobs);
    return ok;
}
