/* SPDX-License-Identifier: ISC */
/* Refusals: see refusal.h. Runs in the test programs only. */
#include "support/refusal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_one_message(const char *err)
{
    const char *feed = strchr(err, '\n');
    if (!begins(err, "secrun: ") || begins(err, "secrun: hint: ") || !feed || feed[-1] == '.')
        return false;
    const char *hint = feed + 1;
    if (*hint == '\0')
        return true;
    feed = strchr(hint, '\n');
    return begins(hint, "secrun: hint: ") && feed && feed[1] == '\0';
}

void check_refusal(const char *what, struct outcome *outcome, int status, const char *text)
{
    char started[1024];
    snprintf(started, sizeof started, "%s/started", scratch());
    cr_expect_eq(outcome->status, status, "%s: exit status %d, not %d\n%s", what, outcome->status, status,
                 outcome->err);
    cr_expect(is_one_message(outcome->err), "%s: not one message:\n%s", what, outcome->err);
    cr_expect(holds(outcome->err, outcome->err_size, text), "%s: does not say '%s':\n%s", what, text,
              outcome->err);
    cr_expect_str_eq(outcome->out, "", "%s: prints to standard output:\n%s", what, outcome->out);
    cr_expect_eq(access(started, F_OK), -1, "%s: the command was started", what);
    unlink(started);
    outcome_free(outcome);
}

void check_attack_refused(struct outcome *seen)
{
    int ways = 0;
    check_status(*seen, 0);
    for (char *line = strtok(seen->out, "\n"); line; line = strtok(NULL, "\n"), ways++) {
        const char *error = strrchr(line, ' ');
        cr_expect(error && (strcmp(error, " EACCES") == 0 || strcmp(error, " EPERM") == 0), "%s", line);
    }
    cr_expect_eq(ways, 17, "%d ways", ways);
    outcome_free(seen);
}

bool may_become_others(void)
{
    if (getuid() == 0)
        return true;
    struct outcome run = shell("secrun -d store -u 54321:54321 -- " STARTED);
    check_refusal("-u", &run, 125, "secrun: -u: it takes root to become another user, and this is uid ");
    return false;
}
