/* SPDX-License-Identifier: ISC */
/*
 * The words of policy: see policy_words.h. Runs in secrun and secrunctl; sees no secret.
 *
 * A list of programs narrows who gets a secret, so that what is no program's name can at worst withhold
 * one. Yet what is plainly a slip is refused, since it would withhold without a word.
 */
#include "base/policy_words.h"

#include <limits.h>
#include <string.h>

static const char blanks[] = " \t\n\v\f\r";

static bool is_blank(char c)
{
    return c != '\0' && strchr(blanks, c) != NULL;
}

static bool equals(const char *text, size_t size, const char *word)
{
    return strlen(word) == size && memcmp(text, word, size) == 0;
}

static bool is_name(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] == '/' || is_blank(text[i]))
            return false;
    return size <= NAME_MAX && !equals(text, size, ".") && !equals(text, size, "..") &&
           !equals(text, size, "tree") && !equals(text, size, "none");
}

/* A path may hold blanks, but one before a slash is where a comma was forgotten. */
static bool is_path(const char *text, size_t size)
{
    for (size_t i = 1; i < size; i++)
        if (text[i] == '/' && is_blank(text[i - 1]))
            return false;
    return size < PATH_MAX && text[size - 1] != '/';
}

static bool is_program(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 127)
            return false;
    return size > 0 && (text[0] == '/' ? is_path(text, size) : is_name(text, size));
}

bool policy_next_item(const char **rest, const char **item, size_t *size, policy_item_fn *is_item)
{
    const char *start = *rest + strspn(*rest, blanks), *end = start + strcspn(start, ",");
    size_t length = (size_t)(end - start);
    while (length > 0 && is_blank(start[length - 1]))
        length--;
    if (!is_item(start, length))
        return false;
    if (*end == ',') {
        end++;
        if (end[strspn(end, blanks)] == '\0')
            return false;
    }
    *item = start;
    *size = length;
    *rest = end;
    return true;
}

bool policy_next_program(const char **rest, const char **program, size_t *size)
{
    return policy_next_item(rest, program, size, is_program);
}

static bool is_user(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == 127 || text[i] == ':' || text[i] == '/')
            return false;
    return size > 0 && size <= NAME_MAX && text[0] != '-' && text[0] != '+';
}

bool policy_next_user(const char **rest, const char **user, size_t *size)
{
    return policy_next_item(rest, user, size, is_user);
}

static bool is_absolute(const char *text, size_t size)
{
    return size > 0 && text[0] == '/' && is_program(text, size);
}

static bool is_list(const char *value, policy_item_fn *is_item)
{
    const char *item;
    size_t size, count = 0;
    while (policy_next_item(&value, &item, &size, is_item))
        count++;
    return count > 0 && count <= POLICY_PROGRAMS_MAX && *value == '\0';
}

bool policy_is_allow_user(const char *value)
{
    return is_list(value, is_user);
}

bool policy_is_allow_exec(const char *value)
{
    return is_list(value, is_absolute);
}

bool policy_is_inherit(const char *value)
{
    return strcmp(value, "tree") == 0 || strcmp(value, "none") == 0 || is_list(value, is_program);
}

bool policy_is_expose(const char *value)
{
    return strcmp(value, "environ") == 0 || strcmp(value, "getenv") == 0;
}

bool policy_is_argv(const char *value)
{
    return strcmp(value, "warn") == 0 || strcmp(value, "refuse") == 0 || strcmp(value, "allow") == 0;
}

bool policy_is_on_expiry(const char *value)
{
    return strcmp(value, "warn") == 0 || strcmp(value, "refuse") == 0;
}

static const char *const static_words[] = {
    [POLICY_STATIC_INJECT] = "inject",
    [POLICY_STATIC_WITHHOLD] = "withhold",
    [POLICY_STATIC_REFUSE] = "refuse",
    [POLICY_STATIC_ENVIRON] = "environ",
};
static const char *const delivery_words[] = {
    [POLICY_AUTO] = "auto", [POLICY_PRELOAD] = "preload", [POLICY_INJECT] = "inject"};

/* The index of a word, or the count of words if it is none of them. */
static size_t find_word(const char *const *words, size_t count, const char *value)
{
    size_t i = 0;
    while (i < count && strcmp(words[i], value) != 0)
        i++;
    return i;
}

enum {
    STATIC_WORDS = sizeof static_words / sizeof *static_words,
    DELIVERY_WORDS = sizeof delivery_words / sizeof *delivery_words,
};

bool policy_is_static(const char *value)
{
    return find_word(static_words, STATIC_WORDS, value) < STATIC_WORDS;
}

bool policy_is_delivery(const char *value)
{
    return find_word(delivery_words, DELIVERY_WORDS, value) < DELIVERY_WORDS;
}

enum policy_delivery policy_delivery_of(const char *value)
{
    return (enum policy_delivery)find_word(delivery_words, DELIVERY_WORDS, value);
}

struct policy policy_of(const char *expose, const char *inherit, const char *argv, const char *statics,
                        const char *on_expiry)
{
    struct policy policy = {.hidden = expose && strcmp(expose, "getenv") == 0,
                            .refuses_overdue = on_expiry && strcmp(on_expiry, "refuse") == 0};
    if (!inherit)
        inherit = policy.hidden ? "none" : "tree";
    if (strcmp(inherit, "tree") == 0) {
        policy.inherit = POLICY_TREE;
    } else if (strcmp(inherit, "none") == 0) {
        policy.inherit = POLICY_NONE;
    } else {
        policy.inherit = POLICY_PROGRAMS;
        policy.programs = inherit;
    }
    if (argv && strcmp(argv, "warn") != 0)
        policy.argv = strcmp(argv, "refuse") == 0 ? POLICY_REFUSE : POLICY_ALLOW;
    policy.static_said = statics != NULL;
    if (statics)
        policy.statics = (enum policy_static)find_word(static_words, STATIC_WORDS, statics);
    return policy;
}
