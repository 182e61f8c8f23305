/* SPDX-License-Identifier: ISC */
/* Tests of scans: see scans.h. */
#include "support/scans.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"

void check_scan(const char *folder, const char *command, int status, const char *lines)
{
    struct outcome run =
        shell("here=$PWD; cd %s; (%s) >\"$here/out\" 2>\"$here/err\"; status=$?; cd \"$here\"\n"
              "LC_ALL=C sort out; exit $status",
              folder, command);
    char *err = get_file("err", NULL);
    cr_assert_eq(run.status, status, "%s: exit status %d\n%s%s", command, run.status, run.out, err);
    cr_expect_str_eq(run.out, lines, "%s:\n%s%s", command, run.out, err);
    cr_expect(!strstr(run.out, SCANS_PIECE) && !strstr(err, SCANS_PIECE), "%s shows a value:\n%s%s", command,
              run.out, err);
    free(err);
    outcome_free(&run);
}

void run_in(const char *folder, const char *commands)
{
    struct outcome run = shell("cd %s && { %s; }", folder, commands);
    check_status(run, 0);
    outcome_free(&run);
}
