/* SPDX-License-Identifier: ISC */
/* Who may have a secret, and what a string of an environment is to those in a capsule. Runs in the unit tests
 * only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "capsule_sample.h"
#include "shim/policy.h"

enum { SH_OR_CAT = 1, NODE = 14 }; /* of capsule_sample_lists */

static const struct policy_program child = {.given = "/bin/true", .interpreter = "/bin/true"},
                                   self = {.same_process = true,
                                           .given = "/bin/true",
                                           .interpreter = "/bin/true"};

static struct capsule_item secret(const char *name, const char *value, uint32_t flags, uint32_t list)
{
    struct capsule_item item =
        item_of(name, value, CAPSULE_NO_PLACE, CAPSULE_INDEXED | CAPSULE_VALUE | flags);
    item.list = list;
    return item;
}

static struct capsule_header *capsule_with(const struct capsule_item *items, size_t count)
{
    struct capsule_plan plan = {.lists = capsule_sample_lists, .lists_size = CAPSULE_SAMPLE_LISTS};
    return capsule_of(items, count, &plan);
}

/* --- who may have it ----------------------------------------------------------------------------- */

static bool allows(uint32_t flags, uint32_t list, struct policy_program program, uint32_t *result)
{
    const struct capsule_item item = secret("A", "a long value", flags, list);
    struct capsule_header *capsule = capsule_with(&item, 1);
    bool allowed = policy_allows(capsule, capsule_entries(capsule), &program, result);
    free(capsule);
    return allowed;
}

Test(verdict, lets_every_process_have_what_is_for_the_tree_and_none_keep_it)
{
    uint32_t flags;
    cr_expect(allows(CAPSULE_TREE | CAPSULE_KEEP | CAPSULE_ARGV_REFUSE, 0, child, &flags));
    cr_expect_eq(flags, CAPSULE_INDEXED | CAPSULE_VALUE | CAPSULE_TREE | CAPSULE_ARGV_REFUSE);
    cr_expect(allows(CAPSULE_TREE, 0, self, &flags));
    cr_expect_not(flags & CAPSULE_KEEP);
}

Test(verdict, lets_the_process_that_keeps_a_secret_run_another_program_with_it)
{
    uint32_t flags;
    cr_expect(allows(CAPSULE_KEEP, 0, self, &flags));
    cr_expect(flags & CAPSULE_KEEP);
    cr_expect_not(allows(CAPSULE_KEEP, 0, child, &flags));
    cr_expect_not(allows(0, 0, self, &flags));
    cr_expect(allows(CAPSULE_KEEP, NODE, self, &flags));
    cr_expect(flags & CAPSULE_KEEP);
}

Test(verdict, lets_the_programs_of_a_list_have_it_by_name_or_by_path)
{
    static const struct {
        const char *path;
        uint32_t list;
        bool allowed;
    } programs[] = {
        {"/bin/sh", SH_OR_CAT, true},
        {"/opt/sh", SH_OR_CAT, true},
        {"sh", SH_OR_CAT, true},
        {"/bin/cat", SH_OR_CAT, true},
        {"/opt/cat", SH_OR_CAT, false},
        {"/bin/cat/x", SH_OR_CAT, false},
        {"/bin/shx", SH_OR_CAT, false},
        {"/bin/s", SH_OR_CAT, false},
        {"/sh/", SH_OR_CAT, false},
        {"/opt/bin/cat", SH_OR_CAT, false},
        {"", SH_OR_CAT, false},
        {"/bin/node", SH_OR_CAT, false},
        {"/usr/local/bin/node", NODE, true},
        {"/bin/sh", NODE, false},
        {"/bin/sh", 0, false},
        {"/bin/cat", SH_OR_CAT + 3, true},
        {"/bin/sh", SH_OR_CAT + 3, false},
        {"", CAPSULE_SAMPLE_LISTS, false},
    };
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        struct policy_program program = {.given = programs[i].path, .interpreter = programs[i].path};
        uint32_t flags;
        cr_expect_eq(allows(CAPSULE_KEEP, programs[i].list, program, &flags), programs[i].allowed, "%s",
                     programs[i].path);
        cr_expect_not(flags & CAPSULE_KEEP, "%s is another process", programs[i].path);
    }
}

/* Its interpreter may be env(1), which runs what the list means in the same process. */
Test(verdict, lets_a_script_of_a_list_keep_it_and_its_interpreter_by_itself_not)
{
    struct policy_program script = {.script = true, .given = "/bin/cat", .interpreter = "/usr/bin/env"};
    uint32_t flags;
    cr_expect(allows(0, SH_OR_CAT, script, &flags));
    cr_expect(flags & CAPSULE_KEEP);
    script = (struct policy_program){.script = true, .given = "/opt/script", .interpreter = "/bin/sh"};
    cr_expect(allows(CAPSULE_KEEP, SH_OR_CAT, script, &flags));
    cr_expect_not(flags & CAPSULE_KEEP);
    script.interpreter = "/bin/perl";
    cr_expect_not(allows(CAPSULE_KEEP, SH_OR_CAT, script, &flags));
}

/* --- strings ------------------------------------------------------------------------------------- */

static struct policy_verdict judge(const struct capsule_header *capsule, const char *string, uint64_t *known)
{
    return policy_judge(capsule, string, &child, known);
}

static struct capsule_header *some_secrets(void)
{
    const struct capsule_item items[] = {
        secret("TREE", "for the tree", CAPSULE_TREE | CAPSULE_KEEP | CAPSULE_ARGV_ALLOW, 0),
        secret("OWN", "for nobody else", CAPSULE_KEEP, 0),
        secret("LISTED", "for node alone", CAPSULE_KEEP, NODE),
        secret("SHORT", "1234567", CAPSULE_TREE, 0),
        secret("SHORT_OWN", "x", CAPSULE_KEEP, 0),
        secret("EMPTY", "", CAPSULE_TREE, 0),
    };
    return capsule_with(items, sizeof items / sizeof *items);
}

Test(verdict, on_what_holds_no_secret_is_that_it_is_plain)
{
    static const char *const strings[] = {"",
                                          "A=",
                                          "=",
                                          "TREE",
                                          "TREE=for the tre",
                                          "A=1234567",
                                          "SHORT=123456",
                                          "SHORT=12345678",
                                          "1234567",
                                          "SHORT",
                                          "SHORTS=1234567",
                                          "A=x",
                                          "=1234567",
                                          "EMPTY",
                                          "EMPTY=x"};
    struct capsule_header *capsule = some_secrets();
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        struct policy_verdict verdict = judge(capsule, strings[i], NULL);
        cr_expect(!verdict.secret && !verdict.withheld && !verdict.part && !verdict.flags && !verdict.list,
                  "%s", strings[i]);
    }
    free(capsule);
}

Test(verdict, on_a_value_under_any_name_or_none_is_the_secrets_own)
{
    static const char *const strings[] = {"TREE=for the tree", "COPY=for the tree", "for the tree"};
    struct capsule_header *capsule = some_secrets();
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        uint64_t known[1] = {0};
        struct policy_verdict verdict = judge(capsule, strings[i], known);
        cr_expect(verdict.secret && !verdict.part && !verdict.withheld, "%s", strings[i]);
        cr_expect_eq(verdict.flags, CAPSULE_VALUE | CAPSULE_TREE | CAPSULE_ARGV_ALLOW, "%s: %x", strings[i],
                     verdict.flags);
        cr_expect_eq(known[0], 0);
    }
    free(capsule);
}

Test(verdict, on_a_value_within_a_string_is_that_it_is_secret_and_marks_it_as_known)
{
    static const char *const strings[] = {"URL=x:for the tree@host", "=for the tree", "for the tree=1",
                                          "A=for the tree ", "xfor the tree"};
    struct capsule_header *capsule = some_secrets();
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        uint64_t known[1] = {0};
        struct policy_verdict verdict = judge(capsule, strings[i], known);
        cr_expect(verdict.secret && verdict.part && !verdict.withheld, "%s", strings[i]);
        cr_expect(verdict.flags == 0 && verdict.list == 0, "%s", strings[i]);
        cr_expect_eq(known[0], 1, "%s", strings[i]);
    }
    free(capsule);
}

Test(verdict, withholds_a_string_if_any_of_its_secrets_is_withheld)
{
    struct capsule_header *capsule = some_secrets();
    cr_expect(judge(capsule, "OWN=for nobody else", NULL).withheld);
    cr_expect(judge(capsule, "LISTED=for node alone", NULL).withheld);
    cr_expect(judge(capsule, "BOTH=for the tree, for nobody else", NULL).withheld);
    cr_expect(judge(capsule, "BOTH=for nobody else, for the tree", NULL).withheld);
    cr_expect(judge(capsule, "SHORT_OWN=x", NULL).withheld);
    struct policy_program node = {.given = "/bin/node", .interpreter = "/bin/node"};
    struct policy_verdict verdict = policy_judge(capsule, "LISTED=for node alone", &node, NULL);
    cr_expect(verdict.secret && !verdict.withheld);
    cr_expect(verdict.flags == CAPSULE_VALUE && verdict.list == NODE);
    verdict = policy_judge(capsule, "OWN=for nobody else", &self, NULL);
    cr_expect(!verdict.withheld && verdict.flags == (CAPSULE_VALUE | CAPSULE_KEEP));
    free(capsule);
}

Test(verdict, on_a_short_value_is_by_name_and_value_together)
{
    struct capsule_header *capsule = some_secrets();
    struct policy_verdict verdict = judge(capsule, "SHORT=1234567", NULL);
    cr_expect(verdict.secret && !verdict.part && verdict.flags == (CAPSULE_VALUE | CAPSULE_TREE));
    cr_expect(judge(capsule, "EMPTY=", NULL).secret);
    free(capsule);
}

/* As a program has it that was given two of a name: the index has only the first. */
Test(verdict, on_a_short_value_does_not_depend_on_another_of_its_name)
{
    const struct capsule_item items[] = {item_of("A", "first", 0, CAPSULE_INDEXED),
                                         item_of("A", "1234567", 1, CAPSULE_VALUE | CAPSULE_TREE),
                                         item_of("B", "7654321", 2, CAPSULE_VALUE | CAPSULE_TREE)};
    struct capsule_plan plan = {.place_count = 3, .seen_count = 3};
    struct capsule_header *capsule = capsule_of(items, 3, &plan);
    cr_expect(judge(capsule, "A=1234567", NULL).secret);
    cr_expect(judge(capsule, "B=7654321", NULL).secret);
    cr_expect_not(judge(capsule, "A=first", NULL).secret);
    free(capsule);
}

Test(verdict, on_a_short_value_does_not_depend_on_what_else_stands_in_the_string)
{
    const struct capsule_item items[] = {secret("A", "1234567", CAPSULE_KEEP, 0),
                                         secret("B", "A=1234567", CAPSULE_TREE, 0)};
    struct capsule_header *capsule = capsule_with(items, 2);
    cr_expect(judge(capsule, "A=1234567", NULL).withheld);
    free(capsule);
}

/* Of two secrets with one value, the policy of neither may be lost, whichever comes first. */
Test(verdict, on_a_value_of_two_secrets_leaves_the_policy_of_neither_out)
{
    for (size_t first = 0; first < 2; first++) {
        const struct capsule_item items[] = {
            secret("STRICT", "one value of two", CAPSULE_KEEP | CAPSULE_ARGV_REFUSE, NODE),
            secret("LOOSE", "one value of two", CAPSULE_TREE | CAPSULE_ARGV_ALLOW, 0)};
        const struct capsule_item swapped[] = {items[1], items[0]};
        struct capsule_header *capsule = capsule_with(first ? swapped : items, 2);
        struct policy_program node = {.given = "/bin/node", .interpreter = "/bin/node"};
        uint64_t known[1] = {0};
        cr_expect(judge(capsule, "LOOSE=one value of two", NULL).withheld);
        struct policy_verdict verdict = policy_judge(capsule, "STRICT=one value of two", &node, known);
        cr_expect(verdict.secret && !verdict.withheld && (verdict.flags & CAPSULE_VALUE));
        bool strict =
            !(verdict.flags & CAPSULE_TREE) && verdict.list == NODE && (verdict.flags & CAPSULE_ARGV_REFUSE);
        uint64_t strict_bit = first ? 2 : 1;
        cr_expect(strict || (known[0] & strict_bit), "flags %x, list %u, known %lx", verdict.flags,
                  verdict.list, (unsigned long)known[0]);
        free(capsule);
    }
}

Test(verdict, marks_each_of_many_secrets_in_a_string)
{
    enum { COUNT = 200 };
    struct capsule_item items[COUNT];
    char values[COUNT][16], string[COUNT * 16 + 8] = "A=";
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(values[i], sizeof values[i], "value-%05u", i);
        items[i] = item_of(NULL, values[i], CAPSULE_NO_PLACE, CAPSULE_VALUE | CAPSULE_TREE);
        if (i % 3 == 0)
            strcat(strcat(string, values[i]), ",");
    }
    struct capsule_header *capsule = capsule_with(items, COUNT);
    uint64_t known[COUNT / 64 + 1] = {0};
    cr_expect(judge(capsule, string, known).secret);
    for (unsigned i = 0; i < COUNT; i++)
        cr_expect_eq(known[i / 64] >> i % 64 & 1, i % 3 == 0, "%u", i);
    free(capsule);
}
