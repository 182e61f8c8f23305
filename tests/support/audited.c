/* SPDX-License-Identifier: ISC */
/* Recorded stores: see audited.h. Runs in the test programs only. */
#include "support/audited.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/store.h"

void audited_begin(void)
{
    scratch_begin();
    store_make_text("store", "[app]\nTOKEN = " AUDITED_VALUE "\nKEY = " AUDITED_OTHER "\n"
                             "[default]\nPLAIN = " AUDITED_VALUE
                             "\n[nobody]\n.allow-user = 60001\nTOKEN = " AUDITED_VALUE "\n"
                             "[strict]\nTOKEN = " AUDITED_VALUE "\nTOKEN.argv = refuse\n");
}

void audited_configure(const char *place, const char *policy)
{
    char text[512];
    snprintf(text, sizeof text, "[store]\n%s%s\n[policy]\n%s%s\n", place ? "audit-log = " : "",
             place ? place : "", policy ? "audit = " : "", policy ? policy : "");
    put_file("store/secrun.conf", text, strlen(text));
}

void audited_check_no_value(const char *log)
{
    cr_expect_null(strstr(log, AUDITED_VALUE), "%s", log);
    cr_expect_null(strstr(log, AUDITED_OTHER), "%s", log);
}

void audited_check_output(const char *command, const char *expected)
{
    struct outcome run = shell("%s", command);
    check_status(run, 0);
    cr_expect_str_eq(run.out, expected, "%s", run.out);
    cr_expect_str_eq(run.err, "", "%s", run.err);
    outcome_free(&run);
}
