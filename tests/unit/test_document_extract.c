/* SPDX-License-Identifier: ISC */
/* A document of some profiles of another one. */
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "store/document.h"

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
}

TestSuite(document_extract, .init = begin);

static const char whole[] =
    "# of all\n[base]\nA = 1\n\n# of a key: hunter2\n[app]\n.include = base, more\n"
    "B = one\n  two\n# B was hunter2 once\n; and more\nB.note = n\nB.previous = hunter2\n"
    "B.previous-rotated = 2026-01-01T00:00:00Z\nB.replaced = 2026-01-01T00:00:00Z\n"
    "C=base64:AQID\r\n[other]\nZ = hunter2\n[more]\n.include = base\nD = 4";

/* Of these profiles, with commas between. */
static void check(const char *names, const char *expected)
{
    struct document document, again;
    struct secret text = {0};
    struct reason why = {0};
    char copy[64];
    const char *list[8];
    size_t count = 0;
    strcpy(copy, names);
    for (char *name = strtok(copy, ","); name; name = strtok(NULL, ","))
        list[count++] = name;
    cr_assert(document_parse(&document, whole, strlen(whole), &why), "%s", why.text);
    bool ok = document_extract(&document, list, count, &text, &why);
    cr_assert_eq(ok, expected != NULL, "%s: %s", names, why.text);
    if (ok) {
        cr_expect(text.size == strlen(expected) && memcmp(text.bytes, expected, text.size) == 0, "%s: %.*s",
                  names, (int)text.size, (const char *)text.bytes);
        cr_assert(document_parse(&again, (const char *)text.bytes, text.size, &why), "%s", why.text);
        document_free(&again);
    }
    secret_free(&text);
    document_free(&document);
}

#define BASE "\n[base]\nA = 1\n"
#define MORE "\n[more]\n.include = base\nD = 4\n"

Test(document_extract, has_a_profile_and_what_it_includes_and_nothing_else)
{
    check("base", BASE);
    check("more", BASE MORE);
    check("app", BASE "\n[app]\n.include = base, more\nB = one\n  two\nB.note = n\nC=base64:AQID\r\n" MORE);
}

Test(document_extract, has_each_once_in_the_order_of_the_text)
{
    check("more,base,more", BASE MORE);
    check("other,base", BASE "\n[other]\nZ = hunter2\n");
}

Test(document_extract, fails_for_a_profile_that_is_not_there)
{
    check("base,none", NULL);
}

Test(document_extract, goes_behind_what_is_there)
{
    struct document document;
    struct secret text = {0};
    struct reason why = {0};
    const char *names[] = {"base"};
    cr_assert(document_parse(&document, whole, strlen(whole), &why), "%s", why.text);
    cr_assert(secret_append(&text, "# x\n", 4, &why) && document_extract(&document, names, 1, &text, &why));
    cr_expect(text.size == strlen("# x\n" BASE) && memcmp(text.bytes, "# x\n" BASE, text.size) == 0);
    secret_free(&text);
    document_free(&document);
}
