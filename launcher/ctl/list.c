/* SPDX-License-Identifier: ISC */
/* secrunctl list: which secrets there are, never a value. Runs as the operator; sees every secret. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/message.h"
#include "store/due.h"
#include "store/previous.h"
#include "ctl/due_view.h"
#include "ctl/invocation.h"
#include "ctl/listing.h"
#include "ctl/store.h"
#include "base/timestamp.h"

/* From the end of the name to the end of its longest due date and the two blanks behind. */
enum { DUE_END = 2 + 2 + 7 + 2 + 6 + 2 + 14 };

/* Attributes that have a column or a place of their own. */
static bool is_shown_elsewhere(const char *word)
{
    static const char *const words[] = {"rotated",  "max-age",          "expires", "include",
                                        "previous", "previous-rotated", "replaced"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

/* Prints word=value, `indent` blanks on, for each attribute of `name` that has no column. */
static void print_attributes(const struct document *document, const struct document_profile *profile,
                             const char *name, int indent)
{
    const struct document_entry *entries = document->entries + profile->first;
    char shown[128];
    for (size_t i = 0; i < profile->count; i++) {
        if (!entries[i].word || strcmp(entries[i].name, name) != 0 || is_shown_elsewhere(entries[i].word))
            continue;
        printf("%*s%s=%s", indent, "", entries[i].word,
               printable(shown, sizeof shown, entries[i].value, entries[i].value_size));
        indent = 2;
    }
}

static const char *due_text(char text[static 2 * TIMESPAN_SIZE], const struct due *due)
{
    char span[TIMESPAN_SIZE];
    if (due->unknown)
        return "unknown";
    if (!due->has_due)
        return "-";
    snprintf(text, 2 * TIMESPAN_SIZE, "%s%s", due_is_overdue(due) ? "overdue " : "in ",
             timespan(span, due_is_overdue(due) ? -due->left : due->left));
    return text;
}

/* The first word about a secret that is not its profile's own but included? */
static bool is_about_included(const struct document *document, const struct document_profile *profile,
                              const struct document_entry *entry)
{
    if (!entry->word || entry->name[0] == '\0' || document_find(document, profile, entry->name, NULL))
        return false;
    const struct document_entry *first = &document->entries[profile->first];
    while (strcmp(first->name, entry->name) != 0)
        first++;
    return first == entry;
}

/* A profile's words about secrets that it includes: where they stand, their sizes and dates are. */
static void print_included(const struct document *document, const struct document_profile *profile,
                           int name_width)
{
    for (size_t i = 0; i < profile->count; i++) {
        const struct document_entry *entry = &document->entries[profile->first + i];
        if (!is_about_included(document, profile, entry))
            continue;
        int length = printf("  %-*s  %7s  %6s  %s", name_width, entry->name, "-", "-", "included");
        print_attributes(document, profile, entry->name, name_width + DUE_END - length);
        printf("\n");
    }
}

/* Returns the width of what it prints: the time for which the previous value is kept yet. */
static int print_previous(const struct listing *listing, const struct document_profile *profile,
                          const char *name, int indent)
{
    char left[TIMESPAN_SIZE];
    struct previous previous =
        previous_of(listing->document, profile, name, listing->keep_previous, listing->now);
    return previous_is_kept(&previous)
               ? printf("%*sprevious kept %s", indent, "", timespan_up(left, previous.left))
               : 0;
}

static void print_profile(const struct listing *listing, const struct document_profile *profile,
                          int name_width)
{
    const struct document *document = listing->document;
    const struct document_entry *include = document_find(document, profile, "", "include");
    char shown[256];
    printf("[%s]", profile->name);
    if (include)
        printf("  includes %s", printable(shown, sizeof shown, include->value, include->value_size));
    print_attributes(document, profile, "", 2);
    printf("\n");
    const struct due_view view = due_view_here();
    uint32_t *order = due_view_order(&view, document, profile, listing->now);
    for (size_t i = 0; i < profile->count; i++) {
        const struct document_entry *entry = &document->entries[profile->first + (order ? order[i] : i)];
        if (entry->word)
            continue;
        struct due due = due_of(document, profile, entry->name, listing->now);
        char age[TIMESPAN_SIZE], left[2 * TIMESPAN_SIZE];
        fputs(due_view_begin(&view, &due), stdout);
        int length = printf("  %-*s  %7zu  %6s  %s", name_width, entry->name, entry->value_size,
                            due.has_age ? timespan(age, due.age) : "-", due_text(left, &due));
        fputs(due_view_end(&view, &due), stdout);
        int column = name_width + DUE_END;
        int indent = column > length ? column - length : 2;
        if (print_previous(listing, profile, entry->name, indent) > 0)
            indent = 2;
        print_attributes(document, profile, entry->name, indent);
        printf("\n");
    }
    free(order);
    print_included(document, profile, name_width);
}

static void print_table(const struct listing *listing)
{
    const struct document *document = listing->document;
    const struct document_profile *only = listing->only;
    size_t width = strlen("NAME");
    for (size_t i = 0; i < document->entry_count; i++) {
        const struct document_entry *entry = &document->entries[i];
        if ((!entry->word || entry->name[0] != '\0') &&
            (!only || only == &document->profiles[entry->profile]) && strlen(entry->name) > width)
            width = strlen(entry->name);
    }
    printf("  %-*s  %7s  %6s  %s\n", (int)width, "NAME", "BYTES", "AGE", "DUE");
    for (size_t i = 0; i < document->profile_count; i++)
        if (!only || only == &document->profiles[i])
            print_profile(listing, &document->profiles[i], (int)width);
}

/* One a line, for shells: no name, of a profile or a secret, has a byte that a shell takes for its own. */
static bool print_names(const struct document *document, const struct document_profile *only,
                        struct reason *why)
{
    const struct document_entry **selected = NULL;
    size_t count = 0;
    if (only && !document_select(document, only, &selected, &count, why))
        return false;
    for (size_t i = 0; i < count; i++)
        puts(selected[i]->name);
    for (size_t i = 0; i < document->profile_count && !only; i++)
        puts(document->profiles[i].name);
    free(selected);
    return true;
}

static bool list(const struct store *store, const struct invocation *invocation, struct reason *why)
{
    const struct document *document = &store->document;
    const struct document_profile *only = NULL;
    if (invocation->options[OPTION_PROFILE] && !(only = store_profile(store, invocation->profile, why)))
        return false;
    if (invocation->options[OPTION_NAMES])
        return print_names(document, only, why);
    const struct listing listing = {document, only, store->config.keep_previous, time(NULL)};
    if (invocation->options[OPTION_JSON])
        return listing_json(&listing, why);
    if (document->profile_count > 0)
        print_table(&listing);
    else if (isatty(STDERR_FILENO))
        message("secrunctl", "the store is empty");
    return true;
}

static bool check(const struct invocation *invocation, struct reason *why)
{
    return !invocation->options[OPTION_NAMES] || !invocation->options[OPTION_JSON] ||
           fail(why, "list: --names does not go with --json");
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct store store;
    bool ok = store_load(&store, invocation, STORE_READ, why) && list(&store, invocation, why);
    store_close(&store);
    return ok;
}

const struct verb list_verb = {
    .name = "list",
    .operands = "[-p PROFILE] [--json | --names]",
    .summary = "list profiles and the names of their secrets",
    .help =
        "Lists each secret's size in bytes, the age of its value (from NAME.rotated), when it is due for\n"
        "another (from NAME.max-age and NAME.expires) and its other attributes. Never a value.\n"
        "On a terminal what is due first comes first, in red if it is overdue, in yellow within 14 days,\n"
        "but for NO_COLOR and TERM=dumb.\n\n"
        "  --json   the same, for programs\n"
        "  --names  only the profiles, or with -p the secrets that a run of it gets; asks for nothing\n",
    .options = OPTION(PROFILE) | OPTION(JSON) | OPTION(NAMES),
    .check = check,
    .run = run,
};
