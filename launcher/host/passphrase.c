/* SPDX-License-Identifier: ISC */
/* Asking for a passphrase: see passphrase.h. Runs in secrun and secrunctl; sees it. */
#include "host/passphrase.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <bsd/readpassphrase.h>

enum { PASSPHRASE_MAX = 1024 };

bool passphrase_ask(const char *path, struct secret *passphrase, struct reason *why)
{
    char prompt[PATH_MAX + 32];
    if (!secret_alloc(passphrase, PASSPHRASE_MAX, why))
        return false;
    snprintf(prompt, sizeof prompt, "Passphrase for %s: ", path);
    if (readpassphrase(prompt, (char *)passphrase->bytes, PASSPHRASE_MAX, RPP_REQUIRE_TTY | RPP_ECHO_OFF)) {
        passphrase->size = strlen((const char *)passphrase->bytes);
        return true;
    }
    secret_free(passphrase);
    return fail(why, "%s: protected with a passphrase, and there is no terminal to ask on", path);
}
