/* SPDX-License-Identifier: ISC */
/* Values that look as if quotes had been meant as syntax, which they are not in the document. */
#ifndef SECRUN_QUOTING_H
#define SECRUN_QUOTING_H

#include <stdbool.h>
#include <stddef.h>

/* Does a value begin and end with the same kind of quote? */
static inline bool quoting_is_suspect(const char *value, size_t size)
{
    return size >= 2 && (value[0] == '"' || value[0] == '\'' || value[0] == '`') &&
           value[size - 1] == value[0];
}

#endif
