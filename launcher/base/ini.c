/* SPDX-License-Identifier: ISC */
/*
 * Strict INI by way of inih: see ini.h. Runs in secrun and secrunctl; sees every secret.
 *
 * inih pulls lines through next_line(), so that is where each line is looked at first: what inih would
 * cut, join or pass over in silence never reaches it, and what kind of line a call of on_pair() is for
 * is known beforehand.
 *
 * The line buffer is the one place where inih keeps plaintext. On the stack it would be an unprobed
 * alloca of up to 2 MiB: beyond a small RLIMIT_STACK that is memory corruption, not an error, and
 * wiping it from outside rests on where a compiler put things. So it is inih's heap buffer, and
 * next_line(), which is handed its address, wipes it at the end. For that to be the only way out,
 * ini_stop_on_first_error stays off: inih leaves its loop when next_line() says so, and the first error
 * is made to stop there.
 *
 * inih trims by isspace(3): neither program calls setlocale(3), so this is the C locale's.
 */
#include "base/ini.h"

#include <string.h>

#include <ini.h>
#include <sodium.h>

enum line_kind { LINE_NONE, LINE_REMARK, LINE_SECTION, LINE_ENTRY, LINE_CONTINUATION };

struct reading {
    const char *text;
    size_t size;
    size_t next;         /* where the next line begins */
    size_t line;         /* the number of the line that inih is at */
    size_t begin;        /* where it begins; it ends at next */
    enum line_kind kind; /* what it is */
    bool answered;       /* inih has called on_pair() for it */
    bool skip;           /* the section's lines are of no interest */
    bool failed;         /* why says how */
    ini_handler_fn *handler;
    void *user;
    struct reason *why;
};

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool emit(struct reading *reading, enum ini_kind kind, const char *name, const char *value)
{
    struct ini_event event = {kind, reading->line, reading->begin, reading->next,
                              name, value,         strlen(value),  &reading->skip};
    return reading->handler(reading->user, &event, reading->why);
}

/* `line` begins with '[' and ends with its last byte that is no blank. */
static bool emit_section(struct reading *reading, const char *line, size_t length)
{
    char name[INI_SECTION_MAX + 1];
    const char *close = memchr(line, ']', length);
    if (!close)
        return fail(reading->why, "line %zu: no ']' after the section's name", reading->line);
    size_t name_length = (size_t)(close - line) - 1;
    if (name_length == 0)
        return fail(reading->why, "line %zu: a section without a name", reading->line);
    if (name_length > INI_SECTION_MAX)
        return fail(reading->why, "line %zu: a section's name above %d bytes", reading->line,
                    INI_SECTION_MAX);
    if (close + 1 != line + length)
        return fail(reading->why, "line %zu: text after the ']' of a section", reading->line);
    memcpy(name, line + 1, name_length);
    name[name_length] = '\0';
    return emit(reading, INI_SECTION, name, "");
}

/* Says what the current line is, and tells of a section: inih tells only of what is in one. */
static bool classify(struct reading *reading)
{
    const char *line = reading->text + reading->begin, *end = reading->text + reading->next;
    bool directly_below = reading->kind == LINE_ENTRY || reading->kind == LINE_CONTINUATION;
    if (reading->line == 1 && reading->size >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0)
        line += 3; /* inih passes over it too */
    const char *start = line;
    while (start < end && is_blank(*start))
        start++;
    reading->answered = false;
    reading->kind = LINE_REMARK;
    if (start == end)
        return true;
    if (*start == ';' || *start == '#')
        return start == line || fail(reading->why, "line %zu: an indented comment", reading->line);
    if (start > line) {
        reading->kind = LINE_CONTINUATION;
        return directly_below ||
               fail(reading->why, "line %zu: indented, but the line above is no entry", reading->line);
    }
    reading->kind = LINE_ENTRY;
    if (*start != '[')
        return true;
    reading->kind = LINE_SECTION;
    reading->skip = false;
    while (is_blank(end[-1]))
        end--;
    return emit_section(reading, start, (size_t)(end - start));
}

/* inih says nothing of a line that it makes no sense of; it goes on. */
static bool was_understood(const struct reading *reading)
{
    if ((reading->kind != LINE_ENTRY && reading->kind != LINE_CONTINUATION) || reading->answered)
        return true;
    return fail(reading->why, "line %zu: neither [section], NAME = value nor a comment", reading->line);
}

static void take_line(struct reading *reading)
{
    const char *line = reading->text + reading->next;
    const char *feed = memchr(line, '\n', reading->size - reading->next);
    reading->begin = reading->next;
    reading->next = feed ? (size_t)(feed - reading->text) + 1 : reading->size;
    reading->line++;
}

/* Goes to the next line; false if there is none, or if something is wrong. */
static bool advance(struct reading *reading)
{
    if (reading->failed)
        return false;
    reading->failed = !was_understood(reading);
    while (reading->skip && reading->next < reading->size && reading->text[reading->next] != '[')
        take_line(reading);
    if (reading->failed || reading->next == reading->size)
        return false;
    take_line(reading);
    reading->failed = !classify(reading);
    return !reading->failed;
}

/* An ini_reader: as fgets(3), and called once more after each line of any kind. */
static char *next_line(char *buffer, int capacity, void *user)
{
    struct reading *reading = user;
    if (!advance(reading)) {
        /* It was not locked: that would take longer than the buffer is in use. */
        sodium_memzero(buffer, (size_t)capacity);
        return NULL;
    }
    size_t length = reading->next - reading->begin;
    memcpy(buffer, reading->text + reading->begin, length);
    buffer[length] = '\0';
    return buffer;
}

/* An ini_handler. Of its name for a continuation only 49 bytes are the entry's: it is not passed on. */
static int on_pair(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    (void)section;
    reading->answered = true;
    if (reading->kind == LINE_CONTINUATION)
        reading->failed = !emit(reading, INI_CONTINUATION, "", value);
    else if (name[0] == '\0')
        reading->failed = !fail(reading->why, "line %zu: no name before the '='", reading->line);
    else
        reading->failed = !emit(reading, INI_VALUE, name, value);
    return 1;
}

/* The length of the longest line, its line feed included; false for what no line may hold. */
static bool measure(const char *text, size_t size, size_t *longest, struct reason *why)
{
    const char *nul = size > 0 ? memchr(text, '\0', size) : NULL;
    size_t line = 1;
    *longest = 0;
    for (size_t at = 0; at < size; line++) {
        const char *feed = memchr(text + at, '\n', size - at);
        size_t next = feed ? (size_t)(feed - text) + 1 : size;
        if (nul && nul < text + next)
            return fail(why, "line %zu: a NUL byte", line);
        if (next - at > INI_LINE_MAX)
            return fail(why, "line %zu: above %d bytes", line, INI_LINE_MAX);
        if (next - at > *longest)
            *longest = next - at;
        at = next;
    }
    return true;
}

bool ini_read(const char *text, size_t size, ini_handler_fn *handler, void *user, struct reason *why)
{
    size_t longest;
    if (!measure(text, size, &longest, why))
        return false;
    ini_allow_multiline = true;
    ini_allow_bom = true;
    ini_allow_inline_comments = false;
    ini_allow_no_value = false;
    ini_stop_on_first_error = false;
    ini_use_stack = false;
    ini_allow_realloc = false;
    ini_initial_alloc = (int)longest + 3; /* the buffer's size when it is on the heap and cannot grow */
    ini_max_line = ini_initial_alloc;
    struct reading reading = {.text = text, .size = size, .handler = handler, .user = user, .why = why};
    if (ini_parse_stream(next_line, &reading, on_pair, &reading) == -2)
        return fail(why, "no memory for a line of %zu bytes", longest);
    return !reading.failed;
}
