/* SPDX-License-Identifier: ISC */
/* Odd times and places to ask for a secret from: before main, in threads, signal handlers and children. */
#include <stdio.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/store.h"

TestSuite(getenv, .init = scratch_begin, .fini = scratch_end, .timeout = 300);

#define PLAIN    "sk-live-4eC39HqLyjWDarjtT1zdp7dc"
#define DOCUMENT "[one]\nPLAIN = " PLAIN "\n"

static void prepare_one(void)
{
    store_make_text("store", DOCUMENT);
    put_environment("sealed", "USER=tester", "REMOVED=yes", "CHANGED=no", (char *)NULL);
}

/* Plainly glibc has no environment yet at the preinit functions; with the shim it has. musl calls none. */
#define BEFORE_MAIN "library: " PLAIN " tester\nconstructor: " PLAIN "\nmain: " PLAIN "\n"

static void check_early(const char *early, const char *expected)
{
    struct outcome sealed = shell("%s sealed secrun -d store -p one -- %s", program("launch"), early);
    check_status(sealed, 0);
    cr_expect_str_eq(sealed.out, expected);
    outcome_free(&sealed);
}

Test(getenv, before_main_finds_the_secrets_with_glibc)
{
    prepare_one();
    program("early.so");
    check_early(program("early"), "preinit: " PLAIN "\n" BEFORE_MAIN);
}

Test(getenv, before_main_finds_the_secrets_with_musl)
{
    prepare_one();
    program("early-musl.so");
    check_early(program("early-musl"), "preinit: not called\n" BEFORE_MAIN);
}

/* The library is preloaded by the user into a program that is not linked with it. */
static void check_early_preload(const char *library, const char *show)
{
    char preload[1024];
    store_make_text("store", DOCUMENT);
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library);
    put_environment("sealed", "USER=tester", preload, "SHOW_EARLY=1", (char *)NULL);
    struct outcome shown = shell("%s sealed secrun -d store -p one -- %s PLAIN", program("launch"), show);
    check_status(shown, 0);
    cr_expect_str_eq(shown.err, "early: " PLAIN " tester\n");
    outcome_free(&shown);
}

Test(getenv, a_constructor_of_another_preload_finds_the_secrets_with_glibc)
{
    check_early_preload(program("early.so"), program("show"));
}

Test(getenv, a_constructor_of_another_preload_finds_the_secrets_with_musl)
{
    check_early_preload(program("early-musl.so"), program("show-musl"));
}

static void check_prints(const char *command, const char *expected)
{
    prepare_one();
    struct outcome sealed = shell("%s sealed secrun -d store -p one -- %s", program("launch"), command);
    check_status(sealed, 0);
    cr_expect_str_eq(sealed.out, expected);
    cr_expect_str_eq(sealed.err, "");
    outcome_free(&sealed);
}

static void check_threads(const char *threads, unsigned long rounds)
{
    char command[1024];
    snprintf(command, sizeof command, "%s %lu PLAIN=" PLAIN " USER=tester '!NOT_THERE' REMOVED=yes", threads,
             rounds);
    check_prints(command, "right\n");
}

Test(getenv, eight_threads_look_up_at_once_with_glibc)
{
    check_threads(program("threads"), 100000);
}

Test(getenv, eight_threads_look_up_at_once_with_musl)
{
    check_threads(program("threads-musl"), 100000);
}

Test(getenv, eight_threads_look_up_at_once_after_changes)
{
    char command[1024];
    snprintf(command, sizeof command,
             "%s change 100000 PLAIN=" PLAIN " USER=tester '!REMOVED' CHANGED=changed ADDED=added",
             program("threads"));
    check_prints(command, "right\n");
}

/* Where it can be had without address randomization, which this sanitizer does not bear on every kernel. */
Test(getenv, thread_sanitizer_finds_no_race)
{
    prepare_one();
    struct outcome sealed = shell("R=$(setarch -R true 2>/dev/null && echo 'setarch -R'); $R %s sealed "
                                  "secrun -d store -p one -- %s 1000 PLAIN=" PLAIN " USER=tester",
                                  program("launch"), program("threads-tsan"));
    check_status(sealed, 0);
    cr_expect_str_eq(sealed.out, "right\n");
    cr_expect_str_eq(sealed.err, "");
    outcome_free(&sealed);
}

static const char *with_secret(const char *path)
{
    static char command[1024];
    snprintf(command, sizeof command, "%s PLAIN " PLAIN, path);
    return command;
}

Test(getenv, a_signal_handler_may_look_up_with_glibc)
{
    check_prints(with_secret(program("signals")), "right\n");
}

Test(getenv, a_signal_handler_may_look_up_with_musl)
{
    check_prints(with_secret(program("signals-musl")), "right\n");
}

Test(getenv, children_of_fork_and_vfork_look_up_with_glibc)
{
    check_prints(with_secret(program("forks")), "fork: right\nvfork: right\n");
}

Test(getenv, children_of_fork_and_vfork_look_up_with_musl)
{
    check_prints(with_secret(program("forks-musl")), "fork: right\nvfork: right\n");
}
