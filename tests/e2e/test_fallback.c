/* SPDX-License-Identifier: ISC */
/* Where memfd_secret is not to be had: the secrets still arrive, secrun says so, and policy can forbid it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/store.h"

TestSuite(fallback, .init = scratch_begin, .fini = scratch_end, .timeout = 300);

#define VALUE "pk-fallback-0123456789"

static void prepare(void)
{
    store_make_text("store",
                    "[default]\nTOKEN = " VALUE "\n[strict]\n.include = default\n.memory = secret\n");
}

/* Runs secrun with `arguments` where memfd_secret fails with that error number. */
static struct outcome run_without(int error, const char *arguments)
{
    return shell("%s memfd_secret %d secrun -d store %s", program("without-call"), error, arguments);
}

static void check_arrives(int error, const char *reason)
{
    prepare();
    struct outcome run = run_without(error, "-v -- /usr/bin/printenv TOKEN");
    check_status(run, 0);
    cr_expect_str_eq(run.out, VALUE "\n");
    cr_expect(holds(run.err, run.err_size, "memory    locked private memory"), "%s", run.err);
    cr_expect(holds(run.err, run.err_size, reason), "%s", run.err);
    outcome_free(&run);
}

Test(fallback, secrets_arrive_on_a_kernel_without_memfd_secret)
{
    check_arrives(38, "not in this kernel");
}

Test(fallback, secrets_arrive_where_a_filter_forbids_memfd_secret)
{
    check_arrives(1, "forbidden here");
}

/* secrun itself would be ended, and nobody would learn why; so would what starts the program's children. */
static void check_survives(const char *before, const char *delivery)
{
    prepare();
    struct outcome run =
        shell("%s %s memfd_secret kill secrun -d store -v --delivery %s -- sh -c 'printenv TOKEN; true' 2>&1",
              before, program("without-call"), delivery);
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "\n" VALUE "\n"), "%s", run.out);
    cr_expect(holds(run.out, run.out_size,
                    "locked private memory (memfd_secret: a seccomp filter ends whoever calls it)"),
              "%s", run.out);
    outcome_free(&run);
}

Test(fallback, secrets_arrive_where_a_filter_ends_who_calls_memfd_secret)
{
    check_survives("", "preload");
}

Test(fallback, injected_secrets_do_as_well)
{
    check_survives("", "inject");
}

Test(fallback, they_do_where_the_ends_of_children_are_ignored)
{
    check_survives("env --ignore-signal=CHLD", "preload");
}

Test(fallback, a_profile_can_refuse_that_filter)
{
    prepare();
    struct outcome run =
        shell("%s memfd_secret kill secrun -d store -p strict -- echo started", program("without-call"));
    check_status(run, 125);
    cr_expect(holds(run.err, run.err_size, "secrun: memfd_secret: a seccomp filter ends"), "%s", run.err);
    cr_expect_str_eq(run.out, "");
    outcome_free(&run);
}

Test(fallback, every_libc_finds_its_secrets_in_fallback_memory)
{
    static const char *const shows[] = {"show", "show-musl"};
    prepare();
    for (size_t i = 0; i < 2; i++) {
        char arguments[1024];
        snprintf(arguments, sizeof arguments, "-- %s TOKEN", program(shows[i]));
        struct outcome run = run_without(38, arguments);
        check_status(run, 0);
        cr_expect(holds(run.out, run.out_size, "look TOKEN=" VALUE));
        cr_expect(holds(run.out, run.out_size, "list TOKEN=" VALUE));
        outcome_free(&run);
    }
}

static void check_refused(const char *arguments)
{
    struct outcome run = run_without(38, arguments);
    check_status(run, 125);
    cr_expect(holds(run.err, run.err_size, "secrun: memfd_secret: not in this kernel"), "%s", run.err);
    cr_expect_str_eq(run.out, "");
    outcome_free(&run);
}

Test(fallback, a_profile_can_refuse_it)
{
    prepare();
    check_refused("-p strict -- echo started");
}

Test(fallback, a_dry_run_tells_that_it_would_be_refused)
{
    prepare();
    struct outcome run = run_without(38, "-n -p strict -- echo started");
    check_status(run, 125);
    cr_expect(holds(run.err, run.err_size, "secrun: memfd_secret: "), "%s", run.err);
    outcome_free(&run);
    run = run_without(38, "-n -- echo started");
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "memory    locked private memory (memfd_secret: "), "%s", run.out);
    outcome_free(&run);
}

Test(fallback, the_configuration_can_refuse_it)
{
    prepare();
    put_file("store/secrun.conf", "[policy]\nmemory = secret\n", 25);
    check_refused("-- echo started");
}

Test(fallback, no_memfd_stays_behind_and_the_memory_is_locked)
{
    prepare();
    char arguments[1024];
    snprintf(arguments, sizeof arguments, "-- %s locked", program("state"));
    struct outcome run = run_without(38, arguments);
    check_status(run, 0);
    cr_expect(strncmp(run.out, "VmLck:", 6) == 0 && atoi(run.out + 6) >= 4, "%s", run.out);
    cr_expect(!holds(run.out, run.out_size, "memfd"), "%s", run.out);
    outcome_free(&run);
    snprintf(arguments, sizeof arguments, "-- %s descriptors fds; cat fds", program("state"));
    run = run_without(38, arguments);
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "2 flags"), "%s", run.out);
    cr_expect(!holds(run.out, run.out_size, "memfd"), "%s", run.out);
    outcome_free(&run);
}

/* --- RLIMIT_MEMLOCK ------------------------------------------------------------------------------------ */

static struct outcome run_limited(const char *become, const char *limit, const char *arguments)
{
    return shell("%s prlimit --memlock=%s:%s secrun -d store -v %s", become, limit, limit, arguments);
}

Test(fallback, secrets_arrive_whatever_may_be_locked)
{
    static const char *const limits[] = {"0", "4096", "8192", "65536"};
    prepare();
    const char *become = scratch_to_ordinary();
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct outcome run = run_limited(become, limits[i], "-- /usr/bin/printenv TOKEN");
        check_status(run, 0);
        cr_expect_str_eq(run.out, VALUE "\n", "at %s", limits[i]);
        outcome_free(&run);
    }
}

/* What cannot be locked is not said to be. */
Test(fallback, memory_that_is_not_locked_is_told)
{
    static const char *const how[] = {"-v -- /bin/true 2>&1", "-n -- /bin/true"};
    prepare();
    const char *become = scratch_to_ordinary();
    for (size_t i = 0; i < 2; i++) {
        struct outcome run = shell("%s prlimit --memlock=0:0 secrun -d store %s", become, how[i]);
        check_status(run, 0);
        cr_expect(holds(run.out, run.out_size, "memory    private memory, not locked (memfd_secret: "), "%s",
                  run.out);
        outcome_free(&run);
        run = shell("%s prlimit --memlock=65536:65536 %s memfd_secret 38 secrun -d store %s", become,
                    program("without-call"), how[i]);
        check_status(run, 0);
        cr_expect(holds(run.out, run.out_size, "memory    locked private memory (memfd_secret: "), "%s",
                  run.out);
        outcome_free(&run);
    }
}

Test(fallback, nothing_to_lock_with_is_named_as_the_reason)
{
    prepare();
    if (!store_has_secret_memory("store"))
        return;
    const char *become = scratch_to_ordinary();
    struct outcome run = run_limited(become, "0", "-p strict -- echo started");
    check_status(run, 125);
    cr_expect(holds(run.err, run.err_size, "RLIMIT_MEMLOCK (0)\n"), "%s", run.err);
    cr_expect(holds(run.err, run.err_size, "secrun: hint: raise it"), "%s", run.err);
    cr_expect_str_eq(run.out, "");
    outcome_free(&run);
}

Test(fallback, the_limit_of_older_systems_is_enough_for_secret_memory)
{
    prepare();
    if (!store_has_secret_memory("store"))
        return;
    const char *become = scratch_to_ordinary();
    struct outcome run = run_limited(become, "65536", "-p strict -- /usr/bin/printenv TOKEN");
    check_status(run, 0);
    cr_expect(holds(run.err, run.err_size, "memory    memfd_secret\n"), "%s", run.err);
    outcome_free(&run);
}
