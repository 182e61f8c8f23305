/* SPDX-License-Identifier: ISC */
/*
 * The attributes of secrets and profiles: which there are, and what they may say. Runs in secrun and
 * secrunctl; sees attributes' values, of which only previous values are secrets.
 *
 * An attribute restricts, so one that is not understood is refused: to pass over it would hand out more than
 * was meant.
 */
#include "store/document_internal.h"

#include <string.h>

#include "base/timestamp.h"

enum {
    OF_SECRET = 1,
    OF_PROFILE = 2,
    OF_BOTH = 3,
    OF_INCLUDED = 4, /* of a secret, also from where it is included */
    OF_ALL = 7,
};

typedef bool form_fn(const char *value);

static bool is_text(const char *value)
{
    (void)value;
    return true;
}

static bool is_date(const char *value)
{
    int64_t seconds;
    return document_time(value, &seconds);
}

static bool is_time(const char *value)
{
    return strchr(value, 'T') && is_date(value);
}

static bool is_duration(const char *value)
{
    int64_t seconds;
    return timespan_parse(value, &seconds);
}

static bool is_duration_or_no(const char *value)
{
    int64_t seconds;
    return timespan_or_no_parse(value, &seconds);
}

static bool is_include(const char *value)
{
    char name[INI_SECTION_MAX + 1];
    size_t count = 0;
    while (document_next_include(&value, name))
        count++;
    return count > 0 && count <= DOCUMENT_INCLUDE_MAX && *value == '\0';
}

struct attribute {
    const char *word;
    unsigned of;
    form_fn *form;          /* NULL: one of the choices */
    const char *choices[2]; /* either may be NULL */
    const char *wanted;     /* the form in words; NULL where there is none that it must have */
};

static const struct attribute attributes[] = {
    {"rotated", OF_SECRET, is_time, {0}, "a time such as 2026-11-23T18:00:00Z"},
    {"expires", OF_SECRET, is_date, {0}, "a date such as 2026-11-23 or a time such as 2026-11-23T18:00:00Z"},
    {"max-age", OF_SECRET, is_duration, {0}, "a duration such as 90d"},
    {"previous", OF_SECRET, is_text, {0}, NULL},
    {"previous-rotated", OF_SECRET, is_time, {0}, "a time such as 2026-11-23T18:00:00Z"},
    {"replaced", OF_SECRET, is_time, {0}, "a time such as 2026-11-23T18:00:00Z"},
    {"keep-previous", OF_BOTH, is_duration_or_no, {0}, "a duration such as 7d, or no"},
    {"note", OF_BOTH, is_text, {0}, NULL},
    {"include", OF_PROFILE, is_include, {0}, "one to 64 profiles with commas between"},
    {"memory", OF_PROFILE, NULL, {"best", "secret"}, "best or secret"},
    {"dumpable", OF_PROFILE, NULL, {"no", "yes"}, "no or yes"},
    {"inherit", OF_ALL, policy_is_inherit, {0}, POLICY_INHERIT_WANTED},
    {"expose", OF_ALL, policy_is_expose, {0}, POLICY_EXPOSE_WANTED},
    {"argv", OF_ALL, policy_is_argv, {0}, POLICY_ARGV_WANTED},
    {"static", OF_ALL, policy_is_static, {0}, POLICY_STATIC_WANTED},
    {"delivery", OF_PROFILE, policy_is_delivery, {0}, POLICY_DELIVERY_WANTED},
    {"on-expiry", OF_ALL, policy_is_on_expiry, {0}, POLICY_EXPIRY_WANTED},
    {"allow-user", OF_PROFILE, policy_is_allow_user, {0}, POLICY_ALLOW_USER_WANTED},
    {"allow-exec", OF_PROFILE, policy_is_allow_exec, {0}, POLICY_ALLOW_EXEC_WANTED},
};

enum { ATTRIBUTE_COUNT = sizeof attributes / sizeof attributes[0] };

static const struct attribute *find(const char *word, unsigned of)
{
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        if ((attributes[i].of & of) && strcmp(attributes[i].word, word) == 0)
            return &attributes[i];
    return NULL;
}

/* Words that could be an attribute's may be shown; others may be a piece of a value (a JWT has dots). */
static bool is_word(const char *word)
{
    return strlen(word) <= 20 && word[strspn(word, "abcdefghijklmnopqrstuvwxyz-")] == '\0';
}

bool document_check_attribute(const char *name, const char *word, const char *value, struct reason *why)
{
    const struct attribute *attribute = find(word, name[0] == '\0' ? OF_PROFILE : OF_SECRET);
    if (!attribute && !is_word(word))
        return fail(why, "an unknown attribute");
    if (!attribute && find(word, OF_ALL))
        return fail(why, "%s.%s: %s is said of %s", name, word, word,
                    name[0] ? "a profile: a line with nothing before the dot"
                            : "each secret, with its name in front, not of a profile");
    if (!attribute)
        return fail(why, "unknown attribute %s.%s", name, word);
    if (attribute->form ? attribute->form(value)
                        : (attribute->choices[0] && strcmp(value, attribute->choices[0]) == 0) ||
                              (attribute->choices[1] && strcmp(value, attribute->choices[1]) == 0))
        return true;
    return fail(why, "%s: %s is wanted", word, attribute->wanted);
}

bool document_is_attribute(const char *word)
{
    return find(word, OF_ALL) != NULL;
}

bool document_is_secret_word(const char *word)
{
    return strcmp(word, "previous") == 0;
}

bool document_is_policy(const char *word)
{
    return find(word, OF_INCLUDED) != NULL;
}

const char *document_secret_word(size_t index)
{
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        if ((attributes[i].of & OF_SECRET) && index-- == 0)
            return attributes[i].word;
    return NULL;
}
