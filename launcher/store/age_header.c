/* SPDX-License-Identifier: ISC */
/*
 * The textual header of an age file ("Header" in the specification): strict reading, and writing.
 * Runs in secrun and secrunctl; reading sees no secret, writing sees the file key.
 *
 * Whoever can write the sealed file chooses every byte read here, before any key has spoken for it.
 */
#include "store/age_internal.h"

#include <string.h>

#include <sodium.h>

#include "store/base64.h"

enum { ARGUMENTS_KEPT = 3 }; /* as many as the longest known stanza has */

struct span {
    const unsigned char *bytes;
    size_t size;
};

struct stanza {
    struct span arguments[ARGUMENTS_KEPT];
    size_t argument_count; /* of all */
    unsigned char body[AGE_WRAPPED_SIZE];
    size_t body_size; /* of all, also when more than body holds */
};

struct lines {
    const unsigned char *at, *end;
    size_t number; /* of the line last asked for, from 1 */
    bool cut;      /* end is AGE_HEADER_MAX, not the file's */
};

/* Reads a line, without its line feed. */
static bool next_line(struct lines *lines, struct span *line, struct reason *why)
{
    const unsigned char *feed = NULL;
    lines->number++;
    if (lines->at < lines->end)
        feed = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
    if (!feed)
        return lines->cut ? fail(why, "larger than %d bytes", AGE_HEADER_MAX) : fail(why, "truncated");
    *line = (struct span){lines->at, (size_t)(feed - lines->at)};
    lines->at = feed + 1;
    return true;
}

static bool span_is(struct span span, const char *text)
{
    return span.size == strlen(text) && memcmp(span.bytes, text, span.size) == 0;
}

static bool span_ends(struct span span, const char *text)
{
    return span.size >= strlen(text) &&
           memcmp(span.bytes + span.size - strlen(text), text, strlen(text)) == 0;
}

static bool span_begins(struct span span, const char *text)
{
    return span.size >= strlen(text) && memcmp(span.bytes, text, strlen(text)) == 0;
}

static bool decode_exactly(struct span span, unsigned char *out, size_t size)
{
    size_t length;
    return base64_decode(out, size, &length, span.bytes, span.size, false) && length == size;
}

static bool parse_version(struct lines *lines, struct reason *why)
{
    struct span line;
    if (!next_line(lines, &line, why))
        return false;
    if (span_is(line, AGE_VERSION_LINE "\r"))
        return fail(why, "its lines end in CR LF");
    if (!span_is(line, AGE_VERSION_LINE))
        return fail(why, "a version of the format that is not supported");
    return true;
}

/* Splits "-> argument argument..." */
static bool parse_arguments(struct span line, struct stanza *stanza, struct reason *why)
{
    if (!span_begins(line, "-> "))
        return fail(why, "neither a recipient nor the MAC");
    const unsigned char *at = line.bytes + strlen("-> "), *end = line.bytes + line.size;
    stanza->argument_count = 0;
    for (;;) {
        struct span argument = {at, 0};
        for (; at < end && *at != ' '; at++)
            if (*at < 33 || *at > 126)
                return fail(why, "a byte that is not printable in a recipient");
        argument.size = (size_t)(at - argument.bytes);
        if (argument.size == 0)
            return fail(why, "an empty argument in a recipient");
        if (stanza->argument_count < ARGUMENTS_KEPT)
            stanza->arguments[stanza->argument_count] = argument;
        stanza->argument_count++;
        if (at == end)
            return true;
        at++;
    }
}

/* Reads body lines: full ones, and a shorter one, which may be empty, as the last. */
static bool parse_body(struct lines *lines, struct stanza *stanza, struct reason *why)
{
    unsigned char bytes[AGE_COLUMNS_BYTES];
    struct span line;
    stanza->body_size = 0;
    do {
        size_t length;
        if (!next_line(lines, &line, why))
            return false;
        if (line.size > AGE_COLUMNS)
            return fail(why, "more than %d columns", AGE_COLUMNS);
        if (!base64_decode(bytes, sizeof bytes, &length, line.bytes, line.size, false))
            return fail(why, "not canonical base64");
        if (stanza->body_size < sizeof stanza->body) {
            size_t room = sizeof stanza->body - stanza->body_size;
            memcpy(stanza->body + stanza->body_size, bytes, length < room ? length : room);
        }
        stanza->body_size += length;
    } while (line.size == AGE_COLUMNS);
    return true;
}

static bool take_x25519(struct age_header *header, const struct stanza *stanza, struct reason *why)
{
    struct age_x25519_stanza *taken = &header->x25519[header->x25519_count];
    if (stanza->argument_count != 2)
        return fail(why, "an X25519 recipient with %zu arguments, not 2", stanza->argument_count);
    if (!decode_exactly(stanza->arguments[1], taken->share, sizeof taken->share))
        return fail(why, "an X25519 recipient whose share is not %d bytes of base64", AGE_KEY_SIZE);
    if (stanza->body_size != sizeof taken->wrapped)
        return fail(why, "an X25519 recipient with a body of %zu bytes", stanza->body_size);
    memcpy(taken->wrapped, stanza->body, sizeof taken->wrapped);
    header->x25519_count++;
    return true;
}

/* A decimal number without sign or leading zero; at most AGE_SCRYPT_LOGN_MAX. */
static bool parse_work_factor(struct span digits, unsigned *log_n, struct reason *why)
{
    unsigned value = 0;
    if (digits.bytes[0] == '0')
        return fail(why, "a scrypt work factor with a leading zero");
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.bytes[i] < '0' || digits.bytes[i] > '9')
            return fail(why, "a scrypt work factor that is not a number");
        if (value <= AGE_SCRYPT_LOGN_MAX)
            value = value * 10 + (digits.bytes[i] - (unsigned)'0');
    }
    if (value > AGE_SCRYPT_LOGN_MAX)
        return fail(why, "a scrypt work factor above 2^%d", AGE_SCRYPT_LOGN_MAX);
    *log_n = value;
    return true;
}

static bool take_scrypt(struct age_header *header, const struct stanza *stanza, struct reason *why)
{
    struct age_scrypt_stanza *taken = &header->scrypt;
    if (stanza->argument_count != 3)
        return fail(why, "a passphrase recipient with %zu arguments, not 3", stanza->argument_count);
    if (!decode_exactly(stanza->arguments[1], taken->salt, sizeof taken->salt))
        return fail(why, "a passphrase recipient whose salt is not %d bytes of base64", AGE_SALT_SIZE);
    if (!parse_work_factor(stanza->arguments[2], &taken->log_n, why))
        return false;
    if (stanza->body_size != sizeof taken->wrapped)
        return fail(why, "a passphrase recipient with a body of %zu bytes", stanza->body_size);
    memcpy(taken->wrapped, stanza->body, sizeof taken->wrapped);
    header->passphrase = true;
    return true;
}

/* The body is known to be whole; types that are not known are passed over, as the specification asks. */
static bool take_stanza(struct age_header *header, const struct stanza *stanza, struct reason *why)
{
    if (header->stanza_count == AGE_STANZAS_MAX)
        return fail(why, "more than %d recipients", AGE_STANZAS_MAX);
    header->stanza_count++;
    if (span_is(stanza->arguments[0], "X25519") && !take_x25519(header, stanza, why))
        return false;
    if (span_is(stanza->arguments[0], "scrypt") && !take_scrypt(header, stanza, why))
        return false;
    if (span_begins(stanza->arguments[0], "mlkem768"))
        header->post_quantum = true;
    /* rage adds a stanza of a random type, "…-grease", to keep readers from choking on unknown ones. */
    if (span_ends(stanza->arguments[0], "-grease"))
        header->grease_count++;
    /* Else whoever holds a public key could make a file that passes for one made with the passphrase. */
    if (header->passphrase && header->stanza_count > 1)
        return fail(why, "a passphrase recipient that is not alone");
    return true;
}

/* Reads "--- " and the MAC. */
static bool parse_end(struct lines *lines, struct age_header *header, struct reason *why)
{
    struct span line;
    if (!next_line(lines, &line, why))
        return false;
    if (!span_begins(line, "--- "))
        return fail(why, "malformed MAC");
    struct span mac = {line.bytes + strlen("--- "), line.size - strlen("--- ")};
    return decode_exactly(mac, header->mac, sizeof header->mac) || fail(why, "malformed MAC");
}

static bool parse(struct lines *lines, struct age_header *header, const unsigned char *file,
                  struct reason *why)
{
    struct stanza stanza;
    struct span line;
    if (!parse_version(lines, why))
        return false;
    for (;;) {
        struct span all = {lines->at, (size_t)(lines->end - lines->at)};
        if (span_begins(all, "---")) {
            header->covered = (size_t)(lines->at - file) + strlen("---");
            break;
        }
        if (!next_line(lines, &line, why) || !parse_arguments(line, &stanza, why) ||
            !parse_body(lines, &stanza, why) || !take_stanza(header, &stanza, why))
            return false;
    }
    if (!parse_end(lines, header, why))
        return false;
    if (header->stanza_count == 0)
        return fail(why, "no recipient");
    header->size = (size_t)(lines->at - file);
    return true;
}

bool age_header_parse(struct age_header *header, const unsigned char *file, size_t size, struct reason *why)
{
    bool cut = size > AGE_HEADER_MAX;
    if (!span_begins((struct span){file, size}, AGE_VERSION_PREFIX))
        return fail(why, "not an age file");
    struct lines lines = {file, file + (cut ? (size_t)AGE_HEADER_MAX : size), 0, cut};
    header->post_quantum = header->passphrase = false;
    header->stanza_count = header->x25519_count = header->grease_count = 0;
    if (parse(&lines, header, file, why))
        return true;
    return fail_within(why, "malformed header: line %zu", lines.number);
}

enum { ENCODED_KEY = 43 }; /* characters of 32 bytes in unpadded base64 */
enum { STANZA_SIZE = sizeof "-> X25519 \n\n" - 1 + 2 * ENCODED_KEY };

size_t age_header_size(size_t count)
{
    return strlen(AGE_VERSION_LINE "\n--- \n") + ENCODED_KEY + count * STANZA_SIZE;
}

static unsigned char *put_text(unsigned char *out, const char *text)
{
    return (unsigned char *)mempcpy(out, text, strlen(text));
}

static unsigned char *put_key(unsigned char *out, const unsigned char bytes[static 32])
{
    char encoded[ENCODED_KEY + 1];
    sodium_bin2base64(encoded, sizeof encoded, bytes, 32, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    return put_text(out, encoded);
}

void age_header_write(unsigned char *out, const struct age_x25519_stanza *stanzas, size_t count,
                      const unsigned char file_key[static AGE_FILE_KEY_SIZE])
{
    unsigned char mac[AGE_DERIVED_SIZE];
    unsigned char *at = put_text(out, AGE_VERSION_LINE "\n");
    for (size_t i = 0; i < count; i++) {
        at = put_key(put_text(at, "-> X25519 "), stanzas[i].share);
        at = put_key(put_text(at, "\n"), stanzas[i].wrapped);
        at = put_text(at, "\n");
    }
    at = put_text(at, "---");
    age_header_mac(mac, out, (size_t)(at - out), file_key);
    put_text(put_key(put_text(at, " "), mac), "\n");
}
