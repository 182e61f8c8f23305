/* SPDX-License-Identifier: ISC */
/*
 * A strict reading of INI text by inih. Pure on (pointer, length). inih cuts long lines and names,
 * reads ` ;` as a comment and joins lines without telling; here each of these is an error with a
 * line number, or cannot happen.
 */
#ifndef SECRUN_INI_H
#define SECRUN_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"

enum { INI_SECTION_MAX = 49 };           /* bytes in a section's name: inih's own limit */
enum { INI_LINE_MAX = 2 * 1024 * 1024 }; /* bytes in a line */

enum ini_kind {
    INI_SECTION,      /* name = the section's name; value empty */
    INI_VALUE,        /* name, value */
    INI_CONTINUATION, /* value = one more line of the entry before it; name empty */
};

struct ini_event {
    enum ini_kind kind;
    size_t line;       /* 1-based */
    size_t begin, end; /* the line's bytes in the text, its line feed included */
    const char *name;  /* NUL-terminated, valid during the call */
    const char *value; /* without the blanks around it; NUL-terminated, valid during the call */
    size_t value_size;
    bool *skip; /* of a section: set to true, its lines are passed over unread */
};

/* Returns false, with a reason that begins "line N: ", to stop. */
typedef bool ini_handler_fn(void *user, const struct ini_event *event, struct reason *why);

/*
 * Calls handler for each event, in order. Errors: a NUL byte, a line above INI_LINE_MAX, a section
 * name above INI_SECTION_MAX or empty, a line that is neither of these, an indented comment, an
 * indented line that continues nothing (or follows a blank or comment line). CR LF ends a line as LF
 * does. The line buffer that inih uses is wiped before this returns. Not for two threads at once: inih's
 * limits, which are set to what the text needs, are variables of the whole process.
 */
bool ini_read(const char *text, size_t size, ini_handler_fn *handler, void *user, struct reason *why);

#endif
