/* SPDX-License-Identifier: ISC */
/*
 * target NAME [crash]: a program with a secret that it does not copy. Prints where the value is (address
 * and size), a line of its own heap's, and `ready`; then it waits for the end of standard input. With
 * `crash` it dies of SIGSEGV after that.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

int main(int argc, char **argv)
{
    const char *value = argc > 1 ? getenv(argv[1]) : NULL;
    if (!value)
        return 99;
    /* What a reader of memory must find, to have looked at all: made here, so that no file holds it. */
    char *control = malloc(64);
    for (int i = 0; i < 32; i++)
        control[i] = (char)('A' + i * 7 % 26);
    control[32] = '\0';
    printf("%#lx %zu\nready\n", (unsigned long)(size_t)value, strlen(value));
    fflush(stdout);
    while (getchar() != EOF)
        ;
    if (argc > 2)
        raise(SIGSEGV);
    return control[0] != 'A';
}
