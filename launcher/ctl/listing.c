/* SPDX-License-Identifier: ISC */
/* secrunctl list --json: see listing.h. Runs as the operator; looks at names, sizes and attributes. */
#include "ctl/listing.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "store/due.h"

/* {word: value} of the attributes of `name`. Their values are UTF-8 or, if not, null. */
static json_t *attributes(const struct document *document, const struct document_profile *profile,
                          const char *name)
{
    json_t *object = json_object();
    for (size_t i = 0; i < profile->count; i++) {
        const struct document_entry *entry = &document->entries[profile->first + i];
        if (!entry->word || strcmp(entry->name, name) != 0)
            continue;
        json_t *value = json_stringn(entry->value, entry->value_size);
        json_object_set_new(object, entry->word, value ? value : json_null());
    }
    return object;
}

static json_t *secret(const struct document *document, const struct document_profile *profile,
                      const struct document_entry *entry, int64_t now)
{
    struct due due = due_of(document, profile, entry->name, now);
    json_t *object = json_pack("{s:s, s:I, s:o}", "name", entry->name, "bytes", (json_int_t)entry->value_size,
                               "attributes", attributes(document, profile, entry->name));
    json_object_set_new(object, "age_seconds", due.has_age ? json_integer(due.age) : json_null());
    json_object_set_new(object, "due_in_seconds", due.has_due ? json_integer(due.left) : json_null());
    return object;
}

static json_t *profile_object(const struct document *document, const struct document_profile *profile,
                              int64_t now)
{
    json_t *secrets = json_array(), *included = json_object();
    for (size_t i = 0; i < profile->count; i++) {
        const struct document_entry *entry = &document->entries[profile->first + i];
        if (!entry->word)
            json_array_append_new(secrets, secret(document, profile, entry, now));
        else if (entry->name[0] != '\0' && !document_find(document, profile, entry->name, NULL))
            json_object_set_new(included, entry->name, attributes(document, profile, entry->name));
    }
    return json_pack("{s:s, s:o, s:o, s:o}", "name", profile->name, "attributes",
                     attributes(document, profile, ""), "secrets", secrets, "included", included);
}

bool listing_json(const struct document *document, const struct document_profile *only, int64_t now,
                  struct reason *why)
{
    json_t *profiles = json_array();
    for (size_t i = 0; i < document->profile_count; i++)
        if (!only || only == &document->profiles[i])
            json_array_append_new(profiles, profile_object(document, &document->profiles[i], now));
    json_t *root = json_pack("{s:o}", "profiles", profiles);
    bool ok = root && json_dumpf(root, stdout, JSON_INDENT(2)) == 0;
    json_decref(root);
    return ok ? printf("\n") > 0 || fail_errno(why, "standard output")
              : fail(why, "standard output: cannot be written");
}
