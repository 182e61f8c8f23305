/* SPDX-License-Identifier: ISC */
/* What the kernel makes of a script's first line, and a loader's libc by its name. Runs in the unit tests
 * only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "shim/loading.h"

/* In memory of just that size, so that nothing can be read behind it. */
static void check(const char *line, size_t size, const char *interpreter)
{
    size_t at = 0;
    char *file = malloc(size ? size : 1);
    cr_assert_not_null(file);
    memcpy(file, line, size);
    size_t length = loading_interpreter(file, size, &at);
    cr_expect_eq(length, strlen(interpreter), "%.*s: %zu", (int)size, line, length);
    if (length == strlen(interpreter))
        cr_expect_eq(memcmp(file + at, interpreter, length), 0, "%.*s", (int)size, line);
    free(file);
}

Test(loading, the_interpreter_ends_with_a_blank_a_line_or_the_file)
{
    static const char *const lines[] = {"#!/bin/sh", "#!/bin/sh\n", "#! \t /bin/sh -e x\n", "#!/bin/sh\tx\n",
                                        "#!/bin/sh\n#!/bin/other"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        check(lines[i], strlen(lines[i]), "/bin/sh");
    check("#!/bin/sh\0/x", 12, "/bin/sh");
}

Test(loading, a_line_without_an_interpreter_has_none)
{
    static const char *const lines[] = {"", "#", "#!", "#! ", "#!\n/bin/sh", "# !/bin/sh", "/bin/sh"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        check(lines[i], strlen(lines[i]), "");
}

Test(loading, an_interpreter_that_the_kernel_would_cut_off_is_none)
{
    char line[2 * LOADING_LINE_MAX], interpreter[sizeof line] = "";
    memset(line, 'x', sizeof line);
    memcpy(line, "#!/", 3);
    check(line, LOADING_LINE_MAX, "");
    check(line, sizeof line, "");
    memcpy(interpreter, line + 2, LOADING_LINE_MAX - 3);
    check(line, LOADING_LINE_MAX - 1, interpreter);
    line[LOADING_LINE_MAX - 1] = '\n';
    check(line, sizeof line, interpreter);
}

/* --- the loader ------------------------------------------------------------------------------------- */

/* In a directory of its own, in which these links are made: name and target by turns. */
static void check_libc(const char *path, const char *libc, const char *file, const char *const *links)
{
    char directory[] = "/tmp/secrun-loading.XXXXXX", loader[ELF_INTERPRETER_MAX] = "";
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(chdir(directory), 0);
    cr_assert_eq(mkdir("lib", 0700), 0);
    for (const char *const *link = links; *link; link += 2)
        cr_assert_eq(symlink(link[1], link[0]), 0);
    snprintf(loader, sizeof loader, "%s", path);
    const char *told = loading_libc(loader);
    cr_expect_str_eq(told ? told : "none", libc, "%s", path);
    cr_expect_str_eq(loader, file, "%s", path);
    for (const char *const *link = links; *link; link += 2)
        unlink(link[0]);
    cr_expect(chdir("/") == 0);
    char lib[sizeof directory + 4];
    snprintf(lib, sizeof lib, "%s/lib", directory);
    cr_expect(rmdir(lib) == 0 && rmdir(directory) == 0);
}

#define LINKS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

Test(loading, a_loader_is_told_by_the_last_name_that_tells_anything)
{
    check_libc("ld-linux.so.2", "glibc", "ld-linux.so.2", LINKS());
    check_libc("loader", "none", "loader", LINKS());
    check_libc("loader", "glibc", "/ld-linux.so.2", LINKS("loader", "/ld-linux.so.2"));
    check_libc("loader", "glibc", "lib/../ld-linux.so.2",
               LINKS("loader", "lib/second", "lib/second", "../ld-linux.so.2"));
    check_libc("ld-linux.so.2", "musl", "lib/libc.so", LINKS("ld-linux.so.2", "lib/libc.so"));
    check_libc("ld-musl-x.so.1", "musl", "ld-musl-x.so.1", LINKS("ld-musl-x.so.1", "lib/own"));
    check_libc("loader", "glibc", "ld-linux.so.2",
               LINKS("loader", "ld-linux.so.2", "ld-linux.so.2", "ld-2.31.so"));
    check_libc("", "none", "", LINKS());
}

Test(loading, links_that_lead_nowhere_or_too_far_end)
{
    char far[2 * ELF_INTERPRETER_MAX] = "/";
    memset(far + 1, 'x', ELF_INTERPRETER_MAX - 2);
    strcat(far, "/ld-linux.so.2");
    check_libc("ld-musl-a", "musl", "ld-musl-a", LINKS("ld-musl-a", "ld-musl-b", "ld-musl-b", "ld-musl-a"));
    check_libc("own", "none", "own", LINKS("own", "own"));
    check_libc("own", "none", "own", LINKS("own", far));
    check_libc("ld-musl-a", "musl", "ld-musl-a", LINKS("ld-musl-a", far));
}
