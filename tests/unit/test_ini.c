/* SPDX-License-Identifier: ISC */
/* The strict reading of INI text. Runs in the unit tests only. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "base/ini.h"

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
}

TestSuite(ini, .init = begin);

struct transcript {
    FILE *stream;
    const char *text;
    size_t stop_at; /* refuse the event of this line */
};

/* LINE(BEGIN-END) and the event, one a line. */
static bool write_down(void *user, const struct ini_event *event, struct reason *why)
{
    struct transcript *transcript = user;
    cr_expect_eq(strlen(event->value), event->value_size);
    if (event->line == transcript->stop_at)
        return fail(why, "line %zu: enough", event->line);
    fprintf(transcript->stream, "%zu(%zu-%zu) ", event->line, event->begin, event->end);
    if (event->kind == INI_SECTION)
        fprintf(transcript->stream, "[%s]\n", event->name);
    else if (event->kind == INI_VALUE)
        fprintf(transcript->stream, "%s=%s\n", event->name, event->value);
    else
        fprintf(transcript->stream, "+%s\n", event->value);
    return true;
}

static void check_events(const char *text, const char *expected)
{
    char *out;
    size_t size;
    struct reason why = {0};
    struct transcript transcript = {open_memstream(&out, &size), text, 0};
    bool ok = ini_read(text, strlen(text), write_down, &transcript, &why);
    fclose(transcript.stream);
    cr_expect(ok, "%s: %s", text, why.text);
    cr_expect_str_eq(out, expected);
    free(out);
}

static void check_refused_bytes(const char *text, size_t size, const char *because)
{
    char *out;
    size_t out_size;
    struct reason why = {0};
    struct transcript transcript = {open_memstream(&out, &out_size), text, 0};
    cr_expect_not(ini_read(text, size, write_down, &transcript, &why), "%s", text);
    cr_expect_str_eq(why.text, because);
    fclose(transcript.stream);
    free(out);
}

static void check_refused(const char *text, const char *because)
{
    check_refused_bytes(text, strlen(text), because);
}

Test(ini, tells_sections_values_and_continuations_with_lines_and_byte_ranges)
{
    check_events("[a]\nx = 1\n  2\n\t3\ny=4\n", "1(0-4) [a]\n2(4-10) x=1\n3(10-14) +2\n4(14-17) +3\n"
                                                "5(17-21) y=4\n");
}

Test(ini, an_empty_text_has_no_events)
{
    check_events("", "");
    check_events("\n \n\t\r\n# c\n; c\n", "");
}

Test(ini, tells_of_a_section_that_has_no_entries)
{
    check_events("[a]\n[b]\n\n[c]", "1(0-4) [a]\n2(4-8) [b]\n4(9-12) [c]\n");
}

Test(ini, the_last_line_needs_no_line_feed)
{
    check_events("[a]\nx=1", "1(0-4) [a]\n2(4-7) x=1\n");
    check_events("[a]\nx=1\n 2", "1(0-4) [a]\n2(4-8) x=1\n3(8-10) +2\n");
}

Test(ini, strips_blanks_around_names_and_values_and_a_carriage_return_at_the_end)
{
    check_events("[a]\r\nx \t= \f1 2\v \r\ny=\r\n", "1(0-5) [a]\n2(5-18) x=1 2\n3(18-22) y=\n");
}

Test(ini, comment_characters_and_quotes_within_a_line_are_text)
{
    check_events("[a]\nx = 1 ;2 #3 \"q\nz=;y\n", "1(0-4) [a]\n2(4-19) x=1 ;2 #3 \"q\n3(19-24) z=;y\n");
}

Test(ini, a_colon_separates_as_an_equals_sign_does_and_the_first_of_both_counts)
{
    check_events("[a]\nx: 1=2\ny = :3:\n", "1(0-4) [a]\n2(4-11) x=1=2\n3(11-19) y=:3:\n");
}

Test(ini, a_byte_order_mark_is_passed_over_and_counted)
{
    check_events("\xEF\xBB\xBF[a]\nx=1\n", "1(0-7) [a]\n2(7-11) x=1\n");
    check_events("\xEF\xBB\xBF", "");
    check_events("\xEF\xBB\xBF# c\nx=1\n", "2(7-11) x=1\n");
}

Test(ini, a_continuation_may_look_like_anything_but_a_comment)
{
    check_events("[a]\nx=1\n [b]\n y=2\n =\n",
                 "1(0-4) [a]\n2(4-8) x=1\n3(8-13) +[b]\n4(13-18) +y=2\n5(18-21) +=\n");
}

Test(ini, continues_an_entry_whose_name_is_longer_than_inih_keeps)
{
    check_events(
        "[a]\nabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz=1\n 2\n",
        "1(0-4) [a]\n2(4-85) abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
        "abcdefghijklmnopqrstuvwxyz=1\n3(85-88) +2\n");
}

Test(ini, refuses_an_indented_line_that_continues_nothing)
{
    check_refused("[a]\n x=1\n", "line 2: indented, but the line above is no entry");
    check_refused(" x=1\n", "line 1: indented, but the line above is no entry");
    check_refused("\xEF\xBB\xBF x=1\n", "line 1: indented, but the line above is no entry");
    check_refused("[a]\nx=1\n\n 2\n", "line 4: indented, but the line above is no entry");
    check_refused("[a]\nx=1\n  \n 2\n", "line 4: indented, but the line above is no entry");
    check_refused("[a]\nx=1\n# c\n 2\n", "line 4: indented, but the line above is no entry");
    check_refused("x=1\n[a]\n [b]\n", "line 3: indented, but the line above is no entry");
}

Test(ini, refuses_an_indented_comment)
{
    check_refused("[a]\nx=1\n  # c\n", "line 3: an indented comment");
    check_refused("[a]\n ;c\n", "line 2: an indented comment");
}

Test(ini, refuses_a_line_that_is_nothing)
{
    check_refused("[a]\nfoo\nx=1\n", "line 2: neither [section], NAME = value nor a comment");
    check_refused("[a]\nx=1\nfoo", "line 3: neither [section], NAME = value nor a comment");
    check_refused("foo", "line 1: neither [section], NAME = value nor a comment");
    check_refused("[a]\n= 1\n", "line 2: no name before the '='");
    check_refused("[a]\n: 1\n", "line 2: no name before the '='");
}

Test(ini, refuses_a_damaged_section_line)
{
    check_refused("[a\n", "line 1: no ']' after the section's name");
    check_refused("x=1\n[", "line 2: no ']' after the section's name");
    check_refused("[]\n", "line 1: a section without a name");
    check_refused("[a] x\n", "line 1: text after the ']' of a section");
    check_refused("[a] # c\n", "line 1: text after the ']' of a section");
    check_refused("[a]]\n", "line 1: text after the ']' of a section");
}

Test(ini, a_sections_name_has_room_for_49_bytes_and_no_more)
{
    check_events("[0123456789012345678901234567890123456789012345678]  \n",
                 "1(0-54) [0123456789012345678901234567890123456789012345678]\n");
    check_refused("[01234567890123456789012345678901234567890123456789]\n",
                  "line 1: a section's name above 49 bytes");
}

Test(ini, refuses_a_nul_byte_wherever_it_is)
{
    check_refused_bytes("[a]\nx=1\0", 8, "line 2: a NUL byte");
    check_refused_bytes("[a]\nx=1\n#\0\n", 11, "line 3: a NUL byte");
    check_refused_bytes("\0", 1, "line 1: a NUL byte");
}

Test(ini, a_refusal_by_the_handler_ends_the_reading)
{
    char *out;
    size_t size;
    struct reason why = {0};
    static const char text[] = "[a]\nx=1\n 2\ny=3\n";
    for (size_t line = 1; line <= 4; line++) {
        struct transcript transcript = {open_memstream(&out, &size), text, line};
        cr_expect_not(ini_read(text, strlen(text), write_down, &transcript, &why));
        fclose(transcript.stream);
        cr_expect_eq(why.text[5], (char)('0' + line), "%s", why.text);
        cr_expect(line == 1 || strstr(out, "[a]"));
        cr_expect_null(strstr(out, line == 4 ? "y" : "3"));
        free(out);
    }
}

static bool measure(void *user, const struct ini_event *event, struct reason *why)
{
    (void)why;
    *(size_t *)user = event->value_size;
    return true;
}

Test(ini, a_line_is_never_cut_and_needs_no_more_stack_than_a_short_one)
{
    char *text = malloc(INI_LINE_MAX + 2);
    struct reason why = {0};
    struct rlimit limit = {256 * 1024, 256 * 1024};
    size_t size = 0;
    cr_assert_not_null(text);
    cr_assert_eq(setrlimit(RLIMIT_STACK, &limit), 0);
    memset(text, 'v', INI_LINE_MAX + 2);
    memcpy(text, "x=", 2);
    text[INI_LINE_MAX - 1] = '\n';
    cr_expect(ini_read(text, INI_LINE_MAX, measure, &size, &why), "%s", why.text);
    cr_expect_eq(size, (size_t)INI_LINE_MAX - 3);
    text[INI_LINE_MAX - 1] = 'v';
    cr_expect(ini_read(text, INI_LINE_MAX, measure, &size, &why), "%s", why.text);
    cr_expect_eq(size, (size_t)INI_LINE_MAX - 2);
    text[INI_LINE_MAX] = '\n';
    cr_expect_not(ini_read(text, INI_LINE_MAX + 1, measure, &size, &why));
    cr_expect_str_eq(why.text, "line 1: above 2097152 bytes");
    free(text);
}

/* --- what is left in memory --- */

/* What may hold the needle without being looked at. */
struct apart {
    char block[65536], text[65536];
    char needle[32];
};

static struct apart *apart;
static size_t found_within;

/* How often the needle is in this process's writable memory, `apart` left out. */
static size_t count_in_memory(void)
{
    size_t count = 0, length = strlen(apart->needle);
    unsigned long begin, end;
    char line[512], access;
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    cr_assert(maps && memory >= 0);
    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx %*c%c", &begin, &end, &access) != 3 || access != 'w')
            continue;
        if (begin == (unsigned long)apart || end - begin > 1ul << 30) /* the latter: a sanitizer's own */
            continue;
        for (unsigned long at = begin; at < end; at += sizeof apart->block - length) {
            size_t size = end - at < sizeof apart->block ? end - at : sizeof apart->block;
            ssize_t got = pread(memory, apart->block, size, (off_t)at);
            for (char *hit = apart->block; got > 0; hit++, count++) {
                hit = memmem(hit, (size_t)(apart->block + got - hit), apart->needle, length);
                if (!hit)
                    break;
            }
        }
    }
    fclose(maps);
    close(memory);
    return count;
}

static bool look(void *user, const struct ini_event *event, struct reason *why)
{
    if (event->value_size > 0)
        found_within = count_in_memory();
    return *(bool *)user || fail(why, "line %zu: enough", event->line);
}

static void check_wiped(const char *after, bool accept, bool expected)
{
    struct reason why;
    /* The needle is far enough along the line for free(3) and for the line after it not to reach it. */
    int length = snprintf(apart->text, sizeof apart->text, "x = %064d%s\n%s", 0, apart->needle, after);
    found_within = 0;
    cr_expect_eq(ini_read(apart->text, (size_t)length, look, &accept, &why), expected);
    cr_expect_geq(found_within, (size_t)1, "the test does not see inih's buffer");
    cr_expect_eq(count_in_memory(), (size_t)0, "after \"%s\"", after);
}

Test(ini, leaves_no_line_in_memory_however_it_ends)
{
    apart = mmap(NULL, sizeof *apart, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(apart, MAP_FAILED);
    /* Neighbouring mappings become one if they are alike; no other is executable and writable. */
    cr_assert_eq(mprotect(apart, sizeof *apart, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
    for (size_t i = 0; i < sizeof apart->needle - 1; i++)
        apart->needle[i] = (char)('a' + (i * 7 + 3) % 26);
    check_wiped("", true, true);
    check_wiped("", false, false);
    check_wiped("neither this nor that\n", true, false);
    check_wiped("[damaged\n", true, false);
    check_wiped("= no name\n", true, false);
}
