/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes the audit log from both sides: whatever the strings of a record are, it is one printable line that
 * is read back as a record; and any line can be read, selected and shown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/audit_line.h"
#include "fuzz/fuzz.h"
#include "host/audit_record.h"

FUZZ_WITH_SODIUM

static char *name_user(char *out, size_t size, uid_t uid)
{
    snprintf(out, size, "\x1b%u\n", uid);
    return out;
}

static void require_printable(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        require(text[i] >= ' ' && text[i] <= '~');
}

static void read_line(const char *text, size_t size, const char *word, bool is_record)
{
    struct audit_line line;
    char shown[AUDIT_LINE_SHOWN];
    const struct audit_wanted wanted = {.profile = word, .name = word, .since = "2026-01-01T00:00:00Z"};
    bool ok = audit_line_parse(&line, text, size);
    require(ok || !is_record);
    if (!ok)
        return;
    audit_line_is_wanted(&line, &wanted);
    audit_line_show(&line, name_user, shown);
    require(strlen(shown) < sizeof shown);
    require_printable(shown, strlen(shown));
    audit_line_free(&line);
}

/* The input's strings, one after the other, stand for everything in a record. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { NAMES = 64 };
    static char out[AUDIT_RECORD_MAX];
    static const struct audit_origin origin = {.time = {1764144000, 999999999}, .login = 5, .version = "0"};
    char *text = malloc(size + 1), *strings[NAMES];
    struct audit_name names[NAMES];
    size_t count = 0;
    require(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t at = 0; at <= size && count < NAMES; at += strlen(text + at) + 1)
        strings[count++] = text + at;
    read_line((const char *)data, size, strings[count / 2], false);
    for (size_t i = 0; i < count; i++)
        names[i] = (struct audit_name){i % 2 ? strings[i] : NULL, strings[(i + 1) % count]};
    const struct audit_names list = {names, count};
    const struct audit_record record = {
        .event = AUDIT_CHANGE,
        .program = strings[0],
        .verb = strings[1 % count],
        .profile = strings[2 % count],
        .delivery = strings[3 % count],
        .store = strings[4 % count],
        .signer = strings[5 % count],
        .reason = strings[6 % count],
        .names = &list,
        .added = &list,
        .changed = &list,
        .removed = &list,
    };
    static const size_t sizes[] = {8000, AUDIT_SYSLOG_MAX, AUDIT_RECORD_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t length = audit_record_json(&record, &origin, out, sizes[i]);
        require(length < sizes[i] && out[length] == '\0');
        require_printable(out, length);
        read_line(out, length, strings[0], true);
    }
    require_printable(audit_record_sentence(&record, out, 1024), strlen(out));
    free(text);
    return 0;
}
