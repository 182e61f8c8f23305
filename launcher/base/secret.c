/* SPDX-License-Identifier: ISC */
/* Locked, wiped buffers: see secret.h. Runs in secrun and secrunctl; sees every secret. */
#include "base/secret.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

/* The block that small buffers share: a stack, of which a free in another order gives nothing back. */
static struct {
    unsigned char *bytes;
    size_t used, capacity;
} shared;

enum { ALIGNMENT = 16 };

static size_t aligned(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static bool is_shared(const unsigned char *bytes)
{
    return shared.bytes && bytes >= shared.bytes && bytes < shared.bytes + shared.capacity;
}

bool secret_share(size_t capacity, struct reason *why)
{
    shared.bytes = sodium_malloc(aligned(capacity));
    if (!shared.bytes)
        return fail(why, "no memory for %zu bytes", capacity);
    shared.capacity = aligned(capacity);
    shared.used = 0;
    return true;
}

void secret_unshare(void)
{
    if (shared.bytes)
        sodium_memzero(shared.bytes, shared.used);
    shared.bytes = NULL;
}

/*
 * Buffers of a megabyte and more are mapped here, since sodium_malloc writes every page twice while they
 * are made: locked, out of dumps and between guard pages in the same way, and of huge pages where there
 * are any, which is what makes a large document open in half the time.
 */
enum { LARGE = 1024 * 1024, HUGE_PAGE = 2 * 1024 * 1024 };

static size_t large_size(size_t capacity)
{
    return (capacity + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

static unsigned char *take_large(size_t capacity)
{
    size_t guard = (size_t)sysconf(_SC_PAGESIZE), size = large_size(capacity);
    size_t reserved = size + HUGE_PAGE + 2 * guard;
    unsigned char *all = mmap(NULL, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return NULL;
    size_t before = HUGE_PAGE - (uintptr_t)(all + guard) % HUGE_PAGE;
    unsigned char *bytes = all + guard + before % HUGE_PAGE;
    if (mprotect(bytes, size, PROT_READ | PROT_WRITE) != 0) {
        munmap(all, reserved);
        return NULL;
    }
    if (bytes - guard > all)
        munmap(all, (size_t)(bytes - guard - all));
    munmap(bytes + size + guard, (size_t)(all + reserved - (bytes + size + guard)));
    madvise(bytes, size, MADV_DONTDUMP);
    madvise(bytes, size, MADV_HUGEPAGE);
    mlock(bytes, capacity); /* if RLIMIT_MEMLOCK has room for it, as in sodium_malloc */
    return bytes;
}

static void give_back_large(unsigned char *bytes, size_t capacity)
{
    size_t guard = (size_t)sysconf(_SC_PAGESIZE);
    sodium_memzero(bytes, capacity);
    munmap(bytes - guard, large_size(capacity) + 2 * guard);
}

static unsigned char *take(size_t capacity)
{
    if (capacity >= LARGE)
        return capacity <= SIZE_MAX / 2 ? take_large(capacity) : NULL;
    if (shared.bytes && capacity < shared.capacity - shared.used &&
        aligned(capacity + 1) <= shared.capacity - shared.used) {
        unsigned char *bytes = shared.bytes + shared.used;
        shared.used += aligned(capacity + 1);
        return bytes;
    }
    return sodium_malloc(capacity > 0 ? capacity : 1);
}

static void give_back(unsigned char *bytes, size_t capacity)
{
    if (capacity >= LARGE) {
        give_back_large(bytes, capacity);
        return;
    }
    if (!is_shared(bytes)) {
        sodium_free(bytes);
        return;
    }
    sodium_memzero(bytes, capacity);
    if (bytes + aligned(capacity + 1) == shared.bytes + shared.used)
        shared.used -= aligned(capacity + 1);
}

bool secret_alloc(struct secret *secret, size_t capacity, struct reason *why)
{
    *secret = (struct secret){0};
    secret->bytes = take(capacity);
    if (!secret->bytes)
        return fail(why, "no memory for %zu bytes", capacity);
    secret->capacity = capacity;
    return true;
}

bool secret_reserve(struct secret *secret, size_t more, struct reason *why)
{
    if (more <= secret->capacity - secret->size)
        return true;
    if (more > SIZE_MAX / 4 - secret->size)
        return fail(why, "no memory for %zu more bytes", more);
    size_t wanted = secret->size + more;
    struct secret larger;
    if (!secret_alloc(&larger, wanted + wanted / 2 + 64, why))
        return false;
    if (secret->size > 0)
        memcpy(larger.bytes, secret->bytes, secret->size);
    larger.size = secret->size;
    secret_free(secret);
    *secret = larger;
    return true;
}

bool secret_append(struct secret *secret, const void *bytes, size_t length, struct reason *why)
{
    if (!secret_reserve(secret, length, why))
        return false;
    if (length > 0)
        memcpy(secret->bytes + secret->size, bytes, length);
    secret->size += length;
    return true;
}

bool secret_read(struct secret *secret, int fd, size_t max, const char *what, struct reason *why)
{
    struct stat status;
    size_t expected = 4096;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
        expected = (size_t)status.st_size < max ? (size_t)status.st_size : max;
    /* One byte more than expected, so that the end of a regular file needs no second allocation. */
    if (!secret_alloc(secret, expected + 1, why))
        return fail_within(why, "%s", what);
    for (;;) {
        if (secret->size == secret->capacity && !secret_reserve(secret, secret->size, why)) {
            secret_free(secret);
            return fail_within(why, "%s", what);
        }
        ssize_t got = read(fd, secret->bytes + secret->size, secret->capacity - secret->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            fail_errno(why, "%s", what);
            secret_free(secret);
            return false;
        }
        if (got == 0)
            return true;
        secret->size += (size_t)got;
        if (secret->size > max) {
            secret_free(secret);
            return fail(why, "%s: larger than %zu bytes", what, max);
        }
    }
}

void secret_free(struct secret *secret)
{
    int saved = errno;
    give_back(secret->bytes, secret->capacity);
    *secret = (struct secret){0};
    errno = saved;
}
