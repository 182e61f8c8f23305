/* SPDX-License-Identifier: ISC */
/* Started or not: see started.h. Runs in the test programs only. */
#include "support/started.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/program.h"
#include "support/store.h"

static const char document[] = "[default]\nTOKEN = " DELIVERED "\n"
                               "[withhold]\n.include = default\n.static = withhold\n"
                               "[refuse]\n.include = default\n.static = refuse\n"
                               "[environ]\n.include = default\n.static = environ\n"
                               "[strict]\n.include = default\n.memory = secret\n"
                               "[listed]\n.inherit = go\nTOKEN = " DELIVERED "\n"
                               "[open]\n.include = default\n.dumpable = yes\n";

void started_begin(void)
{
    bool root = getuid() == 0;
    scratch_begin();
    store_make_text("store", document);
    setenv("FOUND", program("found"), 1);
    setenv("MUSL", program("found-musl"), 1);
    setenv("STATIC", program("found-static"), 1);
    setenv("ASAN", program("found-asan"), 1);
    setenv("WITHOUT", program("without-call"), 1);
    setenv("NS", root ? "unshare -m" : "unshare -rm", 1);
    setenv("ROOTLY", root ? "" : "unshare -r", 1);
    setenv("BECOME", "", 1);
}

void started_end(void)
{
    struct outcome opened = shell("chmod -R u+rwX .");
    outcome_free(&opened);
    scratch_end();
}

void started_as_ordinary(void)
{
    setenv("BECOME", scratch_to_ordinary(), 1);
}

static bool is_safe_end(const struct outcome *run)
{
    return run->status > 128 || (run->status != 0 && run->err[0] != '\0');
}

static void check_reports(const char *command, const struct outcome *run, const char *reports,
                          enum started started)
{
    bool with = strstr(reports, "TOKEN=" DELIVERED "\n"), without = strstr(reports, "TOKEN none");
    if (started == EITHER_SAFE)
        cr_expect(with != is_safe_end(run) && !without, "%s: it ended with %d, and told:\n%s%s", command,
                  run->status, reports, run->err);
    else
        cr_expect(with == (started == WITH_SECRET) && without == (started == WITHOUT_SECRET),
                  "%s: what was started told:\n%s%s", command, reports, run->err);
    cr_expect_null(strstr(reports, " is memory"), "%s: a capsule stayed open:\n%s", command, reports);
    cr_expect_null(strstr(reports, "SECRUN_CAPSULE"), "%s: a capsule stays announced:\n%s", command, reports);
}

void check_started(const char *command, int status, enum started started, const char *says)
{
    struct outcome run = shell("rm -f started; %s", command);
    struct outcome file = shell("cat started 2>&-; true");
    bool fits = status == ANY || (status == FAILS ? run.status != 0 : run.status == status);
    cr_expect(fits, "%s: exit status %d, not %d\n%s", command, run.status, status, run.err);
    check_reports(command, &run, run.out, started);
    if (file.out_size > 0 && strcmp(file.out, run.out) != 0)
        check_reports(command, &run, file.out, started);
    if (says)
        cr_expect(holds(run.err, run.err_size, says), "%s: does not say '%s':\n%s", command, says, run.err);
    else if (started != EITHER_SAFE)
        cr_expect_str_eq(run.err, "", "%s: says\n%s", command, run.err);
    outcome_free(&run);
    outcome_free(&file);
}

void check_every_way(const char *command, int status, enum started started, const char *says)
{
    static const char *const ways[][2] = {
        {"--delivery preload", "FOUND"},
        {"--delivery preload", "MUSL"},
        {"--delivery inject", "FOUND"},
        {"--delivery inject", "MUSL"},
        {"", "STATIC"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char line[4096];
        snprintf(line, sizeof line, "HOW='%s'; X=$%s; %s", ways[i][0], ways[i][1], command);
        check_started(line, status, started, says);
    }
}

void check_child(const char *options, int status, enum started started, const char *says)
{
    static const char *const parents[] = {"/bin/dash -c './x; exit $?'", "/bin/bash -c './x; exit $?'",
                                          "$FOUND spawn ./x"};
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
        char line[4096];
        snprintf(line, sizeof line, "$BECOME secrun -d store %s -- %s", options, parents[i]);
        check_started(line, status, started, says);
    }
}

void check_mounted(const char *command, int status, enum started started, const char *says)
{
    bool root = getuid() == 0;
    check_started(command, root ? status : 125, root ? started : NOT_STARTED,
                  root ? says : ": not owned by root (uid ");
}

void check_mounted_every_way(const char *command, enum started started)
{
    bool root = getuid() == 0;
    check_every_way(command, root ? 0 : 125, root ? started : NOT_STARTED,
                    root ? NULL : ": not owned by root (uid ");
}
