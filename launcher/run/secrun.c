/* SPDX-License-Identifier: ISC */
/*
 * secrun: runs a program with the secrets of one profile. Trusted: sees the machine key and every
 * secret, often as root; its descriptors and environment go to the target. It MUST ensure that:
 *   1. nothing is decrypted for a command that cannot be run or reached;
 *   2. the machine key and the other profiles' secrets are gone before the target starts;
 *   3. the target starts with the secrets it was to have, or does not start;
 *   4. plaintext is in no file, no argument, no environment string and no message;
 *   5. run below another target, it hands on of that one's secrets what its policy allows.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/config.h"
#include "base/message.h"
#include "deliver/memory.h"
#include "deliver/outer.h"
#include "deliver/preload.h"
#include "deliver/probe.h"
#include "host/unseal.h"
#include "run/choice.h"
#include "run/guard.h"
#include "run/harden.h"
#include "run/options.h"
#include "run/report.h"
#include "store/document.h"

#define PROGRAM "secrun"

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

/* Everything a run is made of, in the order of its steps. */
struct run {
    const struct capsule_header *outer; /* the capsule of the target that secrun runs below, or NULL */
    struct options options;
    struct hardening hardening;
    struct config config;
    struct probe probe;
    struct document document;
    struct choice choice;
    struct preload preload;
    struct memory memory;
    struct reason memory_reason; /* why memfd_secret was not to be had */
};

static bool configure(struct run *run, struct reason *why)
{
    const struct options *options = &run->options;
    struct config *config = &run->config;
    if (!config_locate(config, options->directory, why) || !config_read(config, why))
        return false;
    if (options->identity && !config_set_identity(config, options->identity, NULL, why))
        return fail_within(why, "%s", options->identity);
    if (options->sealed_file) {
        int length = snprintf(config->sealed_file, sizeof config->sealed_file, "%s", options->sealed_file);
        if (length < 0 || (size_t)length >= sizeof config->sealed_file)
            return fail(why, "-f: longer than %zu bytes", sizeof config->sealed_file - 1);
    }
    return true;
}

/* The document's own copies are what is used from here on: the text, with every profile, goes. */
static bool open_store(struct run *run, struct reason *why)
{
    struct secret text;
    const char *names[3];
    choice_names(names, &run->options);
    if (!unseal(&run->config, &text, why))
        return false;
    bool ok = document_parse_profiles(&run->document, (const char *)text.bytes, text.size, names, why) ||
              fail_within(why, "%s", run->config.sealed_file);
    secret_free(&text);
    return ok;
}

/* The file that a path leads to, for the policy of an outer capsule; empty if that cannot be told. */
static const char *resolve(const char *path, char resolved[static PATH_MAX])
{
    if (!realpath(path, resolved))
        resolved[0] = '\0';
    return resolved;
}

/* Lays the block out. What there is to deliver is known only after it: run->preload.item_count. */
static bool lay_out(struct run *run, struct reason *why)
{
    char given[PATH_MAX], interpreter[PATH_MAX];
    struct preload_input input = {
        .inherited = environ,
        .secrets = run->choice.secrets,
        .policies = run->choice.policies,
        .count = run->choice.count,
        .outer = run->outer,
    };
    if (run->outer)
        input.program = (struct policy_program){
            .same_process = true,
            .script = strcmp(run->probe.path, run->probe.binary) != 0,
            .given = resolve(run->probe.path, given),
            .interpreter = resolve(run->probe.binary, interpreter),
        };
    if (!preload_layout(&run->preload, &input, why))
        return false;
    uint32_t outer = run->outer ? run->outer->flags : CAPSULE_DUMPABLE;
    run->preload.plan.flags = (outer & (CAPSULE_SECRET_ONLY | CAPSULE_VERBOSE)) |
                              (run->choice.dumpable ? outer & CAPSULE_DUMPABLE : 0) |
                              (run->choice.memory_secret ? CAPSULE_SECRET_ONLY : 0) |
                              (run->options.verbose ? CAPSULE_VERBOSE : 0);
    return true;
}

static size_t measure(const struct run *run, struct reason *why)
{
    size_t size = capsule_measure(&run->preload.plan);
    if (size == 0)
        fail(why, "the secrets of one run come to more than %d bytes", CAPSULE_SIZE_MAX);
    return size;
}

/* Puts the chosen secrets into memory that the target will map; after this the store can be forgotten. */
static bool fill_capsule(struct run *run, struct reason *why)
{
    struct preload *preload = &run->preload;
    bool secret_only = preload->plan.flags & CAPSULE_SECRET_ONLY;
    size_t size = preload_check(why) ? measure(run, why) : 0;
    if (size == 0 || !memory_create(&run->memory, size, secret_only, why))
        return false;
    run->memory_reason = *why;
    preload_write(preload, run->memory.bytes);
    preload_announce(preload, run->memory.fd);
    return guard_arguments((const struct capsule_header *)(const void *)run->memory.bytes,
                           run->options.command, why) &&
           memory_finish(&run->memory, why);
}

static char **shell_arguments(const struct run *run)
{
    size_t count = 0;
    while (run->options.command[count])
        count++;
    char **arguments = calloc(count + 3, sizeof *arguments);
    if (!arguments)
        return NULL;
    arguments[0] = (char *)(uintptr_t) "sh";
    arguments[1] = (char *)(uintptr_t)run->probe.path;
    memcpy(arguments + 2, run->options.command + 1, (count - 1) * sizeof *arguments);
    return arguments;
}

/* Becomes the target; returns only if that failed. The block holds no pointer into the document. */
static int become(struct run *run, struct reason *why)
{
    const char *path = run->probe.through_shell ? "/bin/sh" : run->probe.path;
    char **arguments = run->probe.through_shell ? shell_arguments(run) : run->options.command;
    if (!arguments) {
        fail(why, "no memory");
        return EXIT_FAILED;
    }
    if ((run->preload.plan.flags & CAPSULE_DUMPABLE) || run->preload.item_count == 0)
        unharden(&run->hardening);
    document_free(&run->document);
    secret_unshare();
    execve(path, arguments, run->preload.block);
    fail_errno(why, "%s", path);
    return errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

/* What fill_capsule would find, without filling one. */
static bool try_capsule(struct run *run, struct reason *why)
{
    size_t size = measure(run, why);
    if (size == 0)
        return false;
    if (memory_secret_available(size, &run->memory_reason))
        run->memory_reason = (struct reason){0};
    return true;
}

static int dry_run(struct run *run, struct reason *why)
{
    bool delivers = run->preload.item_count > 0;
    if (delivers && !try_capsule(run, why))
        return EXIT_FAILED;
    report(STDOUT_FILENO, &run->probe, &run->choice, &run->memory_reason, environ);
    if (run->probe.no_preload.text[0]) {
        *why = run->probe.no_preload;
        return EXIT_CANNOT_RUN;
    }
    if (delivers && run->memory_reason.text[0] && run->choice.memory_secret) {
        *why = run->memory_reason;
        return EXIT_FAILED;
    }
    return !delivers || preload_check(why) ? 0 : EXIT_FAILED;
}

static void warn_absent(const struct run *run)
{
    for (size_t i = 0; i < run->options.only.count; i++) {
        const char *name = run->options.only.names[i];
        char shown[128];
        if (!choice_delivers(&run->choice, name))
            message(PROGRAM, "[%s] has no %s, which -o names", run->choice.profile->name,
                    printable(shown, sizeof shown, name, strlen(name)));
    }
}

/* Returns an exit status, with a reason unless it is 0; does not return if the target starts. */
static int run_command(struct run *run, struct reason *why)
{
    if (!configure(run, why))
        return EXIT_FAILED;
    int status = probe_command(run->options.command[0], &run->probe, why);
    if (status)
        return status;
    if (run->probe.no_preload.text[0] && !run->options.dry_run) {
        *why = run->probe.no_preload;
        return EXIT_CANNOT_RUN;
    }
    if (!open_store(run, why) || !choose(&run->choice, &run->document, &run->options, &run->config, why))
        return EXIT_FAILED;
    warn_absent(run);
    if (!lay_out(run, why))
        return EXIT_FAILED;
    if (run->options.dry_run)
        return dry_run(run, why);
    if (run->preload.item_count > 0 && !fill_capsule(run, why))
        return EXIT_FAILED;
    if (run->options.verbose)
        report(STDERR_FILENO, &run->probe, &run->choice, &run->memory_reason, environ);
    return become(run, why);
}

static void forget(struct run *run)
{
    memory_close(&run->memory);
    preload_free(&run->preload);
    choice_free(&run->choice);
    document_free(&run->document);
    options_free(&run->options);
}

int main(int argc, char **argv)
{
    struct run run = {.memory = {.fd = -1}};
    struct reason why = {0};
    int status = EXIT_FAILED;
    if (!harden(&run.hardening, &why) || !outer_take(&run.outer, &why) ||
        !options_read(&run.options, argc, argv, &why)) {
        message_reason(PROGRAM, &why);
    } else if (run.options.help || run.options.version) {
        status =
            dprintf(STDOUT_FILENO, "%s", run.options.help ? options_help : "secrun " SECRUN_VERSION "\n") < 0;
    } else if (sodium_init() < 0) {
        message(PROGRAM, "libsodium does not start");
    } else {
        status = secret_share(SHARED_SECRETS, &why) ? run_command(&run, &why) : EXIT_FAILED;
        if (status)
            message_reason(PROGRAM, &why);
    }
    forget(&run);
    secret_unshare();
    exit(status);
}
