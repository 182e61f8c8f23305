/* SPDX-License-Identifier: ISC */
/* The choice: see choice.h. Runs in secrun; sees names, and passes pointers to secrets on. */
#include "run/choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"

void choice_names(const char *names[static 3], const struct options *options)
{
    names[0] = options->profile ? options->profile : path_name(options->command[0]);
    names[1] = options->profile ? NULL : "default";
    names[2] = NULL;
}

static bool no_profile(const struct document *document, const char *wanted, bool or_default,
                       struct reason *why)
{
    char shown[64], list[sizeof why->hint];
    printable(shown, sizeof shown, wanted, strlen(wanted));
    fail(why, "no profile [%s]%s", shown, or_default ? ", and no [default]" : "");
    if (document->profile_count == 0)
        return fail_hint(why, "the store is empty: secrunctl import -p %s FILE", shown);
    bool whole = document_list_profiles(document, list, sizeof list);
    return fail_hint(why, "there are:%s%s", list, whole ? "" : " …");
}

const struct document_profile *choice_find_profile(const struct document *document,
                                                   const struct options *options)
{
    const char *names[3];
    choice_names(names, options);
    const struct document_profile *found = document_profile(document, names[0]);
    return found || !names[1] ? found : document_profile(document, names[1]);
}

static bool choose_profile(struct choice *choice, const struct document *document,
                           const struct options *options, struct reason *why)
{
    const char *names[3];
    choice_names(names, options);
    choice->profile = choice_find_profile(document, options);
    return choice->profile || no_profile(document, names[0], names[1] != NULL, why);
}

static void keep_only(struct choice *choice, const struct name_list *only)
{
    if (only->count == 0)
        return;
    size_t kept = 0;
    for (size_t i = 0; i < choice->count; i++)
        if (name_list_has(only, choice->secrets[i]->name))
            choice->secrets[kept++] = choice->secrets[i];
    choice->count = kept;
}

static bool has_name(const struct document_entry *const *secrets, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(secrets[i]->name, name) == 0)
            return true;
    return false;
}

bool choice_delivers(const struct choice *choice, const char *name)
{
    return has_name(choice->secrets, choice->count, name);
}

bool choice_withholds(const struct choice *choice, const char *name)
{
    return has_name(choice->secrets + choice->count, choice->withheld, name);
}

/* --- programs that no preload reaches ------------------------------------------------------------- */

bool choice_hold_static(struct choice *choice, const struct delivery *delivery, struct reason *why)
{
    size_t kept = 0;
    for (size_t i = 0; i < choice->count; i++) {
        const struct document_entry *secret = choice->secrets[i];
        struct policy policy = choice->policies[i];
        if (policy.statics == POLICY_STATIC_WITHHOLD)
            continue;
        if (!delivery_hold(delivery, secret->name, &policy, why))
            return false;
        choice->secrets[i] = choice->secrets[kept];
        choice->policies[i] = choice->policies[kept];
        choice->secrets[kept] = secret;
        choice->policies[kept++] = policy;
    }
    choice->withheld = choice->count - kept;
    choice->count = kept;
    return true;
}

/* " A B", as far as there is room. */
static bool list_names(const struct choice *choice, char *list, size_t size)
{
    size_t used = 0;
    list[0] = '\0';
    for (size_t i = 0; i < choice->count && used < size; i++)
        used += (size_t)snprintf(list + used, size - used, " %s", choice->secrets[i]->name);
    return used < size;
}

static bool lacks(const struct choice *choice, const char *name, struct reason *why)
{
    enum { LISTED = sizeof why->hint - sizeof "there are: …" };
    char shown[128], list[LISTED];
    printable(shown, sizeof shown, name, strlen(name));
    if (choice_withholds(choice, name))
        return fail(why, "[%s] withholds %s from this program (static = withhold), and -r asks for it",
                    choice->profile->name, shown);
    fail(why, "[%s] has no %s, which -r asks for", choice->profile->name, shown);
    if (choice->count == 0)
        return false;
    bool whole = list_names(choice, list, sizeof list);
    return fail_hint(why, "there are:%s%s", list, whole ? "" : " …");
}

bool choice_has_required(const struct choice *choice, const struct name_list *required, struct reason *why)
{
    for (size_t i = 0; i < required->count; i++)
        if (!choice_delivers(choice, required->names[i]))
            return lacks(choice, required->names[i], why);
    return true;
}

/* The profile's own word, else what secrun.conf says. */
static bool policy(const struct document *document, const struct document_profile *profile, const char *word,
                   const char *yes, bool otherwise)
{
    const struct document_entry *entry = document_find(document, profile, "", word);
    return entry ? strcmp(entry->value, yes) == 0 : otherwise;
}

/* The option's, else the profile's own, else what secrun.conf says. */
static enum policy_delivery delivery(const struct document *document, const struct document_profile *profile,
                                     const struct options *options, enum policy_delivery otherwise)
{
    const struct document_entry *entry = document_find(document, profile, "", "delivery");
    if (options->delivery)
        return policy_delivery_of(options->delivery);
    return entry ? policy_delivery_of(entry->value) : otherwise;
}

bool choose(struct choice *choice, const struct document *document, const struct options *options,
            const struct config *config, struct reason *why)
{
    *choice = (struct choice){0};
    if (!choose_profile(choice, document, options, why) ||
        !document_select(document, choice->profile, &choice->secrets, &choice->count, why))
        return false;
    keep_only(choice, &options->only);
    if (!choice_has_required(choice, &options->required, why) ||
        !document_policies(document, choice->profile, choice->secrets, choice->count, &config->policy,
                           &choice->policies, why)) {
        choice_free(choice);
        return false;
    }
    choice->memory_secret = policy(document, choice->profile, "memory", "secret", config->memory_secret);
    choice->delivery = delivery(document, choice->profile, options, config->delivery);
    choice->dumpable = policy(document, choice->profile, "dumpable", "yes", config->dumpable);
    return true;
}

void choice_free(struct choice *choice)
{
    free(choice->secrets);
    free(choice->policies);
    *choice = (struct choice){0};
}
