/* SPDX-License-Identifier: ISC */
/* A line of an audit log, whoever wrote it: read, selected by, and put into a line for people. Pure. */
#ifndef SECRUN_AUDIT_LINE_H
#define SECRUN_AUDIT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

enum { AUDIT_LINE_MAX = 128 * 1024 }; /* bytes of one that is read */
enum { AUDIT_LINE_SHOWN = 2048 };     /* bytes of one that is shown, at least what a header takes */
enum { AUDIT_SINCE_SIZE = sizeof "2026-11-23T18:00:00" };

struct audit_line {
    json_t *object; /* owned; with strings `time`, which is one, and `event` */
};

/* What is asked for; NULL: any. */
struct audit_wanted {
    const char *profile, *name;
    const char *since; /* the first 19 bytes of a time */
};

/* Reads the record that begins with the first '{' of the line: what a file has, or syslog put a head in front
 * of. False if there is none. audit_line_free is due if it is true. */
bool audit_line_parse(struct audit_line *line, const char *text, size_t size);
void audit_line_free(struct audit_line *line);

bool audit_line_is_wanted(const struct audit_line *line, const struct audit_wanted *wanted);

/* Writes the name of a user; returns out. */
typedef char *audit_user_fn(char *out, size_t size, uid_t uid);

/* The record in columns, printable ASCII without a line feed. Returns out. */
char *audit_line_show(const struct audit_line *line, audit_user_fn *user, char out[static AUDIT_LINE_SHOWN]);
/* The heads of those columns. */
extern const char audit_line_heads[];

#endif
