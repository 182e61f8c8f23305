/* SPDX-License-Identifier: ISC */
/* Reading only what one run needs of a document. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "store/document.h"

static struct reason why;
static struct document document;

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
}

TestSuite(document_profiles, .init = begin);

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static bool parse(const char *text, const char *const *names)
{
    return document_parse_profiles(&document, text, strlen(text), names, &why);
}

static const char *value(const char *profile, const char *name)
{
    const struct document_profile *found = document_profile(&document, profile);
    const struct document_entry *entry = found ? document_find(&document, found, name, NULL) : NULL;
    return entry ? entry->value : NULL;
}

Test(document_profiles, reads_the_named_one_and_knows_the_others_by_name)
{
    cr_assert(parse("[a]\nX = 1\n[b]\nX = 2\n  more\n\n[c]\nX = 3\n", NAMES("b")), "%s", why.text);
    cr_assert_eq(document.profile_count, 3);
    cr_assert_str_eq(value("b", "X"), "2\nmore");
    cr_assert_null(value("a", "X"));
    cr_assert_null(value("c", "X"));
    cr_assert_str_eq(document.profiles[2].name, "c");
    document_free(&document);
}

Test(document_profiles, reads_what_is_included_at_every_depth)
{
    cr_assert(
        parse("[a]\n.include = b\nA = 1\n[x]\nX = 1\n[c]\nC = 3\n[b]\n.include = c\nB = 2\n", NAMES("a")),
        "%s", why.text);
    const struct document_entry **selected;
    size_t count;
    cr_assert(document_select(&document, document_profile(&document, "a"), &selected, &count, &why));
    cr_assert_eq(count, 3);
    cr_assert_str_eq(selected[0]->name, "C");
    cr_assert_str_eq(selected[2]->name, "A");
    cr_assert_null(value("x", "X"));
    free(selected);
    document_free(&document);
}

Test(document_profiles, is_not_kept_by_a_mistake_in_another)
{
    const char *text = "[a]\nX = 1\nnonsense\nX = 2\n9 = 3\n.inherit = ,\n  # odd\n[b]\nY = 2\n";
    cr_assert(parse(text, NAMES("b")), "%s", why.text);
    cr_assert_str_eq(value("b", "Y"), "2");
    document_free(&document);
    cr_assert_not(parse(text, NAMES("a")));
    cr_assert_str_eq(why.text, "line 3: neither [section], NAME = value nor a comment");
}

Test(document_profiles, tells_lines_as_they_are_in_the_whole_text)
{
    cr_assert_not(parse("[a]\nX = 1\n\n[b]\nX = 1\nX = 2\n", NAMES("b")));
    cr_assert(strncmp(why.text, "line 6: ", 8) == 0, "%s", why.text);
}

Test(document_profiles, still_refuses_what_is_wrong_with_the_whole)
{
    cr_assert_not(parse("[a]\nX = 1\n[b]\n[a]\nX = 2\n", NAMES("b")));
    cr_assert(strstr(why.text, "line 4: "), "%s", why.text);
    cr_assert_not(parse("X = 1\n[b]\n", NAMES("b")));
    cr_assert_not(parse("[b]\n.include = gone\n", NAMES("b")));
    cr_assert_not(parse("[b]\n.include = c\n[c]\n.include = b\n", NAMES("b")));
    cr_assert(strstr(why.text, "include itself"), "%s", why.text);
    cr_assert_not(parse("[a\n[b]\n", NAMES("b")));
}

Test(document_profiles, passes_over_names_that_are_not_there)
{
    cr_assert(parse("[default]\nX = 1\n",
                    NAMES("a-name-that-is-longer-than-any-profile-s-name-can-ever-be", "default")));
    cr_assert_str_eq(value("default", "X"), "1");
    document_free(&document);
    cr_assert(parse("", NAMES("a")));
    cr_assert_eq(document.profile_count, 0);
    document_free(&document);
}

Test(document_profiles, begins_behind_a_byte_order_mark_too)
{
    cr_assert(parse("\xEF\xBB\xBF[a]\nX = 1\n[b]\nY = 2\n", NAMES("a")), "%s", why.text);
    cr_assert_str_eq(value("a", "X"), "1");
    document_free(&document);
}

/* A value that begins like a section is indented, and a section line in a value that is skipped is not. */
Test(document_profiles, takes_only_lines_at_the_margin_for_sections)
{
    cr_assert(parse("[a]\nX = 1\n  [b]\n[b]\nY = 2\n  [c]\n", NAMES("b")), "%s", why.text);
    cr_assert_eq(document.profile_count, 2);
    cr_assert_str_eq(value("b", "Y"), "2\n[c]");
    document_free(&document);
}

Test(document_profiles, takes_the_first_that_is_there_and_minds_no_mistake_in_the_second)
{
    const char *text = "[env]\nX = 1\n[default]\n.expose = all\n";
    cr_assert(parse(text, NAMES("env", "default")), "%s", why.text);
    cr_assert_str_eq(value("env", "X"), "1");
    document_free(&document);
    cr_assert_not(parse(text, NAMES("other", "default")));
    cr_assert(strncmp(why.text, "line 4: ", 8) == 0, "%s", why.text);
}
