/* SPDX-License-Identifier: ISC */
/* The layout of the block: what travels is put back, and the program sees what was meant. Runs in the unit
 * tests only. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "capsule_sample.h"
#include "shim/block.h"
#include "shim/environ.h"

enum { COUNT_MAX = 12 };

/* One layout: entries with a '!' in front are secret. */
static struct {
    char *entries[COUNT_MAX + 1], *block[COUNT_MAX + 3];
    unsigned char meant[COUNT_MAX + 1], kinds[COUNT_MAX + 1];
    size_t count;
    struct block_carriers carriers;
} layout;

static bool is_users_preload(size_t i)
{
    return layout.meant[i] == BLOCK_PLAIN && strncmp(layout.entries[i], "LD_PRELOAD=", 11) == 0;
}

static bool is_read_early(size_t i)
{
    return strncmp(layout.entries[i], "LD_", 3) == 0 || strncmp(layout.entries[i], "MALLOC_", 7) == 0 ||
           strncmp(layout.entries[i], "GLIBC_TUNABLES=", 15) == 0;
}

/* What each rule says, one by one. */
static void check_rules(void)
{
    const struct block_carriers *carriers = &layout.carriers;
    const char *users = "";
    size_t spare = 0, borrowed = 0, first = layout.count;
    for (size_t i = layout.count; i-- > 0;) {
        bool carrier = i == carriers->preload || i == carriers->capsule;
        if (is_users_preload(i)) {
            users = first == layout.count ? layout.entries[i] + 11 : users; /* the last */
            first = i;
        }
        spare += layout.meant[i] == BLOCK_SECRET || is_users_preload(i) || !is_read_early(i);
        if (layout.meant[i] == BLOCK_SECRET || is_users_preload(i)) {
            cr_assert_eq(layout.kinds[i], is_users_preload(i) ? BLOCK_CARRIED : BLOCK_SECRET);
        } else {
            cr_assert_eq(layout.kinds[i], carrier ? BLOCK_CARRIED : BLOCK_PLAIN, "%s", layout.entries[i]);
            cr_assert(!carrier || !is_read_early(i), "%s", layout.entries[i]);
            borrowed += carrier;
        }
    }
    cr_assert_str_eq(carriers->users, users);
    cr_assert(first == layout.count || carriers->preload == first);
    cr_assert_neq(carriers->preload, carriers->capsule);
    cr_assert_lt(carriers->preload, carriers->place_count);
    cr_assert_lt(carriers->capsule, carriers->place_count);
    cr_assert_eq(carriers->place_count, layout.count + (spare < 2 ? 2 - spare : 0));
    /* Places of their own, and of plain variables, are taken only where there is no other. */
    size_t free_places = 0;
    for (size_t i = 0; i < layout.count; i++)
        free_places += layout.kinds[i] == BLOCK_SECRET || is_users_preload(i);
    size_t wanted = free_places < 2 ? 2 - free_places : 0;
    cr_assert_eq(borrowed, wanted - (carriers->place_count - layout.count));
}

/* The block, what the shim makes of it, and that this is what was meant. */
static void check_restored(void)
{
    static char slot[] = "", preload[] = "LD_PRELOAD=/shim.so", announced[] = "SECRUN_CAPSULE=7";
    struct capsule_item items[COUNT_MAX];
    struct capsule_plan plan = {.place_count = (uint32_t)layout.carriers.place_count,
                                .seen_count = (uint32_t)layout.count};
    size_t count = 0;
    for (size_t i = 0; i < layout.count; i++) {
        layout.block[i] = layout.entries[i];
        if (layout.kinds[i] != BLOCK_PLAIN) {
            items[count++] = item_of(NULL, layout.entries[i], (uint32_t)i, 0);
            layout.block[i] = slot;
        }
    }
    layout.block[layout.carriers.preload] = preload;
    layout.block[layout.carriers.capsule] = announced;
    layout.block[layout.carriers.place_count] = NULL;
    struct capsule_header *capsule = capsule_of(items, count, &plan);
    cr_assert_null(environ_patch(layout.block, capsule));
    for (size_t i = 0; i < layout.count; i++)
        cr_assert_str_eq(layout.block[i], layout.entries[i]);
    cr_assert_null(layout.block[layout.count]);
    free(capsule);
}

static void lay_out(const char *const *entries, size_t count)
{
    layout.count = count;
    for (size_t i = 0; i < count; i++) {
        layout.meant[i] = entries[i][0] == '!' ? BLOCK_SECRET : BLOCK_PLAIN;
        layout.entries[i] = (char *)(uintptr_t)entries[i] + (layout.meant[i] == BLOCK_SECRET);
    }
    layout.entries[count] = NULL;
    memcpy(layout.kinds, layout.meant, sizeof layout.kinds);
    block_lay_out(layout.entries, layout.kinds, count, true, &layout.carriers);
    check_rules();
    check_restored();
}

#define LAY_OUT(...)                                                                                         \
    do {                                                                                                     \
        static const char *const entries_[] = {__VA_ARGS__};                                                 \
        lay_out(entries_, sizeof entries_ / sizeof *entries_);                                               \
    } while (0)

#define CHECK_CARRIERS(preload_, capsule_, places_)                                                          \
    do {                                                                                                     \
        cr_expect_eq(layout.carriers.preload, preload_);                                                     \
        cr_expect_eq(layout.carriers.capsule, capsule_);                                                     \
        cr_expect_eq(layout.carriers.place_count, places_);                                                  \
    } while (0)

Test(block, of_nothing_has_two_places_more)
{
    lay_out(NULL, 0);
    CHECK_CARRIERS(0, 1, 2);
}

Test(block, of_one_entry_has_one_place_more)
{
    LAY_OUT("!A=1");
    CHECK_CARRIERS(0, 1, 2);
    LAY_OUT("A=1");
    CHECK_CARRIERS(0, 1, 2);
}

Test(block, takes_the_places_of_secrets_before_those_of_plain_variables)
{
    LAY_OUT("!A=1", "B=2", "!C=3", "D=4");
    CHECK_CARRIERS(2, 0, 4);
    LAY_OUT("B=2", "!A=1", "D=4");
    CHECK_CARRIERS(1, 2, 3);
    cr_expect_eq(layout.kinds[2], BLOCK_CARRIED);
    LAY_OUT("!A=1", "!B=2", "!C=3");
    CHECK_CARRIERS(2, 1, 3);
}

Test(block, has_the_preload_where_the_users_own_stood)
{
    LAY_OUT("A=1", "LD_PRELOAD=/mine.so", "!B=2");
    CHECK_CARRIERS(1, 2, 3);
    cr_expect_str_eq(layout.carriers.users, "/mine.so");
    LAY_OUT("LD_PRELOAD=/first.so", "A=1", "LD_PRELOAD=/last.so");
    CHECK_CARRIERS(0, 2, 3);
    cr_expect_str_eq(layout.carriers.users, "/last.so");
    LAY_OUT("LD_PRELOAD=");
    CHECK_CARRIERS(0, 1, 2);
}

Test(block, does_not_preload_what_holds_a_secret)
{
    LAY_OUT("A=1", "!LD_PRELOAD=/secret.so");
    CHECK_CARRIERS(1, 0, 2);
    cr_expect_str_eq(layout.carriers.users, "");
}

Test(block, leaves_what_the_loader_reads_in_its_place)
{
    LAY_OUT("LD_LIBRARY_PATH=/l", "MALLOC_ARENA_MAX=1", "GLIBC_TUNABLES=a=b");
    CHECK_CARRIERS(3, 4, 5);
    LAY_OUT("LD_LIBRARY_PATH=/l", "!A=1", "LD_BIND_NOW=1");
    CHECK_CARRIERS(1, 3, 4);
    LAY_OUT("GLIBC_TUNABLES_NOT=1", "LD_DEBUG=", "MALLOC_");
    CHECK_CARRIERS(0, 3, 4);
}

Test(block, without_a_preload_has_one_carrier_and_leaves_the_users_own)
{
    char users[] = "LD_PRELOAD=/a.so", first[] = "A=1", second[] = "B=2";
    char *entries[] = {users, first, second, NULL};
    unsigned char kinds[] = {BLOCK_PLAIN, BLOCK_PLAIN, BLOCK_PLAIN};
    unsigned char secret[] = {BLOCK_PLAIN, BLOCK_SECRET, BLOCK_PLAIN};
    struct block_carriers carriers;
    block_lay_out(entries, kinds, 3, false, &carriers);
    cr_expect_eq(carriers.preload, BLOCK_NONE);
    cr_expect_eq(carriers.capsule, 2);
    cr_expect_eq(carriers.place_count, 3);
    cr_expect_eq(kinds[0], BLOCK_PLAIN);
    cr_expect_eq(kinds[2], BLOCK_CARRIED);
    block_lay_out(entries, secret, 3, false, &carriers);
    cr_expect_eq(carriers.capsule, 1);
    cr_expect_eq(secret[2], BLOCK_PLAIN);
    block_lay_out(entries, kinds, 0, false, &carriers);
    cr_expect_eq(carriers.place_count, 1);
}

Test(block, reads_nothing_of_a_secret)
{
    static const unsigned char secret[] = {BLOCK_SECRET, BLOCK_SECRET};
    char *entries[] = {NULL, NULL};
    unsigned char kinds[sizeof secret];
    struct block_carriers carriers;
    memcpy(kinds, secret, sizeof kinds);
    block_lay_out(entries, kinds, 2, true, &carriers);
    cr_assert_eq(memcmp(kinds, secret, sizeof kinds), 0);
    cr_assert_eq(carriers.place_count, 2);
}

Test(block, of_random_environments_comes_back_as_it_was_meant)
{
    static const char *const some[] = {"A=1",           "",           "noequals",     "=C:=x",
                                       "!S=secret",     "!T=",        "!nameless",    "LD_PRELOAD=/a.so",
                                       "LD_PRELOAD=/b", "LD_PRELOAD", "LD_AUDIT=/x",  "MALLOC_PERTURB_=1",
                                       "LD_PRELOADS=1", "B=2",        "!LD_PRELOAD=", "GLIBC_TUNABLES=x"};
    srand(1);
    for (int round = 0; round < 20000; round++) {
        const char *entries[COUNT_MAX];
        size_t count = (size_t)rand() % (COUNT_MAX + 1), kinds = 1 + (size_t)rand() % 16,
               from = (size_t)rand() % 16;
        for (size_t i = 0; i < count; i++)
            entries[i] = some[(from + (size_t)rand() % kinds) % 16];
        lay_out(entries, count);
    }
}

Test(block, knows_the_name_of_an_entry)
{
    cr_expect_eq(block_name_size("A=1"), 1);
    cr_expect_eq(block_name_size("NAME="), 4);
    cr_expect_eq(block_name_size("=1"), 0);
    cr_expect_eq(block_name_size("noequals"), 0);
    cr_expect_eq(block_name_size(""), 0);
    cr_expect(block_has_name("NAME=1", "NAME"));
    cr_expect_not(block_has_name("NAME", "NAME"));
    cr_expect_not(block_has_name("NAMES=1", "NAME"));
    cr_expect_not(block_has_name("NAM=1", "NAME"));
}
