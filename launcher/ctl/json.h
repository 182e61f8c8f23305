/* SPDX-License-Identifier: ISC */
/* Secrets as one JSON object of strings. All of jansson's memory is locked and wiped meanwhile. */
#ifndef SECRUN_JSON_H
#define SECRUN_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "base/secret.h"

/* Takes one member; name and value are valid during the call. */
typedef bool json_member_fn(void *user, const char *name, const char *value, size_t size, struct reason *why);

/*
 * Calls member for each member of the object in text, in order. Strings are taken as they are, whole
 * numbers and booleans as their JSON text. Errors, which name the member but no value: no object, a
 * member given twice, null, an array or object within, and a number with a fraction or an exponent,
 * whose spelling would not survive.
 */
bool json_read_members(const char *text, size_t size, json_member_fn *member, void *user, struct reason *why);

struct json_member {
    const char *name, *value;
    size_t size;
};

/* Appends the object of these members to *out, with a line feed. A value that is not UTF-8 is an error. */
bool json_write_members(struct secret *out, const struct json_member *members, size_t count,
                        struct reason *why);

#endif
