/* SPDX-License-Identifier: ISC */
/* What differs from machine to machine: one file each, machine_MACHINE.c. Runs in the helper of an injection
 * (tracer.h), which sees no secret. */
#ifndef SECRUN_MACHINE_INTERNAL_H
#define SECRUN_MACHINE_INTERNAL_H

#include <sys/user.h>

#include "deliver/machine.h"

/* Registers of a process that has been stopped. */
unsigned long machine_stack_in(const struct user_regs_struct *registers);
unsigned long machine_entry_in(const struct user_regs_struct *registers);

/* Sets them for machine_boot and the stub, as machine_prepare does. */
void machine_set(struct user_regs_struct *registers, int code_fd, size_t size);

#endif
