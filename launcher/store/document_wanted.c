/* SPDX-License-Identifier: ISC */
/* Reading what one run needs of a document: see document_parse_profiles. Runs in secrun; sees secrets. */
#include "store/document.h"

#include <stdlib.h>
#include <string.h>

#include "store/document_internal.h"

bool document_is_wanted(const struct document_wanted *wanted, const char *name, size_t length)
{
    if (!wanted)
        return true;
    for (size_t i = 0; i < wanted->count; i++)
        if (strlen(wanted->names[i]) == length && memcmp(wanted->names[i], name, length) == 0)
            return true;
    return false;
}

/* A name that no profile can have is none that could be missed. */
static bool want(struct document_wanted *wanted, const char *name, struct reason *why)
{
    size_t length = strlen(name);
    if (length > INI_SECTION_MAX || document_is_wanted(wanted, name, length))
        return true;
    void *names = reallocarray(wanted->names, wanted->count + 1, sizeof *wanted->names);
    if (!names)
        return fail(why, "no memory for %zu profiles", wanted->count + 1);
    wanted->names = names;
    memcpy(wanted->names[wanted->count++], name, length + 1);
    return true;
}

/* Adds what the profiles that were read include. */
static bool want_included(struct document_wanted *wanted, const struct document *document, struct reason *why)
{
    char name[INI_SECTION_MAX + 1];
    for (size_t i = 0; i < document->profile_count; i++) {
        const struct document_entry *include = document_find(document, &document->profiles[i], "", "include");
        const char *rest = include ? include->value : "";
        while (document_next_include(&rest, name))
            if (!want(wanted, name, why))
                return false;
    }
    return true;
}

/* Once more for each level of includes, of which there are seldom two. */
static bool parse(struct document *document, const char *text, size_t size, struct document_wanted *wanted,
                  struct reason *why)
{
    for (;;) {
        size_t before = wanted->count;
        if (!document_parse_wanted(document, text, size, wanted, why))
            return false;
        bool ok = want_included(wanted, document, why), complete = wanted->count == before;
        if (ok && complete && document_check_owners(document, why))
            return true;
        document_free(document);
        if (!ok || complete)
            return false;
    }
}

bool document_parse_profiles(struct document *document, const char *text, size_t size,
                             const char *const *names, struct reason *why)
{
    bool ok = true, found = false;
    *document = (struct document){0};
    for (; *names && ok && !found; names++) {
        struct document_wanted wanted = {0};
        document_free(document);
        ok = want(&wanted, *names, why) && parse(document, text, size, &wanted, why);
        found = ok && document_profile(document, *names);
        free(wanted.names);
    }
    return ok;
}
