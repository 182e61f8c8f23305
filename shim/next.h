/* SPDX-License-Identifier: ISC */
/* Libc's own definition of a function that the shim stands in front of. Runs inside the target, wherever it
 * is, also in a signal handler or a forked child: it takes no lock. Sees no secret. */
#ifndef SECRUN_NEXT_H
#define SECRUN_NEXT_H

typedef void next_fn(void);

/*
 * The function of that name in the first object behind the shim, in the loader's order, that defines one;
 * NULL if there is none. What stands before the shim does not count, as with RTLD_NEXT: a program's own
 * function may be what has called the shim's. Found by the objects' own hash tables (gABI, "Hash Table", and
 * DT_GNU_HASH), since dlsym is not in every libc.so. *cache, null at first, keeps the answer.
 */
next_fn *next_definition(const char *name, next_fn **cache);

#endif
