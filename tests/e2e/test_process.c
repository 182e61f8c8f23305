/* SPDX-License-Identifier: ISC */
/* secrun leaves no mark on the process: descriptors, signals, limits, exit status are the target's own. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/live.h"
#include "support/program.h"
#include "support/store.h"

TestSuite(process, .init = scratch_begin, .fini = scratch_end, .timeout = 300);

static void prepare(void)
{
    store_make_text("store", "[default]\nTOKEN = pk-process-0123456789\n");
}

/* Both in one shell, so that group, session and parent are the same. */
Test(process, what_a_process_inherits_is_inherited)
{
    prepare();
    const char *state = program("state");
    struct outcome run =
        shell("%s prepare %s show >plain && %s prepare secrun -d store -- %s show >sealed && "
              "diff plain sealed && grep SigPnd.*200 plain",
              state, state, state, state);
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "SigPnd:"), "%s", run.out);
    outcome_free(&run);
}

/* The one limit that is not: a target that makes itself dumpable again must not leave a core either. */
Test(process, the_core_limit_is_none_at_all_unless_the_profile_says_dumpable)
{
    store_make_text("open", "[default]\nTOKEN = pk-process-0123456789\n.dumpable = yes\n");
    prepare();
    static const char command[] = "ulimit -S -c 0; secrun -d %s -- sh -c 'ulimit -S -c; ulimit -H -c'";
    struct outcome run = shell(command, "store"), open = shell(command, "open"),
                   plain = shell("ulimit -H -c");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "0\n0\n");
    check_status(open, 0);
    cr_expect_str_eq(open.out + 2, plain.out, "dumpable = yes changes the limit");
    outcome_free(&run);
    outcome_free(&open);
    outcome_free(&plain);
}

Test(process, the_descriptors_are_those_it_would_have_had)
{
    static const char *const redirections[] = {
        "</dev/null", "<&-",          ">&-",
        "2>&-",       "<&- >&-",      "<&- 2>&-",
        ">&- 2>&-",   "<&- >&- 2>&-", "3</dev/null 9>nine 7<store/secrets.age",
    };
    prepare();
    const char *state = program("state");
    for (size_t i = 0; i < sizeof redirections / sizeof *redirections; i++) {
        struct outcome run =
            shell("%s descriptors fds %s && mv fds plain && secrun -d store -- %s descriptors fds %s && "
                  "diff plain fds",
                  state, redirections[i], state, redirections[i]);
        cr_expect_eq(run.status, 0, "with %s:\n%s%s", redirections[i], run.out, run.err);
        outcome_free(&run);
    }
}

Test(process, the_exit_status_is_the_targets)
{
    static const int statuses[] = {0, 1, 2, 42, 125, 126, 127, 128, 255};
    prepare();
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct outcome run = shell("secrun -d store -- sh -c 'exit %d'", statuses[i]);
        check_status(run, statuses[i]);
        cr_expect_str_eq(run.err, "");
        outcome_free(&run);
    }
}

Test(process, death_by_a_signal_is_the_targets)
{
    static const int numbers[] = {SIGTERM, SIGKILL, SIGINT, SIGPIPE, SIGHUP, SIGSEGV};
    prepare();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct live live;
        live_start(&live, "ready", 5, "secrun -d store -- sh -c 'echo ready; read x; kill -%d $$'",
                   numbers[i]);
        live_end(&live);
        cr_expect(WIFSIGNALED(live.status) && WTERMSIG(live.status) == numbers[i], "wait status %#x",
                  (unsigned)live.status);
        live_free(&live);
    }
}

/* Neither a parent nor a child stays: the process that was started is the target. */
Test(process, the_target_has_secruns_pid)
{
    prepare();
    struct outcome run =
        shell("sh -c 'echo $$; exec secrun -d store -- sh -c \"echo \\$\\$\"' | uniq | wc -l");
    check_status(run, 0);
    cr_expect_eq(atoi(run.out), 1, "%s", run.out);
    outcome_free(&run);
}

static void check_arguments(const char *command, const char *expected, size_t expected_size)
{
    struct live live;
    live_start(&live, "ready", 5, "sh -c 'PATH=bin:$PATH exec secrun -d store -- %s \"b  c\" \"\"'", command);
    size_t size;
    char *arguments = live_proc(live.pid, "cmdline", &size);
    cr_assert_not_null(arguments);
    cr_expect(size == expected_size && memcmp(arguments, expected, size) == 0, "%s is called %s", command,
              arguments);
    free(arguments);
    live_end(&live);
    cr_expect_eq(live.status, 0);
    live_free(&live);
}

Test(process, the_arguments_are_those_that_were_typed)
{
    static const char by_name[] = "tool\0b  c\0", by_path[] = "./bin/tool\0b  c\0";
    prepare();
    struct outcome made = shell("mkdir bin && cp %s bin/tool", program("show"));
    check_status(made, 0);
    outcome_free(&made);
    check_arguments("tool", by_name, sizeof by_name);
    check_arguments("./bin/tool", by_path, sizeof by_path);
}
