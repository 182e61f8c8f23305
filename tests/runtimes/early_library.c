/* SPDX-License-Identifier: ISC */
/*
 * A library that a program is linked with, or that is preloaded into it: its constructor asks for
 * variables before main, and says what it found if SHOW_EARLY is set.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char early_found[256];

__attribute__((constructor)) static void on_load(void)
{
    const char *value = getenv("PLAIN"), *user = getenv("USER");
    strncat(early_found, value ? value : "none", 100);
    strcat(early_found, " ");
    strncat(early_found, user ? user : "none", 100);
    if (getenv("SHOW_EARLY"))
        fprintf(stderr, "early: %s\n", early_found);
}
