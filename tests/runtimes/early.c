/* SPDX-License-Identifier: ISC */
/*
 * early: what getenv finds before main, in the order of starting: a preinit function of the program
 * (which musl does not call), a library's constructor, the program's own constructor, main.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char early_found[];

static char preinit_found[128] = "not called", constructor_found[128];

static void on_preinit(void)
{
    const char *value = getenv("PLAIN");
    strcpy(preinit_found, value ? "" : "none");
    strncat(preinit_found, value ? value : "", 100);
}

__attribute__((section(".preinit_array"), used)) static void (*const preinit)(void) = on_preinit;

__attribute__((constructor)) static void on_load(void)
{
    const char *value = getenv("PLAIN");
    strncat(constructor_found, value ? value : "none", 100);
}

int main(void)
{
    const char *value = getenv("PLAIN");
    printf("preinit: %s\nlibrary: %s\nconstructor: %s\nmain: %s\n", preinit_found, early_found,
           constructor_found, value ? value : "none");
    return 0;
}
