/* SPDX-License-Identifier: ISC */
/* Lists of programs: see programs.h. Runs in secrun; sees names of files, no secret. */
#include "deliver/programs.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/policy_words.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

/* --- the area --- */

static bool append(struct programs *programs, const char *bytes, size_t length, struct reason *why)
{
    if (length > programs->room - programs->size) {
        size_t room = 2 * (programs->size + length);
        void *moved = realloc(programs->bytes, room);
        if (!moved)
            return fail(why, "inherit: no memory for %zu bytes", room);
        programs->bytes = moved;
        programs->room = room;
    }
    memcpy(programs->bytes + programs->size, bytes, length);
    programs->size += length;
    return true;
}

static const char *string_at(const struct programs *programs, size_t at)
{
    return (const char *)programs->bytes + at;
}

/* A string of the list that begins at `begin`, unless it has it. */
static bool append_once(struct programs *programs, size_t begin, const char *string, struct reason *why)
{
    for (size_t at = begin; at < programs->size; at += strlen(string_at(programs, at)) + 1)
        if (strcmp(string_at(programs, at), string) == 0)
            return true;
    return append(programs, string, strlen(string) + 1, why);
}

static size_t end_of_list(const struct programs *programs, size_t at)
{
    while (*string_at(programs, at) != '\0')
        at += strlen(string_at(programs, at)) + 1;
    return at + 1;
}

/* The first list that has the bytes of the last one, which begins at `last`. */
static size_t first_equal(const struct programs *programs, size_t last)
{
    size_t at = 0, size = programs->size - last;
    while (at < last) {
        size_t end = end_of_list(programs, at);
        if (end - at == size && memcmp(string_at(programs, at), string_at(programs, last), size) == 0)
            break;
        at = end;
    }
    return at;
}

/* --- what is in a list --- */

static bool is_executable(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
           faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

/* Where execvp would find a bare name; false if nowhere. */
static bool look_up(const char *name, char path[static PATH_MAX])
{
    const char *directories = getenv("PATH");
    for (directories = directories ? directories : DEFAULT_PATH;; directories++) {
        size_t size = strcspn(directories, ":");
        int length = size > 0 && size < PATH_MAX
                         ? snprintf(path, PATH_MAX, "%.*s/%s", (int)size, directories, name)
                         : snprintf(path, PATH_MAX, "./%s", name);
        if (size < PATH_MAX && length < PATH_MAX && is_executable(path))
            return true;
        directories += size;
        if (*directories == '\0')
            return false;
    }
}

static bool add_program(struct programs *programs, size_t begin, const char *program, struct reason *why)
{
    char found[PATH_MAX], resolved[PATH_MAX];
    const char *path = program[0] == '/' ? program : look_up(program, found) ? found : NULL;
    return append_once(programs, begin, program, why) &&
           (!path || !realpath(path, resolved) || append_once(programs, begin, resolved, why));
}

static bool add_list(struct programs *programs, size_t begin, const char *text, struct reason *why)
{
    char copy[PATH_MAX];
    const char *program;
    for (size_t size; policy_next_program(&text, &program, &size);) {
        memcpy(copy, program, size);
        copy[size] = '\0';
        if (!add_program(programs, begin, copy, why))
            return false;
    }
    if (*text != '\0' || programs->size == begin)
        return fail(why, "inherit: %s is wanted", POLICY_INHERIT_WANTED);
    return append(programs, "", 1, why);
}

/* capsule_check has found that the last of them ends where they do. */
bool programs_begin(struct programs *programs, const unsigned char *lists, size_t size, struct reason *why)
{
    *programs = (struct programs){0};
    return size == 0 || append(programs, (const char *)lists, size, why);
}

bool programs_add(struct programs *programs, const char *text, uint32_t *list, struct reason *why)
{
    size_t begin = programs->size;
    /* One attribute of a profile is the list of all its secrets. */
    if (programs->text && strcmp(programs->text, text) == 0) {
        *list = programs->list;
        return true;
    }
    char *copy = strdup(text);
    bool ok = copy ? add_list(programs, begin, text, why) : fail(why, "inherit: no memory for a list");
    size_t at = ok ? first_equal(programs, begin) : begin;
    if (!ok || at < begin)
        programs->size = begin;
    if (ok && programs->size > PROGRAMS_SIZE_MAX) {
        programs->size = begin;
        ok = fail(why, "inherit: lists of programs above %d bytes", PROGRAMS_SIZE_MAX);
    }
    if (!ok) {
        free(copy);
        return false;
    }
    free(programs->text);
    programs->text = copy;
    *list = programs->list = (uint32_t)at + 1;
    return true;
}

void programs_free(struct programs *programs)
{
    free(programs->bytes);
    free(programs->text);
    *programs = (struct programs){0};
}
