/* SPDX-License-Identifier: ISC */
/* Git as a scan runs it: over a repository whose configuration may be hostile. Runs in secrunctl. */
#ifndef SECRUN_SCAN_GIT_H
#define SECRUN_SCAN_GIT_H

#include "scan/child.h"
#include "scan/scan.h"

enum { GIT_ID_SIZE = 65 }; /* of SHA-256 in hex, and a NUL */

/* Starts `git WORDS` in the directory (NULL: the current one, and what git's own variables say). The words
 * end with NULL. Nothing that the repository's configuration names is run, and nothing is fetched. */
bool git_start(struct child *child, const struct scan *scan, const char *directory, const char *const *words,
               int input, struct reason *why);

/* What git prints, piece by piece; all of it may be plaintext. */
struct git_reader {
    struct child child;
    struct secret bytes;
    size_t at; /* what is before has been taken */
    bool ended;
};
bool git_read_start(struct git_reader *reader, const struct scan *scan, const char *directory,
                    const char *const *words, int input, struct reason *why);
/* False if there was an error, here or of git; *ok is what has come of it before. */
bool git_read_end(struct git_reader *reader, bool ok, struct reason *why);

/* The next text up to a byte `end`, NUL-terminated in its place, until the next call. NULL at the end of all;
 * also, with *ok false, on an error. */
char *git_read_token(struct git_reader *reader, char end, bool *ok, struct reason *why);

/* The next object of `cat-file --batch`: its header is in id and type. False at the end, and with *ok false
 * on an error. */
bool git_read_object(struct git_reader *reader, char id[static GIT_ID_SIZE], char type[static 8],
                     uint64_t *size, bool *ok, struct reason *why);
/* Scans the object whose header was read. */
bool git_scan_object(struct git_reader *reader, struct scan *scan, uint64_t size, struct reason *why);

/* A file in memory to write lines to and to read them from. */
int git_list_make(struct reason *why);

#endif
