/* SPDX-License-Identifier: ISC */
/* Matches in data that comes piece by piece: see stream.h. Pure; runs in secrunctl. */
#include "scan/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

typedef unsigned char lanes __attribute__((vector_size(16)));

/* Line feeds, sixteen bytes at a time. */
static uint64_t count_lines(const unsigned char *bytes, size_t size)
{
    uint64_t count = 0;
    while (size >= sizeof(lanes)) {
        lanes sum = {0}, here;
        size_t rounds = size / sizeof here < UINT8_MAX ? size / sizeof here : UINT8_MAX;
        for (size_t i = 0; i < rounds; i++, bytes += sizeof here) {
            memcpy(&here, bytes, sizeof here);
            sum -= (lanes)(here == '\n');
        }
        for (size_t i = 0; i < sizeof sum; i++)
            count += sum[i];
        size -= rounds * sizeof here;
    }
    for (size_t i = 0; i < size; i++)
        count += bytes[i] == '\n';
    return count;
}

bool stream_make(struct stream *stream, const struct matcher *matcher, stream_found *found, void *user,
                 struct reason *why)
{
    *stream = (struct stream){.matcher = matcher, .found = found, .user = user};
    return secret_alloc(&stream->buffer, STREAM_PIECE + matcher->patterns->span + STREAM_PIECE, why);
}

void stream_free(struct stream *stream)
{
    secret_free(&stream->buffer);
    free(stream->matches);
    *stream = (struct stream){0};
}

void stream_begin(struct stream *stream)
{
    stream->buffer.size = 0;
    stream->base = 0;
    stream->lines = 0;
}

static void keep(void *user, size_t pattern, size_t begin, size_t end)
{
    struct stream *stream = user;
    struct reason ignored;
    (void)end;
    void *matches =
        array_make_room(stream->matches, stream->count, &stream->capacity, sizeof *stream->matches, &ignored);
    if (!matches) {
        stream->no_memory = true;
        return;
    }
    stream->matches = matches;
    stream->matches[stream->count++] = (struct match){.pattern = pattern, .offset = begin};
}

static int compare(const void *a, const void *b)
{
    const struct match *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return (x->pattern > y->pattern) - (x->pattern < y->pattern);
}

/* Hands on the matches that begin in the first `limit` bytes of the buffer. */
static bool hand_on(struct stream *stream, size_t limit, struct reason *why)
{
    size_t counted = 0;
    uint64_t lines = stream->lines;
    qsort(stream->matches, stream->count, sizeof *stream->matches, compare);
    for (size_t i = 0; i < stream->count; i++) {
        struct match match = stream->matches[i];
        if (match.offset >= limit)
            break;
        if (i > 0 && compare(&stream->matches[i - 1], &match) == 0)
            continue;
        lines += count_lines(stream->buffer.bytes + counted, (size_t)match.offset - counted);
        counted = (size_t)match.offset;
        match.line = lines + 1;
        match.offset += stream->base;
        if (!stream->found(stream->user, &match, why))
            return false;
    }
    return true;
}

/* Searches the buffer, and gives up its first `limit` bytes. */
static bool search(struct stream *stream, size_t limit, bool more, struct reason *why)
{
    struct secret *buffer = &stream->buffer;
    stream->count = 0;
    matcher_search(stream->matcher, buffer->bytes, buffer->size, keep, stream);
    if (stream->no_memory)
        return fail(why, "no memory for %zu matches", 2 * stream->capacity);
    if (stream->count > 0 && !hand_on(stream, limit, why))
        return false;
    if (more)
        stream->lines += count_lines(buffer->bytes, limit);
    stream->base += limit;
    buffer->size -= limit;
    memmove(buffer->bytes, buffer->bytes + limit, buffer->size);
    return true;
}

unsigned char *stream_room(struct stream *stream, size_t *room)
{
    *room = stream->buffer.capacity - stream->buffer.size;
    return stream->buffer.bytes + stream->buffer.size;
}

bool stream_add(struct stream *stream, size_t size, struct reason *why)
{
    stream->buffer.size += size;
    if (stream->buffer.capacity - stream->buffer.size >= STREAM_PIECE)
        return true;
    /* What could be the beginning of a match that goes on stays. */
    return search(stream, stream->buffer.size - stream->matcher->patterns->span, true, why);
}

bool stream_skip(struct stream *stream, uint64_t size, struct reason *why)
{
    if (!search(stream, stream->buffer.size, true, why))
        return false;
    stream->base += size;
    return true;
}

bool stream_end(struct stream *stream, struct reason *why)
{
    return search(stream, stream->buffer.size, false, why);
}
