/* SPDX-License-Identifier: ISC */
/*
 * secrunctl fleet seal: one sealed file for each host of an inventory, each with that host's profiles alone.
 * Runs as the operator; sees every secret of every host. All there is to read is read, and found good, before
 * anything is written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/message.h"
#include "base/path.h"
#include "ctl/durable.h"
#include "ctl/fleet_inputs.h"
#include "ctl/invocation.h"
#include "fleet/host_files.h"
#include "fleet/sealing.h"
#include "fleet/state.h"

enum { SAVE_EVERY = 1 }; /* seconds between two writings of the state */

struct fleet {
    const struct invocation *invocation;
    struct fleet_inputs inputs;
    const struct inventory_host **hosts; /* those that are asked for; owned */
    size_t host_count;
    struct place output; /* the directory; locked */
    struct fleet_state state;
    size_t sealed;
    bool told; /* progress stands on the terminal's line */
};

static bool choose_hosts(struct fleet *fleet, struct reason *why)
{
    const struct invocation *invocation = fleet->invocation;
    const struct inventory *inventory = &fleet->inputs.inventory;
    bool all = invocation->operand_count == 2;
    fleet->host_count = all ? inventory->host_count : invocation->operand_count - 2;
    fleet->hosts = calloc(fleet->host_count, sizeof *fleet->hosts);
    if (!fleet->hosts)
        return fail(why, "no memory for %zu hosts", fleet->host_count);
    for (size_t i = 0; i < fleet->host_count; i++) {
        char shown[64];
        fleet->hosts[i] = all ? &inventory->hosts[i] : inventory_host(inventory, invocation->operands[i + 2]);
        if (!fleet->hosts[i])
            return fail(why, "%s: no host %s", fleet->inputs.path,
                        printable(shown, sizeof shown, invocation->operands[i + 2],
                                  strlen(invocation->operands[i + 2])));
        for (size_t j = 0; !all && j < i; j++)
            if (fleet->hosts[j] == fleet->hosts[i])
                return fail(why, "%s: named twice", fleet->hosts[i]->name);
    }
    return true;
}

/* --- the output directory and the state ------------------------------------------------------------- */

static bool open_output(struct fleet *fleet, bool dry_run, struct reason *why)
{
    const char *path = fleet->inputs.output;
    snprintf(fleet->output.path, sizeof fleet->output.path, "%s", path);
    if (!dry_run && mkdir(path, 0700) != 0 && errno != EEXIST)
        return fail_errno(why, "%s", path);
    fleet->output.directory = path_open_directory(path, PATH_TRUSTED, why);
    if (fleet->output.directory < 0)
        return dry_run && errno == ENOENT;
    return dry_run || place_lock(&fleet->output, why);
}

static bool read_state(struct fleet *fleet, struct reason *why)
{
    struct secret text;
    if (!path_read(fleet->inputs.state, PATH_PRIVATE, FLEET_STATE_MAX, &text, why)) {
        if (errno != ENOENT)
            return false;
        *why = (struct reason){0};
        fleet_state_begin(&fleet->state);
        return true;
    }
    bool ok = fleet_state_parse(&fleet->state, (const char *)text.bytes, text.size, why);
    secret_free(&text);
    if (ok)
        return true;
    fail_within(why, "%s", fleet->inputs.state);
    return fail_hint(why, "remove it, and the files of all hosts are sealed anew");
}

static bool write_state(const struct fleet *fleet, struct reason *why)
{
    struct place place;
    struct stat like = {.st_mode = 0600, .st_uid = geteuid(), .st_gid = getegid()};
    char *text;
    size_t size;
    /* What is in the state is not sealed, and so not told, again. */
    if (fflush(stdout) != 0)
        return fail_errno(why, "standard output");
    if (!fleet_state_format(&fleet->state, &text, &size, why))
        return false;
    bool ok =
        place_open(&place, fleet->inputs.state, false, why) && place_put(&place, &like, text, size, why);
    place_close(&place);
    free(text);
    return ok;
}

/* --- sealing ---------------------------------------------------------------------------------------- */

static void tell_progress(struct fleet *fleet, size_t done)
{
    if (!isatty(STDERR_FILENO))
        return;
    dprintf(STDERR_FILENO, "\r\033[K%zu of %zu hosts, %zu sealed", done, fleet->host_count, fleet->sealed);
    fleet->told = true;
}

static void end_progress(struct fleet *fleet)
{
    if (fleet->told)
        dprintf(STDERR_FILENO, "\r\033[K");
    fleet->told = false;
}

static bool seal_all(struct fleet *fleet, const struct sealing *sealing, struct reason *why)
{
    bool changed[FLEET_BATCH], ok = true, saved = true;
    time_t last = time(NULL);
    for (size_t at = 0; ok && at < fleet->host_count; at += FLEET_BATCH) {
        size_t count = fleet->host_count - at < FLEET_BATCH ? fleet->host_count - at : FLEET_BATCH;
        ok = sealing_batch(sealing, fleet->hosts + at, count, changed, why);
        for (size_t i = 0; ok && i < count; i++) {
            if (!changed[i])
                continue;
            puts(fleet->hosts[at + i]->name);
            fleet->sealed++;
            saved = false;
        }
        tell_progress(fleet, at + count);
        if (ok && !sealing->dry_run && !saved && time(NULL) - last >= SAVE_EVERY) {
            ok = saved = write_state(fleet, why);
            last = time(NULL);
        }
    }
    end_progress(fleet);
    if (!sealing->dry_run && !saved) {
        struct reason other;
        if (!write_state(fleet, ok ? why : &other))
            ok = false;
    }
    return ok;
}

/* Files that were sealed for hosts which the inventory has no longer. */
static bool look_for_strays(struct fleet *fleet, const struct sealing *sealing, struct reason *why)
{
    bool prunes = fleet->invocation->options[OPTION_PRUNE] && !sealing->dry_run, ok = true;
    size_t strays = 0;
    for (size_t i = 0; ok && i < fleet->state.count; i++) {
        const char *name = fleet->state.entries[i].name;
        if (fleet->state.entries[i].gone || inventory_host(&fleet->inputs.inventory, name))
            continue;
        strays++;
        if (!prunes)
            continue;
        ok = host_files_remove(sealing->output, fleet->inputs.output, name, why);
        if (ok)
            fleet_state_drop(&fleet->state, name);
    }
    if (ok && strays > 0)
        message("secrunctl", "%s: files of %zu host%s that the inventory does not have %s",
                fleet->inputs.output, strays, strays == 1 ? "" : "s",
                prunes ? "were removed" : "(--prune removes them)");
    return ok && (strays == 0 || !prunes || write_state(fleet, why));
}

/* Of files whose hosts may ask for one, and would take no other. */
static void warn_unsigned(const struct fleet *fleet)
{
    size_t count = 0;
    for (size_t i = 0; i < fleet->host_count; i++) {
        const struct fleet_entry *was = fleet_state_find(&fleet->state, fleet->hosts[i]->name);
        count += was && was->serial > 0;
    }
    if (count == 0)
        return;
    message("secrunctl", "%s: no signing-key: what was signed for %zu host%s before is not signed any more",
            fleet->inputs.path, count, count == 1 ? "" : "s");
    message("secrunctl", "hint: a host with signers refuses it");
}

static size_t count_jobs(const struct invocation *invocation)
{
    const char *given = invocation->options[OPTION_JOBS];
    long jobs = given ? strtol(given, NULL, 10) : sysconf(_SC_NPROCESSORS_ONLN);
    return jobs < 1 ? 1 : jobs > FLEET_JOBS_MAX ? FLEET_JOBS_MAX : (size_t)jobs;
}

static bool seal(struct fleet *fleet, struct reason *why)
{
    const struct invocation *invocation = fleet->invocation;
    bool is_signed = fleet_is_signed(&fleet->inputs);
    struct sealing sealing = {
        .document = &fleet->inputs.documents.document,
        .key = is_signed ? &fleet->inputs.signing.key : NULL,
        .signer = is_signed ? &fleet->inputs.signing.signer : NULL,
        .state = &fleet->state,
        .output_path = fleet->inputs.output,
        .now = time(NULL),
        .jobs = count_jobs(invocation),
        .dry_run = invocation->options[OPTION_DRY_RUN],
    };
    if (!open_output(fleet, sealing.dry_run, why) || !fleet_inputs_read(&fleet->inputs, why) ||
        !choose_hosts(fleet, why) || !read_state(fleet, why))
        return false;
    sealing.output = fleet->output.directory;
    if (!is_signed)
        warn_unsigned(fleet);
    if (!seal_all(fleet, &sealing, why) || !look_for_strays(fleet, &sealing, why))
        return false;
    if (isatty(STDERR_FILENO))
        message("secrunctl", "%zu of %zu hosts %s", fleet->sealed, fleet->host_count,
                sealing.dry_run ? "to be sealed" : "sealed, the others as they were");
    return true;
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct fleet *fleet = calloc(1, sizeof *fleet);
    if (!fleet)
        return fail(why, "no memory for a fleet");
    *fleet = (struct fleet){.invocation = invocation, .output = {.directory = -1}};
    bool ok = fleet_inputs_open(&fleet->inputs, invocation->operands[1], why) && seal(fleet, why);
    place_close(&fleet->output);
    fleet_state_free(&fleet->state);
    fleet_inputs_free(&fleet->inputs);
    free(fleet->hosts);
    free(fleet);
    return ok;
}

static bool check(const struct invocation *invocation, struct reason *why)
{
    const char *jobs = invocation->options[OPTION_JOBS];
    char *end = NULL;
    if (invocation->operand_count < 1 || strcmp(invocation->operands[0], "seal") != 0)
        return fail(why, "fleet: seal is wanted");
    if (invocation->operand_count < 2)
        return fail(why, "fleet seal: which inventory?");
    if (!jobs)
        return true;
    long count = strtol(jobs, &end, 10);
    return (*jobs && !*end && count >= 1 && count <= FLEET_JOBS_MAX) ||
           fail(why, "--jobs: a number from 1 to %d is wanted", FLEET_JOBS_MAX);
}

const struct verb fleet_verb = {
    .name = "fleet",
    .operands = "seal [--dry-run] [--prune] [--jobs N] INVENTORY [HOST...]",
    .summary = "seal one file for each host of an inventory",
    .help =
        "Writes OUTPUT/HOST/secrets.age for each host, or for these: sealed to its recipients, with its\n"
        "profiles and what they include, and signed if the inventory has a signing-key. Only what changed\n"
        "is sealed again. The hosts whose files are new are printed, one a line. See secrun-fleet(5).\n\n"
        "  --dry-run  print them, and change nothing\n"
        "  --prune    remove the files of hosts that the inventory does not have any more\n"
        "  --jobs N   threads (default: one a processor)\n\n"
        "  secrunctl fleet seal fleet.ini | while read -r host; do\n"
        "      rsync -rc --delay-updates \"sealed/$host/\" \"root@$host:/etc/secrun/\"; done\n",
    .options = OPTION(DRY_RUN) | OPTION(PRUNE) | OPTION(JOBS),
    .least = 2,
    .most = SIZE_MAX,
    .check = check,
    .run = run,
};
