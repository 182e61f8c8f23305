/* SPDX-License-Identifier: ISC */
/* The probe, on programs built for it: which delivery reaches them, and which of them cannot be run. Runs in
 * the unit tests only. */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "base/message.h"
#include "deliver/probe.h"
#include "support/command.h"

static struct probe probe;
static struct reason why;

static void begin(void)
{
    scratch_begin();
    cr_assert_eq(chdir(scratch()), 0);
    put_file("main.c", "int main(void){return 0;}\n", 26);
    static const char bare[] = "void _start(void){for(;;);}\n";
    put_file("bare.c", bare, sizeof bare - 1);
}

TestSuite(probe, .init = begin, .fini = scratch_end, .timeout = 300);

static void prepare(const char *line)
{
    struct outcome made = shell("set -e; HERE='%s'; %s", scratch(), line);
    check_status(made, 0);
    outcome_free(&made);
}

static void look_at(const char *line, const char *command)
{
    prepare(line);
    int status = probe_command(command, &probe, &why);
    cr_assert_eq(status, 0, "%s: %d: %s", command, status, why.text);
}

static void check_holds(const char *reason, const char *text)
{
    cr_expect(text ? strstr(reason, text) != NULL : reason[0] == '\0', "'%s' instead of '%s'", reason, text);
}

/* Expects these parts of the reasons; NULL: that delivery reaches it. */
static void check_reached(const char *no_preload, const char *no_inject)
{
    check_holds(probe.no_preload.text, no_preload);
    check_holds(probe.no_inject.text, no_inject);
}

static void check_error(const char *line, const char *command, int status, const char *text, const char *hint)
{
    prepare(line);
    why = (struct reason){0};
    cr_expect_eq(probe_command(command, &probe, &why), status, "%s: %s", line, why.text);
    check_holds(why.text, text);
    check_holds(why.hint, hint);
}

/* --- deliveries ------------------------------------------------------------------------------------- */

Test(probe, finds_that_both_deliveries_reach_a_dynamic_program)
{
    look_at("gcc -o glibc main.c; musl-gcc -o musl main.c", "./glibc");
    check_reached(NULL, NULL);
    cr_expect_str_eq(probe.libc, "glibc");
    cr_expect_not(probe.is_static);
    cr_expect_null(probe.prefers_inject);
    look_at("", "./musl");
    check_reached(NULL, NULL);
    cr_expect_str_eq(probe.libc, "musl");
}

Test(probe, finds_that_only_inject_reaches_a_static_program)
{
    look_at("gcc -static -o static main.c; gcc -static-pie -o pie main.c; musl-gcc -static -o musl main.c",
            "./static");
    check_reached("./static: a static program", NULL);
    cr_expect(probe.is_static);
    cr_expect_str_eq(probe.loader, "");
    look_at("", "./pie");
    check_reached("a static program", NULL);
    look_at("", "./musl");
    check_reached("a static program", NULL);
}

Test(probe, prefers_inject_for_a_program_in_go_that_a_preload_would_reach)
{
    static const char plain[] = "package main\n\nfunc main() { println() }\n";
    put_file("plain.go", plain, sizeof plain - 1);
    look_at("export GO111MODULE=off CGO_ENABLED=0; go build -ldflags=-buildid= -o static plain.go\n"
            "go build -ldflags=-buildid= -buildmode=pie -o pie plain.go",
            "./pie");
    check_reached(NULL, NULL);
    cr_expect(strstr(probe.prefers_inject, "Go"));
    look_at("", "./static");
    check_reached("a static program", NULL);
    cr_expect_null(probe.prefers_inject, "there is nothing to prefer");
    look_at("chmod 4755 pie", "./pie");
    cr_expect_null(probe.prefers_inject);
}

Test(probe, finds_that_only_inject_reaches_what_the_loader_would_not_give_the_shim)
{
    look_at("gcc -fsanitize=address -o asan main.c", "./asan");
    check_reached("AddressSanitizer", NULL);
    look_at("gcc -nostdlib -pie -fPIE -ffreestanding -Wl,--dynamic-linker=/lib/ld-musl-$(uname -m).so.1 -o "
            "bare bare.c",
            "./bare");
    check_reached("starts without musl's libc", NULL);
    look_at("gcc -Wl,--dynamic-linker=/bin/true -o other main.c", "./other");
    check_reached("its loader /bin/true is neither", NULL);
    cr_expect_null(probe.libc);
}

Test(probe, finds_that_nothing_reaches_a_privileged_program)
{
    static const struct {
        const char *prepare, *text;
    } modes[] = {{"chmod 4755", "set-uid"}, {"chmod 2755", "set-gid"}};
    char line[256];
    for (size_t i = 0; i < 2; i++)
        for (int is_static = 0; is_static < 2; is_static++) {
            snprintf(line, sizeof line, "gcc %s -o special main.c; %s special", is_static ? "-static" : "",
                     modes[i].prepare);
            look_at(line, "./special");
            check_reached(is_static ? "a static program" : modes[i].text, modes[i].text);
        }
    if (getuid() == 0) {
        look_at("chmod 755 special; PATH=$PATH:/usr/sbin:/sbin; setcap cap_net_bind_service=ep special",
                "./special");
        check_reached("a static program", "file capabilities");
    }
    look_at("chmod 755 special; gcc -o special main.c; chmod 2745 special",
            "./special"); /* mandatory locking, once */
    check_reached(NULL, NULL);
}

static void put_foreign(const char *name, Elf64_Half machine, unsigned char class)
{
    size_t size;
    char *bytes = get_file("/bin/true", &size);
    Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)bytes;
    header->e_machine = machine;
    header->e_ident[EI_CLASS] = class;
    put_file(name, bytes, size);
    cr_assert_eq(chmod(name, 0755), 0);
    free(bytes);
}

Test(probe, finds_that_nothing_reaches_a_program_for_another_machine)
{
    put_foreign("narrow", EM_386, ELFCLASS32);
    look_at("", "./narrow");
    check_reached("a program for i386", "a program for i386");
    put_foreign("other", EM_S390, ELFCLASS64);
    look_at("", "./other");
    check_reached("a program for s390", "a program for s390");
}

/* --- the loader ------------------------------------------------------------------------------------- */

static void check_loader(const char *prepare_line, const char *loader, const char *text, const char *hint)
{
    char line[1024], expected[512];
    bool here = strncmp(loader, "$HERE", 5) == 0;
    snprintf(line, sizeof line, "%s; gcc -Wl,--dynamic-linker=%s -o program main.c", prepare_line, loader);
    snprintf(expected, sizeof expected, "./program: its loader %s%s: %s", here ? scratch() : "",
             here ? loader + 5 : loader, text);
    check_error(line, "./program", EXIT_CANNOT_RUN, expected, hint);
}

Test(probe, says_which_libc_is_missing)
{
    check_loader(":", "/lib/ld-musl-none.so.1", "No such file", "musl, whose loader is not at that path");
    check_loader(":", "/nowhere/ld-linux-x86-64.so.2", "No such file",
                 "glibc, whose loader is not at that path");
    check_loader(":", "/bin/true/ld-linux-x86-64.so.2", "Not a directory", "glibc");
    check_loader(":", "/system/bin/linker64", "No such file", NULL);
}

Test(probe, says_why_a_loader_cannot_be_run)
{
    check_loader("mkdir -p directory", "$HERE/directory", "Is a directory", NULL);
    check_loader("cp /bin/true plain; chmod 644 plain", "$HERE/plain", "Permission denied", NULL);
    check_loader(":", "/dev/null", "not a regular file", NULL);
    check_loader("echo text >text; chmod 755 text", "$HERE/text", "not an ELF file", NULL);
    check_loader(": >empty; chmod 755 empty", "$HERE/empty", "not an ELF file", NULL);
    check_loader("gcc -c -o object main.c; chmod 755 object", "$HERE/object",
                 "not an executable but an object file", NULL);
    put_foreign("narrow", EM_386, ELFCLASS32);
    check_loader(":", "$HERE/narrow", "a program for i386, and not for ", NULL);
    put_foreign("other", EM_S390, ELFCLASS64);
    check_loader(":", "$HERE/other", "a program for s390, and not for ", NULL);
}

Test(probe, knows_a_loader_by_the_name_of_the_file_that_a_link_leads_to)
{
    look_at("ln -s /lib*/ld-linux-$(uname -m | tr _ -).so.? loader; ln -s loader second\n"
            "gcc -Wl,--dynamic-linker=$HERE/second -o program main.c",
            "./program");
    check_reached(NULL, NULL);
    cr_expect_str_eq(probe.libc, "glibc");
    look_at("ln -sf /lib/ld-musl-$(uname -m).so.1 loader", "./program");
    check_reached(NULL, NULL);
    cr_expect_str_eq(probe.libc, "musl");
    look_at("gcc -nostdlib -pie -fPIE -ffreestanding -Wl,--dynamic-linker=$HERE/loader -o bare bare.c",
            "./bare");
    check_reached("starts without musl's libc", NULL);
    /* A link of glibc's name that leads to musl. */
    look_at("ln -s /lib/ld-musl-$(uname -m).so.1 ld-linux.so.2\n"
            "gcc -Wl,--dynamic-linker=$HERE/ld-linux.so.2 -o program main.c",
            "./program");
    cr_expect_str_eq(probe.libc, "musl");
}

/* --- scripts and other files ------------------------------------------------------------------------ */

Test(probe, follows_as_many_interpreters_as_the_kernel_does)
{
    look_at("printf '#!/bin/sh -e -x\\n' >s1; for i in 2 3 4 5 6; do printf '#!%s\\n' $HERE/s$((i - 1)) "
            ">s$i; done\n"
            "chmod 755 s?",
            "./s5");
    cr_expect_str_eq(probe.binary, "/bin/sh");
    check_reached(NULL, NULL);
    check_error("", "./s6", EXIT_CANNOT_RUN, "./s6: Too many levels", NULL);
    struct outcome run = shell("./s5; ./s6"); /* the one runs, with both options as one argument */
    cr_expect(strstr(run.err, "Illegal option") && strstr(run.err, "./s6: Too many levels"), "%s", run.err);
    outcome_free(&run);
    look_at("gcc -static -o static main.c; printf '#!./static\\n' >s1", "./s1");
    cr_expect(probe.is_static);
    check_reached("./static: a static program", NULL);
}

Test(probe, says_what_a_file_is_that_is_no_program)
{
    look_at(": >empty; chmod 755 empty", "./empty");
    cr_expect(probe.through_shell);
    check_error("mkdir directory", "./directory", EXIT_CANNOT_RUN, "./directory: Is a directory", NULL);
    check_error("mkfifo fifo; chmod 755 fifo", "./fifo", EXIT_CANNOT_RUN, "./fifo: not a regular file", NULL);
    check_error("gcc -c -o object main.c; chmod 755 object", "./object", EXIT_CANNOT_RUN,
                "./object: not an executable but an object file", NULL);
    check_error("printf 'text\\0binary' >binary; chmod 755 binary", "./binary", EXIT_CANNOT_RUN,
                "./binary: Exec format error", NULL);
    check_error("", "./none", EXIT_NOT_FOUND, "./none: No such file", NULL);
}
