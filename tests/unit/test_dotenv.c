/* SPDX-License-Identifier: ISC */
/* Reading and writing .env files: what npm's dotenv cannot be asked about. Runs in the unit tests only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "store/dotenv.h"

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
}

TestSuite(dotenv, .init = begin);

static void parse_bytes(struct dotenv *dotenv, const char *text, size_t size, size_t skipped,
                        size_t skipped_line)
{
    struct reason why;
    size_t found, found_line;
    cr_assert(dotenv_parse(dotenv, text, size, &found, &found_line, &why), "%s", why.text);
    cr_expect_eq(found, skipped, "%s: %zu lines skipped", text, found);
    cr_expect_eq(found_line, skipped_line, "%s: the first in line %zu", text, found_line);
}

/* Reads text and compares "LINE NAME=VALUE;" of each entry. */
static void check(const char *text, const char *expected, size_t skipped, size_t skipped_line)
{
    struct dotenv dotenv;
    char out[512] = "";
    parse_bytes(&dotenv, text, strlen(text), skipped, skipped_line);
    for (size_t i = 0; i < dotenv.count; i++) {
        const struct dotenv_entry *entry = &dotenv.entries[i];
        size_t size = strlen(out);
        cr_expect_eq(entry->value_size, strlen(entry->value));
        snprintf(out + size, sizeof out - size, "%zu %s=%s;", entry->line, entry->name, entry->value);
    }
    cr_expect_str_eq(out, expected);
    dotenv_free(&dotenv);
}

Test(dotenv, entries_are_in_order_of_first_appearance_with_their_lines)
{
    check("B=1\n\n# c\nA='x\ny'\nC=2\n", "1 B=1;4 A=x\ny;6 C=2;", 0, 0);
    check("B=1\r\nA=\"x\r\ny\"\rC=2", "1 B=1;2 A=x\ny;4 C=2;", 0, 0);
    check("2=b\n1=a\n", "1 2=b;2 1=a;", 0, 0);
}

Test(dotenv, of_two_entries_with_one_name_the_later_value_counts)
{
    check("A=1\nB=2\nA=3\n", "3 A=3;2 B=2;", 0, 0);
}

static unsigned notes_of(const char *text)
{
    struct dotenv dotenv;
    unsigned notes = 0;
    parse_bytes(&dotenv, text, strlen(text), 0, 0);
    for (size_t i = 0; i < dotenv.count; i++)
        notes |= dotenv.entries[i].notes;
    dotenv_free(&dotenv);
    return notes;
}

Test(dotenv, what_other_readers_take_for_another_value_is_noted)
{
    static const char *const cut[] = {"A=x#y", "A=#x", "A=x #y\nB=x y#z", "A: x#"};
    static const char *const dollar[] = {"A=${B}", "A=\"x${B}\"", "A=`${B}`", "A=x${"};
    static const char *const none[] = {"A=x #y",   "A= # c", "A='x#y'", "A=\"x#y\" #c", "A=x\t#c",
                                       "A='${B}'", "A=$B",   "A=x$",    "A=1\nA=1",     "A=1\nB=2\n"};
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++)
        cr_expect_eq(notes_of(cut[i]), DOTENV_CUT, "%s", cut[i]);
    for (size_t i = 0; i < sizeof dollar / sizeof *dollar; i++)
        cr_expect_eq(notes_of(dollar[i]), DOTENV_DOLLAR, "%s", dollar[i]);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        cr_expect_eq(notes_of(none[i]), 0, "%s", none[i]);
    cr_expect_eq(notes_of("A=1\nA=2"), DOTENV_AGAIN);
    cr_expect_eq(notes_of("A=x#\nA=2\nA=2"), DOTENV_AGAIN);
}

Test(dotenv, lines_that_are_no_assignments_are_counted)
{
    check("", "", 0, 0);
    check(" \n# c\n  # c\n\t\n", "", 0, 0);
    check("A=1\nfoo\n# c\nB=2\nexport C\n: x\n", "1 A=1;4 B=2;", 3, 2);
    check("A=-----BEGIN-----\nMIIE\nabcd\n", "1 A=-----BEGIN-----;", 2, 2);
    check("__proto__=x\nA=1\n", "2 A=1;", 1, 1);
}

Test(dotenv, bytes_that_are_not_utf_8_stay_as_they_are)
{
    struct dotenv dotenv;
    static const char text[] = "A=\xff\xc3(\xe2\x80\nB='\xa0\x85'\n\xff=1\n";
    parse_bytes(&dotenv, text, strlen(text), 1, 3);
    cr_assert_eq(dotenv.count, (size_t)2);
    cr_expect_str_eq(dotenv.entries[0].value, "\xff\xc3(\xe2\x80");
    cr_expect_str_eq(dotenv.entries[1].value, "\xa0\x85");
    dotenv_free(&dotenv);
}

Test(dotenv, refuses_a_nul_byte_and_a_text_above_its_limit)
{
    struct dotenv dotenv;
    struct reason why;
    size_t skipped, line;
    cr_expect_not(dotenv_parse(&dotenv, "A=1\0B", 5, &skipped, &line, &why));
    cr_expect_str_eq(why.text, "a NUL byte");
    cr_expect_null(dotenv.values.bytes);
    char *text = malloc(DOTENV_MAX + 1);
    cr_assert_not_null(text);
    memset(text, '#', DOTENV_MAX + 1);
    cr_expect_not(dotenv_parse(&dotenv, text, DOTENV_MAX + 1, &skipped, &line, &why));
    cr_expect_str_eq(why.text, "above 33554432 bytes");
    cr_expect(dotenv_parse(&dotenv, text, DOTENV_MAX, &skipped, &line, &why));
    dotenv_free(&dotenv);
    free(text);
}

Test(dotenv, an_empty_text_need_not_exist)
{
    struct dotenv dotenv;
    parse_bytes(&dotenv, NULL, 0, 0, 0);
    cr_expect_eq(dotenv.count, (size_t)0);
    dotenv_free(&dotenv);
}

/* Each would take minutes if the cost were the square of the size. */
Test(dotenv, hostile_texts_take_time_in_proportion_to_their_size, .timeout = 20)
{
    enum { SIZE = 1024 * 1024 };
    static const char *const units[] = {"A='\n",
                                        "A=\"\\\"\n",
                                        "\n",
                                        "a\n",
                                        "export\n",
                                        "A='\\'",
                                        "A= \n",
                                        "'",
                                        "A=`x\nB='y\nC=\"z\n",
                                        "\xe2\x80\xa8",
                                        "A='\xe2\x80\xa8",
                                        "A:\n"};
    char *text = malloc(SIZE);
    cr_assert_not_null(text);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        struct dotenv dotenv;
        struct reason why;
        size_t length = strlen(units[i]), skipped, line;
        for (size_t at = 0; at < SIZE; at++)
            text[at] = units[i][at % length];
        cr_assert(dotenv_parse(&dotenv, text, SIZE, &skipped, &line, &why));
        dotenv_free(&dotenv);
    }
    free(text);
}

/* --- writing --- */

static void check_format(const char *value, const char *expected)
{
    struct secret out = {0};
    struct reason why;
    cr_assert(dotenv_format(&out, "A", value, strlen(value), &why), "%s: %s", value, why.text);
    cr_expect(out.size == strlen(expected) && memcmp(out.bytes, expected, out.size) == 0, "%.*s is not %s",
              (int)out.size, (const char *)out.bytes, expected);
    secret_free(&out);
}

Test(dotenv, values_are_quoted_where_needed_and_no_more)
{
    check_format("sk-Ab_9./:@%+,=", "A=sk-Ab_9./:@%+,=\n");
    check_format("", "A=''\n");
    check_format("two words", "A='two words'\n");
    check_format("$HOME", "A='$HOME'\n");
    check_format("a#b", "A='a#b'\n");
    check_format("a\nb", "A='a\nb'\n");
    check_format("it's", "A=\"it's\"\n");
    check_format("a\r\nb", "A=\"a\\r\nb\"\n");
    check_format("it's \"x\"", "A=`it's \"x\"`\n");
    check_format("it's\\n \"x\"", "A=`it's\\n \"x\"`\n");
    check_format("x'\"`", "A=x'\"`\n");
    check_format("'\"`", "A='\"` # '.\n");
    check_format("a b\\", "A=a b\\\n");
    check_format("a\nb\\", "A='a\nb\\' # '.\n");
}

static void check_no_format(const char *name, const char *value, size_t size, const char *because)
{
    struct secret out = {0};
    struct reason why;
    cr_assert(secret_append(&out, "X=1\n", 4, &why));
    cr_expect_not(dotenv_format(&out, name, value, size, &why));
    cr_expect_str_eq(why.text, because);
    cr_expect(out.size == 4 && memcmp(out.bytes, "X=1\n", 4) == 0);
    secret_free(&out);
}

Test(dotenv, a_value_that_dotenv_cannot_read_is_refused)
{
    static const char no_spelling[] = "A: a .env file has no spelling for this value's quotes and lines";
    check_no_format("A", "'\"`\n", 4, no_spelling);
    check_no_format("A", "\r\\n", 3, no_spelling);
    check_no_format("A", "a\0b", 3, "A: a .env file cannot hold a NUL byte");
    check_no_format("A", "\xff", 1, "A: a .env file is UTF-8, and this value is not");
    check_no_format("A", "\xed\xa0\x80", 3, "A: a .env file is UTF-8, and this value is not");
    check_no_format("A B", "1", 1, "not a name in a .env file");
    check_no_format("", "1", 1, "not a name in a .env file");
    check_no_format("__proto__", "1", 1, "not a name in a .env file");
}
