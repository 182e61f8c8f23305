/* SPDX-License-Identifier: ISC */
/* Ages and due dates: see due.h. Runs in secrun and secrunctl; sees attributes. */
#include "store/due.h"

#include <stddef.h>

#include "base/timestamp.h"

static const char *attribute(const struct document *document, const struct document_profile *profile,
                             const char *name, const char *word)
{
    const struct document_entry *entry = document_find(document, profile, name, word);
    return entry ? entry->value : NULL;
}

struct due due_of(const struct document *document, const struct document_profile *profile, const char *name,
                  int64_t now)
{
    struct due due = {0};
    int64_t rotated, lifetime, expires, end;
    const char *text = attribute(document, profile, name, "rotated");
    due.has_age = text && document_time(text, &rotated);
    if (due.has_age)
        due.age = now - rotated;
    text = attribute(document, profile, name, "max-age");
    if (text && timespan_parse(text, &lifetime)) {
        due.unknown = !due.has_age;
        /* A lifetime beyond the end of time never ends. */
        due.has_due = due.has_age && !__builtin_add_overflow(rotated, lifetime, &end);
        if (due.has_due)
            due.left = end - now;
    }
    text = attribute(document, profile, name, "expires");
    if (text && document_time(text, &expires) && (!due.has_due || expires - now < due.left)) {
        due.has_due = true;
        due.unknown = false;
        due.left = expires - now;
    }
    return due;
}
