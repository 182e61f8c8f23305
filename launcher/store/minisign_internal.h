/* SPDX-License-Identifier: ISC */
/* What the minisign*.c files share: the words of the format, and its lines. Holds no secret. */
#ifndef SECRUN_MINISIGN_INTERNAL_H
#define SECRUN_MINISIGN_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "store/minisign.h"

#define MINISIGN_UNTRUSTED "untrusted comment: "
#define MINISIGN_TRUSTED   "trusted comment: "

/* In front of keys, and of signatures of a digest and of a file itself. */
#define MINISIGN_OF_KEYS   "Ed"
#define MINISIGN_OF_DIGEST "ED"
#define MINISIGN_OF_FILE   "Ed"
enum { MINISIGN_MARK_SIZE = 2 };

enum { MINISIGN_DIGEST_SIZE = 64 };

struct minisign_line {
    const char *text;
    size_t size;
};

/* Takes the next line off the text, without its LF or CR LF. It must be there, at most MINISIGN_LINE_MAX
 * bytes long, and hold no control byte but tabs. */
bool minisign_next_line(struct minisign_line *rest, struct minisign_line *line, struct reason *why);

/* The same for a line that begins with this word, which is taken off. */
bool minisign_next_comment(struct minisign_line *rest, const char *word, struct minisign_line *comment,
                           struct reason *why);

/* BLAKE2b-512. */
void minisign_digest(unsigned char digest[static MINISIGN_DIGEST_SIZE], const unsigned char *file,
                     size_t size);

#endif
