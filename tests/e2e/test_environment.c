/* SPDX-License-Identifier: ISC */
/*
 * The environment of a running program: setenv and its relatives, and odd environments to start with. The
 * oracle is the same program with the same variables given plainly.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/store.h"

TestSuite(environment, .init = scratch_begin, .fini = scratch_end, .timeout = 300);

#define PLAIN    "sk-live-4eC39HqLyjWDarjtT1zdp7dc"
#define DOCUMENT "[one]\nPLAIN = " PLAIN "\n[none]\n.note = nothing\n"

static void check_same(const struct outcome *sealed, const struct outcome *plain)
{
    cr_assert_eq(sealed->status, plain->status, "exit status %d, plainly %d\n%s", sealed->status,
                 plain->status, sealed->err);
    size_t at = 0;
    while (at < sealed->out_size && at < plain->out_size && sealed->out[at] == plain->out[at])
        at++;
    cr_assert(at == sealed->out_size && at == plain->out_size,
              "differs at byte %zu:\n--- under secrun\n%.300s\n--- plainly\n%.300s", at,
              sealed->out + (at > 150 ? at - 150 : 0), plain->out + (at > 150 ? at - 150 : 0));
}

/* Runs `command` with the environment in file `sealed` under secrun, and with that in `plain` plainly. */
static void compare(const char *profile, const char *command)
{
    struct outcome sealed =
        shell("%s sealed secrun -d store -p %s -- %s", program("launch"), profile, command);
    struct outcome plain = shell("%s plain %s", program("launch"), command);
    check_same(&sealed, &plain);
    outcome_free(&sealed);
    outcome_free(&plain);
}

/* --- changes ---------------------------------------------------------------------------------------- */

static void check_changes(const char *changes)
{
    enum { RUNS = 16, STEPS = 300 };
    store_make_text("store",
                    "[changes]\nPLAIN = " PLAIN "\nSECOND = two\nTHIRD = three\nTWICE = sealed\nEMPTY =\n");
    put_environment("sealed", "A=1", "TWICE=first", "B=2", "PATH=/usr/bin:/bin", "TWICE=second", "C=3",
                    "PLAINLY=4", (char *)NULL);
    put_environment("plain", "A=1", "TWICE=sealed", "B=2", "PATH=/usr/bin:/bin", "C=3", "PLAINLY=4",
                    "PLAIN=" PLAIN, "SECOND=two", "THIRD=three", "EMPTY=", (char *)NULL);
    for (int seed = 1; seed <= RUNS; seed++) {
        char command[512];
        snprintf(command, sizeof command, "%s %d %d PLAIN SECOND THIRD TWICE EMPTY A B C NEW NEWER PLAINL",
                 changes, seed, STEPS);
        compare("changes", command);
    }
}

Test(environment, changes_have_the_same_effects_as_without_secrun_with_glibc)
{
    check_changes(program("changes"));
}

Test(environment, changes_have_the_same_effects_as_without_secrun_with_musl)
{
    check_changes(program("changes-musl"));
}

/* --- environments to start with ------------------------------------------------------------------------ */

static void compare_show(const char *profile, const char *names)
{
    static const char *const shows[] = {"show", "show-musl"};
    for (size_t i = 0; i < 2; i++) {
        char command[1024];
        snprintf(command, sizeof command, "%s %s", program(shows[i]), names);
        compare(profile, command);
    }
}

Test(environment, a_profile_without_secrets_changes_nothing)
{
    store_make_text("store", DOCUMENT);
    put_environment("sealed", "A=1", "A=2", "LD_PRELOAD=", "NOEQUALS", "B=", (char *)NULL);
    put_environment("plain", "A=1", "A=2", "LD_PRELOAD=", "NOEQUALS", "B=", (char *)NULL);
    compare_show("none", "A B PLAIN");
}

/* Two carriers need two places, and there is one. */
Test(environment, one_secret_and_an_empty_environment)
{
    store_make_text("store", DOCUMENT);
    put_file("sealed", "", 0);
    put_environment("plain", "PLAIN=" PLAIN, (char *)NULL);
    compare_show("one", "PLAIN _ PWD");
}

Test(environment, two_secrets_and_an_empty_environment_need_nothing_added)
{
    store_make_text("store", "[two]\nPLAIN = " PLAIN "\n_ = underscore\n");
    put_file("sealed", "", 0);
    put_environment("plain", "PLAIN=" PLAIN, "_=underscore", (char *)NULL);
    compare_show("two", "PLAIN _ PWD");
}

Test(environment, a_program_without_libc_finds_the_secret_on_its_stack)
{
    store_make_text("store", DOCUMENT);
    put_environment("sealed", "A=1", "PLAIN=inherited", "B=2", (char *)NULL);
    put_environment("plain", "A=1", "PLAIN=" PLAIN, "B=2", (char *)NULL);
    compare("one", program("bare"));
}

Test(environment, a_secret_takes_the_place_of_an_inherited_variable)
{
    store_make_text("store", DOCUMENT);
    put_environment("sealed", "A=1", "PLAIN=inherited", "B=2", (char *)NULL);
    put_environment("plain", "A=1", "PLAIN=" PLAIN, "B=2", (char *)NULL);
    compare_show("one", "PLAIN A B");
}

Test(environment, a_secret_takes_the_place_of_all_variables_of_its_name)
{
    store_make_text("store", DOCUMENT);
    put_environment("sealed", "PLAIN=1", "A=1", "PLAIN=2", "PLAIN", "B=2", "PLAIN=3", (char *)NULL);
    struct outcome shown =
        shell("%s sealed secrun -d store -p one -- %s PLAIN", program("launch"), program("show"));
    check_status(shown, 0);
    cr_expect(holds(shown.out, shown.out_size, "look PLAIN=" PLAIN));
    cr_expect(!holds(shown.out, shown.out_size, "list PLAIN=1"));
    cr_expect(!holds(shown.out, shown.out_size, "list PLAIN=2"));
    cr_expect(!holds(shown.out, shown.out_size, "list PLAIN=3"));
    outcome_free(&shown);
}

Test(environment, inherited_duplicates_and_entries_without_equals_sign_stay)
{
    store_make_text("store", DOCUMENT);
    put_environment("sealed", "A=1", "NOEQUALS", "A=2", "=nameless", "", "A=1", "B==", (char *)NULL);
    put_environment("plain", "A=1", "NOEQUALS", "A=2", "=nameless", "", "A=1", "B==", "PLAIN=" PLAIN,
                    (char *)NULL);
    compare_show("one", "PLAIN A B NOEQUALS");
}

Test(environment, an_environment_without_one_equals_sign_is_enough)
{
    store_make_text("store", "[two]\nPLAIN = " PLAIN "\nSECOND = two\n");
    put_environment("sealed", "NOEQUALS", (char *)NULL);
    put_environment("plain", "NOEQUALS", "PLAIN=" PLAIN, "SECOND=two", (char *)NULL);
    compare_show("two", "PLAIN SECOND");
}

Test(environment, an_environment_without_a_name_is_enough_for_one_secret)
{
    static const char *const entries[] = {"NOEQUALS", "=nameless", ""};
    store_make_text("store", DOCUMENT);
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        put_environment("sealed", entries[i], (char *)NULL);
        put_environment("plain", entries[i], "PLAIN=" PLAIN, (char *)NULL);
        compare_show("one", "PLAIN");
    }
}

Test(environment, no_variable_of_secruns_reaches_the_program)
{
    store_make_text("store", DOCUMENT);
    put_environment("sealed", "A=1", "B=2", (char *)NULL);
    put_environment("plain", "A=1", "B=2", "PLAIN=" PLAIN, (char *)NULL);
    compare_show("one", "PLAIN SECRUN_CAPSULE LD_PRELOAD");
}

/* To go on as if nothing were announced would be to go on without the secrets that somebody sent. */
Test(environment, an_announced_capsule_that_is_not_there_is_refused)
{
    store_make_text("store", DOCUMENT);
    struct outcome words = shell("SECRUN_CAPSULE=7 secrun -d store -p one -- true");
    check_status(words, 125);
    cr_expect_str_eq(words.err, "secrun: capsule: its descriptor is not open\n");
    outcome_free(&words);
    words = shell("SECRUN_CAPSULE=x secrun -d store -p one -- true");
    check_status(words, 125);
    cr_expect_str_eq(words.err, "secrun: SECRUN_CAPSULE: announces something that is no descriptor\n");
    outcome_free(&words);
}

Test(environment, ten_thousand_secrets)
{
    enum { COUNT = 10000 };
    char *document, *plain;
    size_t size, plain_size;
    FILE *text = open_memstream(&document, &size), *entries = open_memstream(&plain, &plain_size);
    fprintf(text, "[many]\n");
    fprintf(entries, "A=1%c", 0);
    for (int i = 0; i < COUNT; i++) {
        fprintf(text, "NAME_%d = value of %d\n", i, i * 7);
        fprintf(entries, "NAME_%d=value of %d%c", i, i * 7, 0);
    }
    fclose(text);
    fclose(entries);
    store_make("store", document, size);
    put_environment("sealed", "A=1", (char *)NULL);
    put_file("plain", plain, plain_size);
    compare_show("many", "NAME_0 NAME_1 NAME_4999 NAME_9999 NAME_10000 A");
    free(document);
    free(plain);
}

/* Larger than any string that execve takes: only getenv is asked. */
Test(environment, a_value_of_one_mebibyte)
{
    enum { MEBIBYTE = 1024 * 1024 };
    char *document;
    size_t size;
    FILE *text = open_memstream(&document, &size);
    fprintf(text, "[large]\nLARGE = ");
    for (int i = 0; i < MEBIBYTE; i++)
        fputc('a' + i % 23, text);
    fputc('\n', text);
    fclose(text);
    store_make("store", document, size);
    struct outcome shown = shell("secrun -d store -p large -- /bin/sh -c 'printf %%s \"$LARGE\"'");
    check_status(shown, 0);
    cr_assert_eq(shown.out_size, (size_t)MEBIBYTE);
    cr_assert_arr_eq(shown.out, document + strlen("[large]\nLARGE = "), MEBIBYTE);
    outcome_free(&shown);
    free(document);
}
