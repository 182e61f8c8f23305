/* SPDX-License-Identifier: ISC */
/* secrunctl get and unset: one value out, or away with all that was said about it. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"

#define DOCUMENT                                                                                             \
    "# top\n"                                                                                                \
    "[common]\n"                                                                                             \
    "SHARED = shared\n"                                                                                      \
    "BOTH = of common\n"                                                                                     \
    "[app]\n"                                                                                                \
    ".include = common\n"                                                                                    \
    "# about BOTH\n"                                                                                         \
    "BOTH = of app\n"                                                                                        \
    "KEY = hunter2\n"                                                                                        \
    "KEY.max-age = 90d\n"                                                                                    \
    "LINES = one\n"                                                                                          \
    "  two\n"                                                                                                \
    "KEY.note = stands apart\n"                                                                              \
    "LAST = last\n"

static void begin(void)
{
    ctl_begin();
    ctl_seal(DOCUMENT);
}

TestSuite(ctl_get, .init = begin, .fini = scratch_end, .timeout = 300);

Test(ctl_get, prints_what_a_run_of_the_profile_would_get)
{
    ctl_check("secrunctl get -p app KEY", "hunter2");
    ctl_check("secrunctl get -p app LINES", "one\ntwo");
    ctl_check("secrunctl get -p app SHARED", "shared");
    ctl_check("secrunctl get -p app BOTH", "of app");
    ctl_check("secrunctl get -p common BOTH", "of common");
    ctl_check("secrun -p app -- printenv SHARED BOTH", "shared\nof app\n");
}

Test(ctl_get, says_no_to_what_is_not_there)
{
    ctl_check_refused("secrunctl get -p app NONE", 1, "[app] has no secret NONE\n");
    ctl_check_refused("secrunctl get -p common KEY", 1, "[common] has no secret KEY\n");
    ctl_check_refused("secrunctl get KEY", 1,
                      "no profile [default]\nsecrunctl: hint: there are: common app\n");
    ctl_check_refused("secrunctl get -p app KEY.note", 1, "[app] has no secret KEY.note\n");
    ctl_check_refused("secrunctl get -p \"$(printf 'a\\033[2Jb')\" KEY", 1, "no profile [a?[2Jb]\n");
    ctl_check_refused("secrunctl get -p app", 2, "get: an operand is missing\n");
    ctl_check_refused("secrunctl get -p app KEY LAST", 2, "get: too many operands\n");
}

Test(ctl_get, fails_when_its_output_does_not_get_through)
{
    ctl_check_refused("secrunctl get -p app KEY >/dev/full", 1, "standard output: No space left");
    ctl_check_refused("secrunctl get -p app KEY >&-", 1, "standard output: ");
}

Test(ctl_get, gets_by_without_standard_descriptors)
{
    ctl_check("secrunctl set -p app NEW --generate <&- >&- 2>&- && secrunctl get -p app NEW | wc -c\n"
              "secrunctl get -p app KEY <&- 2>&-; secrunctl get -p app NONE <&- >&- 2>&-; echo $?",
              "43\nhunter21\n");
}

TestSuite(ctl_unset, .init = begin, .fini = scratch_end, .timeout = 300);

Test(ctl_unset, removes_secrets_with_their_attributes_and_nothing_else)
{
    ctl_check("secrunctl unset -p app KEY LINES", "");
    char *document = ctl_open();
    cr_expect_str_eq(document,
                     "# top\n[common]\nSHARED = shared\nBOTH = of common\n[app]\n.include = common\n"
                     "# about BOTH\nBOTH = of app\nLAST = last\n");
    free(document);
}

Test(ctl_unset, lets_an_included_value_be_seen_again)
{
    ctl_check("secrunctl unset -p app BOTH; secrunctl get -p app BOTH", "of common");
}

Test(ctl_unset, removes_all_or_none)
{
    ctl_check_refused("secrunctl unset -p app KEY NONE", 1,
                      "[app] has no secret NONE\nsecrunctl: hint: nothing was removed");
    ctl_check_refused("secrunctl unset -p app SHARED", 1, "[app] has no secret SHARED\n");
    ctl_check_refused("secrunctl unset -p none KEY", 1, "no profile [none]\n");
    ctl_check_refused("secrunctl unset -p app KEY KEY", 2, "KEY is named twice\n");
    ctl_check_refused("secrunctl unset -p app KEY.note", 2, "");
    ctl_check_refused("secrunctl unset -p app", 2, "unset: an operand is missing\n");
}

Test(ctl_unset, leaves_a_profile_without_secrets)
{
    ctl_seal("[app]\nKEY = hunter2\n");
    ctl_check("secrunctl unset -p app KEY; secrunctl list | tail -n 1; echo 1 | secrunctl set -p app KEY\n"
              "secrunctl get -p app KEY; secrunctl export --format ini | grep -c '^.app'",
              "[app]\n11\n");
}
