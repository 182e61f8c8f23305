/* SPDX-License-Identifier: ISC */
/* What the kernel and the loaders make of a program, beside what its headers say (elf.h). Built into the
 * launcher and the shim; sees no secret. */
#ifndef SECRUN_LOADING_H
#define SECRUN_LOADING_H

#include <stddef.h>
#include <stdint.h>

#include "shim/elf.h"

enum { LOADING_LINE_MAX = 256 }; /* bytes the kernel reads of a script's first line: BINPRM_BUF_SIZE */

/* Bytes of the interpreter's path in a first line "#! /path [argument]", and *at where it begins; 0 if there
 * is none. size: of the file, or as much of it as there is. */
size_t loading_interpreter(const char *file, size_t size, size_t *at);

/* "set-uid", "set-gid", "has file capabilities", or NULL: the kernel then tells the loader to trust nothing
 * (AT_SECURE), and it says nothing of what it drops. mode: of the open file, st_mode. */
const char *loading_privilege(int fd, uint32_t mode);

/*
 * Which libc's loader that is, as elf_libc tells it by its name. A link may have any name (one to musl's that
 * is called like glibc's, or either called like neither): of all the names on the way to the file itself the
 * last one counts that tells anything, and *path becomes that. It takes no /proc.
 */
const char *loading_libc(char path[static ELF_INTERPRETER_MAX]);

/* The limit that leaves a loader no room for the shim beside that memory of the program and the loader, which
 * it says nothing of: RLIMIT_AS or RLIMIT_DATA; -1 if there is none. */
int loading_limit(const struct elf_memory *memory);

#endif
