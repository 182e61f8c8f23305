/* SPDX-License-Identifier: ISC */
/* The verdict on a cell: see judge.h. Runs in the leak matrix; prints names of secrets, never a value. */
#include "matrix/judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix/secrets.h"

__attribute__((format(printf, 2, 3))) static void say(char *reason, const char *format, ...)
{
    size_t used = strlen(reason);
    va_list list;
    va_start(list, format);
    if (used + 3 < REASON_MAX) {
        used += (size_t)snprintf(reason + used, REASON_MAX - used, "%s", used ? "\n" : "");
        vsnprintf(reason + used, REASON_MAX - used, format, list);
    }
    va_end(list);
}

/* --- one witness --------------------------------------------------------------------------------------- */

/* The value of a name in the first record of that kind, or NULL. */
static const char *record_of(const struct report *report, char kind, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = report->records; at < report->records + report->size; at += strlen(at) + 1)
        if (at[0] == kind && strncmp(at + 1, name, size) == 0 && at[1 + size] == '=')
            return at + 1 + size + 1;
    return NULL;
}

static bool holds_value(const struct report *report, char kind, const struct made_up *secret,
                        const char *value)
{
    const char *told = record_of(report, kind, secret->name);
    return told && strcmp(told, value) == 0;
}

static void judge_secret(const struct expected *expected, const struct report *report, int i, char *reason)
{
    const struct made_up *secret = &secrets[i];
    bool other = expected->view == VIEW_OTHER && strcmp(secret->name, secrets[SECRETS_OTHER].name) == 0;
    const char *value = other ? secrets[SECRETS_OTHER].value : secret->value;
    if (!holds_value(report, 'g', secret, value) || !holds_value(report, 's', secret, value))
        say(reason, "witness '%s' does not get %s by getenv", report->label, secret->name);
    if (expected->view == VIEW_GETENV ? record_of(report, 'e', secret->name) != NULL
                                      : !holds_value(report, 'e', secret, value))
        say(reason, "witness '%s' %s %s in its array", report->label,
            expected->view == VIEW_GETENV ? "has" : "does not have", secret->name);
}

static void judge_report(const struct expected *expected, const struct report *report, char *reason)
{
    uint32_t found = secrets_in(report->records, report->size), wanted = expected->secrets;
    if (expected->view == VIEW_OTHER) {
        wanted |= 1u << SECRETS_OTHER;
        wanted &= ~(1u << secrets_index("KEY", 3));
    }
    if (found & ~wanted)
        say(reason, "witness '%s' has %s, and should not", report->label, secrets_names(found & ~wanted));
    if (expected->view == VIEW_PIECES && wanted & ~found)
        say(reason, "witness '%s' lacks %s", report->label, secrets_names(wanted & ~found));
    for (int i = 0; i < SECRETS && expected->view != VIEW_PIECES; i++)
        if (expected->secrets >> i & 1)
            judge_secret(expected, report, i, reason);
    const char *preload = record_of(report, 'e', "LD_PRELOAD");
    if (record_of(report, 'e', "SECRUN_CAPSULE") || (preload && strstr(preload, "secrun.so")))
        say(reason, "witness '%s' sees traces of secrun", report->label);
    if (!report->observed)
        say(reason, "witness '%s' could not be observed", report->label);
}

static void judge_reports(const struct cell *cell, const struct run *run, char *reason)
{
    unsigned counts[EXPECTED_MAX] = {0};
    for (size_t i = 0; i < run->report_count; i++) {
        const struct report *report = &run->reports[i];
        size_t known = 0;
        while (known < cell->expected_count && strcmp(cell->expected[known].label, report->label) != 0)
            known++;
        if (known == cell->expected_count) {
            say(reason, "witness '%s' is not expected", report->label);
            continue;
        }
        counts[known]++;
        judge_report(&cell->expected[known], report, reason);
    }
    for (size_t i = 0; i < cell->expected_count; i++)
        if (counts[i] != cell->expected[i].count)
            say(reason, "%u witnesses '%s', not %u", counts[i], cell->expected[i].label,
                cell->expected[i].count);
}

/* --- the same as plainly ------------------------------------------------------------------------------- */

static int compare_reports(const void *a, const void *b)
{
    const struct report *left = a, *right = b;
    size_t size = left->size < right->size ? left->size : right->size;
    int order = memcmp(left->records, right->records, size);
    return order ? order : (left->size > right->size) - (left->size < right->size);
}

/* Up to the first '=', or all if there is none and no secret in it. */
static void say_record(char *reason, const char *before, const char *record)
{
    if (strchr(record, '='))
        say(reason, "  %s %.*s", before, (int)strcspn(record, "="), record);
    else
        say(reason, "  %s %s", before, secrets_in(record, strlen(record)) ? "(a secret)" : record);
}

static void compare_one(const struct report *sealed, const struct report *plain, char *reason)
{
    if (compare_reports(sealed, plain) == 0)
        return;
    say(reason, "witness '%s' does not see what it sees without secrun:", sealed->label);
    const char *a = sealed->records, *b = plain->records;
    const char *a_end = a + sealed->size, *b_end = b + plain->size;
    while (a < a_end && b < b_end && strcmp(a, b) == 0) {
        a += strlen(a) + 1;
        b += strlen(b) + 1;
    }
    say_record(reason, "under secrun:", a < a_end ? a : "(end)");
    say_record(reason, "without it:  ", b < b_end ? b : "(end)");
}

static void compare_runs(const struct run *sealed, const struct run *plain, char *reason)
{
    if (plain->problem[0])
        say(reason, "without secrun: %s", plain->problem);
    if (plain->status != sealed->status)
        say(reason, "exit status %d, without secrun %d", sealed->status, plain->status);
    if (plain->output_size != sealed->output_size ||
        memcmp(plain->output, sealed->output, plain->output_size) != 0)
        say(reason, "standard output is not that without secrun");
    if (plain->error_size != sealed->error_size ||
        memcmp(plain->error, sealed->error, plain->error_size) != 0)
        say(reason, "standard error is not that without secrun");
    if (plain->report_count != sealed->report_count) {
        say(reason, "%zu witnesses, without secrun %zu", sealed->report_count, plain->report_count);
        return;
    }
    struct report left[REPORTS_MAX], right[REPORTS_MAX];
    memcpy(left, sealed->reports, sizeof left);
    memcpy(right, plain->reports, sizeof right);
    qsort(left, sealed->report_count, sizeof *left, compare_reports);
    qsort(right, plain->report_count, sizeof *right, compare_reports);
    for (size_t i = 0; i < sealed->report_count; i++)
        compare_one(&left[i], &right[i], reason);
}

/* --- the cell ------------------------------------------------------------------------------------------ */

/* `own NAME HEXADECIMAL`: the runtime tells what it has itself, so that the value is not printed. */
static void judge_own(const struct cell *cell, const struct run *run, char *reason)
{
    for (int i = 0; i < SECRETS; i++) {
        char line[2 * SECRETS_VALUE_MAX + 64];
        if (!(cell->own >> i & 1))
            continue;
        int used = snprintf(line, sizeof line, "own %s ", secrets[i].name);
        for (const char *byte = secrets[i].value; *byte; byte++)
            used += snprintf(line + used, sizeof line - (size_t)used, "%02x", (unsigned)(unsigned char)*byte);
        if (!strstr(run->output, line))
            say(reason, "%s itself does not have %s", cell->runtime, secrets[i].name);
    }
}

static void judge_sightings(const struct cell *cell, const struct observer *observer, char *reason)
{
    unsigned seen = 0;
    for (size_t i = 0; i < observer->sighting_count && i < SIGHTINGS_MAX; i++) {
        char line[300];
        seen |= 1u << observer->sightings[i].kind;
        observer_describe(&observer->sightings[i], line, sizeof line);
        if (!(cell->seen >> observer->sightings[i].kind & 1))
            say(reason, "%s", line);
    }
    if (cell->seen & ~seen)
        say(reason, "what was to be seen was not (observers %#x)", cell->seen & ~seen);
    if (observer->environs == 0 || observer->cmdlines == 0)
        say(reason, "nothing could be observed");
}

void judge(const struct cell *cell, const struct run *sealed, const struct run *plain,
           const struct observer *observer, char reason[static REASON_MAX])
{
    reason[0] = '\0';
    if (sealed->problem[0])
        say(reason, "%s", sealed->problem);
    if (!sealed->output || !sealed->error)
        return;
    judge_sightings(cell, observer, reason);
    if (sealed->status != cell->status)
        say(reason, "exit status %d, not %d", sealed->status, cell->status);
    judge_reports(cell, sealed, reason);
    judge_own(cell, sealed, reason);
    if (cell->says[0] ? !strstr(sealed->error, cell->says) : strstr(sealed->error, "secrun: ") != NULL)
        say(reason, "standard error does not say '%s' of secrun", cell->says);
    if (plain)
        compare_runs(sealed, plain, reason);
    if (reason[0] && sealed->error_size && !secrets_in(sealed->error, sealed->error_size))
        say(reason, "standard error: %.*s", (int)strcspn(sealed->error, "\n"), sealed->error);
}
