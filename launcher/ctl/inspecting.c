/* SPDX-License-Identifier: ISC */
/* The report of secrunctl inspect: see inspecting.h. Runs as the operator; prints no value, nor a name with
 * a piece of one in it. */
#include "ctl/inspecting.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

/* The program's name as it may be shown. */
static const char *shown_name(const struct inspecting *inspecting, char shown[static PROCESS_NAME])
{
    char name[PROCESS_NAME];
    memcpy(name, inspecting->process.name, sizeof name);
    scan_cover_pieces(&inspecting->scanning.scan, name);
    return printable(shown, PROCESS_NAME, name, strlen(name));
}

static void tell_json(const struct inspecting *inspecting, enum level level, const char *what,
                      const char *text, const char *advice, json_t *more)
{
    static const char *const words[] = {"ok", "warn", "fail"};
    char name[PROCESS_NAME];
    json_t *object =
        json_pack("{s:i, s:i, s:s, s:s, s:s, s:s}", "pid", (int)inspecting->process.pid, "parent",
                  (int)inspecting->process.parent, "program", shown_name(inspecting, name), "level",
                  words[level], "what", what, "text", text);
    if (object && advice)
        json_object_set_new(object, "advice", json_string(advice));
    if (object && more)
        json_object_update(object, more);
    /* Whether it got through is asked at the end. */
    if (object && json_dumpf(object, stdout, JSON_COMPACT) == 0)
        printf("\n");
    json_decref(object);
}

static void tell(struct inspecting *inspecting, enum level level, const char *what, const char *text,
                 const char *advice, json_t *more)
{
    static const char *const words[] = {"ok  ", "warn", "FAIL"};
    char name[PROCESS_NAME];
    inspecting->failures += level == FAIL;
    inspecting->trouble += level != OK;
    scan_progress_end(&inspecting->scanning.scan);
    if (inspecting->json) {
        tell_json(inspecting, level, what, text, advice, more);
        return;
    }
    printf("%s  %d (%s): %s\n", words[level], (int)inspecting->process.pid, shown_name(inspecting, name),
           text);
    if (advice)
        printf("      %s\n", advice);
}

void inspecting_say(struct inspecting *inspecting, enum level level, const char *what, const char *advice,
                    const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (level != OK || !inspecting->brief || inspecting->json)
        tell(inspecting, level, what, text, advice, NULL);
}

void inspecting_sum_up(struct inspecting *inspecting, const char *what, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    tell(inspecting, OK, what, text, NULL, NULL);
}

void inspecting_miss(struct inspecting *inspecting, const char *what, const char *advice, const char *format,
                     ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (inspecting->brief)
        inspecting_wait(inspecting);
    if (!process_is_there(&inspecting->process))
        return; /* which is told at the end, of what was asked for */
    inspecting->unseen++;
    tell(inspecting, WARN, what, text, advice, NULL);
}

void inspecting_wait(struct inspecting *inspecting)
{
    enum { MILLISECONDS = 50, MOST = 60 };
    if (inspecting->waits++ < MOST)
        nanosleep(&(struct timespec){.tv_nsec = MILLISECONDS * 1000000L}, NULL);
}

/* --- values ----------------------------------------------------------------------------------------- */

static const char *const parts[] = {"environ", "cmdline", "heap", "stack", "anonymous", "file"};
enum { PARTS = sizeof parts / sizeof *parts, FORMS = FORM_URL + 1, SHOWN_PARTS = 2 };
_Static_assert((int)PARTS *(int)FORMS <= 64, "a bit for each");

static size_t part_of(const char *part)
{
    for (size_t i = 0; i < PARTS; i++)
        if (strcmp(parts[i], part) == 0)
            return i;
    return 0;
}

static const char *advice_about(const struct inspecting *inspecting, size_t part)
{
    if (part == 1)
        return "everybody on this host can read command lines: let the program take it from its environment";
    if (part >= SHOWN_PARTS)
        return NULL;
    return inspecting->brief ? "what its parent passed on by itself, as Go does, is there: see inherit in "
                               "secrun-document(5)"
                             : "who started it put it there; secrun does so for static = environ alone";
}

bool inspecting_found(void *user, const struct finding *finding, struct reason *why)
{
    struct inspecting *inspecting = user;
    const struct document_entry *secret = inspecting->scanning.secrets[finding->secret];
    const char *profile = inspecting->scanning.document->profiles[secret->profile].name;
    const char *form = form_name(finding->form);
    size_t part = part_of(finding->where.part);
    uint64_t bit = UINT64_C(1) << (part * FORMS + finding->form);
    char text[1024], name[DOCUMENT_NAME_MAX * 2];
    (void)why;
    /* A word of a secret can have a value, too, that is looked for. */
    snprintf(name, sizeof name, "%s%s%s", secret->name, secret->word ? "." : "",
             secret->word ? secret->word : "");
    if (inspecting->told[finding->secret] & bit)
        return true;
    inspecting->told[finding->secret] |= bit;
    if (part < SHOWN_PARTS)
        snprintf(text, sizeof text, "%s: %s/%s stands there%s%s, byte %llu",
                 part == 0 ? "environment" : "command line", profile, name, form[0] ? " in " : "", form,
                 (unsigned long long)finding->offset);
    else
        snprintf(text, sizeof text, "memory, %s: a copy of %s/%s%s%s that the program made", parts[part],
                 profile, name, form[0] ? " in " : "", form);
    json_t *more =
        json_pack("{s:s, s:s, s:s}", "profile", profile, "name", name, "form", form[0] ? form : "plain");
    tell(inspecting, part < SHOWN_PARTS || inspecting->exposed ? FAIL : WARN, parts[part], text,
         advice_about(inspecting, part), more);
    json_decref(more);
    return true;
}
