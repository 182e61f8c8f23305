/* SPDX-License-Identifier: ISC */
/* The layout of the environment block: what goes in comes out again, in the same places. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "deliver/preload.h"

enum { SHOWN_MAX = 4096 };

static const struct document_entry *secret(const char *name, const char *value)
{
    static struct document_entry entries[8];
    static size_t next;
    struct document_entry *entry = &entries[next++ % 8];
    *entry = (struct document_entry){.name = name, .value = value, .value_size = strlen(value)};
    return entry;
}

/* Lays out, applies the items as the shim would, and shows the array, entries separated by '|'. */
static void lay_out(char shown[static SHOWN_MAX], const char *const *inherited,
                    const struct document_entry *const *secrets, size_t count)
{
    struct preload preload;
    struct reason why = {0};
    cr_assert(
        preload_layout(&preload, (char *const *)(uintptr_t)inherited, secrets, count, "/bin/target", &why),
        "%s", why.text);
    preload_announce(&preload, 7);
    size_t places = 0, preloads = 0, capsules = 0;
    for (; preload.block[places]; places++) {
        preloads += strncmp(preload.block[places], "LD_PRELOAD=", 11) == 0;
        capsules += strcmp(preload.block[places], "SECRUN_CAPSULE=7") == 0;
        for (size_t i = 0; i < count; i++)
            cr_assert_null(strstr(preload.block[places], secrets[i]->value), "plaintext in the block");
    }
    cr_assert_eq(preload.place_count, places);
    cr_assert_eq(preloads, 1);
    cr_assert_eq(capsules, 1);
    char **array = calloc(places + 1, sizeof *array);
    memcpy(array, preload.block, places * sizeof *array);
    for (size_t i = 0; i < preload.item_count; i++) {
        const struct capsule_item *item = &preload.items[i];
        cr_assert(i == 0 || item->place > preload.items[i - 1].place);
        cr_assert_geq(asprintf(&array[item->place], "%.*s=%.*s", (int)item->name_size, item->name,
                               (int)item->value_size, item->value),
                      0);
    }
    shown[0] = '\0';
    for (size_t i = 0; i < places; i++)
        snprintf(shown + strlen(shown), SHOWN_MAX - strlen(shown), "%s%s", i ? "|" : "", array[i]);
    for (size_t i = 0; i < preload.item_count; i++)
        free(array[preload.items[i].place]);
    free(array);
    preload_free(&preload);
}

#define INHERITED(...) ((const char *[]){__VA_ARGS__, NULL})
#define SECRETS(...)   ((const struct document_entry *[]){__VA_ARGS__})

static char shown[SHOWN_MAX];

Test(preload, appends_secrets_to_the_inherited_environment)
{
    lay_out(shown, INHERITED("PATH=/bin", "HOME=/root"), SECRETS(secret("A", "alpha"), secret("B", "beta")),
            2);
    cr_assert_str_eq(shown, "PATH=/bin|HOME=/root|A=alpha|B=beta");
}

Test(preload, puts_a_secret_where_a_variable_of_its_name_stood)
{
    lay_out(shown, INHERITED("A=old", "PATH=/bin", "A=older"),
            SECRETS(secret("A", "alpha"), secret("B", "beta")), 2);
    cr_assert_str_eq(shown, "A=alpha|PATH=/bin|B=beta");
}

Test(preload, carries_an_inherited_variable_when_there_is_one_secret)
{
    lay_out(shown, INHERITED("PATH=/bin", "HOME=/root"), SECRETS(secret("A", "alpha")), 1);
    cr_assert_str_eq(shown, "PATH=/bin|HOME=/root|A=alpha");
}

Test(preload, fills_up_an_empty_environment_with_one_secret_as_a_shell_would)
{
    lay_out(shown, (const char *[]){NULL}, SECRETS(secret("A", "alpha")), 1);
    cr_assert_str_eq(shown, "A=alpha|_=/bin/target");
    lay_out(shown, (const char *[]){NULL}, SECRETS(secret("_", "alpha")), 1);
    cr_assert_str_eq(shown, "_=alpha|PWD=/bin/target");
    lay_out(shown, INHERITED("nameless"), SECRETS(secret("A", "alpha")), 1);
    cr_assert_str_eq(shown, "nameless|A=alpha|_=/bin/target");
}

Test(preload, gives_back_the_users_own_preload)
{
    lay_out(shown, INHERITED("LD_PRELOAD=/lib/mine.so", "X=1"), SECRETS(secret("A", "alpha")), 1);
    cr_assert_str_eq(shown, "LD_PRELOAD=/lib/mine.so|X=1|A=alpha");
    lay_out(shown, INHERITED("LD_PRELOAD=", "X=1"), SECRETS(secret("A", "alpha")), 1);
    cr_assert_str_eq(shown, "LD_PRELOAD=|X=1|A=alpha");
}

Test(preload, drops_a_capsule_that_was_announced_from_outside)
{
    lay_out(shown, INHERITED("SECRUN_CAPSULE=3", "X=1"), SECRETS(secret("A", "alpha"), secret("B", "beta")),
            2);
    cr_assert_str_eq(shown, "X=1|A=alpha|B=beta");
}

Test(preload, keeps_entries_without_a_name_or_value)
{
    lay_out(shown, INHERITED("noequals", "=C:=x", "X=1"), SECRETS(secret("A", "alpha"), secret("B", "beta")),
            2);
    cr_assert_str_eq(shown, "noequals|=C:=x|X=1|A=alpha|B=beta");
}

/* The loader reads these out of the block itself, so they cannot wait for the shim. */
Test(preload, leaves_what_the_loader_reads_in_its_place)
{
    struct preload preload;
    struct reason why;
    const struct document_entry *secrets[] = {secret("A", "alpha")};
    char *inherited[] = {(char[]){"X=1"}, (char[]){"LD_LIBRARY_PATH=/l"}, (char[]){"GLIBC_TUNABLES=a=b"},
                         (char[]){"MALLOC_ARENA_MAX=1"}, NULL};
    cr_assert(preload_layout(&preload, inherited, secrets, 1, "/bin/target", &why));
    for (size_t i = 1; i < 4; i++)
        cr_assert_str_eq(preload.block[i], inherited[i]);
    preload_free(&preload);
    lay_out(shown, INHERITED("LD_LIBRARY_PATH=/l"), SECRETS(secret("A", "alpha")), 1);
    cr_assert_str_eq(shown, "LD_LIBRARY_PATH=/l|A=alpha|_=/bin/target");
}
