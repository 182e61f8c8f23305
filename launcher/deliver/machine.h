/* SPDX-License-Identifier: ISC */
/* What injection needs of a machine. Runs in the helper of an injection (tracer.h), which sees no secret. */
#ifndef SECRUN_MACHINE_H
#define SECRUN_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { MACHINE_BOOT_SIZE = 32 }; /* bytes; a multiple of what ptrace writes at once */

/*
 * Code that is written over the entry point for a moment: it makes the mmap(2) for which machine_prepare has
 * set the registers, and jumps to what it mapped, or, where that failed, ends the process with status 125.
 */
extern const unsigned char machine_boot[MACHINE_BOOT_SIZE];

/*
 * Sets the registers of a process that stands before its first instruction: for machine_boot, to map `size`
 * bytes of code_fd, readable and executable; and for the stub (shim/stub.h). *entry is where it stands.
 * False, with errno, if it is not a process of this machine, or cannot be reached.
 */
bool machine_prepare(pid_t pid, int code_fd, size_t size, unsigned long *entry);

/* The stack pointer of a process that has been stopped. False, with errno, as above. */
bool machine_stack(pid_t pid, unsigned long *stack);

#endif
