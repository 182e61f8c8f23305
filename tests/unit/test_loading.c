/* SPDX-License-Identifier: ISC */
/* What the kernel makes of a script's first line. Runs in the unit tests only. */
#include <stdlib.h>
#include <string.h>

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
