/* SPDX-License-Identifier: ISC */
/* The table of cells: see table.h. Runs in the leak matrix; sees no secret. */
#include "matrix/table.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix/observer.h"
#include "matrix/secrets.h"

enum { RUNTIMES_MAX = 32 };

/* `= NAME WORDS`: how a runtime is started. */
static struct {
    char name[32], words[256];
} runtimes[RUNTIMES_MAX];
static size_t runtime_count;

/* Cuts the next word off, in place; '…' keeps blanks in one. NULL after the last. */
static char *next_word(char **text)
{
    char *from = *text + strspn(*text, " \t\n");
    if (!*from)
        return NULL;
    char *word = from, *to = from;
    for (bool quoted = false; *from && (quoted || !isspace((unsigned char)*from)); from++) {
        if (*from == '\'')
            quoted = !quoted;
        else
            *to++ = *from;
    }
    *text = *from ? from + 1 : from;
    *to = '\0';
    return word;
}

static bool add_words(struct cell *cell, const char *words)
{
    char *copy = strdup(words);
    for (char *word; copy && (word = next_word(&copy));) {
        if (cell->word_count == WORDS_MAX)
            return false;
        cell->words[cell->word_count++] = word;
    }
    return copy != NULL;
}

static const uint32_t all_secrets = (1u << SECRETS) - 1;

/* all, none, getenv, other, has:A+B, pieces:A+B; *N behind it */
static bool parse_view(char *text, struct expected *expected)
{
    char *times = strchr(text, '*'), *names = strchr(text, ':');
    expected->count = times ? (unsigned)strtoul(times + 1, NULL, 10) : 1;
    if (times)
        *times = '\0';
    if (names)
        *names++ = '\0';
    for (char *name = names; name && *name;) {
        size_t size = strcspn(name, "+");
        int index = secrets_index(name, size);
        if (index < 0)
            return false;
        expected->secrets |= 1u << index;
        name += size + (name[size] == '+');
    }
    static const struct {
        const char *word;
        enum view view;
        bool all;
    } views[] = {{"all", VIEW_HAS, true},     {"none", VIEW_HAS, false}, {"getenv", VIEW_GETENV, true},
                 {"other", VIEW_OTHER, true}, {"has", VIEW_HAS, false},  {"pieces", VIEW_PIECES, false}};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        if (strcmp(text, views[i].word) == 0) {
            expected->view = views[i].view;
            if (views[i].all && !names)
                expected->secrets = all_secrets;
            return true;
        }
    return false;
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool parse_seen(const char *name, struct cell *cell)
{
    static const char *const names[OBSERVERS] = {"environment", "arguments", "descriptor",
                                                 "core",        "file",      "output"};
    for (unsigned i = 0; i < OBSERVERS; i++)
        if (strcmp(name, names[i]) == 0)
            return cell->seen |= 1u << i;
    return false;
}

static bool parse_token(char *token, struct cell *cell)
{
    if (strcmp(token, "same") == 0)
        return cell->same = true;
    if (strcmp(token, "root") == 0)
        return cell->root = true;
    if (starts(token, "status:"))
        return (cell->status = atoi(token + strlen("status:"))) > 0;
    if (starts(token, "seen:"))
        return parse_seen(token + strlen("seen:"), cell);
    if (starts(token, "own:")) {
        int index = secrets_index(token + strlen("own:"), strlen(token) - strlen("own:"));
        cell->own |= index < 0 ? 0 : 1u << index;
        return index >= 0;
    }
    if (starts(token, "says:")) {
        snprintf(cell->says, sizeof cell->says, "%s", token + strlen("says:"));
        for (char *at = cell->says; (at = strchr(at, '_'));)
            *at = ' ';
        return true;
    }
    if (cell->expected_count == EXPECTED_MAX)
        return false;
    struct expected *expected = &cell->expected[cell->expected_count++];
    char *view = strchr(token, '=');
    if (view) {
        *view++ = '\0';
        snprintf(expected->label, sizeof expected->label, "%s", token);
    }
    return parse_view(view ? view : token, expected);
}

static bool parse_cell(const char *way, const char *runtime, const char *profile, const char *expectation,
                       const char *command, struct cell *cell)
{
    *cell = (struct cell){0};
    snprintf(cell->runtime, sizeof cell->runtime, "%s", runtime);
    snprintf(cell->profile, sizeof cell->profile, "%s", profile);
    snprintf(cell->name, sizeof cell->name, "%s/%s%s%s", runtime, way, strcmp(profile, "tree") ? "@" : "",
             strcmp(profile, "tree") ? profile : "");
    size_t i = 0;
    while (i < runtime_count && strcmp(runtimes[i].name, runtime) != 0)
        i++;
    if (i == runtime_count || !add_words(cell, runtimes[i].words))
        return false;
    cell->runtime_words = cell->word_count > 0;
    if (!add_words(cell, command))
        return false;
    char *copy = strdup(expectation), *rest = copy;
    for (char *token; (token = strsep(&rest, ","));)
        if (!parse_token(token, cell))
            return false;
    free(copy);
    return true;
}

/* WAY RUNTIME,… PROFILE EXPECTATION COMMAND: a cell for each runtime */
static bool parse_line(char *line, struct table *table)
{
    char *fields[4];
    for (size_t i = 0; i < 4; i++)
        if (!(fields[i] = next_word(&line)))
            return false;
    for (char *names = fields[1], *runtime; (runtime = strsep(&names, ","));) {
        table->cells = realloc(table->cells, (table->count + 1) * sizeof *table->cells);
        if (!table->cells ||
            !parse_cell(fields[0], runtime, fields[2], fields[3], line, &table->cells[table->count++]))
            return false;
    }
    return true;
}

static bool parse_runtime(char *line)
{
    char *name = next_word(&line);
    if (!name || runtime_count == RUNTIMES_MAX)
        return false;
    snprintf(runtimes[runtime_count].name, sizeof runtimes->name, "%s", name);
    snprintf(runtimes[runtime_count++].words, sizeof runtimes->words, "%s", line);
    return true;
}

bool table_read(const char *path, struct table *table)
{
    char line[2048];
    FILE *file = fopen(path, "re");
    if (!file) {
        perror(path);
        return false;
    }
    *table = (struct table){0};
    bool good = true;
    for (unsigned number = 1; fgets(line, sizeof line, file); number++) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        if (line[0] == '=' ? parse_runtime(line + 1) : parse_line(line, table))
            continue;
        fprintf(stderr, "%s:%u: cannot be read\n", path, number);
        good = false;
    }
    fclose(file);
    return good;
}
