/* SPDX-License-Identifier: ISC */
/* secrunctl check on policy: what does less than it seems to. Runs as the operator; sees every secret,
 * prints no value. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/policy_words.h"
#include "ctl/checking.h"
#include "deliver/probe.h"
#include "shim/capsule.h"

/* --- lists of programs ---------------------------------------------------------------------------- */

/* A program that is not here, or that cannot be given a secret, is most often a slip; but it may be one that
 * is yet to be installed. */
static void check_program(struct checking *checking, const char *label, const char *program, bool injects)
{
    struct probe probe;
    struct reason why = {0};
    if (probe_command(program, &probe, &why) != 0)
        checking_say(checking, WARN, "%s: %s", label, why.text);
    else if (probe.no_preload.text[0] && (probe.no_inject.text[0] || !injects))
        checking_say(checking, WARN, "%s: %s", label, probe.no_preload.text);
    else
        return;
    if (probe.no_preload.text[0] && !probe.no_inject.text[0])
        checking_advise(checking, "it gets the secret with static = inject, and does not keep to inherit");
}

static void check_programs(struct checking *checking, const char *label, const char *inherit, bool injects)
{
    const char *program;
    char copy[PATH_MAX];
    if (policy_of(NULL, inherit, NULL, NULL, NULL).inherit != POLICY_PROGRAMS)
        return;
    for (size_t size; policy_next_program(&inherit, &program, &size);) {
        memcpy(copy, program, size);
        copy[size] = '\0';
        check_program(checking, label, copy, injects);
    }
}

/* Is it said that injection will do, for a secret of that name or (an empty one) a profile? */
static bool says_inject(const struct store *store, const struct document_profile *profile, const char *name)
{
    const struct document_entry *entry = document_find(&store->document, profile, name, "static");
    if (!entry && name[0])
        entry = document_find(&store->document, profile, "", "static");
    return strcmp(entry ? entry->value : store->config.policy.statics, "inject") == 0;
}

static void check_lists(struct checking *checking)
{
    const struct store *store = &checking->store;
    char label[sizeof store->config.file + 16];
    for (size_t i = 0; i < store->document.entry_count; i++) {
        const struct document_entry *entry = &store->document.entries[i];
        if (!entry->word || strcmp(entry->word, "inherit") != 0)
            continue;
        const struct document_profile *profile = &store->document.profiles[entry->profile];
        snprintf(label, sizeof label, "[%s] %s.inherit", profile->name, entry->name);
        check_programs(checking, label, entry->value, says_inject(store, profile, entry->name));
    }
    snprintf(label, sizeof label, "%s: inherit", store->config.file);
    check_programs(checking, label, store->config.policy.inherit,
                   strcmp(store->config.policy.statics, "inject") == 0);
}

/* --- values that are hard to recognise ------------------------------------------------------------ */

static void check_short(struct checking *checking, const struct document_profile *profile,
                        const struct document_entry *entry, const struct policy *policy)
{
    bool restricted = policy->inherit != POLICY_TREE || policy->argv == POLICY_REFUSE;
    if (restricted && entry->value_size > 0 && entry->value_size < CAPSULE_VALUE_MIN)
        checking_say(
            checking, WARN,
            "[%s] %s: a value below %d bytes is recognised under its own name alone, and in no argument",
            profile->name, entry->name, CAPSULE_VALUE_MIN);
}

static void check_values(struct checking *checking)
{
    const struct store *store = &checking->store;
    for (size_t i = 0; i < store->document.profile_count; i++) {
        const struct document_profile *profile = &store->document.profiles[i];
        const struct document_entry **secrets = NULL;
        struct policy *policies = NULL;
        struct reason why;
        size_t count;
        if (!document_select(&store->document, profile, &secrets, &count, &why) ||
            !document_policies(&store->document, profile, secrets, count, &store->config.policy, &policies,
                               &why)) {
            checking_say_reason(checking, FAIL, &why);
            count = 0;
        }
        for (size_t j = 0; j < count; j++)
            check_short(checking, profile, secrets[j], &policies[j]);
        free(policies);
        free(secrets);
    }
}

/* --- dumps ---------------------------------------------------------------------------------------- */

/* Is there a program that may be dumped? */
static bool any_dumpable(const struct store *store)
{
    for (size_t i = 0; i < store->document.entry_count; i++) {
        const struct document_entry *entry = &store->document.entries[i];
        if (entry->word && strcmp(entry->word, "dumpable") == 0 && strcmp(entry->value, "yes") == 0)
            return true;
    }
    return store->config.dumpable;
}

static void check_dumps(struct checking *checking)
{
    char line[256];
    if (!any_dumpable(&checking->store))
        return;
    checking_say(checking, WARN, "policy dumpable = yes: programs can be debugged, and read, by their user");
    if (checking_kernel("/proc/sys/kernel/core_pattern", line)[0] == '|')
        checking_say(checking, WARN,
                     "kernel.core_pattern is a pipe: their cores go to %s, whatever the core limit",
                     line + 1);
}

void check_policy(struct checking *checking)
{
    check_lists(checking);
    check_values(checking);
    check_dumps(checking);
}
