/* SPDX-License-Identifier: ISC */
/* The forms of a value: see patterns.h. Pure; runs in secrunctl, and sees every value. */
#include "scan/patterns.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

const char *form_name(enum form form)
{
    static const char *const names[] = {
        [FORM_PLAIN] = "",           [FORM_ESCAPED] = "escaped", [FORM_BASE64] = "base64",
        [FORM_BASE64URL] = "base64", [FORM_HEX] = "hex",         [FORM_URL] = "url-encoded",
    };
    return names[form];
}

static bool put(struct secret *out, char byte, struct reason *why)
{
    return secret_append(out, &byte, 1, why);
}

/* --- one form each: appends it to *out ------------------------------------------------------------- */

/* The characters of base64 that the value alone decides, where it begins so many bits before one. */
static bool base64(struct secret *out, const unsigned char *value, size_t size, size_t bit,
                   const char last[static 2], struct reason *why)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (; bit + 6 <= 8 * size; bit += 6) {
        unsigned two = (unsigned)value[bit / 8] << 8;
        if (bit / 8 + 1 < size)
            two |= value[bit / 8 + 1];
        unsigned six = two >> (10 - bit % 8) & 63;
        if (!put(out, six < 62 ? letters[six] : last[six - 62], why))
            return false;
    }
    return true;
}

static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";

static bool hex(struct secret *out, const unsigned char *value, size_t size, const char *digits,
                struct reason *why)
{
    for (size_t i = 0; i < size; i++)
        if (!put(out, digits[value[i] >> 4], why) || !put(out, digits[value[i] & 15], why))
            return false;
    return true;
}

/* kept: what stays as it is besides letters and digits. A '+' in front: and a blank becomes one. */
static bool url(struct secret *out, const unsigned char *value, size_t size, const char *kept,
                const char *digits, struct reason *why)
{
    bool plus = kept[0] == '+';
    for (size_t i = 0; i < size; i++) {
        unsigned char c = value[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     (c != '\0' && strchr(kept + plus, c));
        if (plain || (plus && c == ' ')) {
            if (!put(out, plain ? (char)c : '+', why))
                return false;
        } else if (!put(out, '%', why) || !hex(out, &c, 1, digits, why)) {
            return false;
        }
    }
    return true;
}

static bool escaped(struct secret *out, const unsigned char *value, size_t size, struct reason *why)
{
    static const char plain[] = "\n\r\t\"\\", letters[] = "nrt\"\\";
    for (size_t i = 0; i < size; i++) {
        const char *special = value[i] ? strchr(plain, value[i]) : NULL;
        if (special ? !put(out, '\\', why) || !put(out, letters[special - plain], why)
                    : !put(out, (char)value[i], why))
            return false;
    }
    return true;
}

/* --- all of them ------------------------------------------------------------------------------------ */

static size_t span_of(const unsigned char *bytes, size_t size, enum breaks breaks)
{
    size_t lines = breaks == BREAKS_ANYWHERE ? size / PATTERN_LINE + 2 : 0;
    for (size_t i = 0; breaks == BREAKS_OWN && i < size; i++)
        lines += bytes[i] == '\n';
    return size + lines * (PATTERN_INDENT + 2);
}

/* Makes a pattern of what has been appended since `at`, unless this secret has it already. */
static bool close_pattern(struct patterns *patterns, size_t at, uint32_t secret, enum form form,
                          enum breaks breaks, struct reason *why)
{
    size_t size = patterns->bytes.size - at;
    const unsigned char *bytes = patterns->bytes.bytes + at;
    for (size_t i = patterns->count; i > 0 && patterns->list[i - 1].secret == secret; i--) {
        const struct pattern *other = &patterns->list[i - 1];
        if (other->size == size && memcmp(pattern_bytes(patterns, i - 1), bytes, size) == 0) {
            patterns->bytes.size = at;
            return true;
        }
    }
    void *list =
        array_make_room(patterns->list, patterns->count, &patterns->capacity, sizeof *patterns->list, why);
    if (!list)
        return false;
    patterns->list = list;
    patterns->list[patterns->count++] = (struct pattern){at, (uint32_t)size, secret, form, breaks};
    size_t span = span_of(bytes, size, breaks);
    if (span > patterns->span)
        patterns->span = span;
    return true;
}

static bool add_base64(struct patterns *patterns, uint32_t secret, const unsigned char *value, size_t size,
                       struct reason *why)
{
    /* Behind n other bytes, the first character that is the value's alone begins at this bit of it. */
    static const size_t bits[] = {0, 4, 2};
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        size_t at = patterns->bytes.size;
        if (!base64(&patterns->bytes, value, size, bits[i], "+/", why) ||
            !close_pattern(patterns, at, secret, FORM_BASE64, BREAKS_ANYWHERE, why))
            return false;
        at = patterns->bytes.size;
        if (!base64(&patterns->bytes, value, size, bits[i], "-_", why) ||
            !close_pattern(patterns, at, secret, FORM_BASE64URL, BREAKS_ANYWHERE, why))
            return false;
    }
    return true;
}

static bool add_hex_and_url(struct patterns *patterns, uint32_t secret, const unsigned char *value,
                            size_t size, struct reason *why)
{
    /* RFC 3986; with the slash kept, as in paths; encodeURIComponent; forms. */
    static const char *const kept[] = {"-._~", "-._~/", "-._~!*'()", "+-._*"};
    static const char *const digits[] = {upper, lower};
    for (size_t d = 0; d < 2; d++) {
        size_t at = patterns->bytes.size;
        if (!hex(&patterns->bytes, value, size, digits[d], why) ||
            !close_pattern(patterns, at, secret, FORM_HEX, BREAKS_ANYWHERE, why))
            return false;
        for (size_t k = 0; k < sizeof kept / sizeof *kept; k++) {
            at = patterns->bytes.size;
            if (!url(&patterns->bytes, value, size, kept[k], digits[d], why) ||
                !close_pattern(patterns, at, secret, FORM_URL, BREAKS_NONE, why))
                return false;
        }
    }
    return true;
}

bool patterns_add(struct patterns *patterns, uint32_t secret, const void *value, size_t size,
                  struct reason *why)
{
    if (size < PATTERN_VALUE_LEAST)
        return fail(why, "%zu bytes are too few to look for", size);
    if (size > PATTERN_VALUE_MOST)
        size = PATTERN_VALUE_MOST;
    size_t at = patterns->bytes.size;
    if (!secret_append(&patterns->bytes, value, size, why) ||
        !close_pattern(patterns, at, secret, FORM_PLAIN, memchr(value, '\n', size) ? BREAKS_OWN : BREAKS_NONE,
                       why))
        return false;
    at = patterns->bytes.size;
    return escaped(&patterns->bytes, value, size, why) &&
           close_pattern(patterns, at, secret, FORM_ESCAPED, BREAKS_NONE, why) &&
           add_base64(patterns, secret, value, size, why) &&
           add_hex_and_url(patterns, secret, value, size, why);
}

void patterns_free(struct patterns *patterns)
{
    secret_free(&patterns->bytes);
    free(patterns->list);
    *patterns = (struct patterns){0};
}
