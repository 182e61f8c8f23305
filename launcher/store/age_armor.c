/* SPDX-License-Identifier: ISC */
/*
 * ASCII armor, reading alone: strict PEM with blank space around it ("ASCII armor" in the
 * specification). Runs in secrun and secrunctl; sees sealed bytes only.
 */
#include "store/age_internal.h"

#include <stdlib.h>
#include <string.h>

#include "store/base64.h"

static const char begin_line[] = "-----BEGIN AGE ENCRYPTED FILE-----";
static const char end_line[] = "-----END AGE ENCRYPTED FILE-----";

/* How far armor is looked for behind text that does not belong there, to give the better reason. */
enum { LOOK_MAX = 1024 };

struct lines {
    const unsigned char *at, *end;
    size_t number; /* of the line last read, from 1 */
};

struct line {
    const unsigned char *bytes;
    size_t size;
};

/* Reads a line, without its LF or CR LF; false at the end of the text. */
static bool next_line(struct lines *lines, struct line *line)
{
    if (lines->at == lines->end)
        return false;
    size_t left = (size_t)(lines->end - lines->at);
    const unsigned char *feed = memchr(lines->at, '\n', left);
    line->bytes = lines->at;
    line->size = feed ? (size_t)(feed - lines->at) : left;
    lines->at += line->size + (feed ? 1 : 0);
    lines->number++;
    if (line->size > 0 && line->bytes[line->size - 1] == '\r')
        line->size--;
    return true;
}

static bool line_is(const struct line *line, const char *text)
{
    return line->size == strlen(text) && memcmp(line->bytes, text, line->size) == 0;
}

static size_t blank_length(const unsigned char *text, size_t size)
{
    size_t length = 0;
    while (length < size && (text[length] == ' ' || (text[length] >= '\t' && text[length] <= '\r')))
        length++;
    return length;
}

bool age_armor_begins(const unsigned char *text, size_t size)
{
    struct lines lines = {text, text + size, 0};
    struct line line;
    while (next_line(&lines, &line))
        if (blank_length(line.bytes, line.size) < line.size)
            return line_is(&line, begin_line);
    return false;
}

static bool begins(const unsigned char *text, size_t size, const char *prefix)
{
    return size >= strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

bool age_armor_looks_so(const unsigned char *text, size_t size)
{
    size_t blank = blank_length(text, size), look = size < LOOK_MAX ? size : LOOK_MAX;
    /* A binary header may hold the BEGIN line's words as a stanza's arguments. */
    if (begins(text, size, AGE_VERSION_PREFIX))
        return false;
    return begins(text + blank, size - blank, "-----") ||
           memmem(text, look, begin_line, strlen(begin_line)) != NULL;
}

static bool decode_line(const struct line *line, unsigned char *out, size_t *length, struct reason *why)
{
    if (line->size == 0)
        return fail(why, "blank line");
    if (line->size > AGE_COLUMNS)
        return fail(why, "more than %d columns", AGE_COLUMNS);
    if (!base64_decode(out, AGE_COLUMNS_BYTES, length, line->bytes, line->size, true))
        return fail(why, "not canonical base64");
    return true;
}

/* Decodes the lines up to and including the END line. */
static bool decode_body(struct lines *lines, unsigned char *out, size_t *decoded, struct reason *why)
{
    struct line line;
    bool complete = false; /* a short line was met: only the END line may follow */
    for (*decoded = 0; next_line(lines, &line);) {
        if (line_is(&line, end_line))
            return true;
        if (complete)
            return fail(why, "more text after a short line");
        size_t length;
        if (!decode_line(&line, out + *decoded, &length, why))
            return false;
        *decoded += length;
        complete = length < AGE_COLUMNS_BYTES;
    }
    return fail(why, "no END line");
}

static bool decode(struct lines *lines, unsigned char *out, size_t *decoded, struct reason *why)
{
    struct line line;
    do {
        if (!next_line(lines, &line))
            return fail(why, "no BEGIN line");
    } while (blank_length(line.bytes, line.size) == line.size);
    if (!line_is(&line, begin_line))
        return fail(why, "not the line that begins an age file");
    if (!decode_body(lines, out, decoded, why))
        return false;
    size_t left = (size_t)(lines->end - lines->at);
    if (blank_length(lines->at, left) < left) {
        lines->number++;
        return fail(why, "text after the END line");
    }
    return true;
}

enum age_result age_armor_decode(const unsigned char *text, size_t size, unsigned char **bytes,
                                 size_t *decoded, struct reason *why)
{
    struct lines lines = {text, text + size, 0};
    /* Every full line of 64 columns makes 48 bytes; the line after them is given room for as many. */
    size_t room = size / 4 * 3 + AGE_COLUMNS_BYTES;
    *bytes = malloc(room);
    if (!*bytes) {
        fail(why, "no memory for %zu bytes", room);
        return AGE_FAILED;
    }
    if (decode(&lines, *bytes, decoded, why))
        return AGE_OK;
    fail_within(why, "malformed armor: line %zu", lines.number);
    free(*bytes);
    *bytes = NULL;
    return AGE_BAD_ARMOR;
}
