/* SPDX-License-Identifier: ISC */
/* witness SOCKET [LABEL [ANYTHING…]]: where a chain of programs ends; tells the leak matrix which environment
 * reached it (witness.h). */
#include "witness.h"

int main(int argc, char **argv)
{
    return argc < 2 ? 99 : witness_report(argv[1], argc > 2 ? argv[2] : "");
}
