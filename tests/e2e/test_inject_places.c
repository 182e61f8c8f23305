/* SPDX-License-Identifier: ISC */
/* Injection in odd places: where it is started, by whom, with how much, and as what. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/store.h"

TestSuite(inject_places, .init = scratch_begin, .fini = scratch_end, .timeout = 300);

#define VALUE "pk-places-0123456789"

static void prepare(void)
{
    store_make_text("store",
                    "[default]\nTOKEN = " VALUE "\n[readable]\n.include = default\n.dumpable = yes\n");
    struct outcome linked = shell("ln -s %s busybox-static", program("busybox-static"));
    check_status(linked, 0);
    outcome_free(&linked);
}

/* In the script, ./busybox-static is a static program. */
__attribute__((format(printf, 2, 3))) static void check_prints(const char *expected, const char *format, ...)
{
    char script[8192];
    va_list list;
    va_start(list, format);
    vsnprintf(script, sizeof script, format, list);
    va_end(list);
    struct outcome run = shell("exec 2>&1\n%s", script);
    check_status(run, 0);
    cr_expect_str_eq(run.out, expected, "%s\nprints\n%s", script, run.out);
    outcome_free(&run);
}

/* --- namespaces and privileges ------------------------------------------------------------------------- */

/* As process 1: a process that nobody waits for would stay as a zombie, and be in its /proc. */
#define ALONE "./busybox-static sh -c 'echo $$ $TOKEN; set -- /proc/[0-9]*; echo $#'"

/* Where root is nobody, his directories are not trusted, and so no store below them; what an outer target has
 * is handed on. To be made root there, it has to be dumpable. */
static void check_handed_on(const char *become)
{
    check_prints(
        "1 " VALUE "\n1\n",
        "%s secrun -d store -p readable -- unshare --user --map-root-user --pid --fork --mount-proc " ALONE,
        become);
    check_prints(VALUE "\n",
                 "%s secrun -d store -p readable -- unshare --user --map-current-user ./busybox-static sh -c "
                 "'echo $TOKEN'",
                 become);
    struct outcome run = shell("%s unshare --user --map-root-user secrun -d store -- " ALONE, become);
    check_status(run, 125);
    cr_expect(holds(run.err, run.err_size, "(uid 65534)"), "%s", run.err);
    outcome_free(&run);
}

Test(inject_places, as_the_first_process_of_a_pid_namespace)
{
    prepare();
    if (getuid() != 0) { /* who cannot make one without a user namespace */
        check_handed_on("");
        return;
    }
    check_prints("1 " VALUE "\n1\n", "unshare --pid --fork --mount-proc secrun -d store -- " ALONE);
    check_prints("1 " VALUE "\n",
                 "unshare --pid --fork secrun -d store -- ./busybox-static sh -c 'echo $$ $TOKEN'");
}

Test(inject_places, in_a_user_namespace)
{
    prepare();
    const char *become = scratch_to_ordinary();
    check_handed_on(become);
    if (getuid() != 0) /* who can map himself only */
        return;
    check_prints(VALUE "\n",
                 "mkfifo up go; exec 8<>up 9<>go; unshare --user sh -c 'echo >&8; read x <&9; exec %s secrun "
                 "-d store -- "
                 "./busybox-static sh -c \"echo \\$TOKEN\"' & read x <&8\n"
                 "echo 0 0 65536 >/proc/$!/uid_map; echo 0 0 65536 >/proc/$!/gid_map; echo >&9; wait $!",
                 become);
}

Test(inject_places, without_new_privileges)
{
    prepare();
    const char *become = scratch_to_ordinary();
    check_prints(VALUE " NoNewPrivs:\t1\n",
                 "%s setpriv --no-new-privs secrun -d store -- ./busybox-static sh -c "
                 "'echo \"$TOKEN $(grep NoNew /proc/self/status)\"'",
                 become);
}

/* --- parents and sessions ------------------------------------------------------------------------------ */

Test(inject_places, with_the_end_of_children_ignored)
{
    prepare();
    check_prints("1\n" VALUE "\n",
                 "%s ignoring 17 sh -c 'trap \"\" CHLD; exec secrun -d store -- ./busybox-static sh -c "
                 "\"echo \\$TOKEN\"' >out; echo 1; cat out",
                 program("state"));
}

/* What was there before is the target's own, and nothing else is. */
Test(inject_places, with_children_from_before)
{
    prepare();
    check_prints("one, the same\n",
                 "sh -c 'sleep 20 & echo $! >child; exec secrun -d store -- ./busybox-static sh -c "
                 "\"read a </proc/\\$\\$/task/\\$\\$/children; [ \\\"\\$a\\\" = \\\"\\$(cat child)\\\" ] && "
                 "echo one, the same; kill \\$(cat child)\"'");
}

Test(inject_places, in_the_background_in_pipelines_and_in_other_sessions)
{
    prepare();
    check_prints(VALUE "\n", "secrun -d store -- ./busybox-static sh -c 'echo $TOKEN' & wait $!");
    check_prints("20\n",
                 "echo x | secrun -d store -- ./busybox-static sh -c 'cat >/dev/null; printf %%s $TOKEN' | "
                 "secrun -d store -- ./busybox-static wc -c");
    check_prints(VALUE "\n", "timeout 20 secrun -d store -- ./busybox-static sh -c 'echo $TOKEN'");
    check_prints(VALUE "\n", "nohup secrun -d store -- ./busybox-static sh -c 'echo $TOKEN' </dev/null");
    check_prints(VALUE "\n", "setsid -w secrun -d store -- ./busybox-static sh -c 'echo $TOKEN'");
    check_prints(VALUE "\n", "nice -n 5 secrun -d store -- ./busybox-static env -u X sh -c 'echo $TOKEN'");
    check_prints(
        "143\n",
        "bash -mc 'secrun -d store -- ./busybox-static sleep 20 & "
        "kill -STOP %%1; kill -CONT %%1; kill -TERM %%1; wait %%1; echo $?' 2>/dev/null | tail -n 1");
}

/* timeout(1) ends it as it ends anything. */
Test(inject_places, under_a_time_limit_that_strikes)
{
    prepare();
    check_prints("124\n", "timeout 0.5 secrun -d store -- ./busybox-static sleep 30; echo $?");
    check_prints("137\n", "(timeout -s KILL 0.5 secrun -d store -- ./busybox-static sleep 30; echo $?) "
                          "2>/dev/null | tail -n 1");
}

Test(inject_places, with_standard_descriptors_closed)
{
    prepare();
    check_prints(VALUE "\n",
                 "secrun -d store -- ./busybox-static sh -c 'echo $TOKEN >out' <&- >&- 2>&-; cat out");
    check_prints(VALUE "\n", "secrun -d store -- ./busybox-static sh -c 'echo $TOKEN' <&- 2>&-");
}

/* --- how much ------------------------------------------------------------------------------------------ */

Test(inject_places, with_ten_thousand_variables)
{
    prepare();
    check_prints(
        "10000\n" VALUE "\n",
        "awk 'BEGIN { for (i = 0; i < 10000; i++) printf \"V%%d=value %%d%%c\", i, i, 0 }' >variables\n"
        "PATH=$PATH %s variables $(command -v secrun) -d store -- ./busybox-static env >out\n"
        "grep -c '^V[0-9]*=value' out; sed -n 's/^TOKEN=//p' out",
        program("launch"));
}

static void put_store(const char *text)
{
    prepare();
    store_make_text("large", text);
}

Test(inject_places, with_a_value_of_a_hundred_kilobytes)
{
    enum { SIZE = 100 * 1000 };
    char *text = malloc(SIZE + 64);
    cr_assert_not_null(text);
    strcpy(text, "[default]\nLARGE = ");
    size_t used = strlen(text);
    for (size_t i = 0; i < SIZE; i++)
        text[used + i] = (char)('a' + i % 26);
    strcpy(text + used + SIZE, "\n");
    put_store(text);
    free(text);
    check_prints("100000\n100000\n",
                 "secrun -d large -- ./busybox-static sh -c 'printf %%s \"$LARGE\" | wc -c; "
                 "echo ${#LARGE}'");
}

Test(inject_places, with_a_thousand_secrets)
{
    enum { COUNT = 1000 };
    char *text = malloc(COUNT * 40 + 64);
    cr_assert_not_null(text);
    strcpy(text, "[default]\n");
    for (size_t i = 0, used = strlen(text); i < COUNT; i++)
        used += (size_t)sprintf(text + used, "S%zu = value of %zu\n", i, i);
    put_store(text);
    free(text);
    check_prints("1000\n",
                 "secrun -d large -- ./busybox-static env | awk -F= '\"value of \" substr($1, 2) == $2' | "
                 "grep -c '^S'");
}

/* Each argument may be 128 KiB at most. */
Test(inject_places, with_a_megabyte_of_arguments)
{
    prepare();
    check_prints("1000000 " VALUE "\n",
                 "ulimit -s 16384 2>/dev/null; a=$(head -c 100000 /dev/zero | tr '\\0' a)\n"
                 "secrun -d store -- ./busybox-static sh -c 'all=\"$*\"; echo \"${#all} $TOKEN\"' "
                 "sh $a$x $a $a $a $a $a $a $a $a $(echo $a | cut -c 10-)");
}

/* --- as what ------------------------------------------------------------------------------------------- */

Test(inject_places, by_name_by_relative_path_and_by_link)
{
    prepare();
    check_prints(VALUE "\n",
                 "mkdir d && cd d && secrun -d ../store -- ../busybox-static sh -c 'echo $TOKEN'");
    check_prints(VALUE "\n", "PATH=.:$PATH secrun -d store -- busybox-static sh -c 'echo $TOKEN'");
    check_prints(VALUE "\n", "cp busybox-static hard && ln hard busybox-hard && "
                             "secrun -d store -- ./busybox-hard sh -c 'echo $TOKEN'");
}

Test(inject_places, as_a_script_of_a_static_interpreter)
{
    prepare();
    check_prints(
        "./script one " VALUE "\n",
        "printf '#!%%s sh\\necho $0 $1 $TOKEN\\n' $PWD/busybox-static >script && chmod 755 script && "
        "secrun -d store -- ./script one");
    check_prints("two " VALUE "\n",
                 "printf '#!%%s/script\\n' $PWD >outer && chmod 755 outer && "
                 "secrun -d store -- sh -c 'exec ./outer two' | cut -d/ -f1- | sed 's/.*outer/two/'");
}

/* By itself, with its environment plain from there on: nobody is there to inject it again. */
Test(inject_places, a_go_program_that_executes_itself_keeps_its_variables)
{
    prepare();
    check_prints(VALUE "\n", "secrun -d store -- %s again 1", program("soak-go"));
    check_prints(VALUE "\n", "secrun -d store -- sh -c 'exec %s again 2'", program("soak-go"));
}

/* --- limits -------------------------------------------------------------------------------------------- */

/* The code of the stub is a file in memory, of 4 KiB: no write of it may meet a limit's signal. */
Test(inject_places, with_a_limit_on_the_size_of_files)
{
    prepare();
    check_prints(VALUE "\n",
                 "prlimit --fsize=0: secrun -d store -- ./busybox-static sh -c 'echo $TOKEN' | cat");
    struct outcome run = shell("prlimit --fsize=0 secrun -d store -- ./busybox-static true 2>&1 | cat");
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, ": inject: a memory file: File too large"), "%s", run.out);
    outcome_free(&run);
}

Test(inject_places, with_few_descriptors_and_little_memory)
{
    prepare();
    check_prints(VALUE "\n", "prlimit --nofile=9 secrun -d store -- ./busybox-static sh -c 'echo $TOKEN'");
    check_prints(VALUE "\n",
                 "prlimit --stack=131072 secrun -d store -- ./busybox-static sh -c 'echo $TOKEN'");
    check_prints(VALUE "\n", "prlimit --memlock=0 secrun -d store -- ./busybox-static sh -c 'echo $TOKEN'");
    struct outcome run = shell("prlimit --nofile=4 secrun -d store -- ./busybox-static true");
    check_status(run, 125);
    cr_expect(holds(run.err, run.err_size, "secrun: "), "%s", run.err);
    outcome_free(&run);
}
