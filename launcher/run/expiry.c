/* SPDX-License-Identifier: ISC */
/* Secrets that are due: see expiry.h. Runs in secrun; looks at names and attributes. */
#include "run/expiry.h"

#include <stdio.h>
#include <time.h>

#include "base/message.h"
#include "base/timestamp.h"

struct due expiry_of(const struct run *run, size_t at, int64_t now)
{
    const struct document_entry *secret = run->choice.secrets[at];
    return due_of(&run->document, &run->document.profiles[secret->profile], secret->name, now);
}

bool expiry_allows(const struct run *run, struct reason *why)
{
    int64_t now = time(NULL);
    char span[TIMESPAN_SIZE];
    for (size_t i = 0; i < run->choice.count; i++) {
        const struct document_entry *secret = run->choice.secrets[i];
        if (!run->choice.policies[i].refuses_overdue)
            continue;
        struct due due = expiry_of(run, i, now);
        if (!due_is_overdue(&due))
            continue;
        const char *profile = run->document.profiles[secret->profile].name;
        fail(why, "[%s] %s: due for another value since %s (on-expiry = refuse)", profile, secret->name,
             timespan(span, -due.left));
        const char *directory = run->options.directory;
        return fail_hint(why, "secrunctl%s%s set -p %s %s", directory ? " -d " : "",
                         directory ? directory : "", profile, secret->name);
    }
    return true;
}

void expiry_warn(const struct run *run)
{
    enum { NAMED = 3 };
    char names[256] = "";
    int64_t now = time(NULL);
    size_t count = 0, used = 0;
    for (size_t i = 0; i < run->choice.count; i++) {
        struct due due = expiry_of(run, i, now);
        if (!due_is_overdue(&due) || count++ >= NAMED)
            continue;
        int size = snprintf(names + used, sizeof names - used, "%s%.64s", used > 0 ? ", " : "",
                            run->choice.secrets[i]->name);
        used += size > 0 ? (size_t)size : 0;
    }
    if (count > NAMED)
        message(PROGRAM, "[%s] %s and %zu more: due for another value (secrunctl list)",
                run->choice.profile->name, names, count - NAMED);
    else if (count > 0)
        message(PROGRAM, "[%s] %s: due for another value (secrunctl list)", run->choice.profile->name, names);
}
