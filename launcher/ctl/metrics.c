/* SPDX-License-Identifier: ISC */
/* Metrics: see metrics.h. Runs as the operator; looks at names and attributes. */
#include "ctl/metrics.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/due.h"

static void begin(const char *name, const char *help)
{
    printf("# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* A label's value: `\`, `"` and line feeds are escaped. */
static void put_label(const char *text)
{
    for (; *text; text++) {
        if (*text == '\\' || *text == '"')
            putchar('\\');
        if (*text == '\n')
            fputs("\\n", stdout);
        else
            putchar(*text);
    }
}

static void put(const char *name, const char *profile, const char *secret, int64_t value)
{
    printf("%s{profile=\"", name);
    put_label(profile);
    if (secret) {
        fputs("\",name=\"", stdout);
        put_label(secret);
    }
    printf("\"} %" PRId64 "\n", value);
}

enum metric { AGE, DUE };

static void put_due(const struct document *document, const char *name, enum metric metric, int64_t now)
{
    for (size_t i = 0; i < document->entry_count; i++) {
        const struct document_entry *entry = &document->entries[i];
        if (entry->word)
            continue;
        const struct document_profile *profile = &document->profiles[entry->profile];
        struct due due = due_of(document, profile, entry->name, now);
        if (metric == AGE ? due.has_age : due.has_due)
            put(name, profile->name, entry->name, metric == AGE ? due.age : due.left);
    }
}

static void put_counts(const struct document *document, const char *name)
{
    for (size_t i = 0; i < document->profile_count; i++) {
        const struct document_profile *profile = &document->profiles[i];
        int64_t count = 0;
        for (uint32_t j = 0; j < profile->count; j++)
            count += !document->entries[profile->first + j].word;
        put(name, profile->name, NULL, count);
    }
}

void metrics_print(const struct checking *checking, int64_t now)
{
    const struct document *document = &checking->store.document;
    begin("secrun_secrets", "Secrets of a profile itself.");
    put_counts(document, "secrun_secrets");
    begin("secrun_secret_age_seconds", "How long ago the value was set.");
    put_due(document, "secrun_secret_age_seconds", AGE, now);
    begin("secrun_secret_due_seconds", "Until the value is due for another; negative: overdue.");
    put_due(document, "secrun_secret_due_seconds", DUE, now);
    begin("secrun_check_failures", "What secrunctl check finds that is to be mended.");
    printf("secrun_check_failures %zu\n", checking->failures);
    begin("secrun_check_warnings", "What it finds that is to be looked at.");
    printf("secrun_check_warnings %zu\n", checking->warnings);
}
