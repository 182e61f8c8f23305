/* SPDX-License-Identifier: ISC */
/*
 * Stores for tests of the launcher, made by the real age(1) and age-keygen(1), so that nothing of
 * secrun's own has a part in what is being tested.
 */
#ifndef SECRUN_TESTS_STORE_H
#define SECRUN_TESTS_STORE_H

#include <stdbool.h>
#include <stddef.h>

/* Makes a store (mode 0700) of that name in the scratch directory: a new machine.key (0600), and
 * secrets.age with the document's text. Fails the test if it cannot. */
void store_make(const char *name, const void *document, size_t size);

/* The same for a text without NUL. */
void store_make_text(const char *name, const char *document);

/*
 * Does this kernel give out secret memory (memfd_secret)? Where it does not (before Linux 5.14, or before
 * 6.5 without secretmem.enable=1), a test of what it does cannot be done; asserts that secrun's dry run
 * with the store of that name tells the same.
 */
bool store_has_secret_memory(const char *name);

/* Gives all that is in the scratch directory to the ordinary user, and returns what as_ordinary()
 * does: the words in front of a command that make it his. From then on root's own secrun refuses
 * the stores there, since another user owns them. */
const char *scratch_to_ordinary(void);

#endif
