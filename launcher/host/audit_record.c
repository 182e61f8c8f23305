/* SPDX-License-Identifier: ISC */
/*
 * Audit records as text: see audit_record.h. Runs in secrun and secrunctl. Paths, reasons and users' names
 * come from anybody; whatever they are, a record is one line, ends where it ends, and drives no terminal.
 */
#include "host/audit_record.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/timestamp.h"
#include "store/utf8.h"

/* Bytes of one string, escaped: of all but the names, so that a record without these always fits. */
enum { STRING_MAX = 900 };
/* What has to stay free behind the names: the count of those left out, and the brackets. */
enum { TAIL = 64 };

struct json {
    char *text;
    size_t size, used;
    size_t omitted;
};

const char *audit_event_word(enum audit_event event)
{
    static const char *const words[] = {"start", "failed", "refused", "change", "read"};
    return words[event];
}

static bool put_bytes(struct json *json, size_t limit, const char *bytes, size_t size)
{
    if (size > limit - json->used)
        return false;
    memcpy(json->text + json->used, bytes, size);
    json->used += size;
    return true;
}

static void put(struct json *json, const char *text)
{
    put_bytes(json, json->size, text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static void put_format(struct json *json, const char *format, ...)
{
    char text[128];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    put(json, text);
}

/* One character, escaped; returns how many bytes of text it took. */
static size_t escape(char out[static 16], const char *text, size_t size)
{
    uint32_t code;
    size_t length = utf8_character(text, size, &code);
    if (length == 0) {
        length = 1;
        code = 0xfffd;
    }
    if (code == '"' || code == '\\')
        snprintf(out, 16, "\\%c", (char)code);
    else if (code >= ' ' && code <= '~')
        snprintf(out, 16, "%c", (char)code);
    else if (code < 0x10000)
        snprintf(out, 16, "\\u%04" PRIx32, code);
    else
        snprintf(out, 16, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + ((code - 0x10000) >> 10),
                 0xdc00 + ((code - 0x10000) & 0x3ff));
    return length;
}

/* The text without quotes, up to `limit`; false if it was cut there. */
static bool put_escaped(struct json *json, size_t limit, const char *text)
{
    size_t size = strlen(text);
    for (size_t at = 0; at < size;) {
        char out[16];
        at += escape(out, text + at, size - at);
        if (!put_bytes(json, limit, out, strlen(out)))
            return false;
    }
    return true;
}

/* A string that is cut after STRING_MAX bytes. */
static void put_string(struct json *json, const char *key, const char *text)
{
    if (!text || !text[0])
        return;
    put_format(json, ",\"%s\":\"", key);
    size_t rest = json->size - json->used, limit = rest > TAIL ? rest - TAIL : 0;
    if (!put_escaped(json, json->used + (limit < STRING_MAX ? limit : STRING_MAX), text))
        put(json, "...");
    put(json, "\"");
}

static void put_digest(struct json *json, const char *key, const unsigned char *digest)
{
    if (!digest)
        return;
    char text[2 * AUDIT_DIGEST_SIZE + 1];
    put_format(json, ",\"%s\":\"%s\"", key, sodium_bin2hex(text, sizeof text, digest, AUDIT_DIGEST_SIZE));
}

static bool put_name(struct json *json, size_t limit, const struct audit_name *name)
{
    return put_bytes(json, limit, "\"", 1) &&
           (!name->profile || (put_escaped(json, limit, name->profile) && put_bytes(json, limit, "/", 1))) &&
           put_escaped(json, limit, name->name) && put_bytes(json, limit, "\"", 1);
}

/* As many as there is room for, each whole. */
static void put_names(struct json *json, const char *key, const struct audit_names *names)
{
    if (!names)
        return;
    size_t limit = json->size - 3 * TAIL;
    bool first = true;
    put_format(json, ",\"%s\":[", key);
    for (size_t i = 0; i < names->count; i++) {
        size_t before = json->used;
        if (before < limit && (first || put_bytes(json, limit, ",", 1)) &&
            put_name(json, limit, &names->names[i])) {
            first = false;
            continue;
        }
        json->used = before;
        json->omitted += names->count - i;
        break;
    }
    put(json, "]");
}

size_t audit_record_json(const struct audit_record *record, const struct audit_origin *origin, char *out,
                         size_t size)
{
    struct json json = {.text = out, .size = size - 1};
    char seconds[TIMESTAMP_SIZE];
    timestamp_text(seconds, origin->time.tv_sec);
    put_format(&json, "{\"time\":\"%.19s.%06ldZ\",\"event\":\"%s\",\"uid\":%u", seconds,
               origin->time.tv_nsec / 1000, audit_event_word(record->event), origin->uid);
    if (origin->login != UINT32_MAX)
        put_format(&json, ",\"loginuid\":%" PRIu32, origin->login);
    if (record->user)
        put_format(&json, ",\"user\":%u", *record->user);
    put_format(&json, ",\"pid\":%d,\"ppid\":%d", origin->pid, origin->parent);
    put_string(&json, "verb", record->verb);
    put_string(&json, "program", record->program);
    put_string(&json, "profile", record->profile);
    put_string(&json, "delivery", record->delivery);
    put_string(&json, "reason", record->reason);
    put_string(&json, "store", record->store);
    put_digest(&json, "before", record->digest_before);
    put_digest(&json, "digest", record->digest);
    put_string(&json, "signer", record->signer);
    put_string(&json, "version", origin->version);
    if (record->recipients > 0)
        put_format(&json, ",\"recipients\":%zu", record->recipients);
    put_names(&json, "names", record->names);
    put_names(&json, "added", record->added);
    put_names(&json, "changed", record->changed);
    put_names(&json, "removed", record->removed);
    if (json.omitted > 0)
        put_format(&json, ",\"omitted\":%zu", json.omitted);
    put(&json, "}");
    out[json.used] = '\0';
    return json.used;
}

char *audit_record_sentence(const struct audit_record *record, char *text, size_t size)
{
    char what[256], profile[64], reason[512];
    const char *subject = record->verb ? record->verb : record->program ? record->program : "";
    printable(what, sizeof what, subject, strlen(subject));
    printable(profile, sizeof profile, record->profile ? record->profile : "",
              record->profile ? strlen(record->profile) : 0);
    printable(reason, sizeof reason, record->reason ? record->reason : "",
              record->reason ? strlen(record->reason) : 0);
    snprintf(text, size, "%s: %s%s%s%s%s", audit_event_word(record->event), what,
             profile[0] ? " with profile " : "", profile, reason[0] ? ": " : "", reason);
    return text;
}
