/* SPDX-License-Identifier: ISC */
/*
 * Injection again and again, and much of it at once: nothing waits for ever, nothing is left, no value is
 * wrong. With SECRUN_LONG, ten thousand times each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/store.h"
#include "support/wild_watch.h"

TestSuite(inject_soak, .init = scratch_begin, .fini = scratch_end, .timeout = 900);

#define VALUE "pk-soak-0123456789"

#define CLEAN                                                                                                \
    "wrong 0, hanging 0, stopped 0, failed 0, left behind 0, orphans %d, more descriptors 0, more mappings " \
    "0\n"

static int times(int usual, int long_one)
{
    return getenv("SECRUN_LONG") ? long_one : usual;
}

static void prepare(void)
{
    store_make_text("store", "[default]\nTOKEN = " VALUE "\n");
}

/* Runs the formatted words behind `soak`. orphans: of the test's own. */
__attribute__((format(printf, 2, 3))) static void check_clean(int orphans, const char *format, ...)
{
    char words[8192], clean[256];
    snprintf(clean, sizeof clean, CLEAN, orphans);
    va_list list;
    va_start(list, format);
    vsnprintf(words, sizeof words, format, list);
    va_end(list);
    struct outcome run = long_shell(800, "exec %s %s", program("soak"), words);
    check_status(run, 0);
    cr_expect_str_eq(run.out, clean, "%s%s", run.out, run.err);
    cr_expect_str_empty(run.err);
    outcome_free(&run);
}

Test(inject_soak, static_shells_with_pipelines)
{
    prepare();
    check_clean(0, "%d 4 %zu secrun -d store -- %s sh -c 'echo $TOKEN | cat | wc -c'", times(300, 10000),
                sizeof VALUE, program("busybox-static"));
}

/* By the shim of the shell that loops, through secrun --handoff. */
Test(inject_soak, static_shells_that_a_preloaded_shell_starts)
{
    prepare();
    put_file("loop", "", 0);
    static const char loop[] = "i=0\n"
                               "while [ $i -lt $1 ]; do\n"
                               "    i=$((i + 1))\n"
                               "    seen=$(\"$2\" sh -c 'echo $TOKEN | cat | wc -c')\n"
                               "    [ \"$seen\" = $((${#TOKEN} + 1)) ] || echo \"wrong: $seen\"\n"
                               "done\n"
                               "echo done\n";
    put_file("loop", loop, strlen(loop));
    check_clean(0, "%d 4 done secrun -d store -- dash loop 50 %s", times(8, 200), program("busybox-static"));
}

Test(inject_soak, sixteen_at_once_of_every_kind)
{
    static const char *const names[] = {"show-static", "show-static-pie", "show-static-musl",
                                        "show-go-static"};
    char words[8192] = "";
    prepare();
    for (size_t i = 0; i < 4; i++)
        snprintf(words + strlen(words), sizeof words - strlen(words), "%s ", program(names[i]));
    /* Each shows the value twice or three times. */
    check_clean(
        0,
        "%d 16 4 sh -c 'for p; do secrun -d store -- \"$p\" TOKEN </dev/null | grep -qaF \"look TOKEN=" VALUE
        "\" && echo; done | wc -l' sh %s",
        times(100, 2500), words);
}

Test(inject_soak, a_go_server_that_kills_and_restarts_its_workers)
{
    prepare();
    check_clean(0, "%d 2 " VALUE " secrun -d store -- %s prefork 8 %d", times(4, 20), program("soak-go"),
                times(75, 500));
}

Test(inject_soak, a_go_program_of_a_thousand_goroutines)
{
    prepare();
    check_clean(0, "%d 2 " VALUE " secrun -d store -- %s routines %d", times(4, 20), program("soak-go"),
                times(2000, 10000));
}

Test(inject_soak, a_go_program_that_executes_itself)
{
    prepare();
    check_clean(0, "%d 4 " VALUE " secrun -d store -- %s again %d", times(8, 200), program("soak-go"), 50);
}

/* A SIGCONT discards a SIGSTOP that is on its way, and the stub's sign is one: see shim/stub.h. */
Test(inject_soak, a_start_does_not_hang_when_signals_come_in_between)
{
    prepare();
    check_clean(times(1000, 10000), "%d 2 " VALUE " %s secrun -d store -- %s sh -c 'echo $TOKEN'",
                times(1000, 10000), program("pester"), program("busybox-static"));
}

/* The oracle of all of the above: each of these has to be found out. */
Test(inject_soak, what_goes_wrong_is_found_out)
{
    struct outcome run =
        shell("%s 3 1 x echo y 2>&1; %s 3 1 x sh -c 'echo x; (exec >/dev/null 2>&1; sleep 1) &' 2>&1; "
              "%s 3 1 x sh -c 'kill -STOP $$; echo x' & sleep 0.2; kill -CONT $(cat "
              "/proc/$!/task/*/children); wait",
              program("soak"), program("soak"), "true");
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, "wrong 3, "), "%s", run.out);
    cr_expect(holds(run.out, run.out_size, "left behind 3, orphans 3,"), "%s", run.out);
    outcome_free(&run);
}
