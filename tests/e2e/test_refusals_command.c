/* SPDX-License-Identifier: ISC */
/* Commands that cannot be found, run or reached: exit status 127 or 126, one message, nothing decrypted. */
#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/refusal.h"
#include "support/store.h"

#define VALUE "pk-refused-0123456789"

static void begin(void)
{
    scratch_begin();
    store_make_text("store", "[default]\nTOKEN = " VALUE "\n");
}

TestSuite(commands, .init = begin, .fini = scratch_end, .timeout = 300);

static void check_command(const char *command, int status, const char *text)
{
    struct outcome run = shell("secrun -d store -- %s", command);
    check_refusal(command, &run, status, text);
}

/* Prepares by a shell line, then runs. */
static void check_after(const char *prepare, const char *command, int status, const char *text)
{
    struct outcome prepared = shell("set -e; %s", prepare);
    check_status(prepared, 0);
    outcome_free(&prepared);
    check_command(command, status, text);
}

/* Runs, and expects the secret to have arrived. */
static void check_runs(const char *prepare, const char *command)
{
    struct outcome run = shell("set -e; %s\nsecrun -d store -- %s", prepare, command);
    check_status(run, 0);
    cr_expect(holds(run.out, run.out_size, VALUE), "%s: the secret is missing:\n%s", command, run.out);
    outcome_free(&run);
}

/* --- looking up ----------------------------------------------------------------------------------------- */

Test(commands, that_are_not_there_are_127)
{
    check_command("no-such-command", 127, "no-such-command: No such file");
    check_command("./no-such-command", 127, "./no-such-command: No such file");
    check_command("/no/such/command", 127, "/no/such/command: No such file");
    check_command("store/machine.key/x", 127, "Not a directory");
    check_command("''", 127, "'': No such file");
}

Test(commands, that_may_not_be_run_are_126)
{
    check_after("echo >plain; chmod 644 plain", "./plain", 126, "./plain: Permission denied");
    check_after("mkdir bin; cp plain bin/notx", "./bin", 126, "./bin: Is a directory");
    struct outcome run = shell("PATH=bin:$PATH; secrun -d store -- notx");
    check_refusal("notx in PATH", &run, 126, "bin/notx: Permission denied");
}

/* Below a mount point of its own, in a file system of its own, nothing can be executed. */
static void check_noexec(const char *prepare, const char *command, const char *text)
{
    struct outcome run = shell(
        "cat >inside <<'END'\nset -e; mkdir -p mount; mount -t tmpfs -o noexec none mount; cp '%s' "
        "mount/show\n"
        "printf '#!/bin/sh\\n' >mount/reads; chmod 755 mount/reads\n%s\nexec secrun -d store -- %s\nEND\n"
        "if [ $(id -u) = 0 ]; then unshare -m sh inside; else unshare -rm sh inside; fi",
        program("show"), prepare, command);
    check_refusal(command, &run, 126, text);
}

Test(commands, on_a_file_system_mounted_noexec_are_126_and_say_so)
{
    static const char text[] = "on a file system that is mounted noexec";
    check_noexec("", "mount/show", "mount/show: on a file system that is mounted noexec");
    check_noexec("", "mount/reads", text);
    check_noexec("PATH=$PWD/mount:$PATH", "reads", "mount/reads: on a file system that is mounted noexec");
    check_noexec("chmod 644 mount/show", "mount/show", "mount/show: Permission denied");
    check_noexec("printf '#!mount/show\\n' >script; chmod 755 script", "./script",
                 "./script: its interpreter mount/show: on a file system that is mounted noexec");
    check_noexec(
        "cp /lib64/ld-linux-x86-64.so.2 mount/ld-linux.so 2>/dev/null || cp /lib/ld-linux-*.so.1 "
        "mount/ld-linux.so\n"
        "echo 'int main(void){return 0;}' | cc -Wl,--dynamic-linker=$PWD/mount/ld-linux.so -o there -x c -",
        "./there", "mount/ld-linux.so: on a file system that is mounted noexec");
}

/* env(1) is the oracle: same place, same status. */
Test(commands, are_looked_up_as_env_does)
{
    static const char *const paths[] = {"closed:$PATH", "nowhere:$PATH", ":$PATH", "closed:nowhere",
                                        "store/machine.key:$PATH"};
    static const char *const names[] = {"show", "no-such-command", "closed/show"};
    struct outcome made =
        shell("mkdir closed; cp %s show; cp show closed; chmod 000 closed", program("show"));
    check_status(made, 0);
    outcome_free(&made);
    const char *become = scratch_to_ordinary();
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        for (size_t j = 0; j < sizeof names / sizeof *names; j++) {
            struct outcome plain = shell("%s env PATH=%s %s TOKEN", become, paths[i], names[j]);
            struct outcome run = shell(
                "S=$(command -v secrun); E=$(command -v env); %s \"$E\" PATH=%s \"$S\" -d store -- %s TOKEN",
                become, paths[i], names[j]);
            cr_expect_eq(run.status, plain.status, "PATH=%s %s: %d, by env %d\n%s", paths[i], names[j],
                         run.status, plain.status, run.err);
            outcome_free(&plain);
            outcome_free(&run);
        }
    struct outcome opened = shell("chmod 700 closed"); /* so that it can be removed */
    outcome_free(&opened);
}

/* --- programs that gain privileges ----------------------------------------------------------------------
 */

static void check_mode(const char *prepare, const char *text)
{
    char line[1024];
    snprintf(line, sizeof line, "cp %s special; %s", program("show"), prepare);
    check_after(line, "./special", 126, text);
    snprintf(line, sizeof line, "cp %s special-musl; %s-musl", program("show-musl"), prepare);
    check_after(line, "./special-musl", 126, text);
}

Test(commands, that_are_set_uid_or_set_gid_are_refused)
{
    check_mode("chmod 4755 special", "set-uid");
    check_mode("chmod 2755 special", "set-gid");
}

/* Root can give a file capabilities; an ordinary user sees the same refusal on set-uid files, above. */
Test(commands, with_file_capabilities_are_refused)
{
    if (getuid() == 0)
        check_mode("setcap cap_net_bind_service=ep special", "file capabilities");
    else
        check_mode("chmod 6755 special", "set-uid");
}

/* --- programs for other machines, and damaged ones ---------------------------------------------------------
 */

static char *copy_of_show(size_t *size)
{
    return get_file(program("show"), size);
}

static void put_program(const char *name, const char *bytes, size_t size)
{
    put_file(name, bytes, size);
    struct outcome made = shell("chmod 755 %s", name);
    check_status(made, 0);
    outcome_free(&made);
}

Test(commands, of_another_class_or_machine_are_refused)
{
    size_t size;
    char *bytes = copy_of_show(&size);
    Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)bytes;
    const Elf64_Half own = header->e_machine;
    header->e_machine = own == EM_AARCH64 ? EM_RISCV : EM_AARCH64;
    put_program("foreign", bytes, size);
    check_command("./foreign", 126, own == EM_AARCH64 ? "a program for riscv" : "a program for aarch64");
    header->e_machine = EM_386;
    header->e_ident[EI_CLASS] = ELFCLASS32;
    put_program("narrow", bytes, size);
    check_command("./narrow", 126, "a program for i386");
    header->e_machine = own;
    put_program("x32", bytes, size);
    check_command("./x32", 126, "a program for ");
    header->e_ident[EI_CLASS] = ELFCLASS64;
    header->e_type = ET_REL;
    put_program("object", bytes, size);
    check_command("./object", 126, "not an executable");
    free(bytes);
}

Test(commands, whose_loader_is_not_there_are_refused)
{
    size_t size;
    char *bytes = copy_of_show(&size);
    char *loader = memmem(bytes, size, "/ld-linux", 9);
    cr_assert_not_null(loader);
    loader[-1] = '!'; /* the last letter of its directory */
    put_program("orphan", bytes, size);
    check_command("./orphan", 126, ": No such file");
    check_after(
        "echo 'int main(void){return 0;}' >main.c; musl-gcc -Wl,--dynamic-linker=/lib/ld-musl-none.so.1 "
        "-o orphan main.c",
        "./orphan", 126, "its loader /lib/ld-musl-none.so.1: No such file");
    check_after("cc -Wl,--dynamic-linker=/dev/null -o orphan main.c", "./orphan", 126,
                "its loader /dev/null: not a regular file");
    free(bytes);
}

/* All lengths up to where the first mapped page would begin to matter; below 8 bytes it is text, which
 * execvp would give to a shell. */
Test(commands, that_are_cut_short_are_refused)
{
    struct outcome run =
        shell("cp %s whole; for n in $(seq 0 200) 500 1000 4096; do head -c $n "
              "whole >cut; chmod 755 cut\n"
              "secrun -d store -n -- ./cut >/dev/null 2>err; s=$?; echo $n $s $(grep -vc '^secrun: ' err)\n"
              "[ $n -lt 8 ] || { secrun -d store -- ./cut >/dev/null 2>&1; echo $n $? 0; }; done",
              program("show"));
    check_status(run, 0);
    int lines = 0;
    for (char *line = strtok(run.out, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        int length, status, others;
        cr_assert_eq(sscanf(line, "%d %d %d", &length, &status, &others), 3, "%s", line);
        cr_expect(status == 126 || (status == 0 && length < 8), "cut at %d: exit status %d", length, status);
        cr_expect_eq(others, 0, "cut at %d: %d lines that are no message", length, others);
    }
    cr_expect_gt(lines, 100);
    outcome_free(&run);
}

/* A dry run looks, and runs nothing: whatever the header says it is a report or a refusal. */
Test(commands, with_hostile_headers_do_no_harm)
{
    enum { RUNS = 150 };
    size_t size;
    char *bytes = copy_of_show(&size), *changed = malloc(size);
    cr_assert_not_null(changed);
    unsigned long long state = 88172645463325252u;
    for (int i = 0; i < RUNS; i++) {
        char name[32];
        memcpy(changed, bytes, size);
        for (int j = 0; j < 6; j++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            changed[4 + (state >> 33) % 700] = (char)(state >> 56);
        }
        snprintf(name, sizeof name, "hostile-%d", i);
        put_file(name, changed, size);
    }
    struct outcome run =
        shell("chmod 755 hostile-*; for i in $(seq 0 %d); do secrun -d store -n -- ./hostile-$i >out 2>err\n"
              "s=$?; [ $s = 0 ] || [ $s = 126 ] || echo \"$i: $s\"; grep -v '^secrun: ' err; done; true",
              RUNS - 1);
    check_status(run, 0);
    cr_expect_str_eq(run.out, "");
    outcome_free(&run);
    free(bytes);
    free(changed);
}

/* --- scripts -------------------------------------------------------------------------------------------- */

Test(commands, that_are_scripts_run_by_their_interpreter)
{
    check_runs("printf '#!/bin/sh\\necho $TOKEN\\n' >script; chmod 755 script", "./script");
    check_runs("printf '#! \\t/bin/sh -e\\necho $TOKEN\\n' >script; chmod 755 script", "./script");
    check_runs("printf '#!./script\\n' >second; printf '#!/bin/sh\\necho $TOKEN\\n' >script; chmod 755 "
               "script second",
               "./second");
}

Test(commands, that_are_scripts_without_an_interpreter_run_by_the_shell)
{
    check_runs("printf 'echo $TOKEN $1\\n' >bare; chmod 755 bare", "./bare argument");
    struct outcome run = shell("printf 'echo $0 $#\\n' >bare; : >empty; chmod 755 bare empty\n"
                               "secrun -d store -- ./bare a 'b c' && secrun -d store -- ./empty");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "./bare 2\n");
    outcome_free(&run);
}

Test(commands, that_are_scripts_of_a_bad_interpreter_are_refused)
{
    check_after("printf '#!/no/such/shell\\n' >script; chmod 755 script", "./script", 126,
                "its interpreter /no/such/shell");
    check_after("printf '#!./store\\n' >script", "./script", 126, "its interpreter ./store: Is a directory");
    check_after("printf '#!\\n' >script", "./script", 126, "names no interpreter");
    check_after("printf '#!./loop\\n' >loop; chmod 755 loop", "./loop", 126, "./loop: Too many levels");
    check_after("printf 'text\\0binary\\n' >script", "./script", 126, "Exec format error");
}
