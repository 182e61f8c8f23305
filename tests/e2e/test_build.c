/* SPDX-License-Identifier: ISC */
/* What must hold of the binaries and of the source tree itself, read back from them. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"

#define TREE TESTS_DIR "/.."

TestSuite(build, .init = scratch_begin, .fini = scratch_end);

/* Fails with what the command printed, unless it printed nothing. */
static void expect_nothing(struct outcome outcome, const char *claim)
{
    cr_assert(outcome.status == 0 && outcome.out_size == 0, "%s:\n%s%s", claim, outcome.out, outcome.err);
    outcome_free(&outcome);
}

static void expect_output(struct outcome outcome, const char *expected)
{
    check_status(outcome, 0);
    cr_assert_str_eq(outcome.out, expected);
    outcome_free(&outcome);
}

Test(build, the_shim_exports_exactly_the_names_in_its_map)
{
    expect_output(
        shell("nm -D --defined-only \"$SECRUN_STAGE/lib/secrun/secrun.so\" | cut -d' ' -f3 | sort"),
        "clearenv\nexecl\nexecle\nexeclp\nexecv\nexecve\nexecveat\nexecvp\nexecvpe\nfexecve\ngetenv\npclose\n"
        "pidfd_spawn\npidfd_spawnp\npopen\nposix_spawn\nposix_spawnp\nputenv\nsecure_getenv\nsetenv\nsystem\n"
        "unsetenv\nwordexp\n");
}

Test(build, the_shim_needs_no_library_and_only_weak_names)
{
    expect_output(
        shell(
            "nm -D --undefined-only \"$SECRUN_STAGE/lib/secrun/secrun.so\" | sed 's/^ *//' | LC_ALL=C sort"),
        "w __environ\nw __errno_location\nw __libc_stack_end\nw _dl_debug_addr\nw _pthread_cleanup_pop\n"
        "w _pthread_cleanup_push\nw _r_debug\nw environ\nw fclose\nw fdopen\nw free\nw malloc\nw realloc\n"
        "w waitpid\nw wordfree\n");
    expect_nothing(shell("readelf -dW \"$SECRUN_STAGE/lib/secrun/secrun.so\" | grep -E "
                         "'NEEDED|TEXTREL|RPATH|RUNPATH' || true"),
                   "the shim depends on something");
    expect_nothing(shell("readelf -VW \"$SECRUN_STAGE/lib/secrun/secrun.so\" | grep -E '^Version' || true"),
                   "the shim has symbol versions, so that it stands for one version alone");
}

Test(build, the_launcher_is_static_pie)
{
    expect_output(
        shell("readelf -hW \"$SECRUN_STAGE/bin/secrun\" | sed -n 's/.*Type: *\\([A-Z]*\\).*/\\1/p'"),
        "DYN\n");
    expect_nothing(shell("readelf -lW \"$SECRUN_STAGE/bin/secrun\" | grep INTERP || true"),
                   "secrun has a loader");
    expect_nothing(shell("readelf -dW \"$SECRUN_STAGE/bin/secrun\" | grep NEEDED || true"),
                   "secrun needs a library");
}

/* Each of the three, each property; a missing one is named. */
Test(build, the_binaries_are_hardened)
{
    expect_nothing(
        shell("for file in bin/secrun bin/secrunctl lib/secrun/secrun.so; do\n"
              "  f=$SECRUN_STAGE/$file\n"
              "  readelf -hW $f | grep -q 'Type: *DYN' || echo \"$file: not position independent\"\n"
              "  readelf -lW $f | grep -q GNU_RELRO || echo \"$file: no RELRO\"\n"
              "  readelf -dW $f | grep -qE 'BIND_NOW|FLAGS_1.*NOW' || echo \"$file: lazy binding\"\n"
              "  readelf -lW $f | grep GNU_STACK | grep -q 'RW ' || echo \"$file: executable stack\"\n"
              "  readelf -lW $f | grep -E 'LOAD.* RWE' && echo \"$file: a segment both writable and "
              "executable\"\n"
              "done; true"),
        "hardening");
    expect_nothing(
        shell(
            "for file in secrun secrunctl; do\n"
            "  nm $SECRUN_STAGE/bin/$file | grep -q __stack_chk_fail || echo \"$file: no stack protector\"\n"
            "  nm $SECRUN_STAGE/bin/$file | grep -qE '__(memcpy|snprintf|vsnprintf|read)_chk' || "
            "echo \"$file: not fortified\"\n"
            "done"),
        "hardening");
}

/* The property of a whole program is up to the distribution's start files too; our functions' is not. */
Test(build, functions_have_landing_pads_where_the_machine_has_them)
{
    expect_nothing(
        shell("[ \"$(uname -m)\" = x86_64 ] || exit 0\n"
              "readelf -nW \"$SECRUN_STAGE/lib/secrun/secrun.so\" | grep -q 'IBT, SHSTK' || echo shim\n"
              "for file in secrun secrunctl; do\n"
              "  objdump -d --disassemble=main $SECRUN_STAGE/bin/$file | grep -q endbr64 || echo $file\n"
              "done"),
        "no CET");
}

Test(build, the_shim_starts_before_every_other_library)
{
    struct outcome outcome = shell("readelf -dW \"$SECRUN_STAGE/lib/secrun/secrun.so\" | grep -q INITFIRST");
    check_status(outcome, 0);
    outcome_free(&outcome);
}

/* Folder = address space and trust: the shim knows nothing of the launcher, store is pure, and so on. */
Test(build, includes_between_rooms_point_one_way)
{
    expect_nothing(
        shell("grep -nE '#include \"(base|host|store|deliver|scan|run|ctl)/' %s/shim/*.[ch] || true", TREE),
        "shim includes launcher");
    expect_nothing(
        shell("cd %s && shared=$(sed -n 's/^shared_src *:= *//p' Makefile | tr ' ' '\\n' |\n"
              "    sed -n 's,^shim/\\([a-z_]*\\)\\**\\.c)*$,\\1,p' | paste -sd'|')\n"
              "grep -rn '#include \"shim/' launcher | grep -vE \"\\\"shim/(${shared:?})\\.h\\\"\" || true",
              TREE),
        "launcher includes more of shim than what both are built of");
    expect_nothing(shell("cd %s/launcher && {\n"
                         "  grep -nE '#include \"(host|store|deliver|scan|run|ctl)/' base/*.[ch]\n"
                         "  grep -nE '#include \"(host|deliver|scan|run|ctl)/' store/*.[ch]\n"
                         "  grep -nE '#include \"(deliver|scan|run|ctl)/' host/*.[ch]\n"
                         "  grep -nE '#include \"(host|scan|run|ctl)/' deliver/*.[ch]\n"
                         "  grep -nE '#include \"(host|store|deliver|run|ctl)/' scan/*.[ch]\n"
                         "  grep -nE '#include \"(scan|ctl)/' run/*.[ch]\n"
                         "  grep -nE '#include \"run/' ctl/*.[ch]; true; }",
                         TREE),
                   "a room includes one that stands above it");
    expect_nothing(
        shell("cd %s/launcher && grep -nE '#include <(fcntl|sys/stat|sys/mman|sys/socket)\\.h>' store/*.[ch] "
              "|| true",
              TREE),
        "store is to be pure on (pointer, length)");
}

Test(build, only_the_two_mains_exit)
{
    expect_nothing(
        shell("cd %s/launcher && grep -rnE "
              "'(^|[^[:alnum:]_])(_?exit|_Exit|abort|errx?|verrx?|quick_exit)[ ]*\\(' . --include=*.c "
              "| grep -vE "
              "'^\\./(run/secrun|ctl/secrunctl)\\.c:|^\\./(deliver/tracer|host/command|inspect/"
              "asker)\\.c:.*_exit' || true",
              /* these are of the helper, and of children: processes of their own */
              TREE),
        "a module ends the process");
    expect_nothing(shell("cd %s/shim && grep -lE '\\b(m|c|re)alloc|free\\(|printf' *.c | grep -vxE "
                         "'words?(exp)?\\.c' || true",
                         TREE),
                   "the shim allocates or prints, other than for wordexp, whose caller is to free");
}

Test(build, every_file_begins_with_its_licence_and_its_purpose)
{
    expect_nothing(
        shell(
            "cd %s && for f in $(find shim launcher tests -name '*.[ch]'); do\n"
            "  head -n 1 $f | grep -q '^/\\* SPDX-License-Identifier: ISC \\*/$' || echo \"$f: no licence\"\n"
            "  sed -n 2p $f | grep -q '^/\\*' || echo \"$f: no purpose\"\n"
            "done",
            TREE),
        "first lines");
}

Test(build, install_puts_everything_below_destdir)
{
    expect_output(
        shell("make -s -C %s install BUILD=$PWD/build DESTDIR=$PWD/root PREFIX=/usr >log 2>&1 || cat log\n"
              "cd root && find . -type f | LC_ALL=C sort | grep -v -e man/ -e examples/",
              TREE),
        "./usr/bin/secrun\n./usr/bin/secrunctl\n./usr/lib/secrun/secrun.so\n"
        "./usr/share/bash-completion/completions/secrun\n./usr/share/bash-completion/completions/secrunctl\n"
        "./usr/share/doc/secrun/README.md\n"
        "./usr/share/fish/vendor_completions.d/secrun.fish\n./usr/share/fish/vendor_completions.d/"
        "secrunctl.fish\n"
        "./usr/share/zsh/site-functions/_secrun\n");
    expect_output(shell("strings -a root/usr/bin/secrun | grep -x '/.*/secrun\\.so'"),
                  "/usr/lib/secrun/secrun.so\n");
    expect_output(
        shell("make -s -C %s uninstall BUILD=$PWD/build DESTDIR=$PWD/root PREFIX=/usr && find root ! -type d",
              TREE),
        "");
}
