/* SPDX-License-Identifier: ISC */
/*
 * The capsule: the block of memory by which the launcher hands secrets to the target. One contiguous
 * block, offsets from its beginning instead of pointers, so that it may be mapped anywhere. Written by
 * the launcher, read by the shim inside the target; holds secrets. The reader trusts nothing.
 *
 *   header | entries, in the order of their places | buckets | strings, in the order of the entries
 */
#ifndef SECRUN_CAPSULE_H
#define SECRUN_CAPSULE_H

#include <stddef.h>
#include <stdint.h>

#define CAPSULE_MAGIC   "\x7fsecrun\n"
#define CAPSULE_VERSION 1u

enum { CAPSULE_SIZE_MAX = 64 * 1024 * 1024 }; /* bytes */

/* Environment variables between launcher and shim. CAPSULE_VARIABLE holds a descriptor in decimal. */
#define CAPSULE_VARIABLE "SECRUN_CAPSULE"
#define PRELOAD_VARIABLE "LD_PRELOAD"

/* Header flags */
#define CAPSULE_DUMPABLE 1u /* leave dumpable and the core limit as they are */

struct capsule_header {
    uint8_t magic[8];
    uint32_t version;
    uint32_t flags;
    uint32_t size; /* of the whole capsule, in bytes */
    uint32_t entry_count;
    uint32_t bucket_count; /* a power of two, above entry_count */
    uint32_t place_count;  /* entries of the environment block that was given to execve */
    uint32_t entries;      /* offset of struct capsule_entry[entry_count] */
    uint32_t buckets;      /* offset of uint32_t[bucket_count] */
    uint32_t strings;      /* offset of the first string */
    uint32_t strings_size; /* bytes */
};

/* One entry of the environment that the target is to see. */
struct capsule_entry {
    uint32_t string;     /* offset of `NAME=value\0` */
    uint32_t name_size;  /* bytes, without '=' */
    uint32_t value_size; /* bytes, without the NUL */
    uint32_t place;      /* its index in the environment array; ascending */
    uint32_t hash;       /* capsule_hash of the name */
    uint32_t flags;
};

/* Entry flags */
#define CAPSULE_SECRET 1u /* else an inherited variable whose place a carrier has taken */

#define CAPSULE_ASSERT(type, member, at) _Static_assert(offsetof(struct type, member) == (at), #member)
CAPSULE_ASSERT(capsule_header, magic, 0);
CAPSULE_ASSERT(capsule_header, version, 8);
CAPSULE_ASSERT(capsule_header, flags, 12);
CAPSULE_ASSERT(capsule_header, size, 16);
CAPSULE_ASSERT(capsule_header, entry_count, 20);
CAPSULE_ASSERT(capsule_header, bucket_count, 24);
CAPSULE_ASSERT(capsule_header, place_count, 28);
CAPSULE_ASSERT(capsule_header, entries, 32);
CAPSULE_ASSERT(capsule_header, buckets, 36);
CAPSULE_ASSERT(capsule_header, strings, 40);
CAPSULE_ASSERT(capsule_header, strings_size, 44);
_Static_assert(sizeof(struct capsule_header) == 48, "header");
CAPSULE_ASSERT(capsule_entry, string, 0);
CAPSULE_ASSERT(capsule_entry, name_size, 4);
CAPSULE_ASSERT(capsule_entry, value_size, 8);
CAPSULE_ASSERT(capsule_entry, place, 12);
CAPSULE_ASSERT(capsule_entry, hash, 16);
CAPSULE_ASSERT(capsule_entry, flags, 20);
_Static_assert(sizeof(struct capsule_entry) == 24, "entry");

/*
 * Is this a whole, well-formed capsule of exactly `size` bytes? Pure on (pointer, length); the block
 * must be aligned to 8. Returns NULL if it is, else what is wrong in a few words. After NULL, every
 * offset, size and bucket in it can be used without a further check, each name is found once by
 * capsule_find, strings do not overlap, and each ends with a NUL.
 */
const char *capsule_check(const void *block, size_t size);

/* The entry of that name, or NULL. hash is capsule_hash(name, size). Only after capsule_check. */
const struct capsule_entry *capsule_find(const struct capsule_header *capsule, const char *name, size_t size,
                                         uint32_t hash);

/* A fast hash over all bytes of a name. Not keyed: names are the operator's own. */
uint32_t capsule_hash(const char *name, size_t size);

static inline const struct capsule_entry *capsule_entries(const struct capsule_header *capsule)
{
    return (const struct capsule_entry *)(const void *)((const char *)capsule + capsule->entries);
}

static inline const uint32_t *capsule_buckets(const struct capsule_header *capsule)
{
    return (const uint32_t *)(const void *)((const char *)capsule + capsule->buckets);
}

static inline const char *capsule_string(const struct capsule_header *capsule,
                                         const struct capsule_entry *entry)
{
    return (const char *)capsule + entry->string;
}

#endif
