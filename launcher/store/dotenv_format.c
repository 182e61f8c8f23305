/* SPDX-License-Identifier: ISC */
/*
 * Writing a line that npm's dotenv reads back to the same bytes: see dotenv.h, and dotenv.c for how it
 * reads. Runs in secrunctl; sees the value.
 *
 * In quotes there is no escape but \n and \r in double ones. A backslash keeps a quote from ending the
 * value, and stays. So a value can stand in quotes of a kind if it holds them behind a backslash only.
 */
#include "store/dotenv.h"

#include <string.h>

#include "store/dotenv_internal.h"
#include "store/utf8.h"

/* Anything else comes out of Node.js as U+FFFD. */
static bool is_utf8(const char *text, size_t size)
{
    uint32_t code;
    for (size_t at = 0, step; at < size; at += step) {
        step = utf8_character(text + at, size - at, &code);
        if (step == 0)
            return false;
    }
    return true;
}

/* Nothing that a shell or another reader of .env files would take for more than itself. */
static bool is_ordinary(const char *value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!dotenv_is_name(value[i]) && (value[i] == '\0' || !strchr("/:@%+,=", value[i])))
            return false;
    return size > 0;
}

static bool has_escape(const char *value, size_t size)
{
    for (size_t i = 0; i + 1 < size; i++)
        if (value[i] == '\\' && (value[i + 1] == 'n' || value[i + 1] == 'r'))
            return true;
    return false;
}

/* Is the value what dotenv makes of it where it stands without quotes? */
static bool fits_bare(const char *value, size_t size)
{
    size_t last = 0; /* the bytes of a blank at the end */
    if (size == 0 || dotenv_blank(value, size) > 0)
        return false;
    if (dotenv_is_quote(value[0]) && size > 1 && value[size - 1] == value[0])
        return false;
    if (value[0] == '"' && has_escape(value, size))
        return false;
    for (size_t at = 0; at<size; at += last> 0 ? last : 1) {
        if (value[at] == '#' || dotenv_line_end(value + at, size - at) > 0)
            return false;
        last = dotenv_blank(value + at, size - at);
    }
    return last == 0;
}

static bool fits_quotes(const char *value, size_t size, char quote)
{
    for (size_t i = 0; i < size; i++)
        if ((value[i] == quote && (i == 0 || value[i - 1] != '\\')) || (value[i] == '\r' && quote != '"'))
            return false;
    return quote != '"' || !has_escape(value, size);
}

/*
 * What dotenv takes for an open quote makes it look for the closing one, in the lines below too, and come
 * back if it finds none that a line could end behind. This comment holds one that none can: so it does
 * come back, whatever follows in the file.
 */
static bool add_tail(struct secret *out, char quote, struct reason *why)
{
    const char tail[] = {' ', '#', ' ', quote, '.'};
    return secret_append(out, tail, sizeof tail, why);
}

static bool add_bare(struct secret *out, const char *value, size_t size, struct reason *why)
{
    return secret_append(out, value, size, why) &&
           (!dotenv_is_quote(value[0]) || add_tail(out, value[0], why));
}

static bool add_quoted(struct secret *out, const char *value, size_t size, char quote, struct reason *why)
{
    if (!secret_append(out, &quote, 1, why))
        return false;
    for (size_t at = 0; at < size;) {
        const char *carriage = memchr(value + at, '\r', size - at);
        size_t length = carriage ? (size_t)(carriage - value) - at : size - at;
        if (!secret_append(out, value + at, length, why) || (carriage && !secret_append(out, "\\r", 2, why)))
            return false;
        at += length + (carriage != NULL);
    }
    /* A backslash at the value's end makes the closing quote look escaped. */
    return secret_append(out, &quote, 1, why) &&
           (size == 0 || value[size - 1] != '\\' || add_tail(out, quote, why));
}

static bool add_value(struct secret *out, const char *value, size_t size, struct reason *why)
{
    static const char quotes[] = "'\"`";
    if (is_ordinary(value, size))
        return add_bare(out, value, size, why);
    for (const char *quote = quotes; *quote; quote++)
        if (fits_quotes(value, size, *quote) && (size == 0 || value[size - 1] != '\\'))
            return add_quoted(out, value, size, *quote, why);
    if (fits_bare(value, size))
        return add_bare(out, value, size, why);
    for (const char *quote = quotes; *quote; quote++)
        if (fits_quotes(value, size, *quote))
            return add_quoted(out, value, size, *quote, why);
    return fail(why, "a .env file has no spelling for this value's quotes and lines");
}

bool dotenv_format(struct secret *out, const char *name, const char *value, size_t value_size,
                   struct reason *why)
{
    size_t length = 0;
    while (dotenv_is_name(name[length]))
        length++;
    if (length == 0 || name[length] != '\0' || strcmp(name, "__proto__") == 0)
        return fail(why, "not a name in a .env file");
    if (value_size > 0 && memchr(value, '\0', value_size))
        return fail(why, "%.255s: a .env file cannot hold a NUL byte", name);
    if (!is_utf8(value, value_size))
        return fail(why, "%.255s: a .env file is UTF-8, and this value is not", name);
    size_t begin = out->size;
    if (secret_append(out, name, length, why) && secret_append(out, "=", 1, why) &&
        (add_value(out, value, value_size, why) || fail_within(why, "%.255s", name)) &&
        secret_append(out, "\n", 1, why))
        return true;
    out->size = begin;
    return false;
}
