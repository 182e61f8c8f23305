/* SPDX-License-Identifier: ISC */
/* Odd times and places to ask for a secret from: before main, in threads, signal handlers and children. */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/store.h"

TestSuite(getenv, .init = scratch_begin, .fini = scratch_end, .timeout = 300);

#define PLAIN "sk-live-4eC39HqLyjWDarjtT1zdp7dc"
/* Some programs here are told in an argument which value to expect. */
#define DOCUMENT "[one]\n.argv = allow\nPLAIN = " PLAIN "\n"

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

/* What libc's own getenv says, with the same environment, is what the target must hear. */
static void check_as_plain(const char *body, const char *environment)
{
    char source[1024];
    snprintf(source, sizeof source,
             "#include <stdio.h>\n#include <stdlib.h>\nextern char **environ;\n"
             "static void show(const char *n){char *v=getenv(n);puts(v?v:\"(null)\");}\n"
             "int main(void){show(\"TOKEN\");show(\"AB\");show(\"T\");%s"
             "show(\"TOKEN\");show(\"AB\");show(\"T\");return 0;}\n",
             body);
    put_file("plain.c", source, strlen(source));
    store_make_text("store", "[default]\nTOKEN = as-plain-0123456789\n");
    struct outcome built = shell("cc -o plain plain.c");
    check_status(built, 0);
    struct outcome with = shell("env -i PATH=\"$PATH\" %s secrun -d store ./plain", environment);
    struct outcome without = shell("env -i PATH=\"$PATH\" %s TOKEN=as-plain-0123456789 ./plain", environment);
    check_status(with, 0);
    check_status(without, 0);
    cr_assert_str_eq(with.out, without.out);
    cr_assert(holds(with.out, with.out_size, "as-plain-0123456789"));
    outcome_free(&built);
    outcome_free(&with);
    outcome_free(&without);
}

Test(getenv, finds_nothing_after_the_array_was_emptied_in_place)
{
    check_as_plain("environ[0]=NULL;", "AB=1");
}

Test(getenv, finds_nothing_after_the_array_was_taken_away)
{
    check_as_plain("environ=NULL;", "T=1 AB=2");
}

/* env(1) cannot give a name twice, so a program does. */
Test(getenv, takes_the_first_of_a_name_that_stands_twice)
{
    static const char twice[] = "#include <unistd.h>\nint main(int "
                                "c,char**v){(void)c;char*e[]={\"PATH=/usr/bin:/bin\",\"AB=1\",\"AB=2\",0};"
                                "execve(v[1],v+1,e);return 1;}\n";
    static const char show[] =
        "#include <stdio.h>\n#include <stdlib.h>\nint main(void){puts(getenv(\"AB\"));return 0;}\n";
    put_file("twice.c", twice, sizeof twice - 1);
    put_file("show.c", show, sizeof show - 1);
    store_make_text("store", "[default]\nTOKEN = as-plain-0123456789\n");
    struct outcome run = shell("cc -o twice twice.c && cc -o show show.c && ./twice ./show &&\n"
                               "./twice \"$SECRUN_STAGE/bin/secrun\" -d \"$PWD/store\" ./show");
    check_status(run, 0);
    cr_assert_str_eq(run.out, "1\n1\n");
    outcome_free(&run);
}
