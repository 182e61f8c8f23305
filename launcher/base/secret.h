/* SPDX-License-Identifier: ISC */
/*
 * The one type that holds plaintext and keys in the launcher: a buffer over sodium_malloc, which is
 * locked, kept out of core dumps, followed by a guard page, and wiped when freed.
 */
#ifndef SECRUN_SECRET_H
#define SECRUN_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"

/* A zeroed struct is a valid empty one. size <= capacity; bytes[size] need not be NUL. */
struct secret {
    unsigned char *bytes; /* owned */
    size_t size;          /* bytes in use */
    size_t capacity;      /* bytes allocated */
};

/*
 * From here on, buffers that fit share one locked block of `capacity` bytes, as far as it goes: setting up
 * and taking down pages for each of the handful that a start needs would be a tenth of its time. They are
 * wiped when freed as all are, but have no guard page of their own. secret_unshare wipes the block, and
 * with it every buffer that is still in it; none may be used after that.
 */
bool secret_share(size_t capacity, struct reason *why);
void secret_unshare(void);

/* Allocates capacity bytes (0 is allowed), size = 0. False and a reason if there is no memory. */
bool secret_alloc(struct secret *secret, size_t capacity, struct reason *why);

/* Makes room for `more` bytes after size; may move the bytes, wiping the old place. */
bool secret_reserve(struct secret *secret, size_t more, struct reason *why);

/* Appends length bytes, growing as needed. */
bool secret_append(struct secret *secret, const void *bytes, size_t length, struct reason *why);

/* Reads fd to its end into *secret (which it allocates). More than max bytes, or a read error, is a
 * failure that names `what`, and leaves *secret empty. */
bool secret_read(struct secret *secret, int fd, size_t max, const char *what, struct reason *why);

/* Wipes and frees; leaves a valid empty one. Fine on an empty one. errno is kept. */
void secret_free(struct secret *secret);

#endif
