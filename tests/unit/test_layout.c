/* SPDX-License-Identifier: ISC */
/* What secrun gives the kernel and the shim: what the target sees is what was meant. Runs in the unit tests
 * only. */
#include <string.h>

#include <criterion/criterion.h>

#include "capsule_sample.h"
#include "layout_sample.h"

TestSuite(layout, .fini = lay_out_end);

/* --- the array ------------------------------------------------------------------------------------ */

Test(layout, appends_secrets_to_the_inherited_environment)
{
    add("A", "alpha");
    add("B", "beta");
    lay_out(INHERITED("PATH=/bin", "HOME=/root"));
    cr_expect_str_eq(shown, "PATH=/bin|HOME=/root|A=alpha|B=beta");
    cr_expect_str_eq(value_in(capsule, "A"), "alpha");
    cr_expect_str_eq(value_in(capsule, "B"), "beta");
    cr_expect_eq(capsule->entry_count, 2);
}

Test(layout, puts_a_secret_where_the_first_variable_of_its_name_stood)
{
    add("A", "alpha");
    add("B", "beta");
    lay_out(INHERITED("X=1", "A=old", "PATH=/bin", "A=older"));
    cr_expect_str_eq(shown, "X=1|A=alpha|PATH=/bin|B=beta");
}

Test(layout, carries_an_inherited_variable_where_there_is_one_secret)
{
    add("A", "alpha");
    lay_out(INHERITED("PATH=/bin", "HOME=/root"));
    cr_expect_str_eq(shown, "PATH=/bin|HOME=/root|A=alpha");
    cr_expect_eq(capsule->entry_count, 2);
    cr_expect_eq(entry_of("HOME")->flags, CAPSULE_INDEXED);
}

Test(layout, of_an_empty_environment_takes_places_behind_it)
{
    add("A", "alpha");
    lay_out((const char *[]){NULL});
    cr_expect_str_eq(shown, "A=alpha");
    cr_expect_eq(capsule->place_count, 2);
    cr_expect_eq(capsule->seen_count, 1);
}

Test(layout, gives_back_the_users_own_preload)
{
    add("A", "alpha");
    lay_out(INHERITED("LD_PRELOAD=/lib/first.so", "X=1", "LD_PRELOAD=/lib/mine.so"));
    cr_expect_str_eq(shown, "LD_PRELOAD=/lib/first.so|X=1|LD_PRELOAD=/lib/mine.so|A=alpha");
    cr_expect_str_eq(layout.block[0], preload_with(":/lib/mine.so"));
}

Test(layout, gives_back_an_empty_preload)
{
    add("A", "alpha");
    lay_out(INHERITED("LD_PRELOAD=", "X=1"));
    cr_expect_str_eq(shown, "LD_PRELOAD=|X=1|A=alpha");
    cr_expect_str_eq(layout.block[0], preload_with(""));
}

Test(layout, drops_what_announces_a_capsule_from_outside)
{
    add("A", "alpha");
    add("B", "beta");
    lay_out(INHERITED("SECRUN_CAPSULE=3", "X=1", "SECRUN_CAPSULE="));
    cr_expect_str_eq(shown, "X=1|A=alpha|B=beta");
}

Test(layout, keeps_entries_without_a_name_or_value)
{
    add("A", "alpha");
    lay_out(INHERITED("noequals", "=C:=x", "X=1", ""));
    cr_expect_str_eq(shown, "noequals|=C:=x|X=1||A=alpha");
}

/* The loader reads these out of the block itself, so they cannot wait for the shim. */
Test(layout, leaves_what_the_loader_reads_in_its_place)
{
    const char *const inherited[] = {"X=1", "LD_LIBRARY_PATH=/l", "GLIBC_TUNABLES=a=b", "MALLOC_ARENA_MAX=1",
                                     NULL};
    add("A", "alpha");
    lay_out(inherited);
    for (size_t i = 1; i < 4; i++)
        cr_expect_str_eq(layout.block[i], inherited[i]);
    cr_expect_str_eq(shown, "X=1|LD_LIBRARY_PATH=/l|GLIBC_TUNABLES=a=b|MALLOC_ARENA_MAX=1|A=alpha");
}

Test(layout, of_no_secrets_leaves_the_environment_as_it_is)
{
    lay_out(INHERITED("A=1", "LD_PRELOAD=/lib/mine.so", "A=2"));
    cr_expect_str_eq(shown, "A=1|LD_PRELOAD=/lib/mine.so|A=2");
    cr_expect_eq(layout.item_count, 0);
}

/* --- policy --------------------------------------------------------------------------------------- */

Test(layout, says_in_the_capsule_what_policy_says)
{
    add_with("TREE", "1", (struct policy){.inherit = POLICY_TREE, .argv = POLICY_WARN});
    add_with("NONE", "2", (struct policy){.inherit = POLICY_NONE, .argv = POLICY_REFUSE});
    add_with("SOME", "3",
             (struct policy){
                 .inherit = POLICY_PROGRAMS, .programs = "no-such-a, no-such-b", .argv = POLICY_ALLOW});
    lay_out(INHERITED("X=4", "Y=5"));
    const uint32_t base = CAPSULE_INDEXED | CAPSULE_VALUE | CAPSULE_KEEP;
    cr_expect_eq(entry_of("TREE")->flags, base | CAPSULE_TREE);
    cr_expect_eq(entry_of("NONE")->flags, base | CAPSULE_ARGV_REFUSE | CAPSULE_STATIC_WITHHOLD);
    cr_expect_eq(entry_of("SOME")->flags, base | CAPSULE_ARGV_ALLOW | CAPSULE_STATIC_WITHHOLD);
    cr_expect_eq(entry_of("TREE")->list, 0);
    cr_expect_eq(entry_of("NONE")->list, 0);
    cr_expect_eq(memcmp(capsule_list(capsule, entry_of("SOME")), "no-such-a\0no-such-b\0", 21), 0);
}

Test(layout, keeps_what_is_hidden_out_of_the_array)
{
    add_with("A", "alpha", (struct policy){.hidden = true, .inherit = POLICY_NONE});
    add("B", "beta");
    lay_out(INHERITED("A=old", "X=1", "A=older"));
    cr_expect_str_eq(shown, "X=1|B=beta");
    cr_expect_str_eq(value_in(capsule, "A"), "alpha");
    cr_expect_eq(entry_of("A")->place, CAPSULE_NO_PLACE);
}

Test(layout, carries_a_capsule_for_one_hidden_secret_alone)
{
    add_with("A", "alpha", (struct policy){.hidden = true, .inherit = POLICY_NONE});
    lay_out((const char *[]){NULL});
    cr_expect_str_eq(shown, "");
    cr_expect_str_eq(value_in(capsule, "A"), "alpha");
}
