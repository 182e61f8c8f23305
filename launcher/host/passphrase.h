/* SPDX-License-Identifier: ISC */
/* Asking for a passphrase. Holds one. */
#ifndef SECRUN_PASSPHRASE_H
#define SECRUN_PASSPHRASE_H

#include <stdbool.h>

#include "base/reason.h"
#include "base/secret.h"

/* Asks for that of a file, on the terminal and nowhere else, without echo. The caller frees *passphrase. */
bool passphrase_ask(const char *path, struct secret *passphrase, struct reason *why);

#endif
