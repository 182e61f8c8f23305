/* SPDX-License-Identifier: ISC */
/* Lines of an audit log: see audit_line.h. Runs in secrunctl; what a log holds may have been written by
 * anybody. */
#include "ctl/audit_line.h"

#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "base/reason.h"

#define COLUMNS "%-20s  %-16s  %-7s  %-28s  %-12s  %s"

const char audit_line_heads[] =
    "TIME                  WHO               EVENT    PROGRAM                       "
    "PROFILE       NAMES";

static const char *const lists[] = {"names", "added", "changed", "removed"};
static const char *const marks[] = {"", "+", "~", "-"};
enum { LISTS = sizeof lists / sizeof *lists };

/* --- reading ---------------------------------------------------------------------------------------- */

static const char *string_of(const struct audit_line *line, const char *key)
{
    return json_string_value(json_object_get(line->object, key));
}

/* 2026-11-23T18:00:00, whatever follows: such times order as their texts do. */
static bool is_time(const char *text)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd";
    for (size_t i = 0; form[i]; i++)
        if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    return true;
}

bool audit_line_parse(struct audit_line *line, const char *text, size_t size)
{
    json_error_t error;
    const char *begin = memchr(text, '{', size);
    line->object =
        begin ? json_loadb(begin, size - (size_t)(begin - text), JSON_REJECT_DUPLICATES, &error) : NULL;
    const char *time = line->object ? string_of(line, "time") : NULL;
    if (time && is_time(time) && string_of(line, "event"))
        return true;
    audit_line_free(line);
    return false;
}

void audit_line_free(struct audit_line *line)
{
    json_decref(line->object);
    line->object = NULL;
}

/* --- selecting -------------------------------------------------------------------------------------- */

/* PROFILE/NAME, or a name of the record's own profile. */
static bool matches(const char *text, const char *own, const struct audit_wanted *wanted)
{
    const char *slash = strchr(text, '/');
    size_t size = slash ? (size_t)(slash - text) : 0;
    const char *profile = slash ? text : own ? own : "";
    if (!slash)
        size = strlen(profile);
    return (!wanted->name || strcmp(slash ? slash + 1 : text, wanted->name) == 0) &&
           (!wanted->profile ||
            (strlen(wanted->profile) == size && memcmp(profile, wanted->profile, size) == 0));
}

bool audit_line_is_wanted(const struct audit_line *line, const struct audit_wanted *wanted)
{
    const char *profile = string_of(line, "profile");
    if (wanted->since && strncmp(string_of(line, "time"), wanted->since, AUDIT_SINCE_SIZE - 1) < 0)
        return false;
    if (!wanted->name && (!wanted->profile || (profile && strcmp(profile, wanted->profile) == 0)))
        return true;
    for (size_t i = 0; i < LISTS; i++) {
        const json_t *list = json_object_get(line->object, lists[i]);
        for (size_t j = 0; j < json_array_size(list); j++) {
            const char *name = json_string_value(json_array_get(list, j));
            if (name && matches(name, profile, wanted))
                return true;
        }
    }
    return false;
}

/* --- showing ---------------------------------------------------------------------------------------- */

static char *show(char *out, size_t size, const char *text)
{
    return printable(out, size, text ? text : "", text ? strlen(text) : 0);
}

static bool user_of(const struct audit_line *line, const char *key, uid_t *uid)
{
    const json_t *value = json_object_get(line->object, key);
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || number >= UINT32_MAX)
        return false;
    *uid = (uid_t)number;
    return true;
}

/* alice as root for games: whose session it was, whose process, and who got the program with -u. */
static void show_who(const struct audit_line *line, audit_user_fn *user, char *out, size_t size)
{
    static const char *const keys[] = {"loginuid", "uid", "user"};
    static const char *const words[] = {"", " as ", " for "};
    uid_t uid, last = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char name[64], shown[64];
        if (!user_of(line, keys[i], &uid) || (out[0] && uid == last))
            continue;
        strlcat(out, out[0] ? words[i] : "", size);
        strlcat(out, show(shown, sizeof shown, user(name, sizeof name, uid)), size);
        last = uid;
    }
}

static void show_names(const struct audit_line *line, char *out, size_t size)
{
    enum { NAME = 300, REST = 64 };
    json_int_t left = json_integer_value(json_object_get(line->object, "omitted"));
    out[0] = '\0';
    if (left < 0)
        left = 0;
    for (size_t i = 0; i < LISTS; i++) {
        const json_t *list = json_object_get(line->object, lists[i]);
        for (size_t j = 0; j < json_array_size(list); j++) {
            char shown[NAME];
            if (strlen(out) + NAME + REST > size) {
                left += (json_int_t)(json_array_size(list) - j);
                break;
            }
            strlcat(out, out[0] ? " " : "", size);
            strlcat(out, marks[i], size);
            strlcat(out, show(shown, sizeof shown, json_string_value(json_array_get(list, j))), size);
        }
    }
    const json_t *recipients = json_object_get(line->object, "recipients");
    if (!out[0] && left == 0 && json_is_integer(recipients))
        snprintf(out, size, "(sealed to %" JSON_INTEGER_FORMAT ")", json_integer_value(recipients));
    if (left > 0)
        snprintf(out + strlen(out), size - strlen(out), "%sand %" JSON_INTEGER_FORMAT " more",
                 out[0] ? " " : "", left);
}

char *audit_line_show(const struct audit_line *line, audit_user_fn *user, char out[static AUDIT_LINE_SHOWN])
{
    char time[21], who[160], event[16], program[256], profile[64], names[1024];
    const char *verb = string_of(line, "verb");
    const char *path = string_of(line, "program"), *reason = string_of(line, "reason");
    snprintf(time, sizeof time, "%.19sZ", string_of(line, "time"));
    show_who(line, user, who, sizeof who);
    show(event, sizeof event, string_of(line, "event"));
    strlcpy(program, verb ? "secrunctl " : "", sizeof program);
    show(program + strlen(program), sizeof program - strlen(program), verb ? verb : path);
    show(profile, sizeof profile, string_of(line, "profile"));
    if (reason)
        show(names, sizeof names, reason);
    else
        show_names(line, names, sizeof names);
    snprintf(out, AUDIT_LINE_SHOWN, COLUMNS, time, who, event, program, profile[0] ? profile : "-", names);
    /* No blanks at its end. */
    for (size_t size = strlen(out); size > 0 && out[size - 1] == ' ';)
        out[--size] = '\0';
    return out;
}
