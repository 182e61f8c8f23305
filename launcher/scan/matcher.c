/* SPDX-License-Identifier: ISC */
/* Many patterns in one pass: see matcher.h. Pure; runs in secrunctl, and sees every value. */
#include "scan/matcher.h"

#include <endian.h>
#include <string.h>

/* A block of a pattern. */
struct gram {
    uint64_t block;
    uint32_t pattern;
    uint32_t at;
};

enum { WINDOW_LEAST = 8, WINDOW_MOST = 24 };
enum { PLACES = 256 };                            /* that a window is chosen from */
enum { COUNTERS = 1 << 18 };                      /* of blocks, while windows are chosen */
enum { FILTER_BITS_LEAST = 9, FILTER_BITS = 15 }; /* of words: 4 to 256 KiB */

static uint64_t load(const unsigned char *bytes)
{
    uint64_t eight;
    memcpy(&eight, bytes, sizeof eight);
    return le64toh(eight);
}

/* The block there, of which `left` bytes can be read. */
static uint64_t block_at(const struct matcher *matcher, const unsigned char *bytes, size_t left)
{
    unsigned char some[8] = {0};
    if (left >= sizeof some)
        return load(bytes) & matcher->mask;
    memcpy(some, bytes, left);
    return load(some) & matcher->mask;
}

static inline uint64_t hash(uint64_t block)
{
    return (block ^ block >> 32) * 0x9E3779B97F4A7C15U;
}

/* Two bits of a word of the filter stand for a block. */
static inline uint64_t filter_bits(uint64_t hashed)
{
    return UINT64_C(1) << (hashed >> 36 & 63) | UINT64_C(1) << (hashed >> 42 & 63);
}

/* --- building --------------------------------------------------------------------------------------- */

/* Where the windows of a pattern begin. */
struct windows {
    size_t at[2], count;
};

static size_t window(const struct matcher *matcher)
{
    return matcher->block + matcher->stride - 1;
}

/* The longest line that begins where a window can. */
static size_t longest_line(const unsigned char *bytes, size_t size)
{
    size_t longest = 0;
    for (size_t at = 0; at < size && at < PLACES;) {
        const unsigned char *end = memchr(bytes + at, '\n', size - at);
        size_t line = end ? (size_t)(end - (bytes + at)) : size - at;
        longest = line > longest ? line : longest;
        at += line + 1;
    }
    return longest;
}

/* How wide windows can be: as wide as the shortest pattern; half of it where a line may be broken in one, so
 * that there is room for another; and within one line where the ends of lines may differ. */
static void choose_sizes(struct matcher *matcher)
{
    size_t size = WINDOW_MOST;
    for (size_t i = 0; i < matcher->patterns->count; i++) {
        const struct pattern *pattern = &matcher->patterns->list[i];
        size_t room = pattern->breaks == BREAKS_ANYWHERE ? pattern->size / 2
                      : pattern->breaks == BREAKS_OWN
                          ? longest_line(pattern_bytes(matcher->patterns, i), pattern->size)
                          : pattern->size;
        size = room < size ? room : size;
    }
    size = size < WINDOW_LEAST ? WINDOW_LEAST : size;
    matcher->block = size >= 14 ? 8 : size >= 10 ? 6 : 5;
    matcher->stride = size - matcher->block + 1;
    matcher->mask = UINT64_MAX >> (64 - 8 * matcher->block);
}

static uint16_t *counter(const struct secret *counters, uint64_t block)
{
    return (uint16_t *)(void *)counters->bytes + (hash(block) >> 46);
}

static void count_blocks(const struct matcher *matcher, const struct secret *counters)
{
    memset(counters->bytes, 0, counters->capacity);
    for (size_t i = 0; i < matcher->patterns->count; i++) {
        size_t size = matcher->patterns->list[i].size;
        const unsigned char *bytes = pattern_bytes(matcher->patterns, i);
        for (size_t at = 0; at + matcher->block <= size && at < PLACES + WINDOW_MOST; at++) {
            uint16_t *count = counter(counters, block_at(matcher, bytes + at, size - at));
            *count = (uint16_t)(*count + (*count < UINT16_MAX));
        }
    }
}

/* What a byte adds to the cost of a window that it is in: a line end may look otherwise in a text, which
 * comes before all else; padding stands in many texts. */
static uint64_t byte_cost(const unsigned char *bytes, size_t at)
{
    bool same =
        at >= 3 && bytes[at] == bytes[at - 1] && bytes[at] == bytes[at - 2] && bytes[at] == bytes[at - 3];
    return bytes[at] == '\n' ? UINT64_C(1) << 40 : same ? 1000 : 0;
}

/* Where that window begins that will have to be looked into for nothing least often, roughly. Keys of one
 * kind have the same first hundred bytes. */
static size_t choose_place(const struct matcher *matcher, const struct secret *counters,
                           const unsigned char *bytes, size_t size)
{
    size_t wide = window(matcher), block = matcher->block, best = 0;
    uint64_t least = UINT64_MAX, cost = 0;
    for (size_t end = 0; end < size && end < PLACES + wide; end++) {
        cost += byte_cost(bytes, end);
        if (end + 1 >= block)
            cost += *counter(counters, block_at(matcher, bytes + end + 1 - block, size - (end + 1 - block)));
        if (end >= wide)
            cost -= byte_cost(bytes, end - wide) +
                    *counter(counters, block_at(matcher, bytes + end - wide, size - (end - wide)));
        if (end + 1 >= wide && cost < least) {
            least = cost;
            best = end + 1 - wide;
        }
    }
    return best;
}

static struct windows choose_windows(const struct matcher *matcher, const struct secret *counters,
                                     size_t pattern)
{
    const unsigned char *bytes = pattern_bytes(matcher->patterns, pattern);
    size_t size = matcher->patterns->list[pattern].size, wide = window(matcher);
    bool breaks = matcher->patterns->list[pattern].breaks == BREAKS_ANYWHERE;
    if (breaks && size < 2 * wide)
        return (struct windows){{0, size - wide}, size > wide ? 2 : 1};
    size_t best = choose_place(matcher, counters, bytes, size);
    if (!breaks)
        return (struct windows){{best}, 1};
    /* Side by side, so that no two line ends fall into both; one has to fit. */
    if (best + 2 * wide > size && best < wide)
        best = 0;
    return (struct windows){{best, best + 2 * wide <= size ? best + wide : best - wide}, 2};
}

static unsigned bits_for(size_t count)
{
    unsigned bits = 0;
    while ((size_t)1 << bits < count)
        bits++;
    return bits;
}

/* Room for so many grams, in buckets. */
static bool make_tables(struct matcher *matcher, size_t count, struct reason *why)
{
    if (count > UINT32_MAX / 2)
        return fail(why, "too many values to look for");
    unsigned bits = bits_for(count / 2 + 2), words = bits_for(count / 2 + 2);
    words = words < FILTER_BITS_LEAST ? FILTER_BITS_LEAST : words > FILTER_BITS ? FILTER_BITS : words;
    matcher->filter_shift = 64 - words;
    matcher->bucket_shift = 64 - bits;
    size_t grams = count * sizeof(struct gram), starts = (((size_t)1 << bits) + 4) * sizeof(uint32_t);
    if (!secret_alloc(&matcher->filter, sizeof(uint64_t) << words, why) ||
        !secret_alloc(&matcher->table, grams + starts, why))
        return false;
    memset(matcher->filter.bytes, 0, matcher->filter.capacity);
    memset(matcher->table.bytes, 0, matcher->table.capacity);
    return true;
}

/* What a gram of each window is to be given to. */
struct filling {
    struct gram *grams;
    uint32_t *starts;
    uint64_t *filter;
    bool counting; /* starts[bucket + 1] is to be how many there are; else starts[bucket], where one goes */
};

static void fill(const struct matcher *matcher, const struct filling *filling, size_t pattern,
                 const struct windows *windows)
{
    const unsigned char *bytes = pattern_bytes(matcher->patterns, pattern);
    size_t size = matcher->patterns->list[pattern].size;
    for (size_t w = 0; w < windows->count; w++) {
        for (size_t at = windows->at[w]; at < windows->at[w] + matcher->stride; at++) {
            uint64_t block = block_at(matcher, bytes + at, size - at), hashed = hash(block);
            size_t bucket = hashed >> matcher->bucket_shift;
            if (filling->counting) {
                filling->starts[bucket + 2]++;
                continue;
            }
            filling->filter[hashed >> matcher->filter_shift] |= filter_bits(hashed);
            filling->grams[filling->starts[bucket + 1]++] =
                (struct gram){block, (uint32_t)pattern, (uint32_t)at};
        }
    }
}

/* Sorts all grams into their buckets: counts them, and then puts each in its place. */
static bool fill_tables(struct matcher *matcher, const struct secret *counters, struct reason *why)
{
    const struct patterns *patterns = matcher->patterns;
    size_t count = 0;
    for (size_t i = 0; i < patterns->count; i++)
        count += choose_windows(matcher, counters, i).count * matcher->stride;
    if (!make_tables(matcher, count, why))
        return false;
    size_t buckets = (size_t)1 << (64 - matcher->bucket_shift);
    struct filling filling = {
        .grams = (struct gram *)(void *)matcher->table.bytes,
        .starts = (uint32_t *)(void *)(matcher->table.bytes + count * sizeof(struct gram)),
        .filter = (uint64_t *)(void *)matcher->filter.bytes,
        .counting = true,
    };
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < patterns->count; i++) {
            struct windows windows = choose_windows(matcher, counters, i);
            fill(matcher, &filling, i, &windows);
        }
        for (size_t i = 0; filling.counting && i < buckets; i++)
            filling.starts[i + 2] += filling.starts[i + 1];
        filling.counting = false;
    }
    matcher->grams = filling.grams;
    matcher->starts = filling.starts;
    return true;
}

bool matcher_build(struct matcher *matcher, const struct patterns *patterns, struct reason *why)
{
    struct secret counters;
    *matcher = (struct matcher){.patterns = patterns};
    choose_sizes(matcher);
    if (!secret_alloc(&counters, COUNTERS * sizeof(uint16_t), why))
        return false;
    count_blocks(matcher, &counters);
    bool ok = fill_tables(matcher, &counters, why);
    secret_free(&counters);
    if (!ok)
        matcher_free(matcher);
    return ok;
}

void matcher_free(struct matcher *matcher)
{
    secret_free(&matcher->filter);
    secret_free(&matcher->table);
    *matcher = (struct matcher){0};
}

/* --- searching -------------------------------------------------------------------------------------- */

struct text {
    const unsigned char *bytes;
    size_t size;
};

static bool is_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}

/* Blanks that bytes begins with. */
static size_t count_blanks(const unsigned char *bytes, size_t size)
{
    size_t count = 0;
    while (count < size && is_blank(bytes[count]))
        count++;
    return count;
}

/* Passes over the end of a line and what the next is indented by, but for so many blanks that are the
 * pattern's own. */
static bool skip_break(const struct text *text, size_t *at, size_t own)
{
    size_t i = *at;
    i += i < text->size && text->bytes[i] == '\r';
    if (i >= text->size || text->bytes[i] != '\n')
        return false;
    i++;
    size_t blanks = count_blanks(text->bytes + i, text->size - i);
    size_t indent = blanks > own ? blanks - own : 0;
    *at = i + (indent < PATTERN_INDENT ? indent : PATTERN_INDENT);
    return true;
}

/* The same backwards from what stands behind it. */
static bool skip_break_back(const struct text *text, size_t *at)
{
    size_t i = *at;
    for (size_t n = 0; n < PATTERN_INDENT && i > 0 && is_blank(text->bytes[i - 1]); n++)
        i--;
    if (i == 0 || text->bytes[i - 1] != '\n')
        return false;
    i--;
    i -= i > 0 && text->bytes[i - 1] == '\r';
    *at = i;
    return true;
}

/* Does text from `at` go on as bytes does? Returns where that ends in *at. */
static bool matches_on(const struct text *text, size_t *at, const unsigned char *bytes, size_t size,
                       enum breaks breaks)
{
    size_t since = PATTERN_LINE;
    for (size_t i = 0; i < size; since++) {
        bool own = breaks == BREAKS_OWN && bytes[i] == '\n';
        if (!own && *at < text->size && text->bytes[*at] == bytes[i]) {
            ++*at;
            i++;
        } else if (own || (breaks == BREAKS_ANYWHERE && since >= PATTERN_LINE)) {
            i += own;
            if (!skip_break(text, at, own ? count_blanks(bytes + i, size - i) : 0))
                return false;
            since = (size_t)-1; /* 0 with the next character */
        } else {
            return false;
        }
    }
    return true;
}

/* The same backwards: bytes[0 .. size) before `at`. */
static bool matches_back(const struct text *text, size_t *at, const unsigned char *bytes, size_t size,
                         enum breaks breaks)
{
    size_t since = PATTERN_LINE;
    for (size_t i = size; i > 0; since++) {
        bool own = breaks == BREAKS_OWN && bytes[i - 1] == '\n';
        if (!own && *at > 0 && text->bytes[*at - 1] == bytes[i - 1]) {
            --*at;
            i--;
        } else if (own || (breaks == BREAKS_ANYWHERE && since >= PATTERN_LINE)) {
            if (!skip_break_back(text, at))
                return false;
            i -= own;
            since = (size_t)-1;
        } else {
            return false;
        }
    }
    return true;
}

/* Is the block at `at` of a match of its pattern? */
static bool verify(const struct matcher *matcher, const struct text *text, size_t at, const struct gram *gram,
                   size_t *begin, size_t *end)
{
    const struct pattern *pattern = &matcher->patterns->list[gram->pattern];
    const unsigned char *bytes = pattern_bytes(matcher->patterns, gram->pattern);
    size_t behind = gram->at + matcher->block;
    if (at >= gram->at && text->size - (at - gram->at) >= pattern->size &&
        memcmp(text->bytes + (at - gram->at), bytes, pattern->size) == 0) {
        *begin = at - gram->at;
        *end = *begin + pattern->size;
        return true;
    }
    if (pattern->breaks == BREAKS_NONE)
        return false;
    *begin = at;
    *end = at + matcher->block;
    return matches_back(text, begin, bytes, gram->at, pattern->breaks) &&
           matches_on(text, end, bytes + behind, pattern->size - behind, pattern->breaks);
}

static void look_up(const struct matcher *matcher, const struct text *text, size_t at, uint64_t block,
                    matcher_found *found, void *user)
{
    size_t bucket = hash(block) >> matcher->bucket_shift, begin, end;
    for (uint32_t i = matcher->starts[bucket]; i < matcher->starts[bucket + 1]; i++)
        if (matcher->grams[i].block == block && verify(matcher, text, at, &matcher->grams[i], &begin, &end))
            found(user, matcher->grams[i].pattern, begin, end);
}

void matcher_search(const struct matcher *matcher, const unsigned char *bytes, size_t size,
                    matcher_found *found, void *user)
{
    const struct text text = {bytes, size};
    const uint64_t *filter = (const uint64_t *)(const void *)matcher->filter.bytes;
    const uint64_t mask = matcher->mask;
    const size_t stride = matcher->stride;
    const unsigned shift = matcher->filter_shift;
    size_t at = 0;
    if (matcher->patterns->count == 0)
        return;
    for (; at + sizeof(uint64_t) <= size; at += stride) {
        uint64_t block = load(bytes + at) & mask, hashed = hash(block), bits = filter_bits(hashed);
        if (__builtin_expect((filter[hashed >> shift] & bits) == bits, 0))
            look_up(matcher, &text, at, block, found, user);
    }
    for (; at + matcher->block <= size; at += stride)
        look_up(matcher, &text, at, block_at(matcher, bytes + at, size - at), found, user);
}
