/* SPDX-License-Identifier: ISC */
/*
 * The stub: a few KiB of code that an injection (launcher/deliver/inject.h) maps into a program that no
 * preload reaches, and that does there what the shim's constructor does elsewhere. This is what the two sides
 * agree on; the code of each machine is in stub_MACHINE.h.
 *
 * It is entered at its first byte, with the stack as execve laid it out, and in the registers that
 * stub_MACHINE.h names the program's entry point and the descriptor of this code. It stops itself by a
 * SIGSTOP that it sends itself, which the helper takes as the sign to take its hands off: to put the bytes at
 * the entry point back, detach, and end. It waits for that end, takes the capsule, and enters the program
 * with all registers as after execve.
 */
#ifndef SECRUN_STUB_H
#define SECRUN_STUB_H

/* Called by the entry code. stack: argc, argv, environment, auxiliary vector. Returns when all is done. */
void stub_run(long *stack, int code_fd);

#endif
