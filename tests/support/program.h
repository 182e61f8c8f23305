/* SPDX-License-Identifier: ISC */
/* The small programs of tests/runtimes, built the first time that a test asks for one. */
#ifndef SECRUN_TESTS_PROGRAM_H
#define SECRUN_TESTS_PROGRAM_H

/*
 * The absolute path of a program, as its recipe in program.c makes it, or for a name without a recipe
 * of a copy of tests/runtimes/NAME. It lies below the stage, where the ordinary user can run it, and
 * is made again when a source is newer. Fails the test if it cannot be made: a missing compiler or
 * runtime is a failure. Valid until the next call but seven.
 */
const char *program(const char *name);

/* Writes a file in the scratch directory for the program `launch`: an environment of these entries, in
 * this order, whatever they look like. The last argument is NULL. */
void put_environment(const char *file, const char *entry, ...) __attribute__((sentinel));

#endif
