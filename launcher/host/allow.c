/* SPDX-License-Identifier: ISC */
/* Who may have a profile: see allow.h. Runs in secrun and secrunctl; sees no value of a secret. */
#include "host/allow.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/account.h"

typedef bool list_fn(const char *list, const struct allow_subject *subject);

static bool lists_user(const char *list, const struct allow_subject *subject)
{
    const char *user;
    char name[ACCOUNT_NAME_MAX + 1], number[16];
    snprintf(number, sizeof number, "%u", subject->uid);
    for (size_t size; policy_next_user(&list, &user, &size);) {
        if (size >= sizeof name)
            continue;
        memcpy(name, user, size);
        name[size] = '\0';
        if (strcmp(name, number) == 0 || (subject->name[0] && strcmp(name, subject->name) == 0) ||
            account_has_name(subject->uid, name))
            return true;
    }
    return false;
}

static bool is_file(const struct stat *status, const struct allow_file *file)
{
    return status->st_dev == file->device && status->st_ino == file->number;
}

/* By the file, which probe_holds holds until it is run; so no link or mount leads around it. */
static bool lists_program(const char *list, const struct allow_subject *subject)
{
    const char *program;
    char path[PATH_MAX];
    struct stat status;
    for (size_t size; policy_next_program(&list, &program, &size);) {
        if (size >= sizeof path)
            continue;
        memcpy(path, program, size);
        path[size] = '\0';
        if (stat(path, &status) == 0 &&
            (is_file(&status, &subject->files[0]) || is_file(&status, &subject->files[1])))
            return true;
    }
    return false;
}

/* The first profile whose list has not the subject. */
static bool all_list(const struct document *document, const struct document_profile *profile,
                     const char *word, list_fn *lists, const struct allow_subject *subject,
                     const struct document_entry **refused, struct reason *why)
{
    const struct document_entry **found;
    size_t count;
    *refused = NULL;
    if (!document_find_all(document, profile, word, &found, &count, why))
        return false;
    for (size_t i = 0; i < count && !*refused; i++)
        if (!lists(found[i]->value, subject))
            *refused = found[i];
    free(found);
    return !*refused;
}

static bool refuse(const struct document *document, const struct document_entry *entry, struct reason *why)
{
    char shown[sizeof why->hint - 64];
    fail_within(why, "profile [%s]", document->profiles[entry->profile].name);
    return fail_hint(why, "%s = %s", entry->word,
                     printable(shown, sizeof shown, entry->value, entry->value_size));
}

bool allow_user(const struct document *document, const struct document_profile *profile,
                const struct allow_subject *subject, struct reason *why)
{
    const struct document_entry *refused;
    if (all_list(document, profile, "allow-user", lists_user, subject, &refused, why))
        return true;
    if (!refused)
        return false;
    fail(why, subject->name[0] ? "not for uid %u (%s)" : "not for uid %u", subject->uid, subject->name);
    return refuse(document, refused, why);
}

bool allow_program(const struct document *document, const struct document_profile *profile,
                   const struct allow_subject *subject, struct reason *why)
{
    const struct document_entry *refused;
    char shown[256];
    if (all_list(document, profile, "allow-exec", lists_program, subject, &refused, why))
        return true;
    if (!refused)
        return false;
    fail(why, "not for the program %s", printable(shown, sizeof shown, subject->path, strlen(subject->path)));
    return refuse(document, refused, why);
}
