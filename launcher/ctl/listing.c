/* SPDX-License-Identifier: ISC */
/* secrunctl list --json: see listing.h. Runs as the operator; looks at names, sizes and attributes. */
#include "ctl/listing.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "store/due.h"
#include "store/previous.h"

/* {word: value} of the attributes of `name`. Their values are UTF-8 or, if not, null. */
static json_t *attributes(const struct document *document, const struct document_profile *profile,
                          const char *name)
{
    json_t *object = json_object();
    for (size_t i = 0; i < profile->count; i++) {
        const struct document_entry *entry = &document->entries[profile->first + i];
        if (!entry->word || strcmp(entry->name, name) != 0 || document_is_secret_word(entry->word))
            continue;
        json_t *value = json_stringn(entry->value, entry->value_size);
        json_object_set_new(object, entry->word, value ? value : json_null());
    }
    return object;
}

static json_t *secret(const struct listing *listing, const struct document_profile *profile,
                      const struct document_entry *entry)
{
    const struct document *document = listing->document;
    int64_t now = listing->now;
    struct previous previous = previous_of(document, profile, entry->name, listing->keep_previous, now);
    struct due due = due_of(document, profile, entry->name, now);
    json_t *object = json_pack("{s:s, s:I, s:o}", "name", entry->name, "bytes", (json_int_t)entry->value_size,
                               "attributes", attributes(document, profile, entry->name));
    json_object_set_new(object, "age_seconds", due.has_age ? json_integer(due.age) : json_null());
    json_object_set_new(object, "due_in_seconds", due.has_due ? json_integer(due.left) : json_null());
    json_object_set_new(object, "previous_kept_seconds",
                        previous_is_kept(&previous) ? json_integer(previous.left) : json_null());
    return object;
}

static json_t *profile_object(const struct listing *listing, const struct document_profile *profile)
{
    const struct document *document = listing->document;
    json_t *secrets = json_array(), *included = json_object();
    for (size_t i = 0; i < profile->count; i++) {
        const struct document_entry *entry = &document->entries[profile->first + i];
        if (!entry->word)
            json_array_append_new(secrets, secret(listing, profile, entry));
        else if (entry->name[0] != '\0' && !document_find(document, profile, entry->name, NULL))
            json_object_set_new(included, entry->name, attributes(document, profile, entry->name));
    }
    return json_pack("{s:s, s:o, s:o, s:o}", "name", profile->name, "attributes",
                     attributes(document, profile, ""), "secrets", secrets, "included", included);
}

bool listing_json(const struct listing *listing, struct reason *why)
{
    const struct document *document = listing->document;
    json_t *profiles = json_array();
    for (size_t i = 0; i < document->profile_count; i++)
        if (!listing->only || listing->only == &document->profiles[i])
            json_array_append_new(profiles, profile_object(listing, &document->profiles[i]));
    json_t *root = json_pack("{s:o}", "profiles", profiles);
    bool ok = root && json_dumpf(root, stdout, JSON_INDENT(2)) == 0;
    json_decref(root);
    return ok ? printf("\n") > 0 || fail_errno(why, "standard output")
              : fail(why, "standard output: cannot be written");
}
