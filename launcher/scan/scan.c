/* SPDX-License-Identifier: ISC */
/* A scan: see scan.h. Runs in secrunctl; sees every value. */
#include "scan/scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/message.h"

static bool found(void *user, const struct match *match, struct reason *why)
{
    struct scan *scan = user;
    const struct pattern *pattern = &scan->patterns.list[match->pattern];
    /* A pattern such as 00000000 overlaps itself; that is one place. */
    if (match->pattern == scan->last_pattern && match->offset < scan->last_end)
        return true;
    scan->last_pattern = match->pattern;
    scan->last_end = match->offset + pattern->size;
    if (scan->where.is_own && pattern->secret == scan->key)
        return true;
    struct finding finding = {scan->where, pattern->secret, pattern->form, match->offset, match->line};
    scan->found++;
    scan_progress_end(scan);
    return scan->report(scan->user, &finding, why);
}

void scan_begin(struct scan *scan)
{
    scan->last_end = 0;
    stream_begin(&scan->stream);
}

bool scan_prepare(struct scan *scan, struct reason *why)
{
    return matcher_build(&scan->matcher, &scan->patterns, why) &&
           stream_make(&scan->stream, &scan->matcher, found, scan, why);
}

void scan_free(struct scan *scan)
{
    stream_free(&scan->stream);
    matcher_free(&scan->matcher);
    patterns_free(&scan->patterns);
}

static void cover(void *user, size_t pattern, size_t begin, size_t end)
{
    (void)pattern;
    memset((char *)user + begin, '*', end - begin);
}

char *scan_shown(const struct scan *scan, const char *text, bool keep)
{
    size_t size = strlen(text);
    char *shown = malloc(size + 1);
    if (!shown)
        return NULL;
    if (keep)
        memcpy(shown, text, size + 1);
    else
        printable(shown, size + 1, text, size);
    matcher_search(&scan->matcher, (const unsigned char *)text, size, cover, shown);
    return shown;
}

/* Shorter ones tell little, and stand in many words. */
enum { PIECE_LEAST = 6 };

void scan_cover_pieces(const struct scan *scan, char *text)
{
    const struct secret *values = &scan->patterns.bytes;
    char seen[SCAN_CUT_MAX] = "";
    size_t size = strnlen(text, sizeof seen);
    memcpy(seen, text, size);
    for (size_t at = 0; at + PIECE_LEAST <= size; at++)
        if (memmem(values->bytes, values->size, seen + at, PIECE_LEAST))
            memset(text + at, '*', PIECE_LEAST);
}

bool scan_refuse(const struct scan *scan, const char *path, const char *text, struct reason *why)
{
    char *shown = scan_shown(scan, path, false);
    fail(why, "%s: %s", shown ? shown : "a path", text);
    free(shown);
    return false;
}

enum { PATH_SHOWN = 1024 };

void scan_unread(struct scan *scan, const char *path, int error)
{
    char *shown = scan_shown(scan, path, false);
    scan->unread++;
    scan_progress_end(scan);
    /* What is wrong is to be seen behind the longest path, too. */
    bool cut = shown && strlen(shown) > PATH_SHOWN;
    message("secrunctl", "%.*s%s: %s", PATH_SHOWN, shown ? shown : "a file", cut ? "..." : "",
            strerror(error));
    free(shown);
}

bool scan_name(struct scan *scan, const char *name, struct reason *why)
{
    size_t size = strlen(name), room;
    if (size < PATTERN_VALUE_LEAST)
        return true;
    scan_begin(scan);
    for (; size > 0; name += room, size -= room) {
        unsigned char *to = stream_room(&scan->stream, &room);
        room = room < size ? room : size;
        memcpy(to, name, room);
        if (!stream_add(&scan->stream, room, why))
            return false;
    }
    return stream_end(&scan->stream, why);
}

/* Passes over a hole of a sparse file; *left counts down to its size. */
static bool skip_hole(struct scan *scan, int fd, uint64_t *left, struct reason *why)
{
    off_t here = lseek(fd, 0, SEEK_CUR);
    off_t data = here < 0 ? -1 : lseek(fd, here, SEEK_DATA);
    uint64_t hole = data >= 0 ? (uint64_t)(data - here) : errno == ENXIO ? *left : 0;
    hole = hole < *left ? hole : *left;
    if (data < 0 && here >= 0)
        lseek(fd, here, SEEK_SET);
    *left -= hole;
    return hole == 0 || stream_skip(&scan->stream, hole, why);
}

bool scan_descriptor(struct scan *scan, int fd, uint64_t size, struct reason *why)
{
    uint64_t left = size;
    scan->things++;
    scan_begin(scan);
    while (left > 0) {
        size_t room;
        unsigned char *to = stream_room(&scan->stream, &room);
        ssize_t got = read(fd, to, room < left ? room : (size_t)left);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            scan_unread(scan, scan->where.path ? scan->where.path : "standard input", errno);
        if (got <= 0)
            break;
        left -= (uint64_t)got;
        scan->bytes += (uint64_t)got;
        if (!stream_add(&scan->stream, (size_t)got, why))
            return false;
        /* Where a piece of nothing but NULs was read, there may be a hole. */
        if (left > 0 && size != UINT64_MAX && to[0] == 0 && to[got - 1] == 0 &&
            !skip_hole(scan, fd, &left, why))
            return false;
        scan_progress(scan);
    }
    return stream_end(&scan->stream, why);
}

void scan_progress(struct scan *scan)
{
    struct timespec time;
    if (!scan->progress)
        return;
    clock_gettime(CLOCK_MONOTONIC, &time);
    long now = time.tv_sec * 1000 + time.tv_nsec / 1000000 + 1;
    if (scan->told && now - scan->told < 200)
        return;
    scan->told = now;
    dprintf(STDERR_FILENO, "\r\033[K%llu MiB, %llu scanned", (unsigned long long)(scan->bytes >> 20),
            (unsigned long long)scan->things);
}

void scan_progress_end(struct scan *scan)
{
    if (scan->told)
        dprintf(STDERR_FILENO, "\r\033[K");
    scan->told = 0;
}
