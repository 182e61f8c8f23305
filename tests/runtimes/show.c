/* SPDX-License-Identifier: ISC */
/*
 * show NAME...: what a C program sees, by every way there is: getenv, secure_getenv, environ, and
 * main's envp. All show programs print NUL-terminated records: `look NAME=VALUE` or `none NAME` for each
 * name asked for, `list NAME=VALUE` for each variable that can be enumerated (in the language's order if
 * it has one, else sorted), then `ready`; then they wait for the end of standard input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

static void look(const char *name, const char *value)
{
    if (value)
        printf("look %s=%s%c", name, value, 0);
    else
        printf("none %s%c", name, 0);
}

int main(int argc, char **argv, char **envp)
{
    for (int i = 1; i < argc; i++) {
        look(argv[i], getenv(argv[i]));
        look(argv[i], secure_getenv(argv[i]));
    }
    for (char **entry = environ; *entry; entry++)
        printf("list %s%c", *entry, 0);
    for (char **entry = envp; *entry; entry++)
        printf("envp %s%c", *entry, 0);
    printf("ready%c", 0);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    return 0;
}
