/* SPDX-License-Identifier: ISC */
/* What dotenv's regular expressions see in a text and do to a value: see dotenv_internal.h. Runs in
 * secrunctl; sees every value. A sequence of UTF-8 is found in damaged text too: none begins within
 * another. */
#include "store/dotenv_internal.h"

#include <string.h>

size_t dotenv_line_end(const char *text, size_t size)
{
    if (size > 0 && (text[0] == '\n' || text[0] == '\r'))
        return 1;
    bool separator =
        size >= 3 && (memcmp(text, "\xe2\x80\xa8", 3) == 0 || memcmp(text, "\xe2\x80\xa9", 3) == 0);
    return separator ? 3 : 0;
}

size_t dotenv_blank(const char *text, size_t size)
{
    /* U+1680, U+202F, U+205F, U+3000, U+FEFF */
    static const char wide[][4] = {"\xe1\x9a\x80", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
                                   "\xef\xbb\xbf"};
    if (size == 0)
        return 0;
    unsigned char first = (unsigned char)text[0];
    if (first <= ' ')
        return first == ' ' || (first >= '\t' && first <= '\r');
    if (first < 0xc2)
        return 0;
    if (first == 0xc2) /* U+00A0 */
        return size >= 2 && (unsigned char)text[1] == 0xa0 ? 2 : 0;
    if (size < 3)
        return 0;
    unsigned char last = (unsigned char)text[2];
    if (memcmp(text, "\xe2\x80", 2) == 0 && last >= 0x80 && last <= 0x8a) /* U+2000 to U+200A */
        return 3;
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
        if (memcmp(text, wide[i], 3) == 0)
            return 3;
    return dotenv_line_end(text, size);
}

bool dotenv_is_quote(char c)
{
    return c == '\'' || c == '"' || c == '`';
}

bool dotenv_is_name(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

/* The last `quote` behind `open` that stands before a line's end; `open` if there is none. */
static size_t closing_quote(const char *text, size_t size, size_t open)
{
    size_t at = size - 1;
    while (at > open &&
           (text[at] != text[open] || (at + 1 < size && dotenv_line_end(text + at + 1, size - at - 1) == 0)))
        at--;
    return at;
}

/* An unquoted value may have lines too, by U+2028. */
size_t dotenv_strip_quotes(char *text, size_t size)
{
    size_t out = 0;
    bool at_line_begin = true;
    for (size_t at = 0; at < size;) {
        size_t close = at_line_begin && dotenv_is_quote(text[at]) ? closing_quote(text, size, at) : at;
        if (close > at) {
            memmove(text + out, text + at + 1, close - at - 1);
            out += close - at - 1;
            at = close + 1;
            at_line_begin = false;
            continue;
        }
        size_t step = dotenv_line_end(text + at, size - at);
        at_line_begin = step > 0;
        for (step = step > 0 ? step : 1; step > 0; step--)
            text[out++] = text[at++];
    }
    return out;
}

size_t dotenv_expand_escapes(char *text, size_t size)
{
    size_t out = 0;
    for (size_t at = 0; at < size; at++) {
        bool escape = text[at] == '\\' && at + 1 < size && (text[at + 1] == 'n' || text[at + 1] == 'r');
        if (escape)
            at++;
        text[out++] = !escape ? text[at] : text[at] == 'n' ? '\n' : '\r';
    }
    return out;
}
