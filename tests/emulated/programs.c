/* SPDX-License-Identifier: ISC */
/* programs NAME...: makes these test programs (support/program.h) before the tests run, for a guest that has no
 * compiler. Fails as a test would, by a message and abort(). */
#include "support/program.h"

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        program(argv[i]);
    return 0;
}
