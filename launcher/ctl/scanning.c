/* SPDX-License-Identifier: ISC */
/* Findings of secrunctl scan: see scanning.h. Runs as the operator; whatever is printed here has been
 * searched for values before. */
#include "ctl/scanning.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static const struct document_entry *secret_of(const struct scanning *scanning, const struct finding *finding)
{
    return scanning->secrets[finding->secret];
}

static const char *profile_of(const struct scanning *scanning, const struct document_entry *secret)
{
    return scanning->document->profiles[secret->profile].name;
}

/* --- for people ------------------------------------------------------------------------------------- */

static bool is_name(const struct where *where)
{
    return where->kind == WHERE_NAME || (where->type && strcmp(where->type, "name") == 0);
}

static void print_place(const struct finding *finding, const char *path, const char *program)
{
    const struct where *where = &finding->where;
    char line[32] = "";
    if (!is_name(where))
        snprintf(line, sizeof line, ":%llu", (unsigned long long)finding->line);
    switch (where->kind) {
    case WHERE_FILE:
    case WHERE_NAME:
        printf("%s%s: ", path, line);
        break;
    case WHERE_INPUT:
        printf("standard input%s: ", line);
        break;
    case WHERE_INDEX:
        printf("index:%s%s: ", path, line);
        break;
    case WHERE_JOURNAL:
        printf("journal%s: ", line);
        break;
    case WHERE_PROCESS:
        printf("process %d (%s), %s: ", (int)where->pid, program, where->part);
        break;
    case WHERE_COMMIT:
        if (where->commit && where->path)
            printf("commit %.12s:%s%s: ", where->commit, path, line);
        else if (where->commit || strcmp(where->type, "tag") == 0)
            printf("%s %.12s, its text%s: ", where->type, where->object, line);
        else
            printf("git %s %.12s, in no commit%s: ", where->type, where->object, line);
        break;
    }
}

static void print_secret(const struct scanning *scanning, const struct document_entry *secret)
{
    if (secret)
        printf("%s/%s%s", profile_of(scanning, secret), secret->name,
               secret->word ? ", its previous value" : "");
    else
        printf("the machine key");
}

bool scanning_tell(void *user, const struct finding *finding, struct reason *why)
{
    const struct scanning *scanning = user;
    const struct where *where = &finding->where;
    char *path = scan_shown(&scanning->scan, where->path ? where->path : "", false);
    char *program = scan_shown(&scanning->scan, where->program ? where->program : "", false);
    bool ok = path && program;
    if (ok) {
        const char *form = form_name(finding->form);
        print_place(finding, path, program);
        print_secret(scanning, secret_of(scanning, finding));
        printf("%s%s", form[0] ? " in " : "", form);
        if (is_name(where))
            printf(", in the name\n");
        else
            printf(", byte %llu\n", (unsigned long long)finding->offset);
        ok = !ferror(stdout) || fail_errno(why, "standard output");
    } else {
        fail(why, "no memory for a path");
    }
    free(path);
    free(program);
    return ok;
}

/* --- for programs ----------------------------------------------------------------------------------- */

/* A name as it is where that is UTF-8; else as people see it, and in *hex byte for byte. */
static json_t *text(const struct scan *scan, const char *name, json_t **hex)
{
    char *shown = scan_shown(scan, name, true);
    json_t *string = shown ? json_string(shown) : NULL;
    if (!string && shown) {
        size_t size = strlen(shown);
        char *digits = malloc(2 * size + 1);
        for (size_t i = 0; digits && i < size; i++)
            snprintf(digits + 2 * i, 3, "%02x", (unsigned)(unsigned char)shown[i]);
        *hex = digits ? json_string(digits) : NULL;
        free(digits);
        free(shown);
        shown = scan_shown(scan, name, false);
        string = shown ? json_string(shown) : NULL;
    }
    free(shown);
    return string;
}

static void set_text(const struct scan *scan, json_t *object, const char *key, const char *value)
{
    json_t *hex = NULL;
    if (!value)
        return;
    json_object_set_new(object, key, text(scan, value, &hex));
    if (hex)
        json_object_set_new(object, "path_hex", hex);
}

static void set_place(const struct scan *scan, json_t *object, const struct where *where)
{
    if (where->kind == WHERE_PROCESS) {
        json_object_set_new(object, "pid", json_integer(where->pid));
        json_object_set_new(object, "part", json_string(where->part));
        set_text(scan, object, "program", where->program);
        return;
    }
    if (where->kind == WHERE_COMMIT)
        json_object_set_new(object, "commit", where->commit ? json_string(where->commit) : json_null());
    if (where->object) {
        json_object_set_new(object, "object", json_string(where->object));
        json_object_set_new(object, "type", json_string(where->type));
    }
    if (where->kind != WHERE_JOURNAL)
        set_text(scan, object, "path", where->path);
}

bool scanning_tell_json(void *user, const struct finding *finding, struct reason *why)
{
    static const char *const places[] = {
        [WHERE_FILE] = "file",       [WHERE_NAME] = "name",   [WHERE_INPUT] = "input",
        [WHERE_COMMIT] = "commit",   [WHERE_INDEX] = "index", [WHERE_PROCESS] = "process",
        [WHERE_JOURNAL] = "journal",
    };
    const struct scanning *scanning = user;
    const struct document_entry *secret = secret_of(scanning, finding);
    const char *form = form_name(finding->form);
    json_t *object =
        json_pack("{s:s?, s:s, s:s, s:s}", "profile", secret ? profile_of(scanning, secret) : NULL, "name",
                  secret ? secret->name : "machine key", "form", form[0] ? form : "plain", "in",
                  places[finding->where.kind]);
    if (secret && secret->word)
        json_object_set_new(object, "previous", json_true());
    set_place(&scanning->scan, object, &finding->where);
    if (!is_name(&finding->where)) {
        json_object_set_new(object, "offset", json_integer((json_int_t)finding->offset));
        json_object_set_new(object, "line", json_integer((json_int_t)finding->line));
    }
    bool ok = object && json_dumpf(object, stdout, JSON_COMPACT) == 0 && printf("\n") > 0;
    json_decref(object);
    return ok || fail(why, "standard output: cannot be written");
}
