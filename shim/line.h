/* SPDX-License-Identifier: ISC */
/* One line on standard error, in one write, without libc. Runs inside the target; is given names, no value.
 */
#ifndef SECRUN_LINE_H
#define SECRUN_LINE_H

#include <stddef.h>

enum { LINE_MAX_SIZE = 512 }; /* bytes; what does not fit is cut off */

struct line {
    char bytes[LINE_MAX_SIZE];
    size_t size;
};

/* Begins with "secrun: ". What is added has its control characters replaced by '?'. */
void line_begin(struct line *line);
void line_add(struct line *line, const char *text, size_t size);
void line_text(struct line *line, const char *text);
void line_number(struct line *line, size_t number);
void line_write(struct line *line);

#endif
