/* SPDX-License-Identifier: ISC */
/* The target's environment array: finding it, and repointing slots at secrets. Runs inside the target. */
#ifndef SECRUN_ENVIRON_H
#define SECRUN_ENVIRON_H

#include <stdbool.h>

#include "shim/capsule.h"

/*
 * libc's variable that points at the array now in use, or NULL where there is no libc (yet). It is
 * what setenv, putenv and clearenv change. Usable before the shim has been relocated.
 */
char ***environ_variable(void);

/* The value of the first NAME=value in a null-terminated array whose name is `name` (not empty), or NULL. */
char *environ_scan(char *const *array, const char *name);

/* May this entry of the block given to execve be repointed: is it a slot or a carrier? */
bool environ_is_slot(const char *entry);

/*
 * Points array[place] at the string of every entry, and ends the array behind what the program is to see.
 * Returns NULL, or, having changed nothing, what is wrong: the array is not the one that the capsule was made
 * for.
 */
const char *environ_patch(char **array, const struct capsule_header *capsule);

#endif
