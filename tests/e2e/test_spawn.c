/* SPDX-License-Identifier: ISC */
/*
 * posix_spawn, system, popen and wordexp under secrun. The oracle is the same program with the same variables
 * given plainly, with the libc's own functions; where those fall short, what POSIX says.
 */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/store.h"

TestSuite(spawn, .init = scratch_begin, .fini = scratch_end, .timeout = 300);

#define PLAIN "sk-live-4eC39HqLyjWDarjtT1zdp7dc"

static void prepare(void)
{
    store_make_text("store", "[spawn]\nPLAIN = " PLAIN "\nEMPTY =\n");
    put_environment("sealed", "A=1", "PLAIN=inherited", "PATH=/usr/bin:/bin", "HOME=/home", (char *)NULL);
    put_environment("plain", "A=1", "PLAIN=" PLAIN, "PATH=/usr/bin:/bin", "HOME=/home",
                    "EMPTY=", (char *)NULL);
}

static void compare(const char *name, const char *section)
{
    prepare();
    const char *launch = program("launch"), *path = program(name);
    /* In directories of the same name, so that the one finds nothing of the other's. */
    struct outcome plain =
        shell("mkdir -p 1/here; cd 1/here; exec %s ../../plain %s %s", launch, path, section);
    struct outcome sealed =
        shell("mkdir -p 2/here; cd 2/here; exec %s ../../sealed secrun -d ../../store -p spawn -- %s %s",
              launch, path, section);
    check_status(plain, 0);
    check_status(sealed, 0);
    cr_assert(holds(plain.out, plain.out_size, PLAIN), "the secret is not in\n%s", plain.out);
    size_t at = 0;
    while (at < plain.out_size && sealed.out[at] == plain.out[at])
        at++;
    size_t from = at > 300 ? at - 300 : 0;
    cr_assert(at == plain.out_size && at == sealed.out_size, "--- plainly\n%.600s\n--- under secrun\n%.600s",
              plain.out + from, sealed.out + from);
    outcome_free(&plain);
    outcome_free(&sealed);
}

static void check(const char *name, const char *section, const char *expected)
{
    prepare();
    struct outcome sealed =
        shell("%s sealed secrun -d store -p spawn -- %s %s", program("launch"), program(name), section);
    check_status(sealed, 0);
    cr_assert_str_eq(sealed.out, expected, "--- stdout\n%s\n--- stderr\n%s", sealed.out, sealed.err);
    outcome_free(&sealed);
}

/* --- posix_spawn --------------------------------------------------------------------------------------- */

Test(spawn, file_actions_do_what_they_do_without_secrun_with_glibc)
{
    compare("spawns", "actions");
}

Test(spawn, file_actions_do_what_they_do_without_secrun_with_musl)
{
    compare("spawns-musl", "actions");
}

Test(spawn, attributes_do_what_they_do_without_secrun_with_glibc)
{
    compare("spawns", "attributes");
}

Test(spawn, attributes_do_what_they_do_without_secrun_with_musl)
{
    compare("spawns-musl", "attributes");
}

Test(spawn, what_cannot_be_started_fails_as_without_secrun_with_glibc)
{
    compare("spawns", "failures");
}

Test(spawn, what_cannot_be_started_fails_as_without_secrun_with_musl)
{
    compare("spawns-musl", "failures");
}

#define PIDFD                                                                                                \
    "  argument word of 4\n  PLAIN " PLAIN "\nstarted 0, close on exec 1\nended 0, status 5\nfailed 1 1\n"   \
    "next descriptor 3\n"

Test(spawn, a_child_can_be_had_as_a_descriptor_and_what_is_not_known_fails_with_glibc)
{
    check("spawns", "pidfd", PIDFD "cgroup 1\nunknown 1\n");
}

Test(spawn, a_child_can_be_had_as_a_descriptor_with_musl)
{
    check("spawns-musl", "pidfd", PIDFD);
}

/* --- shells -------------------------------------------------------------------------------------------- */

Test(spawn, system_does_what_it_does_without_secrun_with_glibc)
{
    compare("shells", "system");
}

Test(spawn, system_does_what_it_does_without_secrun_with_musl)
{
    compare("shells-musl", "system");
}

Test(spawn, popen_does_what_it_does_without_secrun_with_glibc)
{
    compare("shells", "popen");
}

Test(spawn, popen_does_what_it_does_without_secrun_with_musl)
{
    compare("shells-musl", "popen");
}

Test(spawn, wordexp_does_what_it_does_without_secrun_with_glibc)
{
    compare("expansions", "all");
}

Test(spawn, wordexp_does_what_it_does_without_secrun_with_musl)
{
    compare("expansions-musl", "all");
}

#define THREADS                                                                                              \
    "before: 1100, children 0\n"                                                                             \
    "wrong 0\nwrong 0\nwrong 0\nwrong 0\nwrong 0\nwrong 0\nwrong 0\nwrong 0\n"                               \
    "after eight threads: 1100, children 0\n"                                                                \
    "true: 0 \nwhile a shell runs: 0010, children 0\n"                                                       \
    "cancelled 1\nno child is left: 1\nexit 6: 1536 \n"

Test(spawn, system_in_many_threads_restores_the_dispositions_and_can_be_cancelled_with_glibc)
{
    check("shells", "threads", THREADS);
}

Test(spawn, system_in_many_threads_restores_the_dispositions_and_can_be_cancelled_with_musl)
{
    check("shells-musl", "threads", THREADS);
}

static const char not_options[] =
    "-no-such-command 2>/dev/null: 32512 \n+no-such-command 2>/dev/null: 32512 \n";

Test(spawn, a_command_that_begins_as_an_option_is_a_command_with_glibc)
{
    check("shells", "own", not_options);
}

Test(spawn, a_command_that_begins_as_an_option_is_a_command_with_musl)
{
    check("shells-musl", "own", not_options);
}

/* Nothing of the text is in the shell's argument list; BADCHAR is 2, BADVAL 3, CMDSUB 4. */
static const char words[] =
    "[in-the-argument-list $(tr '\\0' ' ' < /proc/$$/cmdline | grep -c in-the-argument-list)] 0: 0\n"
    "  2, 0 before\n  <in-the-argument-list>\n  <0>\n  ends 1\n"
    "[a $(true) #b] 0: 0\n  2, 0 before\n  <a>\n  <#b>\n  ends 1\n"
    "[#$(echo c)] 0: 0\n  1, 0 before\n  <#c>\n  ends 1\n"
    "[$(true) | b] 0: 2\n[{a}] 0: 2\n[$NONE$(true)] 20: 3\n"
    "[${PLAIN:+x}] 4: 0\n  1, 0 before\n  <x>\n  ends 1\n"
    "[\"${PLAIN:+'$(echo x)'}\"] 4: 4\n[$((true) | cat)] 4: 4\n"
    "[$((1))] 4: 0\n  1, 0 before\n  <1>\n  ends 1\n";

Test(spawn, wordexp_takes_what_a_shell_would_take_otherwise_for_words_with_glibc)
{
    check("expansions", "own", words);
}

Test(spawn, wordexp_takes_what_a_shell_would_take_otherwise_for_words_with_musl)
{
    check("expansions-musl", "own", words);
}

/* --- in numbers ---------------------------------------------------------------------------------------- */

static const char storm[] = "wrong 0, more descriptors 0, memory 0, children 0\n";

Test(spawn, eight_threads_start_children_at_once_and_nothing_is_left_with_glibc)
{
    check("spawn-storm", "", storm);
}

Test(spawn, eight_threads_start_children_at_once_and_nothing_is_left_with_musl)
{
    check("spawn-storm-musl", "", storm);
}
