/* SPDX-License-Identifier: ISC */
/* Finding the definition behind one's own. Built into the unit tests, the code takes their program for the
 * shim. */
#include "shim/next.c"

#include <dlfcn.h>
#include <stdio.h>

#include <criterion/criterion.h>

#include "support/command.h"

TestSuite(next, .init = scratch_begin, .fini = scratch_end);

static next_fn *find(const char *name)
{
    next_fn *cache = NULL;
    next_fn *found = next_definition(name, &cache);
    cr_assert_eq((uintptr_t)cache, (uintptr_t)found);
    return found;
}

Test(next, is_what_the_loader_finds_behind_the_program)
{
    static const char *const names[] = {"setenv", "unsetenv", "putenv", "clearenv", "wordexp", "popen"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uintptr_t loaders = (uintptr_t)dlsym(RTLD_NEXT, names[i]);
        cr_assert_neq(loaders, 0);
        cr_assert_eq((uintptr_t)find(names[i]), loaders, "%s", names[i]);
    }
}

Test(next, is_nothing_where_there_is_no_function_of_that_name)
{
    static const char *const names[] = {"", "seten", "setenvv", "environ", "there_is_no_such_function"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_assert_eq((uintptr_t)find(names[i]), 0, "%s", names[i]);
}

Test(next, is_looked_up_once)
{
    next_fn *cache = find("setenv");
    cr_assert_eq((uintptr_t)next_definition("unsetenv", &cache), (uintptr_t)find("setenv"));
}

/* One of each kind: plain, of two versions, of a version that is only there for old programs, data,
 * undefined. */
static const char library[] = "int next_plain(void) { return 1; }\n"
                              "int two_old(void) { return 2; }\n"
                              "int two_new(void) { return 3; }\n"
                              "int old_only(void) { return 4; }\n"
                              "int next_data = 5;\n"
                              "int next_missing(void) __attribute__((weak));\n"
                              "int (*next_used)(void) = next_missing;\n"
                              "static int next_static(void) { return 6; }\n"
                              "int (*next_table)(void) = next_static;\n"
                              "__asm__(\".symver two_old, next_two@OLD\\n\"\n"
                              "        \".symver two_new, next_two@@NEW\\n\"\n"
                              "        \".symver old_only, next_old@OLD\");\n";

static int call(const char *name)
{
    int (*function)(void) = (int (*)(void))find(name);
    return function ? function() : 0;
}

/* Many other names, so that chains have more than one link. */
static void check_hash_style(const char *style)
{
    put_file("library.c", library, sizeof library - 1);
    struct outcome built =
        shell("echo 'OLD { global: *; }; NEW { } OLD;' >map\n"
              "for i in $(seq 200); do echo \"int other_$i(void) { return -1; }\"; done >>library.c\n"
              "cc -shared -fPIC -Wl,--hash-style=%s -Wl,--version-script=map -o library.so library.c",
              style);
    check_status(built, 0);
    outcome_free(&built);
    char path[512];
    snprintf(path, sizeof path, "%s/library.so", scratch());
    cr_assert_eq(call("next_plain"), 0, "before it was loaded");
    cr_assert_not_null(dlopen(path, RTLD_NOW | RTLD_LOCAL), "%s", dlerror());
    cr_assert_eq(call("next_plain"), 1);
    cr_assert_eq(call("next_two"), 3);
    cr_assert_eq(call("next_old"), 0);
    cr_assert_eq(call("next_data"), 0);
    cr_assert_eq(call("next_missing"), 0);
    cr_assert_eq(call("next_static"), 0);
    for (int i = 1; i <= 200; i++) {
        char name[32];
        snprintf(name, sizeof name, "other_%d", i);
        cr_assert_eq(call(name), -1, "%s", name);
    }
}

Test(next, is_found_by_a_gnu_hash_table)
{
    check_hash_style("gnu");
}

Test(next, is_found_by_a_hash_table_as_the_gabi_has_it)
{
    check_hash_style("sysv");
}
