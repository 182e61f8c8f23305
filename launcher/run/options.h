/* SPDX-License-Identifier: ISC */
/* secrun's command line. Sees no secret: a value is never given there. */
#ifndef SECRUN_OPTIONS_H
#define SECRUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"

/* Names separated by commas, as given; several options of a kind add up. */
struct name_list {
    char **names; /* owned array of pointers into owned text */
    size_t count;
};

struct options {
    const char *directory, *sealed_file, *identity, *profile, *delivery, *user,
        *ambient; /* NULL: not given */
    struct name_list only, required;
    bool dry_run, verbose, help, version;
    /* Run by a shim, to inject into the program at this path, whose arguments are `command`; else NULL. */
    const char *handoff;
    char **command; /* null-terminated, part of argv; NULL with help or version */
};

/* Reads argv up to `--` or the command. Borrowed strings are argv's. False for a usage error. */
bool options_read(struct options *options, int argc, char **argv, struct reason *why);
void options_free(struct options *options);

bool name_list_has(const struct name_list *list, const char *name);

extern const char options_help[];

#endif
