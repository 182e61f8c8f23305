/* SPDX-License-Identifier: ISC */
/* Fuzzes the search for values against a naive one that tries every pattern at every byte. The input: how
 * many values (1 to 8), the size of the pieces, the size of each value and its bytes, the rest is the text.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "fuzz/fuzz.h"
#include "scan/stream.h"

FUZZ_WITH_SODIUM

struct search {
    const struct patterns *patterns;
    const unsigned char *text;
    size_t size;
    uint64_t last;
    size_t exact; /* matches that are the pattern byte for byte */
};

/* Does the text match there, with line ends where they may be? Written once more, and simply, so that it has
 * nothing of the matcher's. */
static bool naive(const struct search *search, size_t index, size_t i, size_t at)
{
    const struct pattern *pattern = &search->patterns->list[index];
    const unsigned char *bytes = pattern_bytes(search->patterns, index);
    for (; i < pattern->size && at < search->size; i++, at++) {
        bool own = pattern->breaks == BREAKS_OWN && bytes[i] == '\n';
        if (!own && search->text[at] == bytes[i])
            continue;
        if (pattern->breaks == BREAKS_NONE || (pattern->breaks == BREAKS_OWN && !own))
            return false;
        at += search->text[at] == '\r';
        if (at >= search->size || search->text[at] != '\n')
            return false;
        do
            if (naive(search, index, i + own, ++at))
                return true;
        while (at < search->size && (search->text[at] == ' ' || search->text[at] == '\t'));
        return false;
    }
    return i == pattern->size;
}

static bool is_exact(const struct search *search, size_t index, size_t at)
{
    size_t size = search->patterns->list[index].size;
    return search->size - at >= size &&
           memcmp(search->text + at, pattern_bytes(search->patterns, index), size) == 0;
}

/* Nothing is found that is not there, and line and order are right. */
static bool found(void *user, const struct match *match, struct reason *why)
{
    struct search *search = user;
    uint64_t line = 1;
    (void)why;
    require(match->offset < search->size && match->offset >= search->last);
    search->last = match->offset;
    bool exact = is_exact(search, match->pattern, (size_t)match->offset);
    search->exact += exact;
    require(exact || naive(search, match->pattern, 0, (size_t)match->offset));
    for (size_t i = 0; i < match->offset; i++)
        line += search->text[i] == '\n';
    require(match->line == line);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct patterns patterns = {0};
    struct matcher matcher;
    struct stream stream;
    struct reason why;
    if (size < 2)
        return 0;
    size_t values = data[0] % 8 + 1U, piece = data[1] + 1U, exact = 0;
    data += 2;
    size -= 2;
    for (uint32_t i = 0; i < values && size > 0; i++) {
        size_t wanted = *data++, here = --size < wanted ? size : wanted;
        require(patterns_add(&patterns, i, data, here, &why) == (here >= PATTERN_VALUE_LEAST));
        data += here;
        size -= here;
    }
    struct search search = {&patterns, data, size, 0, 0};
    require(matcher_build(&matcher, &patterns, &why) && stream_make(&stream, &matcher, found, &search, &why));
    for (size_t at = 0; at < size;) {
        size_t room, here = size - at < piece ? size - at : piece;
        memcpy(stream_room(&stream, &room), data + at, here);
        require(room >= here && stream_add(&stream, here, &why));
        at += here;
    }
    require(stream_end(&stream, &why));
    for (size_t p = 0; p < patterns.count; p++)
        for (size_t at = 0; at < size; at++)
            exact += is_exact(&search, p, at);
    require(search.exact == exact); /* each that is there is found, once */
    stream_free(&stream);
    matcher_free(&matcher);
    patterns_free(&patterns);
    return 0;
}
