/* SPDX-License-Identifier: ISC */
/* Matches in data that comes piece by piece, of any length. Pure; runs in secrunctl. Its buffer holds what is
 * scanned, in locked memory. */
#ifndef SECRUN_SCAN_STREAM_H
#define SECRUN_SCAN_STREAM_H

#include "scan/matcher.h"

struct match {
    size_t pattern;
    uint64_t offset; /* from the data's beginning */
    uint64_t line;   /* 1-based */
};

/* Called for each match once, in the order of their offsets. */
typedef bool stream_found(void *user, const struct match *match, struct reason *why);

struct stream {
    const struct matcher *matcher;
    stream_found *found;
    void *user;
    struct secret buffer;  /* size: what is in it */
    uint64_t base;         /* the offset of its first byte */
    uint64_t lines;        /* that ended before it */
    struct match *matches; /* owned */
    size_t count, capacity;
    bool no_memory;
};

enum { STREAM_PIECE = 128 * 1024 };

bool stream_make(struct stream *stream, const struct matcher *matcher, stream_found *found, void *user,
                 struct reason *why);
void stream_free(struct stream *stream);

/* Begins with other data. */
void stream_begin(struct stream *stream);

/* Where the next bytes are to be put: at least STREAM_PIECE of room. */
unsigned char *stream_room(struct stream *stream, size_t *room);

/* So many have been put there. */
bool stream_add(struct stream *stream, size_t size, struct reason *why);

/* The next `size` bytes are all NUL, which no match has. */
bool stream_skip(struct stream *stream, uint64_t size, struct reason *why);

/* That was all. */
bool stream_end(struct stream *stream, struct reason *why);

#endif
