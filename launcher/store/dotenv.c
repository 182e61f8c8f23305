/* SPDX-License-Identifier: ISC */
/*
 * Reading .env files as npm's dotenv does: see dotenv.h. Runs in secrunctl; sees every value.
 *
 * dotenv (versions 16 to 18; not 18's `fast` parser, which is to be asked for) turns CR LF and CR into
 * LF and then takes what this expression matches, anywhere, ^ and $ being the ends of lines:
 *
 *   ^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)
 *   (\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$
 *
 * The functions below give what its backtracking gives, without it. What makes that possible: blanks,
 * name characters and '=' or ':' exclude each other, so that there is one way up to the value; and after
 * the separator the last alternative, or no value at all, always matches, so that only the end of a
 * quoted value needs several tries. A blank is JavaScript's \s, which spans lines; lines end where
 * JavaScript says, which is also at U+2028 and U+2029.
 *
 * Values are bytes. What is not UTF-8 is kept, where Node.js would hand U+FFFD to dotenv.
 */
#include "store/dotenv.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "store/dotenv_internal.h"
#include "store/table.h"

struct scanner {
    struct dotenv *dotenv;
    char *text; /* dotenv.values: its line ends are LF, and a byte follows it */
    size_t size;
    size_t counted, line; /* `line` is the number of the line that byte `counted` is in */
    size_t capacity;      /* of dotenv.entries */
    struct table names;
};

/* Offsets in the text. */
struct match {
    size_t name, name_end;
    size_t value, value_end; /* trimmed */
    size_t end;              /* of the match: a line's end or the text's */
    bool cut;                /* DOTENV_CUT */
};

/* --- matching --- */

static size_t skip_blanks(const struct scanner *scanner, size_t at)
{
    size_t step;
    while ((step = dotenv_blank(scanner->text + at, scanner->size - at)) > 0)
        at += step;
    return at;
}

static size_t skip_to_line_end(const struct scanner *scanner, size_t at)
{
    while (at < scanner->size && dotenv_line_end(scanner->text + at, scanner->size - at) == 0)
        at++;
    return at;
}

/* \s*(?:#.*)?$ at `at`: first with all the blanks, then with as many as end before a line's end. */
static bool match_rest(const struct scanner *scanner, size_t at, size_t *end)
{
    bool found = false;
    for (size_t step; (step = dotenv_blank(scanner->text + at, scanner->size - at)) > 0; at += step) {
        if (dotenv_line_end(scanner->text + at, scanner->size - at) > 0) {
            found = true;
            *end = at;
        }
    }
    if (at == scanner->size || scanner->text[at] == '#') {
        found = true;
        *end = skip_to_line_end(scanner, at);
    }
    return found;
}

/*
 * '(?:\\'|[^'])*' and what follows, with the quote at `open`. The loop runs to the first quote that no
 * backslash precedes. If the rest does not match there, the expression goes back through the quotes that
 * it took for escaped, and the last one where the rest matches ends the value.
 */
static bool match_quoted(const struct scanner *scanner, size_t open, struct match *match)
{
    const char *text = scanner->text;
    char quote = text[open];
    size_t at = open + 1;
    while (at < scanner->size && (text[at] != quote || (at > open + 1 && text[at - 1] == '\\')))
        at++;
    if (at == scanner->size || !match_rest(scanner, at + 1, &match->end)) {
        do
            at--;
        while (at > open && (text[at] != quote || !match_rest(scanner, at + 1, &match->end)));
        if (at == open)
            return false;
    }
    match->value = open;
    match->value_end = at + 1;
    return true;
}

/* [^#\r\n]+ or nothing; what is trimmed off later goes here. The rest always matches. */
static void match_bare(const struct scanner *scanner, size_t at, struct match *match)
{
    const char *text = scanner->text;
    size_t end = at, step;
    while (end < scanner->size && text[end] != '#' && text[end] != '\n')
        end++;
    match->cut = end < scanner->size && text[end] == '#' && text[end - 1] != ' ' && text[end - 1] != '\t';
    while ((step = dotenv_blank(text + at, end - at)) > 0)
        at += step;
    match->value = match->value_end = at;
    while (at < end) {
        step = dotenv_blank(text + at, end - at);
        at += step > 0 ? step : 1;
        if (step == 0)
            match->value_end = at;
    }
    match_rest(scanner, end, &match->end);
}

/* The expression from the name on. */
static bool match_pair(const struct scanner *scanner, size_t at, struct match *match)
{
    const char *text = scanner->text;
    match->name = at;
    while (at < scanner->size && dotenv_is_name(text[at]))
        at++;
    match->name_end = at;
    if (at == match->name || at == scanner->size)
        return false;
    if (text[at] == ':') {
        size_t step = dotenv_blank(text + at + 1, scanner->size - at - 1);
        if (step == 0)
            return false;
        at += 1 + step;
    } else {
        at = skip_blanks(scanner, at);
        if (at == scanner->size || text[at] != '=')
            return false;
        at++;
    }
    size_t quote = skip_blanks(scanner, at);
    if (quote == scanner->size || !dotenv_is_quote(text[quote]) || !match_quoted(scanner, quote, match))
        match_bare(scanner, at, match);
    return true;
}

/* The expression from behind its leading blanks on. */
static bool match_line(const struct scanner *scanner, size_t at, struct match *match)
{
    static const char export[] = "export";
    size_t length = strlen(export);
    if (scanner->size - at > length && memcmp(scanner->text + at, export, length) == 0 &&
        dotenv_blank(scanner->text + at + length, scanner->size - at - length) > 0 &&
        match_pair(scanner, skip_blanks(scanner, at + length), match))
        return true;
    return match_pair(scanner, at, match);
}

/* --- entries --- */

static bool name_matches(const void *items, uint32_t index, const void *key)
{
    return strcmp(((const struct dotenv_entry *)items)[index].name, key) == 0;
}

/* The name's entry, or a new one; NULL if there is no memory. */
static struct dotenv_entry *entry_for(struct scanner *scanner, const char *name, struct reason *why)
{
    struct dotenv *dotenv = scanner->dotenv;
    uint32_t hash = table_hash(TABLE_SEED, name);
    uint32_t index = table_find(&scanner->names, hash, name_matches, dotenv->entries, name);
    if (index != TABLE_NONE)
        return &dotenv->entries[index];
    void *array =
        array_make_room(dotenv->entries, dotenv->count, &scanner->capacity, sizeof *dotenv->entries, why);
    if (!array)
        return NULL;
    dotenv->entries = array;
    if (!table_add(&scanner->names, hash, (uint32_t)dotenv->count, why))
        return NULL;
    dotenv->entries[dotenv->count] = (struct dotenv_entry){.name = name};
    return &dotenv->entries[dotenv->count++];
}

/* The line number of byte `at`, which is none before the last one asked for. */
static size_t line_of(struct scanner *scanner, size_t at)
{
    for (; scanner->counted < at; scanner->counted++)
        scanner->line += scanner->text[scanner->counted] == '\n';
    return scanner->line;
}

static bool has_dollar(const char *value, size_t size)
{
    return size > 0 && value[0] != '\'' && memmem(value, size, "${", 2);
}

/* The scan is beyond the match, so that its bytes can be changed. */
static bool keep(struct scanner *scanner, const struct match *match, size_t line, struct reason *why)
{
    char *value = scanner->text + match->value;
    size_t size = match->value_end - match->value;
    bool escapes = size > 0 && value[0] == '"';
    unsigned notes = (match->cut ? DOTENV_CUT : 0) | (has_dollar(value, size) ? DOTENV_DOLLAR : 0);
    size = dotenv_strip_quotes(value, size);
    if (escapes)
        size = dotenv_expand_escapes(value, size);
    value[size] = '\0';
    scanner->text[match->name_end] = '\0';
    struct dotenv_entry *entry = entry_for(scanner, scanner->text + match->name, why);
    if (!entry)
        return false;
    if (entry->value && (entry->value_size != size || memcmp(entry->value, value, size) != 0))
        notes |= DOTENV_AGAIN;
    entry->notes = notes | (entry->notes & DOTENV_AGAIN);
    entry->value = value;
    entry->value_size = size;
    entry->line = line;
    return true;
}

/* JavaScript: assigning a string to this property of an object does nothing. */
static bool is_lost(const struct scanner *scanner, const struct match *match)
{
    static const char lost[] = "__proto__";
    return match->name_end - match->name == strlen(lost) &&
           memcmp(scanner->text + match->name, lost, strlen(lost)) == 0;
}

static bool scan(struct scanner *scanner, size_t *skipped, size_t *skipped_line, struct reason *why)
{
    for (size_t at = 0; (at = skip_blanks(scanner, at)) < scanner->size;) {
        struct match match = {0};
        bool comment = scanner->text[at] == '#', found = match_line(scanner, at, &match);
        size_t line = line_of(scanner, at), end = found ? match.end : skip_to_line_end(scanner, at);
        at = end + dotenv_line_end(scanner->text + end, scanner->size - end);
        line_of(scanner, at);
        if (found && !is_lost(scanner, &match)) {
            if (!keep(scanner, &match, line, why))
                return false;
        } else if (!comment) {
            if (++*skipped == 1)
                *skipped_line = line;
        }
    }
    return true;
}

bool dotenv_parse(struct dotenv *dotenv, const char *text, size_t size, size_t *skipped, size_t *skipped_line,
                  struct reason *why)
{
    struct scanner scanner = {.dotenv = dotenv, .line = 1};
    *dotenv = (struct dotenv){0};
    *skipped = *skipped_line = 0;
    if (size > DOTENV_MAX)
        return fail(why, "above %d bytes", DOTENV_MAX);
    if (size > 0 && memchr(text, '\0', size))
        return fail(why, "a NUL byte");
    if (!secret_alloc(&dotenv->values, size + 1, why))
        return false;
    scanner.text = (char *)dotenv->values.bytes;
    for (size_t at = 0; at < size; at++) {
        scanner.text[scanner.size++] = text[at] == '\r' ? '\n' : text[at];
        if (text[at] == '\r' && at + 1 < size && text[at + 1] == '\n')
            at++;
    }
    dotenv->values.size = scanner.size + 1;
    bool ok = scan(&scanner, skipped, skipped_line, why);
    table_free(&scanner.names);
    if (!ok)
        dotenv_free(dotenv);
    return ok;
}

void dotenv_free(struct dotenv *dotenv)
{
    secret_free(&dotenv->values);
    free(dotenv->entries);
    *dotenv = (struct dotenv){0};
}
