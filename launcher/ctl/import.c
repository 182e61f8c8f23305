/* SPDX-License-Identifier: ISC */
/* secrunctl import: the secrets of a .env, JSON or INI file into the store. Runs as the operator; sees
 * the store's values and the file's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/message.h"
#include "ctl/import_source.h"
#include "ctl/invocation.h"
#include "ctl/store.h"
#include "base/timestamp.h"

enum { SHOWN_MAX = 8 }; /* names in a message */

struct import {
    const struct invocation *invocation;
    struct import_source source;
    struct store store;
    struct document_change *changes;
    size_t change_count;
    size_t added, replaced, unchanged;
};

/* Up to SHOWN_MAX words for a message. */
struct shown {
    char text[sizeof(((struct reason *)0)->text) / 2];
    size_t count;
};

static void show(struct shown *shown, const struct import_item *item, bool by_line)
{
    char name[64];
    size_t used = strlen(shown->text);
    if (shown->count++ >= SHOWN_MAX)
        return;
    /* What is no name may be a piece of a value: a line of a key in a .env without quotes. */
    if (by_line && item->line > 0)
        snprintf(shown->text + used, sizeof shown->text - used, "%sline %zu", used ? ", " : "", item->line);
    else
        snprintf(shown->text + used, sizeof shown->text - used, "%s%s", used ? ", " : "",
                 printable(name, sizeof name, item->name, strlen(item->name)));
}

static const char *more(const struct shown *shown)
{
    return shown->count > SHOWN_MAX ? ", …" : "";
}

/* Names that no environment variable has are refused together, or left out. */
static bool check_names(struct import *import, struct reason *why)
{
    struct shown bad = {0};
    struct reason ignored;
    size_t kept = 0;
    for (size_t i = 0; i < import->source.count; i++) {
        const struct import_item *item = &import->source.items[i];
        /* A profile's attribute has no name; INI has been checked by its reader. */
        if ((item->name[0] == '\0' && item->word) ||
            document_check_name(item->name, strlen(item->name), &ignored))
            import->source.items[kept++] = *item;
        else
            show(&bad, item, true);
    }
    import->source.count = kept;
    if (bad.count == 0)
        return true;
    import->source.is_partial = true;
    if (import->invocation->options[OPTION_SKIP_INVALID]) {
        message("secrunctl", "%s: left out, as no names for secrets: %s%s", import->source.path, bad.text,
                more(&bad));
        return true;
    }
    fail(why, "%s: no names for secrets: %s%s", import->source.path, bad.text, more(&bad));
    return fail_hint(why, "a name is [A-Za-z_][A-Za-z0-9_]*; --skip-invalid imports the others");
}

static bool gives_rotated(const struct import *import, const struct import_item *item)
{
    return document_find_in(&import->source.document, item->profile, item->name, "rotated");
}

/* One or two changes for an item that is new or another; none for one that is there already. */
static void plan_item(struct import *import, const struct import_item *item, const char *now,
                      struct shown *conflicts)
{
    const struct document_entry *old =
        document_find_in(&import->store.document, item->profile, item->name, item->word);
    bool same = document_value_is(old, item->value, item->size);
    if (old && !same && !import->invocation->options[OPTION_REPLACE]) {
        show(conflicts, item, false);
        return;
    }
    if (!item->word) {
        import->unchanged += same;
        import->replaced += old && !same;
        import->added += !old;
    }
    if (same)
        return;
    import->changes[import->change_count++] =
        (struct document_change){item->profile, item->name, item->word, item->value, item->size};
    if (!item->word && !gives_rotated(import, item))
        import->changes[import->change_count++] =
            (struct document_change){item->profile, item->name, "rotated", now, strlen(now)};
}

static bool plan(struct import *import, const char *now, struct reason *why)
{
    struct shown conflicts = {0};
    import->changes = calloc(2 * import->source.count + 1, sizeof *import->changes);
    if (!import->changes)
        return fail(why, "no memory for %zu secrets", import->source.count);
    for (size_t i = 0; i < import->source.count; i++)
        plan_item(import, &import->source.items[i], now, &conflicts);
    if (conflicts.count == 0)
        return true;
    fail(why, "in the store with other values: %s%s", conflicts.text, more(&conflicts));
    return fail_hint(why, "--replace, if those of %s are to count", import->source.path);
}

static void tell(const struct import *import)
{
    size_t imported = import->added + import->replaced;
    bool many = import->source.document.profile_count > 0;
    printf("imported %zu secret%s%s%s%s (%zu replaced, %zu unchanged)\n", imported, imported == 1 ? "" : "s",
           many ? "" : " into [", many ? "" : import->invocation->profile, many ? "" : "]", import->replaced,
           import->unchanged);
    if (!import->source.is_regular)
        return;
    if (import->source.mode & 077)
        message("secrunctl", "%s: others could read it (mode %04o): they may have the values",
                import->source.path, import->source.mode);
    if (import->source.is_partial)
        message("secrunctl", "hint: %s holds what was not imported: keep it until that is elsewhere",
                import->source.path);
    else
        message("secrunctl",
                "hint: %s still holds them in plaintext: once the program runs by secrun%s, shred -u it, "
                "also where it was copied to",
                import->source.path,
                import->source.is_different ? " with the values that it is to have" : "");
}

static bool import_items(struct import *import, struct reason *why)
{
    char now[TIMESTAMP_SIZE];
    if (!import_source_read(&import->source, import->invocation, why) || !check_names(import, why))
        return false;
    if (import->source.count == 0)
        return fail(why, "%s: no secret in it", import->source.path);
    if (!store_load(&import->store, import->invocation, STORE_WRITE, why) ||
        !plan(import, timestamp_now(now), why))
        return false;
    if (import->change_count > 0 &&
        !store_change(&import->store, import->changes, import->change_count, import->invocation, why))
        return false;
    tell(import);
    return true;
}

static bool check(const struct invocation *invocation, struct reason *why)
{
    const char *format = invocation->options[OPTION_FORMAT];
    for (size_t i = 0; format && import_formats[i]; i++)
        if (strcmp(format, import_formats[i]) == 0)
            format = NULL;
    if (format)
        return fail(why, "--format: dotenv, json or ini");
    return document_check_profile_name(invocation->profile, why);
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct import import = {.invocation = invocation, .store = {.place = {.directory = -1}}};
    bool ok = import_items(&import, why);
    store_close(&import.store);
    free(import.changes);
    import_source_free(&import.source);
    return ok;
}

const struct verb import_verb = {
    .name = "import",
    .operands = "[-p PROFILE] FILE|-",
    .summary = "bring in a .env, JSON or INI file",
    .help =
        "Reads .env files as the npm package dotenv does, JSON objects of strings, and whole INI documents,\n"
        "whose sections are profiles. If anything is amiss, nothing is imported.\n\n"
        "  --format FORMAT    dotenv, json or ini (default: by the file's name and first byte)\n"
        "  --replace          values in the store give way to the file's\n"
        "  --skip-invalid     leave out what has no name for an environment variable\n"
        "  --drop-recipients  seal to fewer recipients than before\n\n"
        "  secrunctl import -p moltbot .env\n",
    .options =
        OPTION(PROFILE) | OPTION(FORMAT) | OPTION(REPLACE) | OPTION(SKIP_INVALID) | OPTION(DROP_RECIPIENTS),
    .least = 1,
    .most = 1,
    .check = check,
    .run = run,
};
