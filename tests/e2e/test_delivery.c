/* SPDX-License-Identifier: ISC */
/*
 * Every way in which delivery can fail, or has to be exact: the program was not started, or was with its
 * secret, or, where the document says so, was without and a line on standard error tells. The whole table,
 * and where it stands (here: this file; system: test_delivery_system.c; moments: test_delivery_moments.c;
 * command and shim: test_refusals_command.c and test_refusals_shim.c; fallback: test_fallback.c; exec:
 * test_exec.c):
 *
 *   gains privileges: file capabilities, set-uid, set-gid    command (preload), here (static, child)
 *   a script: interpreter, two levels of them, loops          command (preload), here (static)
 *   a script's interpreter is missing or bad                  command
 *   the loader is missing                                     command (status), here (hint)
 *   the program is of another class or machine                command (headers), here (one that runs)
 *   text file busy                                            here
 *   the shim is missing, cut, damaged, others' to write       shim
 *   the shim cannot be read, or opened any more               here
 *   the shim is on a file system mounted noexec               shim
 *   a command, interpreter or loader is on such a one         command, here (static)
 *   a capsule that is forged, by whom it may                  shim, here (--handoff)
 *   a root directory without shim, or without secrun          exec (env), here
 *   RLIMIT_MEMLOCK                                            fallback (preload), system (every way)
 *   memfd_secret is missing or forbidden                      fallback (preload), system (every way)
 *   ptrace, memfd_create, clone, executable maps forbidden    system
 *   Yama; a tracer that is there already                      system
 *   no /proc; a root file system that is read-only            system
 *   RLIMIT_AS, _DATA, _NOFILE, _NPROC, _FSIZE               system; a full table of a parent's: exec
 *   namespaces of PIDs and users                              system
 *   AddressSanitizer; a loader as the command                 here
 *   not a program: empty, text, directory, FIFO, device       command, here
 *   an ELF file that is damaged, or a trap for the injector   command (headers), here (entry points,
 * segments) what can be run and not read                              here the helper is killed; signals
 * during the start            moments the file is replaced between the look and the start       moments a
 * descriptor of the capsule stays open                    in every case of here, system and moments
 *
 * Not to be provoked: a file system without room for what is executed, an SELinux transition.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/started.h"

TestSuite(delivery, .init = started_begin, .fini = started_end, .timeout = 120);

/* --- programs that gain privileges ---------------------------------------------------------------------- */

Test(delivery, to_a_static_program_that_is_set_uid_or_set_gid_is_refused)
{
    check_started("cp $STATIC x; chmod 4755 x; secrun -d store -- ./x", 126, NOT_STARTED, "./x: set-uid");
    check_started("chmod 2755 x; secrun -d store -- ./x", 126, NOT_STARTED, "./x: set-gid");
    check_started("secrun -d store --delivery inject -- ./x", 126, NOT_STARTED, "./x: set-gid");
    check_started("secrun -d store -p withhold -- ./x", 126, NOT_STARTED, "./x: set-gid");
    check_started("secrun -d store -p environ -- ./x", 126, NOT_STARTED, "./x: set-gid");
}

Test(delivery, to_a_child_that_is_set_uid_or_set_gid_is_none)
{
    static const char *const programs[] = {"FOUND", "STATIC"};
    for (size_t i = 0; i < 2; i++) {
        struct outcome made = shell("rm -f x; cp $%s x; chmod 4755 x", programs[i]);
        check_status(made, 0);
        check_child("-v", 0, WITHOUT_SECRET, "./x: set-uid: runs without TOKEN");
        check_started("secrun -d store -- sh -c 'exec ./x'", 0, WITHOUT_SECRET,
                      "./x: set-uid: runs without TOKEN");
        made = shell("chmod 2755 x");
        check_child("-v", 0, WITHOUT_SECRET, "./x: set-gid: runs without TOKEN");
    }
}

/* It takes root to give a file capabilities; an ordinary user tries one of root's, if there is any. */
Test(delivery, to_a_program_with_file_capabilities_names_ambient_ones)
{
    static const char *const programs[] = {"FOUND", "STATIC"};
    if (getuid() != 0) {
        check_started("p=$(PATH=$PATH:/usr/sbin:/sbin getcap /usr/bin/* /bin/* 2>/dev/null | head -n 1)\n"
                      "[ -z \"$p\" ] && p=set-uid && cp $FOUND set-uid && chmod 4755 set-uid\n"
                      "secrun -d store -- ${p%% *}",
                      ANY, NOT_STARTED, "secrun: ");
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        struct outcome made = shell("rm -f x; cp $%s x; setcap cap_net_bind_service=ep x", programs[i]);
        check_status(made, 0);
        check_started("secrun -d store -- ./x", 126, NOT_STARTED, "./x: has file capabilities");
        check_started("secrun -d store -- ./x", 126, NOT_STARTED, "AmbientCapabilities=");
        check_child("-v", 0, WITHOUT_SECRET, "./x: has file capabilities: runs without TOKEN");
    }
}

/* --- scripts and loaders -------------------------------------------------------------------------------- */

Test(delivery, to_a_script_reaches_its_static_interpreter)
{
    struct outcome made = shell("cp $STATIC static; printf '#!%%s/static\\n' $PWD >x\n"
                                "printf '#!%%s/x -a\\n' $PWD >second; chmod 755 x second");
    check_status(made, 0);
    check_started("secrun -d store -- ./x argument", 0, WITH_SECRET, NULL);
    check_started("secrun -d store -- ./second argument", 0, WITH_SECRET, NULL);
    check_child("", 0, WITH_SECRET, NULL);
    made = shell("rm x; mv second x; sed -i 's,/x,/first,' x; printf '#!%%s/static\\n' $PWD >first; "
                 "chmod 755 first");
    check_status(made, 0);
    check_child("", 0, WITH_SECRET, NULL);
    check_started("secrun -d store -p withhold -- ./x", 0, WITHOUT_SECRET, "it runs without TOKEN");
    check_started("secrun -d store -p refuse -- ./x", 126, NOT_STARTED, "not run with TOKEN");
}

Test(delivery, to_a_program_without_its_loader_names_the_libc_to_install)
{
    check_started(
        "echo 'int main(void) { return 0; }' >m.c; cc -Wl,--dynamic-linker=/none/ld-musl-x86_64.so.1 "
        "-o x m.c; secrun -d store -- ./x",
        126, NOT_STARTED, "it is linked with musl, whose loader is not at that path");
    check_child("", FAILS, NOT_STARTED, "");
    check_started("rm x; cc -Wl,--dynamic-linker=/none/ld-linux-x86-64.so.2 -o x m.c; secrun -d store -- ./x",
                  126, NOT_STARTED, "it is linked with glibc, whose loader is not at that path");
    check_started("secrun -d store --delivery inject -- ./x", 126, NOT_STARTED, "its loader /none/ld-linux");
}

Test(delivery, to_a_loader_reaches_the_program_that_it_is_given)
{
    check_started("l=$(readelf -lW $FOUND | sed -n 's/.*interpreter: \\(.*\\)\\]/\\1/p')\n"
                  "secrun -d store -- $l $FOUND",
                  0, WITH_SECRET, NULL);
    check_started("l=$(readelf -lW $MUSL | sed -n 's/.*interpreter: \\(.*\\)\\]/\\1/p')\n"
                  "secrun -d store -- $l $MUSL",
                  0, WITH_SECRET, NULL);
    check_started("l=$(readelf -lW $MUSL | sed -n 's/.*interpreter: \\(.*\\)\\]/\\1/p')\n"
                  "secrun -d store -- /bin/sh -c \"$l $MUSL; exit \\$?\"",
                  0, WITH_SECRET, NULL);
    check_started("l=$(readelf -lW $FOUND | sed -n 's/.*interpreter: \\(.*\\)\\]/\\1/p')\n"
                  "secrun -d store -- /bin/bash -c \"$l --inhibit-cache $FOUND; exit \\$?\"",
                  0, WITH_SECRET, NULL);
}

Test(delivery, to_a_program_under_address_sanitizer_is_by_injection)
{
    check_started("secrun -d store -- $ASAN", 0, WITH_SECRET, NULL);
    check_started("secrun -d store --delivery preload -- $ASAN", 126, NOT_STARTED, "AddressSanitizer");
    check_started("secrun -d store -p withhold -- $ASAN", 0, WITHOUT_SECRET, "it runs without TOKEN");
    check_started("cp $ASAN x", 0, NOT_STARTED, NULL);
    check_child("", 0, WITH_SECRET, NULL);
}

/* --- other machines ---------------------------------------------------------------------------------------
 */

#if defined(__x86_64__)
Test(delivery, to_a_program_of_32_bits_is_in_the_plain_environment_or_not_at_all)
{
    struct outcome made = shell("cp '%s' x", program("found-32"));
    check_status(made, 0);
    check_started("./x", 0, WITHOUT_SECRET, NULL); /* this kernel runs such programs */
    check_started("secrun -d store -- ./x", 126, NOT_STARTED, "./x: a program for i386");
    check_started("secrun -d store --delivery preload -- ./x", 126, NOT_STARTED, "./x: a program for i386");
    check_started("secrun -d store --delivery inject -- ./x", 126, NOT_STARTED, "./x: a program for i386");
    check_started("secrun -d store -p environ -- ./x", 0, WITH_SECRET, "TOKEN is in its plain environment");
    check_started("secrun -d store -p withhold -- ./x", 0, WITHOUT_SECRET, "it runs without TOKEN");
    check_started("secrun -d store -p refuse -- ./x", 126, NOT_STARTED, "not run with TOKEN");
    check_child("-v", 0, WITHOUT_SECRET, "./x: ");
    check_child("-v -p refuse", 126, NOT_STARTED, "not run with TOKEN");
    check_child("-v -p environ", 0, WITH_SECRET, "./x: has TOKEN in its plain environment");
}
#endif

Test(delivery, to_a_program_of_another_machine_is_not_tried)
{
    size_t size;
    char *bytes = get_file(program("found-static"), &size);
    ((Elf64_Ehdr *)(void *)bytes)->e_machine = EM_S390;
    put_file("x", bytes, size);
    free(bytes);
    check_started("chmod 755 x; secrun -d store -- ./x", 126, NOT_STARTED, "./x: a program for ");
    check_started("secrun -d store --delivery inject -- ./x", 126, NOT_STARTED,
                  "which secrun does not trace");
    check_started("secrun -d store -p withhold -- ./x", 126, NOT_STARTED, "Exec format error");
    check_child("", FAILS, NOT_STARTED, "");
}

/* --- what cannot be run ------------------------------------------------------------------------------------
 */

Test(delivery, to_a_program_that_is_being_written_fails_as_execve_does)
{
    static const char *const programs[] = {"FOUND", "STATIC"};
    for (size_t i = 0; i < 2; i++) {
        struct outcome made = shell("rm -f x; cp $%s x", programs[i]);
        check_status(made, 0);
        check_started("exec 9<>x; secrun -d store -- ./x", 126, NOT_STARTED, "./x: Text file busy");
        check_started("exec 9<>x; secrun -d store --delivery inject -- ./x", 126, NOT_STARTED,
                      "./x: Text file busy");
        check_started("exec 9<>x; secrun -d store -- $FOUND spawn ./x", 126, NOT_STARTED,
                      "./x: Text file busy");
    }
}

Test(delivery, to_what_is_no_program_is_126)
{
    struct outcome made =
        shell("mkdir d; mkfifo f; chmod 755 f; : >e; printf '\\177ELF' >s; chmod 755 e s\n"
              "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"k\")'; chmod "
              "755 k");
    check_status(made, 0);
    static const char *const ways[] = {"preload", "inject", "auto"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        static const char *const commands[][2] = {
            {"./d", "Is a directory"},
            {"./f", "./f: not a regular file"},
            {"./k", "./k: not a regular file"},
            {"/dev/null", "/dev/null: not a regular file"},
        };
        for (size_t j = 0; j < sizeof commands / sizeof *commands; j++) {
            char line[256];
            snprintf(line, sizeof line, "secrun -d store --delivery %s -- %s", ways[i], commands[j][0]);
            check_started(line, 126, NOT_STARTED, commands[j][1]);
        }
    }
    check_started("secrun -d store -- ./e && secrun -d store -- sh -c ./e", 0, NOT_STARTED, NULL);
    check_started("secrun -d store --delivery inject -- ./e", 0, NOT_STARTED, NULL);
    check_started("secrun -d store -- $FOUND spawn ./d", 126, NOT_STARTED, "./d: Permission denied");
    check_started("secrun -d store -- $FOUND spawn ./f", 126, NOT_STARTED, "./f: Permission denied");
    check_started("secrun -d store -- $FOUND spawn ./e", ANY, NOT_STARTED, "");
}

Test(delivery, to_a_program_that_cannot_be_read_is_refused)
{
    static const char *const programs[] = {"FOUND", "STATIC"};
    struct outcome made =
        shell("for p in FOUND STATIC; do eval \"cp \\$$p $p\"; done; chmod 111 FOUND STATIC");
    check_status(made, 0);
    started_as_ordinary();
    for (size_t i = 0; i < 2; i++) {
        char line[256];
        snprintf(line, sizeof line, "$BECOME secrun -d store -- ./%s", programs[i]);
        check_started(line, 126, NOT_STARTED, "cannot be read to see how it starts");
        snprintf(line, sizeof line, "ln -f %s x", programs[i]);
        check_started(line, 0, NOT_STARTED, NULL);
        check_child("-v", 0, WITHOUT_SECRET, "./x: cannot be read to see how it starts: runs without TOKEN");
    }
}

Test(delivery, by_injection_from_a_file_system_mounted_noexec_is_refused)
{
    check_started(
        "cat >inside <<'END'\nmkdir m && mount -t tmpfs -o noexec none m && cp $STATIC m/x || exit 9\n"
        "secrun -d store -- m/x\nEND\n$NS sh inside",
        126, NOT_STARTED, "m/x: on a file system that is mounted noexec");
    check_mounted("sed -i 's/-- .*/-- $FOUND spawn m\\/x/; s/mkdir m/true/' inside; $NS sh inside", 126,
                  NOT_STARTED, "m/x: Permission denied");
}

/* --- traps for the injector
 * ---------------------------------------------------------------------------------- */

static Elf64_Phdr *segment_of(char *bytes, Elf64_Word flag)
{
    Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)bytes;
    Elf64_Phdr *segments = (Elf64_Phdr *)(void *)(bytes + header->e_phoff);
    for (int i = 0; i < header->e_phnum; i++)
        if (segments[i].p_type == PT_LOAD && (segments[i].p_flags & flag))
            return &segments[i];
    abort();
}

/* It may be killed by the kernel, or by itself, but neither hang nor run without. */
static void check_trap(const char *bytes, size_t size)
{
    put_file("x", bytes, size);
    check_started("chmod 755 x; timeout -k 1 10 secrun -d store -- ./x", FAILS, NOT_STARTED, "");
    check_started("timeout -k 1 10 secrun -d store -- ./x || [ $? != 124 ]", 0, NOT_STARTED, "");
    check_started("timeout -k 1 10 secrun -d store -- $FOUND spawn ./x || [ $? != 124 ]", 0, NOT_STARTED, "");
}

Test(delivery, by_injection_at_an_entry_point_that_is_none_ends_the_program)
{
    size_t size;
    char *bytes = get_file(program("found-static"), &size);
    Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)bytes;
    const Elf64_Phdr *code = segment_of(bytes, PF_X);
    const Elf64_Addr last = (code->p_vaddr + code->p_filesz + 4095) & ~4095ull;
    const Elf64_Addr entries[] = {0,
                                  8,
                                  0x10,
                                  last - 1,
                                  last - 4,
                                  last - 24,
                                  last + (1ull << 32),
                                  0x7ffffffff000,
                                  0x8000000000000000,
                                  UINT64_MAX,
                                  UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        header->e_entry = entries[i];
        check_trap(bytes, size);
    }
    free(bytes);
}

Test(delivery, by_injection_into_overlapping_segments_ends_the_program)
{
    size_t size;
    char *whole = get_file(program("found-static"), &size), *bytes = malloc(size);
    memcpy(bytes, whole, size);
    segment_of(bytes, PF_W)->p_vaddr =
        segment_of(bytes, PF_X)->p_vaddr + (segment_of(bytes, PF_W)->p_vaddr & 4095);
    check_trap(bytes, size);
    memcpy(bytes, whole, size);
    segment_of(bytes, PF_X)->p_flags = PF_R;
    check_trap(bytes, size);
    memcpy(bytes, whole, size);
    segment_of(bytes, PF_W)->p_memsz = 1ull << 47;
    check_trap(bytes, size);
    memcpy(bytes, whole, size);
    segment_of(bytes, PF_X)->p_vaddr += 1ull << 46;
    check_trap(bytes, size);
    free(bytes);
    free(whole);
}

/* --- another root directory
 * ---------------------------------------------------------------------------------- */

static void make_root(void)
{
    struct outcome made =
        shell("mkdir root && cp $FOUND root/found; cp $MUSL root/musl; cp $STATIC root/static\n"
              "for f in $FOUND $MUSL; do l=$(readelf -lW $f | sed -n 's/.*interpreter: \\(.*\\)\\]/\\1/p')\n"
              "mkdir -p root$(dirname $l); cp -L $l root$l; done\n"
              "c=$(ldd $FOUND | sed -n 's/.*libc.so.6 => \\([^ ]*\\).*/\\1/p'); mkdir -p root$(dirname $c); "
              "cp -L $c "
              "root$c");
    check_status(made, 0);
}

#define CHROOT "$ROOTLY /usr/sbin/chroot root "

/* An ordinary user's unshare has to write its maps, which takes dumpable. */
static void allow_maps(void)
{
    static const char policy[] = "[policy]\ndumpable = yes\n";
    put_file("store/secrun.conf", policy, sizeof policy - 1);
}

Test(delivery, into_a_root_directory_without_the_shim_is_none_and_says_so)
{
    make_root();
    allow_maps();
    check_started("secrun -d store -v -- " CHROOT "/found", 0, WITHOUT_SECRET, "secrun.so where it runs");
    check_started("secrun -d store -v -- " CHROOT "/musl", 0, WITHOUT_SECRET, "secrun.so where it runs");
    check_started("secrun -d store -v -- " CHROOT "/static", 0, WITHOUT_SECRET, "/static: ");
    check_started("secrun -d store -- " CHROOT "/static", 0, WITHOUT_SECRET, "/static: ");
    check_started("secrun -d store -p refuse -- " CHROOT "/static", FAILS, NOT_STARTED, "not run with");
    check_started("secrun -d store -p refuse -- " CHROOT "/found", FAILS, NOT_STARTED, "");
}

Test(delivery, into_a_root_directory_with_secrun_reaches_static_programs)
{
    make_root();
    allow_maps();
    struct outcome made =
        shell("mkdir -p root$SECRUN_STAGE/bin && cp $SECRUN_STAGE/bin/secrun root$SECRUN_STAGE/bin");
    check_status(made, 0);
    check_started("secrun -d store -- " CHROOT "/static", 0, WITH_SECRET, NULL);
    check_started("mkdir -p root$SECRUN_STAGE/lib/secrun && cp $SECRUN_STAGE/lib/secrun/secrun.so "
                  "root$SECRUN_STAGE/lib/secrun; secrun -d store -- " CHROOT "/found",
                  0, WITH_SECRET, NULL);
    check_started("secrun -d store -- " CHROOT "/musl", 0, WITH_SECRET, NULL);
    check_started("secrun -d store -- " CHROOT "/static", 0, WITH_SECRET, NULL);
}

/* A program of C with the note of one in Go. */
Test(delivery, into_a_root_directory_without_secrun_holds_go_to_static_all_the_same)
{
    make_root();
    allow_maps();
    struct outcome made =
        shell("mkdir -p root$SECRUN_STAGE/lib/secrun && cp $SECRUN_STAGE/lib/secrun/secrun.so "
              "root$SECRUN_STAGE/lib/secrun && cp %s root/go",
              program("found-go"));
    check_status(made, 0);
    check_started("secrun -d store -- " CHROOT "/go", 0, WITH_SECRET, NULL);
    check_started("secrun -d store -p withhold -- " CHROOT "/go", 0, WITHOUT_SECRET, "written in Go");
    check_started("secrun -d store -p refuse -- " CHROOT "/go", FAILS, NOT_STARTED, "not run with");
    check_started("secrun -d store -p listed -- " CHROOT "/go", 0, WITHOUT_SECRET,
                  "runs without TOKEN (static = inject would give it)");
}

Test(delivery, into_a_user_namespace_with_a_root_directory_of_its_own_works)
{
    make_root();
    struct outcome made =
        shell("mkdir -p root$SECRUN_STAGE/bin root$SECRUN_STAGE/lib/secrun && cp $SECRUN_STAGE/bin/secrun "
              "root$SECRUN_STAGE/bin && cp $SECRUN_STAGE/lib/secrun/secrun.so "
              "root$SECRUN_STAGE/lib/secrun && cp -R store root/store");
    check_status(made, 0);
    started_as_ordinary();
    static const char *const commands[] = {"/found",
                                           "/musl",
                                           "/static",
                                           "--delivery inject -- /found",
                                           "-p open -- /static",
                                           "-p open -- /found",
                                           "/found spawn /static",
                                           "-p open -- /musl spawn /static"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char line[512];
        snprintf(line, sizeof line,
                 "$BECOME unshare -r /usr/sbin/chroot root $SECRUN_STAGE/bin/secrun -d /store %s",
                 commands[i]);
        check_started(line, 0, WITH_SECRET, NULL);
        snprintf(
            line, sizeof line,
            "$BECOME unshare -r --pid --fork /usr/sbin/chroot root $SECRUN_STAGE/bin/secrun -d /store %s",
            commands[i]);
        check_started(line, 0, WITH_SECRET, NULL);
    }
}

/* --- forged hand-overs
 * --------------------------------------------------------------------------------------- */

Test(delivery, by_a_handoff_that_no_shim_asked_for_is_refused)
{
    check_started("secrun --handoff", 125, NOT_STARTED, "--handoff is for programs that secrun runs");
    check_started("secrun --handoff $STATIC x", 125, NOT_STARTED,
                  "--handoff is for programs that secrun runs");
    check_started("SECRUN_CAPSULE=x secrun --handoff $STATIC x", 125, NOT_STARTED, "no descriptor");
    check_started("SECRUN_CAPSULE=77 secrun --handoff $STATIC x", 125, NOT_STARTED,
                  "its descriptor is not open");
    check_started("SECRUN_CAPSULE=0 secrun --handoff $STATIC x", 125, NOT_STARTED, "of a wrong size");
    check_started("SECRUN_CAPSULE=9 secrun --handoff $STATIC x 9<$STATIC", 125, NOT_STARTED,
                  "neither secret memory nor sealed");
    static const char *const kinds[][2] = {{"sealed", "not a capsule"},
                                           {"unsealed", "neither secret memory nor sealed"},
                                           {"empty", "of a wrong size"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char line[2048];
        snprintf(line, sizeof line, "%s %s /none.so $SECRUN_STAGE/bin/secrun --handoff $STATIC x",
                 program("fake-capsule"), kinds[i][0]);
        check_started(line, 125, NOT_STARTED, kinds[i][1]);
    }
}
