/* SPDX-License-Identifier: ISC */
/* What secrun hands on where it is run below another target, and what its own profile adds. Runs in the unit
 * tests only. */
#include <string.h>

#include <criterion/criterion.h>

#include "capsule_sample.h"
#include "layout_sample.h"

TestSuite(layout_outer, .fini = lay_out_end);

static const struct policy_program target = {
    .same_process = false, .given = "/bin/node", .interpreter = "/bin/node"};

enum { NODE_LIST = 14 };

static struct capsule_item outer_secret(const char *name, const char *value, uint32_t flags, uint32_t list)
{
    struct capsule_item item =
        item_of(name, value, CAPSULE_NO_PLACE, CAPSULE_INDEXED | CAPSULE_VALUE | flags);
    item.list = list;
    return item;
}

static void give_outer(const struct capsule_item *items, size_t count)
{
    struct capsule_plan plan = {.lists = capsule_sample_lists, .lists_size = CAPSULE_SAMPLE_LISTS};
    for (size_t i = 0; i < count; i++)
        plan.seen_count += items[i].place != CAPSULE_NO_PLACE;
    plan.place_count = plan.seen_count;
    input.outer = capsule_of(items, count, &plan);
    input.program = target;
}

Test(layout_outer, hands_on_what_the_outer_target_lets_it_have_and_no_more)
{
    const struct capsule_item items[] = {
        {"TREE", "outer tree", 4, 10, 0, CAPSULE_INDEXED | CAPSULE_VALUE | CAPSULE_TREE, 0},
        {"NONE", "outer none", 4, 10, 1, CAPSULE_INDEXED | CAPSULE_VALUE | CAPSULE_KEEP, 0},
        {"NODE", "outer node", 4, 10, 2, CAPSULE_INDEXED | CAPSULE_VALUE | CAPSULE_KEEP, NODE_LIST},
        {"SHORT", "x", 5, 1, 3, CAPSULE_INDEXED | CAPSULE_VALUE, 0}};
    give_outer(items, 4);
    lay_out(INHERITED("TREE=outer tree", "NONE=outer none", "COPY=with outer none in it", "NODE=outer node",
                      "SHORT=x", "PLAIN=1"));
    cr_expect_str_eq(shown, "TREE=outer tree|NODE=outer node|PLAIN=1");
    cr_expect_eq(layout.withheld, 3);
    cr_expect_eq(entry_of("TREE")->flags, CAPSULE_INDEXED | CAPSULE_VALUE | CAPSULE_TREE);
    cr_expect_eq(entry_of("NODE")->flags, CAPSULE_INDEXED | CAPSULE_VALUE);
    cr_expect_str_eq(capsule_list(capsule, entry_of("NODE")), "node");
}

Test(layout_outer, has_the_profile_win_over_the_outer_target_on_one_name)
{
    const struct capsule_item items[] = {outer_secret("A", "outer value", CAPSULE_TREE, 0),
                                         outer_secret("B", "outer hidden", CAPSULE_TREE, 0)};
    give_outer(items, 2);
    add_with("A", "own value", (struct policy){.inherit = POLICY_NONE});
    add_with("B", "own hidden", (struct policy){.hidden = true, .inherit = POLICY_NONE});
    lay_out(INHERITED("A=outer value", "X=1"));
    cr_expect_str_eq(shown, "A=own value|X=1");
    cr_expect_str_eq(value_in(capsule, "B"), "own hidden");
    cr_expect_eq(entry_of("A")->flags & CAPSULE_TREE, 0);
}

Test(layout_outer, hands_on_what_the_outer_target_hides)
{
    const struct capsule_item items[] = {outer_secret("A", "outer hidden", CAPSULE_TREE, 0),
                                         outer_secret("B", "outer too", CAPSULE_KEEP, 0),
                                         outer_secret("C", "replaced by plain", CAPSULE_TREE, 0)};
    give_outer(items, 3);
    lay_out(INHERITED("C=plain"));
    cr_expect_str_eq(shown, "C=plain");
    cr_expect_str_eq(value_in(capsule, "A"), "outer hidden");
    cr_expect_null(value_in(capsule, "B"));
    cr_expect_str_eq(value_in(capsule, "C"), "plain", "which has given its place to a carrier");
}

Test(layout_outer, has_the_target_recognise_a_value_that_stands_in_a_longer_one)
{
    const struct capsule_item items[] = {outer_secret("A", "outer value", CAPSULE_TREE, 0),
                                         outer_secret("B", "unused value", CAPSULE_TREE, 0)};
    struct capsule_match match;
    const struct capsule_entry *entry;
    bool found = false;
    give_outer(items, 2);
    add("OWN", "own");
    lay_out(INHERITED("URL=https://outer value@host", "X=1"));
    cr_expect_str_eq(shown, "URL=https://outer value@host|X=1|OWN=own");
    capsule_match_begin(&match, capsule, "argument=outer value", 20);
    while ((entry = capsule_match_next(&match)))
        found = true;
    cr_expect(found);
}

Test(layout_outer, of_an_outer_target_that_gives_nothing_leaves_a_plain_environment)
{
    const struct capsule_item items[] = {outer_secret("A", "outer value", CAPSULE_KEEP, 0)};
    give_outer(items, 1);
    lay_out(INHERITED("COPY=outer value", "X=1"));
    cr_expect_str_eq(shown, "X=1");
    cr_expect_eq(layout.item_count, 0);
    cr_expect_eq(layout.withheld, 1);
}

Test(layout_outer, has_lists_of_its_own_beside_those_of_the_outer_target)
{
    const struct capsule_item items[] = {outer_secret("A", "outer value", 0, NODE_LIST)};
    give_outer(items, 1);
    add_with("B", "own value", (struct policy){.inherit = POLICY_PROGRAMS, .programs = "no-such-c"});
    add_with("C", "another value",
             (struct policy){.hidden = true, .inherit = POLICY_PROGRAMS, .programs = "node"});
    lay_out(INHERITED("A=outer value"));
    cr_expect_str_eq(capsule_list(capsule, entry_of("A")), "node");
    cr_expect_str_eq(capsule_list(capsule, entry_of("B")), "no-such-c");
    cr_expect_str_eq(capsule_list(capsule, entry_of("C")), "node");
}
