/* SPDX-License-Identifier: ISC */
/* The report: see report.h. Runs in secrun; is given names and sizes, prints no value. */
#include "run/report.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/timestamp.h"
#include "deliver/preload.h"
#include "deliver/memory.h"
#include "run/expiry.h"

static bool stands_in(char *const *environment, const char *name)
{
    size_t size = strlen(name);
    for (; *environment; environment++)
        if (strncmp(*environment, name, size) == 0 && (*environment)[size] == '=')
            return true;
    return false;
}

static void report_program(int fd, const struct run *run)
{
    const struct probe *probe = &run->probe;
    const struct delivery *delivery = &run->delivery;
    const char *libc = probe_libc(probe);
    dprintf(fd, "command   %s\n", probe->path);
    if (strcmp(probe->path, probe->binary) != 0)
        dprintf(fd, "program   %s\n", probe->binary);
    if (run->refusal_status)
        dprintf(fd, "delivery  none: %s\n", run->refusal.text);
    else if (run->layout.item_count == 0)
        dprintf(fd, "delivery  none needed: no secrets\n");
    else if (delivery->way == DELIVERY_INJECT)
        dprintf(fd, "delivery  inject (%s, %s)\nbecause   %s\n", probe->machine, libc, delivery->reason.text);
    else
        dprintf(fd, "delivery  preload of %s (%s, %s)\n", preload_shim(), probe->machine, libc);
    if (!run->refusal_status && run->layout.item_count > 0 && delivery->unheld)
        dprintf(fd, "children  what the program passes on to others, /proc shows of them\n");
}

/* Behind a secret's name: remarks, all in one pair of parentheses. */
static void remark(int fd, bool *any, const char *text)
{
    dprintf(fd, "%s%s", *any ? "; " : " (", text);
    *any = true;
}

static void report_programs(int fd, const char *list)
{
    char shown[PATH_MAX];
    const char *program, *separator = "";
    for (size_t size; policy_next_program(&list, &program, &size); separator = ", ")
        dprintf(fd, "%s%s", separator, printable(shown, sizeof shown, program, size));
}

/* Says where the policy is not what a plain environment would come to. */
static void report_secret(int fd, const struct run *run, size_t at, char *const *inherited, int64_t now)
{
    const char *name = run->choice.secrets[at]->name;
    const struct policy *policy = &run->choice.policies[at];
    struct due due = expiry_of(run, at, now);
    char span[TIMESPAN_SIZE], text[64];
    bool any = false, preload = run->delivery.way == DELIVERY_PRELOAD, held = !run->delivery.unheld;
    dprintf(fd, "secret    %s", name);
    if (due_is_overdue(&due)) {
        snprintf(text, sizeof text, "overdue since %s", timespan(span, -due.left));
        remark(fd, &any, text);
    }
    if (stands_in(inherited, name))
        remark(fd, &any, "in place of the inherited one");
    if (!preload && policy->statics == POLICY_STATIC_ENVIRON)
        remark(fd, &any, "static = environ: in the plain environment, which /proc shows");
    if (!held && policy_restricts(policy))
        remark(fd, &any, "nothing holds the program to its inherit and expose");
    if (held && policy->hidden)
        remark(fd, &any, "only getenv");
    if (held && policy->inherit == POLICY_NONE)
        remark(fd, &any, "no other process");
    if (held && policy->inherit == POLICY_PROGRAMS) {
        remark(fd, &any, "inherited by: ");
        report_programs(fd, policy->programs);
    }
    if (policy->argv != POLICY_WARN)
        remark(fd, &any, policy->argv == POLICY_REFUSE ? "argv: refuse" : "argv: allow");
    dprintf(fd, any ? ")\n" : "\n");
}

static void report_user(int fd, const struct account *account)
{
    dprintf(fd, "user      %s%suid %u, gid %u; groups", account->name, account->name[0] ? ": " : "",
            account->uid, account->gid);
    for (size_t i = 0; i < account->group_count; i++)
        dprintf(fd, " %u", account->groups[i]);
    dprintf(fd, "\n");
}

void report(int fd, const struct run *run, char *const *inherited)
{
    const struct choice *choice = &run->choice;
    int64_t now = time(NULL);
    report_program(fd, run);
    if (run->layout.item_count > 0 && run->memory_reason.text[0])
        dprintf(fd, "memory    %s (%s)\n",
                memory_locks(capsule_measure(&run->layout.plan)) ? "locked private memory"
                                                                 : "private memory, not locked",
                run->memory_reason.text);
    else if (run->layout.item_count > 0)
        dprintf(fd, "memory    memfd_secret\n");
    if (run->options.user)
        report_user(fd, &run->account);
    if (!choice->profile) /* handed off by a shim */
        return;
    if (choice->dumpable)
        dprintf(fd, "dumpable  yes: the same user can debug the program, and read its memory\n");
    dprintf(fd, "profile   %s\n", choice->profile->name);
    for (size_t i = 0; i < choice->count; i++)
        report_secret(fd, run, i, inherited, now);
    for (size_t i = choice->count; i < choice->count + choice->withheld; i++)
        dprintf(fd, "withheld  %s (static = withhold)\n", choice->secrets[i]->name);
}
