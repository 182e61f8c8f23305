/* SPDX-License-Identifier: ISC */
/* Users and groups in texts: see account_text.h. Runs in secrun and secrunctl, as root; sees no secret. */
#include "host/account_text.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 7 };

struct field {
    const char *text;
    size_t size;
};

/* What is left of a text, and the line that has been cut off it. */
struct reader {
    const char *rest;
    size_t left;
    size_t number;
    struct field line;
};

/* As glibc does (nss/nss_files), so that both take the same line for the first of a name. */
static void skip_blanks(struct field *line)
{
    while (line->size > 0 && line->text[0] != '\0' && strchr(" \t\v\f\r", line->text[0])) {
        line->text++;
        line->size--;
    }
}

/* Passes over what is no entry. */
static bool next_line(struct reader *reader)
{
    while (reader->left > 0) {
        const char *end = memchr(reader->rest, '\n', reader->left);
        reader->line.text = reader->rest;
        reader->line.size = end ? (size_t)(end - reader->rest) : reader->left;
        reader->rest += reader->line.size + (end != NULL);
        reader->left -= reader->line.size + (end != NULL);
        reader->number++;
        skip_blanks(&reader->line);
        if (reader->line.size > 0 && !strchr("#+-", reader->line.text[0]))
            return true;
    }
    return false;
}

/* Cuts a line at its colons; the last field takes the rest. Returns how many there are. */
static size_t split(struct field line, struct field *fields, size_t most)
{
    size_t count = 0;
    for (;;) {
        const char *colon = count + 1 < most ? memchr(line.text, ':', line.size) : NULL;
        fields[count].text = line.text;
        fields[count++].size = colon ? (size_t)(colon - line.text) : line.size;
        if (!colon)
            return count;
        line.size -= (size_t)(colon - line.text) + 1;
        line.text = colon + 1;
    }
}

static bool is(struct field field, const char *text)
{
    return strlen(text) == field.size && memcmp(field.text, text, field.size) == 0;
}

static bool copy(char *out, size_t size, struct field field, const char *otherwise)
{
    if (field.size >= size || memchr(field.text, '\0', field.size))
        return false;
    if (field.size == 0 && otherwise) {
        memcpy(out, otherwise, strlen(otherwise) + 1);
        return true;
    }
    memcpy(out, field.text, field.size);
    out[field.size] = '\0';
    return true;
}

bool account_number(const char *text, size_t size, unsigned *number)
{
    unsigned long long value = 0;
    if (size == 0 || size > 10)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *number = (unsigned)value;
    return value < 0xffffffff;
}

bool account_is_name(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@\\-$";
    size_t size = strlen(text);
    return size > 0 && size <= ACCOUNT_NAME_MAX && !strchr("-$", text[0]) && strspn(text, allowed) == size;
}

static bool is_wanted(const struct field *fields, const char *name, const unsigned *number)
{
    unsigned found;
    if (name)
        return is(fields[0], name);
    return !number || (account_number(fields[2].text, fields[2].size, &found) && found == *number);
}

enum account_found account_find_user(const char *text, size_t size, const char *name, const unsigned *number,
                                     struct account *account, struct reason *why)
{
    struct reader reader = {.rest = text, .left = size};
    struct field fields[FIELDS_MAX];
    while (next_line(&reader)) {
        size_t count = split(reader.line, fields, FIELDS_MAX);
        if (count < 3 ? !name || !is(fields[0], name) : !is_wanted(fields, name, number))
            continue;
        unsigned uid, gid;
        if (count == FIELDS_MAX && account_number(fields[2].text, fields[2].size, &uid) &&
            account_number(fields[3].text, fields[3].size, &gid) &&
            copy(account->name, sizeof account->name, fields[0], NULL) && account_is_name(account->name) &&
            copy(account->home, sizeof account->home, fields[5], "/") &&
            copy(account->shell, sizeof account->shell, fields[6], "/bin/sh")) {
            account->uid = uid;
            account->gid = gid;
            return ACCOUNT_FOUND;
        }
        fail(why, "line %zu: not an entry of passwd(5)", reader.number);
        return ACCOUNT_WRONG;
    }
    return ACCOUNT_ABSENT;
}

enum account_found account_find_group(const char *text, size_t size, const char *name, unsigned *number,
                                      struct reason *why)
{
    struct reader reader = {.rest = text, .left = size};
    struct field fields[FIELDS_MAX];
    while (next_line(&reader)) {
        size_t count = split(reader.line, fields, 4);
        if (name && !is(fields[0], name))
            continue;
        if (count >= 3 && account_number(fields[2].text, fields[2].size, number))
            return ACCOUNT_FOUND;
        fail(why, "line %zu: not an entry of group(5)", reader.number);
        return ACCOUNT_WRONG;
    }
    return ACCOUNT_ABSENT;
}

bool account_add_group(struct account *account, unsigned group, struct reason *why)
{
    for (size_t i = 0; i < account->group_count; i++)
        if (account->groups[i] == group)
            return true;
    if (account->group_count == ACCOUNT_GROUPS_MAX)
        return fail(why, "in more than %d groups", ACCOUNT_GROUPS_MAX);
    if ((account->group_count & (account->group_count - 1)) == 0) { /* full: it doubles */
        size_t room = account->group_count > 0 ? account->group_count * 2 : 1;
        gid_t *groups = realloc(account->groups, room * sizeof *groups);
        if (!groups)
            return fail(why, "no memory for %zu groups", room);
        account->groups = groups;
    }
    account->groups[account->group_count++] = group;
    return true;
}

static bool has_member(struct field list, const char *name)
{
    while (list.size > 0) {
        const char *comma = memchr(list.text, ',', list.size);
        struct field member = {list.text, comma ? (size_t)(comma - list.text) : list.size};
        if (is(member, name))
            return true;
        size_t used = member.size + (comma != NULL);
        list.text += used;
        list.size -= used;
    }
    return false;
}

bool account_add_memberships(const char *text, size_t size, struct account *account, struct reason *why)
{
    struct reader reader = {.rest = text, .left = size};
    struct field fields[FIELDS_MAX];
    unsigned group;
    while (next_line(&reader)) {
        if (split(reader.line, fields, 4) < 4 || !has_member(fields[3], account->name))
            continue;
        if (!account_number(fields[2].text, fields[2].size, &group))
            return fail(why, "line %zu: not an entry of group(5)", reader.number);
        if (!account_add_group(account, group, why))
            return false;
    }
    return true;
}

bool account_add_listed(const char *text, size_t size, struct account *account, struct reason *why)
{
    struct reader reader = {.rest = text, .left = size};
    bool first = true;
    if (!next_line(&reader))
        return fail(why, "nothing is said");
    for (struct field word, line = reader.line; line.size > 0; first = false) {
        unsigned group;
        while (line.size > 0 && line.text[0] == ' ') {
            line.text++;
            line.size--;
        }
        const char *blank = memchr(line.text, ' ', line.size);
        word.text = line.text;
        word.size = blank ? (size_t)(blank - line.text) : line.size;
        line.text += word.size;
        line.size -= word.size;
        if (first || word.size == 0)
            continue;
        if (!account_number(word.text, word.size, &group))
            return fail(why, "something that is no group's number");
        if (!account_add_group(account, group, why))
            return false;
    }
    return true;
}
