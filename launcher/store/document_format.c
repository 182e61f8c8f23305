/* SPDX-License-Identifier: ISC */
/*
 * How an entry is spelt in the text, so that document_parse reads the same bytes: plainly where that is
 * so and an editor shows it well, else as base64. Runs in secrunctl; sees the value.
 */
#include "store/document_internal.h"

#include <string.h>

#include <sodium.h>

#include "store/utf8.h"

enum { PLAIN_LINE_MAX = 4096 }; /* bytes; beyond that no editor is a pleasure */
enum { COLUMNS = 76 };
enum { CHUNK = 54, CHUNK_TEXT = CHUNK / 3 * 4 }; /* bytes of value in a line of base64, indented */

/* Text without control characters, but for tabs, which a terminal and an editor show as they are. */
static bool is_printable(const char *text, size_t size)
{
    uint32_t code;
    for (size_t at = 0, step; at < size; at += step) {
        step = utf8_character(text + at, size - at, &code);
        if (step == 0 || (code < ' ' && code != '\t') || (code >= 0x7f && code < 0xa0))
            return false;
    }
    return true;
}

static bool line_is_plain(const char *line, size_t length)
{
    if (length == 0 || length > PLAIN_LINE_MAX)
        return false;
    if (line[0] == ' ' || line[0] == '\t' || line[length - 1] == ' ' || line[length - 1] == '\t')
        return false;
    return is_printable(line, length);
}

/* Does the value read back as it is, with its second line and the following ones indented? */
static bool is_plain(const char *value, size_t size)
{
    static const char base64[] = "base64:";
    if (size == 0)
        return true;
    if (size >= strlen(base64) && memcmp(value, base64, strlen(base64)) == 0)
        return false;
    for (size_t at = 0;;) {
        const char *line = value + at, *feed = memchr(line, '\n', size - at);
        size_t length = feed ? (size_t)(feed - line) : size - at;
        if (!line_is_plain(line, length) || (at > 0 && (line[0] == ';' || line[0] == '#')))
            return false;
        if (!feed)
            return true;
        at += length + 1;
        if (at == size) /* a line feed at the value's end */
            return false;
    }
}

static bool add_plain(struct secret *out, const char *value, size_t size, struct reason *why)
{
    if (size > 0 && !secret_append(out, " ", 1, why))
        return false;
    for (const char *end = value + size; value < end;) {
        const char *feed = memchr(value, '\n', (size_t)(end - value)), *next = feed ? feed + 1 : end;
        if (!secret_append(out, value, (size_t)(next - value), why) ||
            (feed && !secret_append(out, "  ", 2, why)))
            return false;
        value = next;
    }
    return secret_append(out, "\n", 1, why);
}

static bool add_base64(struct secret *out, size_t column, const unsigned char *value, size_t size,
                       struct reason *why)
{
    bool one_line = column + strlen(" base64:") + (size + 2) / 3 * 4 <= COLUMNS;
    if (!secret_append(out, " base64:", strlen(" base64:"), why))
        return false;
    for (size_t at = 0; at < size; at += CHUNK) {
        size_t chunk = size - at < CHUNK ? size - at : CHUNK;
        if ((!one_line && !secret_append(out, "\n  ", 3, why)) || !secret_reserve(out, CHUNK_TEXT + 1, why))
            return false;
        size_t length = (chunk + 2) / 3 * 4;
        sodium_bin2base64((char *)out->bytes + out->size, length + 1, value + at, chunk,
                          sodium_base64_VARIANT_ORIGINAL);
        out->size += length;
    }
    return secret_append(out, "\n", 1, why);
}

bool document_format_entry(struct secret *out, const char *name, const char *word, const char *value,
                           size_t value_size, struct reason *why)
{
    size_t begin = out->size;
    if (!secret_append(out, name, strlen(name), why) ||
        (word && (!secret_append(out, ".", 1, why) || !secret_append(out, word, strlen(word), why))) ||
        !secret_append(out, " =", 2, why))
        return false;
    return is_plain(value, value_size)
               ? add_plain(out, value, value_size, why)
               : add_base64(out, out->size - begin, (const unsigned char *)value, value_size, why);
}
