/* SPDX-License-Identifier: ISC */
/*
 * The first half of a run: see run.h. Runs in secrun; sees the machine key and the whole document.
 *
 * An injection's helper is forked, and attaches, at a moment when this process can be looked into. So that
 * comes first where the command makes it likely; where only the profile asks for it, the store is closed and
 * wiped, and opened again afterwards.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "deliver/outer.h"
#include "host/allow.h"
#include "host/audit.h"
#include "host/key_source.h"
#include "host/unseal.h"
#include "run/expiry.h"
#include "run/run.h"

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
    if (run->outer && config->key_source == KEY_COMMAND) {
        config->environment = run->plain = outer_without(run->outer, environ);
        if (!run->plain)
            return fail(why, "no memory for an environment");
    }
    return key_source_hold(config, why);
}

static bool is_allowed(const struct run *run, struct reason *why)
{
    const struct allow_subject subject = {
        .uid = run->options.user ? run->account.uid : getuid(),
        .name = run->account.name,
        .path = run->probe.path,
        .files = {{run->probe.given.device, run->probe.given.number},
                  {run->probe.started.device, run->probe.started.number}},
    };
    if (allow_user(&run->document, run->choice.profile, &subject, why) &&
        allow_program(&run->document, run->choice.profile, &subject, why))
        return true;
    audit_notice("%s (uid %u asks, with profile %s)", why->text, getuid(), run->choice.profile->name);
    return false;
}

/* The document's own copies are what is used from here on: the text, with every profile, goes. */
static bool open_store(struct run *run, struct reason *why)
{
    struct secret text;
    const char *names[3];
    choice_names(names, &run->options);
    if (!unseal(&run->config, &text, audit_is_on(&run->config) ? &run->origin : NULL, why))
        return false;
    bool ok = document_parse_profiles(&run->document, (const char *)text.bytes, text.size, names, why) ||
              fail_within(why, "%s", run->config.sealed_file);
    secret_free(&text);
    return ok && choose(&run->choice, &run->document, &run->options, &run->config, why) &&
           is_allowed(run, why);
}

static void close_store(struct run *run)
{
    choice_free(&run->choice);
    document_free(&run->document);
}

void run_note_refusal(struct run *run, int status, const struct reason *why)
{
    if (status == 0 || run->refusal_status)
        return;
    run->refusal = *why;
    run->refusal_status = status;
}

/* Where there is to be a report, it is noted, and the rest is found out, too; but only a dry run opens the
 * store for what cannot be run. */
static int refuse(struct run *run, int status, struct reason *why)
{
    bool opened = run->choice.profile;
    if (status == 0 || !(run->options.dry_run || (run->options.verbose && opened)))
        return status;
    run_note_refusal(run, status, why);
    *why = (struct reason){0};
    return 0;
}

/* What a helper has to do for the delivery that is chosen so far. */
static enum inject_task find_task(const struct run *run)
{
    if (run->delivery.way == DELIVERY_INJECT)
        return INJECT_STUB;
    return run->delivery.way == DELIVERY_PRELOAD && run->watches ? INJECT_WATCH : INJECT_NOTHING;
}

/*
 * Whether a helper is to be had or not: what needs an injection finds out in run_lay_out, since the document
 * may say that nothing does. Nobody can watch where nobody may trace; the kernel then has the last word, as
 * secrun.7 says.
 */
static void attach(struct run *run)
{
    inject_dismiss(&run->inject);
    run->tried = find_task(run);
    run->unattached = (struct reason){0};
    if (run->tried != INJECT_NOTHING)
        inject_attach(&run->inject, run->tried, &run->unattached);
}

/* What could be preloaded as well, and is injected only because that serves it better, is not kept from
 * running. */
static void fall_back(struct run *run, enum policy_delivery wanted)
{
    if (run->delivery.way == DELIVERY_INJECT && wanted == POLICY_AUTO && run->tried == INJECT_STUB &&
        run->inject.task != INJECT_STUB && !run->probe.no_preload.text[0])
        run->delivery.way = DELIVERY_PRELOAD;
}

/* Before the store is open: the helper, if the command is one that is likely to be injected. */
static int prepare(struct run *run, struct reason *why)
{
    enum policy_delivery wanted = run->config.delivery;
    if (run->options.delivery)
        wanted = policy_delivery_of(run->options.delivery);
    if (!delivery_choose(&run->probe, wanted, &run->delivery, why)) {
        if (run->options.delivery)
            return refuse(run, EXIT_CANNOT_RUN, why);
        *why = (struct reason){0}; /* the profile may say otherwise */
        return 0;
    }
    attach(run);
    return 0;
}

/* With the store open: what it says of the delivery, and of secrets that are due. */
static int decide(struct run *run, struct reason *why)
{
    if (run->refusal_status)
        return 0;
    if (!delivery_choose(&run->probe, run->choice.delivery, &run->delivery, why)) {
        if (run->choice.count > 0)
            return refuse(run, EXIT_CANNOT_RUN, why);
        run->delivery = (struct delivery){.way = DELIVERY_NONE, .unheld = true, .reason = *why};
        *why = (struct reason){0};
    }
    if (run->delivery.unheld && (!choice_hold_static(&run->choice, &run->delivery, why) ||
                                 !choice_has_required(&run->choice, &run->options.required, why)))
        return refuse(run, EXIT_CANNOT_RUN, why);
    fall_back(run, run->choice.delivery);
    return expiry_allows(run, why) ? 0 : refuse(run, EXIT_FAILED, why);
}

int run_open(struct run *run, struct reason *why)
{
    int status = run_look_up_user(run, why);
    if (status)
        return status;
    if (!configure(run, why))
        return EXIT_FAILED;
    status = probe_command(run->options.command[0], &run->probe, why);
    if (status)
        return status;
    run->watches = run->probe.loader[0] && inject_should_watch();
    if (run->probe.gains_privilege)
        *why = run->probe.no_inject;
    status = run->probe.gains_privilege ? refuse(run, EXIT_CANNOT_RUN, why) : prepare(run, why);
    if (status)
        return status;
    if (!open_store(run, why))
        return EXIT_FAILED;
    status = decide(run, why);
    if (status || run->refusal_status || find_task(run) == run->tried || run->unattached.text[0])
        return status;
    if (find_task(run) == INJECT_NOTHING) {
        inject_dismiss(&run->inject);
        return 0;
    }
    close_store(run);
    if (!key_source_lasts(&run->config)) {
        fail(why, "%s: read already, when the profile was found to ask for another delivery",
             run->config.identity);
        fail_hint(why, "say it before: --delivery %s, or delivery in secrun.conf",
                  run->delivery.way == DELIVERY_INJECT ? "inject" : "preload");
        return EXIT_FAILED;
    }
    attach(run);
    return open_store(run, why) ? decide(run, why) : EXIT_FAILED;
}

int run_open_handoff(struct run *run, struct reason *why)
{
    if (!run->outer) {
        fail(why, "--handoff is for programs that secrun runs");
        return EXIT_FAILED;
    }
    int status = probe_path(run->options.handoff, &run->probe, why);
    if (status)
        return status;
    run->watches = run->probe.loader[0] && inject_should_watch();
    if (run->probe.gains_privilege) {
        *why = run->probe.no_inject;
        return EXIT_CANNOT_RUN;
    }
    if (run->probe.through_shell) {
        fail(why, "%s: neither a program nor a script", run->options.handoff);
        return EXIT_CANNOT_RUN;
    }
    run->choice.dumpable = true; /* as the outer capsule has it */
    if (!delivery_choose(&run->probe, POLICY_AUTO, &run->delivery, why))
        return EXIT_CANNOT_RUN;
    if (run->delivery.way == DELIVERY_NONE) {
        *why = run->delivery.reason;
        return EXIT_CANNOT_RUN;
    }
    attach(run);
    fall_back(run, POLICY_AUTO);
    return 0;
}

void run_warn(const struct run *run)
{
    const struct choice *choice = &run->choice;
    char shown[128];
    if (!run->refusal_status)
        expiry_warn(run);
    run_warn_of_user(run);
    for (size_t i = 0; i < run->options.only.count; i++) {
        const char *name = run->options.only.names[i];
        if (!choice_delivers(choice, name) && !choice_withholds(choice, name))
            message(PROGRAM, "[%s] has no %s, which -o names", choice->profile->name,
                    printable(shown, sizeof shown, name, strlen(name)));
    }
    for (size_t i = 0; i < choice->withheld; i++)
        message(PROGRAM, "%s: it runs without %s (static = withhold)", run->delivery.reason.text,
                choice->secrets[choice->count + i]->name);
    for (size_t i = 0; i < choice->count && run->delivery.way != DELIVERY_PRELOAD; i++)
        if (choice->policies[i].statics == POLICY_STATIC_ENVIRON && !run->refusal_status)
            message(
                PROGRAM,
                "%s: %s is in its plain environment (static = environ): /proc shows it to root and to every "
                "program of its user, and all that it starts has it there as well",
                run->probe.path, choice->secrets[i]->name);
}
