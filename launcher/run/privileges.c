/* SPDX-License-Identifier: ISC */
/*
 * Becoming another user: see privileges.h. Runs in secrun, as root, with one profile's secrets in memory. It
 * MUST ensure that:
 *   1. all that makes root root is gone, also under securebits(7) that would keep some of it, and what is
 *      left is looked at, not concluded from system calls that did not fail;
 *   2. no other process of the new user gets at this one: a change of the effective user may make a process
 *      dumpable (fs.suid_dumpable = 1), so the saved one changes last, which does not, and up to then the
 *      kernel takes this for another user's process;
 *   3. nothing else goes on after a failure.
 */
#include "run/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run/capabilities.h"
#include "run/unit.h"

/* --- before ----------------------------------------------------------------------------------------- */

static bool is_already(const struct account *account)
{
    return getuid() == account->uid && geteuid() == account->uid;
}

bool privileges_may_change(const struct account *account, uint64_t ambient, struct reason *why)
{
    struct capabilities own;
    if (!capabilities_get(&own))
        return fail_errno(why, "capget");
    if (capabilities_have(own.effective, CAPABILITIES_SETUID) &&
        capabilities_have(own.effective, CAPABILITIES_SETGID))
        return capabilities_to_give(ambient, why);
    if (geteuid() == 0) {
        fail(why, "root without the capabilities setuid and setgid cannot become another user");
        return fail_hint(why, "leave them to it (a container's --cap-add, CapabilityBoundingSet= in a unit)");
    }
    fail(why, "it takes root to become another user, and this is uid %u", geteuid());
    if (unit_is_around())
        return fail_hint(why, "in a unit, write ExecStart=!... so that secrun starts as root");
    return fail_hint(why, is_already(account) ? "leave out -u: this is that user already"
                                              : "leave out -u, or have root run it");
}

/* --- the change ------------------------------------------------------------------------------------- */

static bool explain_ids(const char *what, unsigned number, struct reason *why)
{
    bool unmapped = errno == EINVAL;
    fail_errno(why, "%s %u", what, number);
    return unmapped && fail_hint(why, "that number does not exist in this user namespace");
}

static bool change_groups(const struct account *account, struct reason *why)
{
    if (setgroups(account->group_count, account->groups) != 0) {
        bool denied = errno == EPERM;
        fail_errno(why, "setgroups");
        return denied &&
               fail_hint(why,
                         "a user namespace may deny it, as PrivateUsers= in a unit does: leave that out");
    }
    return setresgid(account->gid, account->gid, account->gid) == 0 ||
           explain_ids("setresgid", account->gid, why);
}

/* The saved one is still the caller's when the others have changed. */
static bool change_user(const struct account *account, struct reason *why)
{
    if (setresuid(account->uid, account->uid, (uid_t)-1) != 0)
        return explain_ids("setresuid", account->uid, why);
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        return fail_errno(why, "PR_SET_DUMPABLE");
    return setresuid((uid_t)-1, (uid_t)-1, account->uid) == 0 || explain_ids("setresuid", account->uid, why);
}

/* A filter that forbids the call forbids all use of keys, to the program as well. */
static bool leave_keyring(struct reason *why)
{
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0 || errno == ENOSYS || errno == EPERM ||
        errno == EACCES)
        return true;
    bool full = errno == EDQUOT;
    fail_errno(why, "a new session keyring");
    return full &&
           fail_hint(why, "the user's keys are used up: see kernel.keys.maxkeys, and /proc/key-users");
}

/* --- is it so? -------------------------------------------------------------------------------------- */

static int compare(const void *left, const void *right)
{
    gid_t a = *(const gid_t *)left, b = *(const gid_t *)right;
    return (a > b) - (a < b);
}

static bool has_groups(const struct account *account, struct reason *why)
{
    size_t count = account->group_count;
    gid_t *groups = calloc(2 * count + 1, sizeof *groups);
    if (!groups)
        return fail(why, "no memory for %zu groups", count);
    gid_t *wanted = groups + count;
    bool same = getgroups(0, NULL) == (int)count && getgroups((int)count, groups) == (int)count;
    memcpy(wanted, account->groups, count * sizeof *wanted);
    qsort(groups, count, sizeof *groups, compare);
    qsort(wanted, count, sizeof *wanted, compare);
    same = same && memcmp(groups, wanted, count * sizeof *groups) == 0;
    free(groups);
    return same || fail(why, "the groups are not the ones that were set");
}

static bool has_ids(const struct account *account, struct reason *why)
{
    uid_t user[3];
    gid_t group[3];
    if (getresuid(&user[0], &user[1], &user[2]) != 0 || getresgid(&group[0], &group[1], &group[2]) != 0)
        return fail_errno(why, "getresuid");
    for (int i = 0; i < 3; i++)
        if (user[i] != account->uid || group[i] != account->gid)
            return fail(why, "the user and the group are not the ones that were set");
    return has_groups(account, why);
}

/* With no capability in effect. */
static bool cannot_return(const struct account *account, struct reason *why)
{
    if (account->uid != 0 && (setresuid((uid_t)-1, 0, (uid_t)-1) == 0 || setuid(0) == 0))
        return fail(why, "root can be had again");
    if (account->gid != 0 && (setresgid((gid_t)-1, 0, (gid_t)-1) == 0 || setgid(0) == 0))
        return fail(why, "root's group can be had again");
    return true;
}

static bool has_capabilities(uint64_t ambient, struct reason *why)
{
    struct capabilities left;
    if (!capabilities_get(&left))
        return fail_errno(why, "capget");
    return (left.effective == ambient && left.permitted == ambient && left.inheritable == ambient &&
            capabilities_ambient() == ambient) ||
           fail(why, "the capabilities are not the ones that were set");
}

static bool is_shielded(struct reason *why)
{
    return prctl(PR_GET_DUMPABLE) == 0 || fail(why, "the process can be looked into");
}

/* --- the whole -------------------------------------------------------------------------------------- */

static bool change(const struct account *account, uint64_t ambient, struct reason *why)
{
    struct capabilities kept = {.permitted = ambient, .inheritable = ambient};
    if (ambient && prctl(PR_SET_KEEPCAPS, 1) != 0)
        return fail_errno(why, "PR_SET_KEEPCAPS");
    if (!change_groups(account, why) || !change_user(account, why))
        return false;
    if (!capabilities_set(&kept))
        return fail_errno(why, "capset");
    if (!cannot_return(account, why) || !has_ids(account, why) || !leave_keyring(why))
        return false;
    kept.effective = ambient;
    if (ambient && prctl(PR_SET_KEEPCAPS, 0) != 0)
        return fail_errno(why, "PR_SET_KEEPCAPS");
    if (!capabilities_set_ambient(ambient))
        return fail_errno(why, "the ambient capabilities");
    if (!capabilities_set(&kept))
        return fail_errno(why, "capset");
    return has_capabilities(ambient, why) && is_shielded(why);
}

bool privileges_change(const struct account *account, uint64_t ambient, struct reason *why)
{
    return change(account, ambient, why) || fail_within(why, "-u");
}

bool privileges_set_environment(const struct account *account, struct reason *why)
{
    bool ok = setenv("HOME", account->name[0] ? account->home : "/", 1) == 0;
    if (account->name[0])
        ok = ok && setenv("USER", account->name, 1) == 0 && setenv("LOGNAME", account->name, 1) == 0 &&
             setenv("SHELL", account->shell, 1) == 0;
    else
        ok = ok && unsetenv("USER") == 0 && unsetenv("LOGNAME") == 0 && unsetenv("SHELL") == 0;
    return ok || fail_errno(why, "the environment");
}
