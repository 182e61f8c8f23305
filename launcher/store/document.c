/* SPDX-License-Identifier: ISC */
/*
 * Reading the document: see document.h. Runs in secrun and secrunctl; sees every secret.
 *
 * Names and values go into one buffer of about the text's size, which never moves: what an entry takes
 * there is never more than its lines have, its separators and line feeds making room for the NULs.
 */
#include "store/document.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/array.h"
#include "store/document_internal.h"

static const char base64_prefix[] = "base64:";

struct parser {
    struct document *document;
    size_t entry_capacity, profile_capacity; /* of the two arrays */
    size_t value_at;                         /* where the last entry's value begins in values */
    bool open;                               /* that value may go on */
    const struct document_wanted *wanted;
};

/* --- storage --- */

static bool keep(struct document *document, const char *bytes, size_t length, struct reason *why)
{
    struct secret *values = &document->values;
    if (length > values->capacity - values->size) /* entries point into values: it must not move */
        return fail(why, "no room for the values");
    memcpy(values->bytes + values->size, bytes, length);
    values->size += length;
    return true;
}

/* A copy with a NUL behind it, or NULL. */
static const char *keep_string(struct document *document, const char *bytes, size_t length,
                               struct reason *why)
{
    size_t at = document->values.size;
    if (!keep(document, bytes, length, why) || !keep(document, "", 1, why))
        return NULL;
    return (const char *)document->values.bytes + at;
}

static bool add_profile(struct parser *parser, const struct ini_event *event, struct reason *why)
{
    struct document *document = parser->document;
    void *array = array_make_room(document->profiles, document->profile_count, &parser->profile_capacity,
                                  sizeof *document->profiles, why);
    if (!array)
        return false;
    document->profiles = array;
    const char *name = keep_string(document, event->name, strlen(event->name), why);
    if (!name)
        return false;
    document->profiles[document->profile_count++] = (struct document_profile){
        .name = name,
        .begin = event->begin,
        .end = event->end,
        .first = (uint32_t)document->entry_count,
        .line = (uint32_t)event->line,
    };
    return document_index_profile(document, why);
}

static bool add_entry(struct parser *parser, const struct ini_event *event, const char *name,
                      const char *word, struct reason *why)
{
    struct document *document = parser->document;
    struct document_profile *profile = &document->profiles[document->profile_count - 1];
    void *array = array_make_room(document->entries, document->entry_count, &parser->entry_capacity,
                                  sizeof *document->entries, why);
    if (!array)
        return false;
    document->entries = array;
    document->entries[document->entry_count] = (struct document_entry){
        .name = name,
        .word = word,
        .begin = event->begin,
        .end = event->end,
        .profile = (uint32_t)document->profile_count - 1,
        .line = (uint32_t)event->line,
    };
    profile->count++;
    profile->end = event->end;
    parser->value_at = document->values.size;
    parser->open = true;
    return document_index_entry(document, (uint32_t)document->entry_count++, why);
}

/* --- values --- */

/* Decodes in place: what is written is always behind what is read. In constant time, as it is a secret. */
static bool decode(unsigned char *value, size_t *size, struct reason *why)
{
    /* libsodium 1.0.18 reads every byte above 127 as a slash where char is signed. */
    unsigned char seen = 0;
    for (size_t i = 0; i < *size; i++)
        seen |= value[i];
    if (seen > 127)
        return fail(why, "not base64 after '%s'", base64_prefix);
    const char *text = (const char *)value + strlen(base64_prefix);
    size_t length = *size - strlen(base64_prefix);
    int variant = length > 0 && memchr(text, '=', length) ? sodium_base64_VARIANT_ORIGINAL
                                                          : sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
    if (sodium_base642bin(value, *size, text, length, "\n", size, NULL, variant) != 0)
        return fail(why, "not base64 after '%s'", base64_prefix);
    return *size == 0 || !memchr(value, '\0', *size) || fail(why, "a value that holds a NUL byte");
}

/* The last entry's value is complete. */
static bool finish_value(struct parser *parser, struct reason *why)
{
    struct document *document = parser->document;
    struct secret *values = &document->values;
    struct document_entry *entry = &document->entries[document->entry_count - 1];
    unsigned char *value = values->bytes + parser->value_at;
    size_t size = values->size - parser->value_at;
    if (size >= strlen(base64_prefix) && memcmp(value, base64_prefix, strlen(base64_prefix)) == 0 &&
        !decode(value, &size, why))
        return false;
    if (size > DOCUMENT_VALUE_MAX)
        return fail(why, "a value above %d bytes", DOCUMENT_VALUE_MAX);
    values->size = parser->value_at + size;
    if (!keep(document, "", 1, why))
        return false;
    entry->value = (const char *)value;
    entry->value_size = size;
    return !entry->word || document_check_attribute(entry->name, entry->word, entry->value, why);
}

static bool finish_entry(struct parser *parser, struct reason *why)
{
    if (!parser->open)
        return true;
    parser->open = false;
    const struct document *document = parser->document;
    return finish_value(parser, why) ||
           fail_within(why, "line %u", (unsigned)document->entries[document->entry_count - 1].line);
}

/* --- lines --- */

static bool begin_profile(struct parser *parser, const struct ini_event *event, struct reason *why)
{
    *event->skip = !document_is_wanted(parser->wanted, event->name, strlen(event->name));
    return document_check_profile_name(event->name, why) && add_profile(parser, event, why);
}

static bool begin_entry(struct parser *parser, const struct ini_event *event, struct reason *why)
{
    struct document *document = parser->document;
    if (document->profile_count == 0)
        return fail(why, "an entry before the first [profile]");
    const char *dot = strchr(event->name, '.'), *name, *word = NULL;
    size_t length = dot ? (size_t)(dot - event->name) : strlen(event->name);
    if (dot != event->name && !document_check_name(event->name, length, why))
        return false;
    name = keep_string(document, event->name, length, why);
    if (name && dot)
        word = keep_string(document, dot + 1, strlen(dot + 1), why);
    if (!name || (dot && !word) || !add_entry(parser, event, name, word, why))
        return false;
    return keep(document, event->value, event->value_size, why);
}

static bool continue_entry(struct parser *parser, const struct ini_event *event, struct reason *why)
{
    struct document *document = parser->document;
    document->entries[document->entry_count - 1].end = event->end;
    document->profiles[document->profile_count - 1].end = event->end;
    return keep(document, "\n", 1, why) && keep(document, event->value, event->value_size, why);
}

static bool on_event(void *user, const struct ini_event *event, struct reason *why)
{
    struct parser *parser = user;
    if (event->kind == INI_CONTINUATION)
        return continue_entry(parser, event, why) || fail_within(why, "line %zu", event->line);
    if (!finish_entry(parser, why))
        return false;
    return (event->kind == INI_SECTION ? begin_profile(parser, event, why)
                                       : begin_entry(parser, event, why)) ||
           fail_within(why, "line %zu", event->line);
}

/* --- the whole --- */

/* What names and values can come to: the lines that are wanted, and every section line. */
static size_t measure(const char *text, size_t size, const struct document_wanted *wanted)
{
    size_t total = 1; /* the last line may lack the line feed that pays for its value's NUL */
    bool inside = true;
    if (!wanted)
        return total + size;
    for (size_t at = 0; at < size;) {
        const char *line = text + at, *feed = memchr(line, '\n', size - at);
        size_t length = feed ? (size_t)(feed - line) + 1 : size - at;
        if (line[0] == '[') {
            const char *close = memchr(line, ']', length);
            inside = close && document_is_wanted(wanted, line + 1, (size_t)(close - line) - 1);
            total += length;
        } else if (inside) {
            total += length;
        }
        at += length;
    }
    return total;
}

bool document_parse_wanted(struct document *document, const char *text, size_t size,
                           const struct document_wanted *wanted, struct reason *why)
{
    struct parser parser = {.document = document, .wanted = wanted};
    *document = (struct document){.text = size > 0 ? text : "", .size = size};
    if (size > DOCUMENT_MAX)
        return fail(why, "a document above %d bytes", DOCUMENT_MAX);
    if (secret_alloc(&document->values, measure(text, size, wanted), why) &&
        ini_read(text, size, on_event, &parser, why) && finish_entry(&parser, why) &&
        document_check_includes(document, why))
        return true;
    document_free(document);
    return false;
}

bool document_parse(struct document *document, const char *text, size_t size, struct reason *why)
{
    if (!document_parse_wanted(document, text, size, NULL, why))
        return false;
    if (document_check_owners(document, why))
        return true;
    document_free(document);
    return false;
}

void document_free(struct document *document)
{
    secret_free(&document->values);
    free(document->entries);
    free(document->profiles);
    table_free(&document->entry_table);
    table_free(&document->profile_table);
    *document = (struct document){0};
}
