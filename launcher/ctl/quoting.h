/* SPDX-License-Identifier: ISC */
/* Values that look as if what is around them had been meant as syntax, which it is not in the document. Pure;
 * sees values. */
#ifndef SECRUN_QUOTING_H
#define SECRUN_QUOTING_H

#include <stddef.h>
#include <string.h>

/* What a secret's value is like, for a message: "its value ..."; NULL if nothing is odd about it. */
static inline const char *quoting_oddity(const char *name, const char *value, size_t size)
{
    size_t length = strlen(name);
    if (size == 0)
        return NULL;
    if (size >= 2 && (value[0] == '"' || value[0] == '\'' || value[0] == '`') && value[size - 1] == value[0])
        return "is in quotes";
    if (size > length && memcmp(value, name, length) == 0 && value[length] == '=')
        return "begins with its name and an equals sign";
    if (value[size - 1] == '\r')
        return "ends with a carriage return";
    if (strchr(" \t", value[0]) || strchr(" \t", value[size - 1]))
        return value[size - 1] == ' ' || value[size - 1] == '\t' ? "ends with a blank"
                                                                 : "begins with a blank";
    return NULL;
}

#endif
