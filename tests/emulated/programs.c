/* SPDX-License-Identifier: ISC */
/* Makes the test programs (support/program.h) that $PROGRAMS names, before the tests run: for a guest that
 * has no compiler. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/program.h"

Test(programs, are_made)
{
    char *names = getenv("PROGRAMS");
    cr_assert_not_null(names);
    for (char *name = strtok(names, " "); name; name = strtok(NULL, " "))
        program(name);
}
