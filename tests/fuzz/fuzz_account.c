/* SPDX-License-Identifier: ISC */
/* Fuzzes the texts of passwd(5), group(5) and getent(1): whom they name can be named, and glibc reads the
 * same. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "host/account_text.h"

static const char name[] = "app";

/* glibc's first line of that name, which has to be the one that was found. */
static void compare(const char *text, size_t size, const struct account *account)
{
    char buffer[65536];
    struct passwd entry, *found = NULL;
    FILE *file = fmemopen((void *)(uintptr_t)text, size, "r");
    require(file != NULL);
    while (fgetpwent_r(file, &entry, buffer, sizeof buffer, &found) == 0 && found)
        if (strcmp(entry.pw_name, name) == 0)
            break;
    fclose(file);
    if (!found || strcmp(found->pw_name, name) != 0)
        return; /* a line that is too long for it, say */
    require(found->pw_uid == account->uid && found->pw_gid == account->gid);
    require(strcmp(*found->pw_dir ? found->pw_dir : "/", account->home) == 0);
}

static void try_users(const char *text, size_t size)
{
    struct account account = {0};
    struct reason why;
    const unsigned number = 7;
    if (account_find_user(text, size, name, NULL, &account, &why) == ACCOUNT_FOUND) {
        require(strcmp(account.name, name) == 0 && account.uid != (uid_t)-1 && account.gid != (gid_t)-1);
        require(account.home[0] && account.shell[0]);
        if (!memchr(text, '\0', size) && !memchr(text, '\r', size))
            compare(text, size, &account);
    }
    if (account_find_user(text, size, NULL, &number, &account, &why) == ACCOUNT_FOUND)
        require(account.uid == number && account_is_name(account.name));
    if (account_find_user(text, size, NULL, NULL, &account, &why) == ACCOUNT_FOUND)
        require(account.uid != (uid_t)-1 && account_is_name(account.name));
}

static void try_groups(const char *text, size_t size)
{
    struct account account = {.name = "app"};
    struct reason why;
    unsigned number = 0;
    if (account_find_group(text, size, name, &number, &why) == ACCOUNT_FOUND)
        require(number != (gid_t)-1);
    account_add_memberships(text, size, &account, &why);
    account_add_listed(text, size, &account, &why);
    for (size_t i = 0; i < account.group_count; i++) {
        require(account.groups[i] != (gid_t)-1);
        for (size_t j = 0; j < i; j++)
            require(account.groups[i] != account.groups[j]);
    }
    account_free(&account);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 4096)
        return 0;
    try_users((const char *)data, size);
    try_groups((const char *)data, size);
    return 0;
}
