/* SPDX-License-Identifier: ISC */
/*
 * Users and groups: see account.h. Runs in secrun and secrunctl, as root, before a secret is there. It MUST
 * ensure that whoever can write none of the host's databases decides nothing here: the files are held to the
 * rule of path.h, and getent is run by a fixed path, with an environment of its own.
 */
#include "host/account.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "host/account_text.h"
#include "host/command.h"

#define PASSWD "/etc/passwd"
#define GROUP  "/etc/group"
#define GETENT "/usr/bin/getent"

enum { FILE_MAX = 64 * 1024 * 1024, ANSWER_MAX = 4 * 1024 * 1024 }; /* bytes */
enum { GETENT_SECONDS = 20, GETENT_ABSENT = 2 };

/* --- texts ------------------------------------------------------------------------------------------ */

/* All of a file, which the caller frees; of one that is not there, nothing. It is no secret, but is read as
 * all is that a start reads. */
static bool read_file(const char *path, struct secret *text, struct reason *why)
{
    return path_read(path, PATH_TRUSTED, FILE_MAX, text, why) || errno == ENOENT;
}

/* Asks getent; *answer, which the caller frees, is empty if there is none, or no such key. */
static bool ask(const char *database, const char *key, struct secret *answer, struct reason *why)
{
    static char path[] = GETENT, variable[] = "PATH=/usr/bin:/bin", locale[] = "LC_ALL=C";
    char words[2][ACCOUNT_NAME_MAX + 1];
    snprintf(words[0], sizeof words[0], "%s", database);
    snprintf(words[1], sizeof words[1], "%s", key);
    char *arguments[] = {path, words[0], words[1], NULL}, *environment[] = {variable, locale, NULL};
    const struct command command = {arguments, environment, ANSWER_MAX, GETENT_SECONDS, false};
    int status;
    *answer = (struct secret){0};
    if (access(GETENT, F_OK) != 0)
        return true;
    if (!command_run(&command, answer, &status, why))
        return false;
    if (status == 0 && answer->size > 0)
        return true;
    secret_free(answer);
    return status == 0 || status == GETENT_ABSENT ||
           fail(why, "%s %s %s: exit status %d", GETENT, database, key, status);
}

/* --- users ------------------------------------------------------------------------------------------ */

static enum account_found find_in_file(const char *name, const unsigned *number, struct account *account,
                                       struct reason *why)
{
    struct secret text;
    if (!read_file(PASSWD, &text, why))
        return ACCOUNT_WRONG;
    enum account_found found =
        account_find_user((const char *)text.bytes, text.size, name, number, account, why);
    secret_free(&text);
    if (found == ACCOUNT_WRONG)
        fail_within(why, PASSWD);
    return found;
}

/* By its first line alone: directories may know a user by several names. */
static enum account_found find_by_getent(const char *key, const unsigned *number, struct account *account,
                                         struct reason *why)
{
    struct secret answer;
    if (!ask("passwd", key, &answer, why))
        return ACCOUNT_WRONG;
    enum account_found found =
        account_find_user((const char *)answer.bytes, answer.size, NULL, number, account, why);
    secret_free(&answer);
    if (found == ACCOUNT_WRONG)
        fail_within(why, "%s passwd %s", GETENT, key);
    return found;
}

static bool add_groups_of_file(struct account *account, struct reason *why)
{
    struct secret text;
    if (!read_file(GROUP, &text, why))
        return false;
    bool ok =
        account_add_memberships((const char *)text.bytes, text.size, account, why) || fail_within(why, GROUP);
    secret_free(&text);
    return ok;
}

static bool add_groups_by_getent(struct account *account, struct reason *why)
{
    struct secret answer;
    if (!ask("initgroups", account->name, &answer, why))
        return false;
    bool ok = answer.size == 0 || account_add_listed((const char *)answer.bytes, answer.size, account, why) ||
              fail_within(why, "%s initgroups %s", GETENT, account->name);
    secret_free(&answer);
    return ok;
}

static bool no_user(const char *user, bool is_number, struct reason *why)
{
    if (!is_number) {
        fail(why, "no user %s", user);
        return fail_hint(why, access(GETENT, F_OK) == 0 ? "neither " PASSWD " nor " GETENT " knows that name"
                                                        : "it is not in " PASSWD ", and there is no " GETENT);
    }
    fail(why, "no user has the number %s, so its group is not known", user);
    return fail_hint(why, "give it: -u %s:GROUP", user);
}

static bool find_user(const char *user, bool with_group, struct account *account, struct reason *why)
{
    unsigned number = 0;
    bool is_number = user[strspn(user, "0123456789")] == '\0', by_getent = false;
    if (is_number && !account_number(user, strlen(user), &number))
        return fail(why, "%.32s: not a user's number, which is from 0 to 4294967294", user);
    if (!is_number && !account_is_name(user))
        return fail(why, "neither a user's name nor a number");
    enum account_found found =
        find_in_file(is_number ? NULL : user, is_number ? &number : NULL, account, why);
    if (found == ACCOUNT_ABSENT && !(is_number && with_group)) {
        by_getent = true;
        found = find_by_getent(user, is_number ? &number : NULL, account, why);
    }
    if (found == ACCOUNT_WRONG)
        return false;
    if (found == ACCOUNT_ABSENT && !(is_number && with_group))
        return no_user(user, is_number, why);
    if (found == ACCOUNT_ABSENT)
        account->uid = number;
    if (with_group)
        return true;
    return account_add_group(account, account->gid, why) &&
           (by_getent ? add_groups_by_getent(account, why) : add_groups_of_file(account, why));
}

/* --- groups ----------------------------------------------------------------------------------------- */

static enum account_found find_group_in_file(const char *group, unsigned *number, struct reason *why)
{
    struct secret text;
    if (!read_file(GROUP, &text, why))
        return ACCOUNT_WRONG;
    enum account_found found = account_find_group((const char *)text.bytes, text.size, group, number, why);
    secret_free(&text);
    if (found == ACCOUNT_WRONG)
        fail_within(why, GROUP);
    return found;
}

static enum account_found find_group_by_getent(const char *group, unsigned *number, struct reason *why)
{
    struct secret answer;
    if (!ask("group", group, &answer, why))
        return ACCOUNT_WRONG;
    enum account_found found = account_find_group((const char *)answer.bytes, answer.size, NULL, number, why);
    secret_free(&answer);
    if (found == ACCOUNT_WRONG)
        fail_within(why, "%s group %s", GETENT, group);
    return found;
}

static bool find_group(const char *group, struct account *account, struct reason *why)
{
    unsigned number;
    if (group[strspn(group, "0123456789")] == '\0') {
        if (!account_number(group, strlen(group), &number))
            return fail(why, "%.32s: not a group's number, which is from 0 to 4294967294", group);
    } else {
        if (!account_is_name(group))
            return fail(why, "neither a group's name nor a number");
        enum account_found found = find_group_in_file(group, &number, why);
        if (found == ACCOUNT_ABSENT)
            found = find_group_by_getent(group, &number, why);
        if (found == ACCOUNT_WRONG)
            return false;
        if (found == ACCOUNT_ABSENT)
            return fail(why, "no group %s", group);
    }
    account->gid = number;
    return account_add_group(account, number, why);
}

/* --- the whole -------------------------------------------------------------------------------------- */

bool account_look_up(const char *given, struct account *account, struct reason *why)
{
    char user[ACCOUNT_NAME_MAX + 1];
    const char *colon = strchr(given, ':');
    size_t size = colon ? (size_t)(colon - given) : strlen(given);
    *account = (struct account){0};
    if (size == 0)
        return fail(why, "no user is named");
    if (colon && colon[1] == '\0')
        return fail(why, "no group is named behind the colon");
    if (size >= sizeof user)
        return fail(why, "a user's name has at most %d bytes", ACCOUNT_NAME_MAX);
    memcpy(user, given, size);
    user[size] = '\0';
    if (find_user(user, colon != NULL, account, why) && (!colon || find_group(colon + 1, account, why)))
        return true;
    account_free(account);
    return false;
}

bool account_has_name(uid_t uid, const char *name)
{
    struct account account = {0};
    struct reason why;
    return account_is_name(name) && find_in_file(name, NULL, &account, &why) == ACCOUNT_FOUND &&
           account.uid == uid;
}

void account_free(struct account *account)
{
    free(account->groups);
    *account = (struct account){0};
}
