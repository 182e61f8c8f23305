/* SPDX-License-Identifier: ISC */
/*
 * secrun: runs a program with the secrets of one profile. Trusted: sees the machine key and every
 * secret, often as root; its descriptors and environment go to the target. It MUST ensure that:
 *   1. nothing is decrypted for a command that cannot be run or cannot be given anything;
 *   2. the machine key and the other profiles' secrets are gone before the target starts, and before
 *      another user is become (-u);
 *   3. the target starts with the secrets it was to have, or does not start;
 *   4. plaintext is in no file, no argument, no environment string and no message;
 *   5. run below another target, it hands on of that one's secrets what its policy allows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sodium.h>

#include "base/message.h"
#include "deliver/outer.h"
#include "run/report.h"
#include "run/run.h"

/* Enough for the key and the document of most hosts; its pages are made and locked at every start. */
enum { SHARED_SECRETS = 12 * 1024 };

/* Tells the shim of another target that this static program takes a capsule by itself (shim/capsule.h). */
static const struct {
    uint32_t name_size, size, type;
    char name[8];
    uint32_t version;
} note __attribute__((section(".note.secrun"), aligned(4), used)) = {
    sizeof CAPSULE_NOTE_NAME, sizeof note.version, CAPSULE_NOTE_TYPE, CAPSULE_NOTE_NAME, CAPSULE_VERSION,
};

/* Lays out what the target gets, and makes it, or, in a dry run, only tries. */
static int make_ready(struct run *run, struct reason *why)
{
    int status = run_lay_out(run, why);
    if (status || run->layout.item_count == 0)
        return status;
    return run->options.dry_run ? run_try(run, why) : run_fill(run, why);
}

static int start(struct run *run, struct reason *why)
{
    int status = run->options.handoff ? run_open_handoff(run, why) : run_open(run, why);
    if (status)
        return status;
    run_warn(run);
    if (!run_open_audit(run, why))
        return EXIT_FAILED;
    status = run_change_user(run, why);
    if (status)
        return status;
    if (!run->refusal_status)
        run_note_refusal(run, make_ready(run, why), why);
    if (run->options.dry_run || run->options.verbose)
        report(run->options.dry_run ? STDOUT_FILENO : STDERR_FILENO, run, environ);
    if (run->refusal_status)
        *why = run->refusal;
    return run->refusal_status || run->options.dry_run ? run->refusal_status : run_become(run, why);
}

/* Returns an exit status, with a reason unless it is 0; does not return if the target starts. */
static int run_command(struct run *run, struct reason *why)
{
    int status = start(run, why);
    if (status)
        run_record_refusal(run, status, why);
    return status;
}

void run_free(struct run *run)
{
    memory_close(&run->memory);
    audit_close(&run->audit);
    layout_free(&run->layout);
    choice_free(&run->choice);
    document_free(&run->document);
    account_free(&run->account);
    options_free(&run->options);
    free(run->plain);
}

int main(int argc, char **argv)
{
    struct run run = {.memory = {.fd = -1}, .audit = {.fd = -1}};
    struct reason why = {0};
    int status = EXIT_FAILED;
    if (!harden(&run.hardening, &why) || !outer_take(&run.outer, &why) ||
        !options_read(&run.options, argc, argv, &why)) {
        message_reason(PROGRAM, &why);
    } else if (run.options.help || run.options.version) {
        status =
            dprintf(STDOUT_FILENO, "%s", run.options.help ? options_help : "secrun " SECRUN_VERSION "\n") < 0;
    } else if (run.options.handoff) {
        status = run_command(&run, &why);
        if (status)
            message_reason(PROGRAM, &why);
    } else if (sodium_init() < 0) {
        message(PROGRAM, "libsodium does not start");
    } else {
        status = secret_share(SHARED_SECRETS, &why) ? run_command(&run, &why) : EXIT_FAILED;
        if (status)
            message_reason(PROGRAM, &why);
    }
    run_free(&run);
    secret_unshare();
    exit(status);
}
