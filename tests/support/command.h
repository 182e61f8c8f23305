/* SPDX-License-Identifier: ISC */
/* What the tests need of a shell: a scratch directory a test, and commands run in it. */
#ifndef SECRUN_TESTS_COMMAND_H
#define SECRUN_TESTS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include <criterion/criterion.h>

struct outcome {
    int status;      /* exit status; 128 + signal if killed by one */
    char *out, *err; /* NUL-terminated behind their last byte; never NULL */
    size_t out_size, err_size;
};

/* Fixtures: TestSuite(name, .init = scratch_begin, .fini = scratch_end). */
void scratch_begin(void);
void scratch_end(void);
/* The scratch directory's absolute path (mode 0700, under TMPDIR or /tmp); the commands run there. */
const char *scratch(void);

/* Runs the formatted text with sh -c in the scratch directory, standard input empty, and waits.
 * SIGKILLs it after 120 seconds. PATH begins with the staged bin directory ($SECRUN_STAGE/bin). */
struct outcome shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As shell(), with bytes on its standard input. */
struct outcome shell_with_input(const void *input, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void outcome_free(struct outcome *outcome);

/* In a forked child that has its descriptors: becomes the sh -c that shell() runs. */
_Noreturn void command_become(const char *script);

/* Appends to a malloc'd text, and puts a NUL behind it; fails the test if there is no memory. */
void text_append(char **text, size_t *text_size, const void *bytes, size_t size);

/* Does haystack hold needle, as bytes? */
bool holds(const void *haystack, size_t size, const char *needle);

/* Writes a file in the scratch directory (mode 0600); fails the test if it cannot. */
void put_file(const char *name, const void *bytes, size_t size);
/* Reads a file (absolute, or in the scratch directory) whole; malloc'd, NUL behind it; fails the test
 * if it cannot. */
char *get_file(const char *name, size_t *size);

/* Root's tests run the attacker and the target under this ordinary uid; an ordinary user's under his own. */
unsigned ordinary_uid(void);
/* "setpriv …" to become that user when root, else "". Gives the scratch directory to that user. */
const char *as_ordinary(void);

/* Asserts that exit status is `expected`, and shows what was printed if not. */
#define check_status(outcome, expected)                                                                      \
    cr_assert_eq((outcome).status, (expected), "exit status %d, not %d\n--- stdout\n%s\n--- stderr\n%s",     \
                 (outcome).status, (expected), (outcome).out, (outcome).err)

#endif
