/* SPDX-License-Identifier: ISC */
/* What the audit log is told of a run: see run.h. Runs in secrun; looks at names. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "base/message.h"
#include "run/guard.h"
#include "run/run.h"
#include "shim/capsule.h"

/* A dry run starts nothing, and what a shim hands off is a part of what was started before. */
static bool is_recorded(const struct run *run)
{
    return !run->options.dry_run && !run->options.handoff && audit_is_on(&run->config);
}

bool run_open_audit(struct run *run, struct reason *why)
{
    return !is_recorded(run) || audit_open(&run->audit, &run->config, PROGRAM, why);
}

static const char *name_delivery(const struct run *run)
{
    if (run->layout.item_count == 0)
        return "none";
    static const char *const words[] = {
        [DELIVERY_PRELOAD] = "preload", [DELIVERY_INJECT] = "inject", [DELIVERY_NONE] = "none"};
    return words[run->delivery.way];
}

static bool stands_in(const char *text, const void *value, size_t size)
{
    return size >= CAPSULE_VALUE_MIN && memmem(text, strlen(text), value, size);
}

/* Of this run, as far as it is open, and of the one that it runs below. */
static bool holds_value(const struct run *run, const char *text)
{
    const struct choice *choice = &run->choice;
    for (size_t i = 0; i < choice->count + choice->withheld; i++)
        if (stands_in(text, choice->secrets[i]->value, choice->secrets[i]->value_size))
            return true;
    return run->outer && guard_finds(run->outer, text);
}

/* A path or a reason, which may hold a value where a command's path does. */
static const char *show(struct run *run, const char *text)
{
    bool holds = run->recorded ? run->conceals : holds_value(run, text);
    run->conceals = run->conceals || holds;
    return holds ? "(holds the value of a secret)" : text;
}

/* What does not depend on the document, which may be gone. */
static struct audit_record describe(struct run *run, enum audit_event event, char path[static PATH_MAX])
{
    const char *program = run->probe.path[0] ? run->probe.path : run->options.command[0];
    bool resolved = run->probe.path[0] && realpath(program, path);
    program = show(run, program);
    if (!resolved && !run->profile[0])
        program = NULL;
    return (struct audit_record){
        .event = event,
        .program = resolved ? show(run, path) : program,
        .profile = run->profile[0] ? run->profile : run->options.profile,
        .store = run->config.sealed_file,
        .signer = run->origin.signer,
        .digest = run->profile[0] ? run->origin.digest : NULL,
        .user = run->options.user ? &run->account.uid : NULL,
    };
}

bool run_record_start(struct run *run, struct reason *why)
{
    char path[PATH_MAX];
    if (!run->audit.config)
        return true;
    strlcpy(run->profile, run->choice.profile->name, sizeof run->profile);
    struct audit_record record = describe(run, AUDIT_START, path);
    struct audit_name *names = calloc(run->choice.count + 1, sizeof *names);
    if (!names)
        return fail(why, "no memory for %zu names", run->choice.count);
    for (size_t i = 0; i < run->choice.count; i++)
        names[i].name = run->choice.secrets[i]->name;
    record.names = &(struct audit_names){names, run->choice.count};
    record.delivery = name_delivery(run);
    run->recorded = audit_write(&run->audit, &record, why);
    free(names);
    return run->recorded;
}

/* What is no file may be anything, such as a value in the wrong place; and the store is not open to tell. */
static bool is_unknown(const struct audit_record *record, int status)
{
    return !record->program && (status == EXIT_NOT_FOUND || status == EXIT_CANNOT_RUN);
}

void run_record_refusal(struct run *run, int status, const struct reason *refusal)
{
    char path[PATH_MAX];
    struct reason failure = {0};
    if (!is_recorded(run) || run->audit.warned)
        return;
    if (!run->recorded && run->choice.profile)
        strlcpy(run->profile, run->choice.profile->name, sizeof run->profile);
    struct audit_record record = describe(run, run->recorded ? AUDIT_FAILED : AUDIT_REFUSED, path);
    record.reason = is_unknown(&record, status) ? "the command cannot be run" : show(run, refusal->text);
    /* What is no profile may be a value in the wrong place, too. */
    if (run->document.text && !choice_find_profile(&run->document, &run->options)) {
        record.profile = NULL;
        record.reason = "there is no such profile";
    }
    if ((!run->audit.config && !audit_open(&run->audit, &run->config, PROGRAM, &failure)) ||
        !audit_write(&run->audit, &record, &failure))
        message(PROGRAM, "%s", failure.text);
}
