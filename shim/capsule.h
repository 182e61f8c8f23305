/* SPDX-License-Identifier: ISC */
/*
 * The capsule: the block of memory by which secrets reach a program across execve. One contiguous block,
 * offsets from its beginning instead of pointers, so that it may be mapped anywhere. Written by the launcher
 * for the target, and by the shim in a target for each child; read by the shim; holds secrets. The reader
 * trusts nothing.
 *
 *   header | entries | buckets by name | buckets by value | program lists | strings, in the order of the
 * entries
 *
 * Entries that have a place in the environment stand first, in the order of their places; then those that are
 * hidden (no place, but found by name), then those that are only known (to be recognised).
 */
#ifndef SECRUN_CAPSULE_H
#define SECRUN_CAPSULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAPSULE_MAGIC   "\x7fsecrun\n"
#define CAPSULE_VERSION 3u

enum { CAPSULE_SIZE_MAX = 64 * 1024 * 1024 }; /* bytes */

/* Environment variables between launcher and shim. CAPSULE_VARIABLE holds a descriptor in decimal, and where
 * secrun has left a child that traced the start, a comma and its process, to be waited for. */
#define CAPSULE_VARIABLE "SECRUN_CAPSULE"
#define PRELOAD_VARIABLE "LD_PRELOAD"

/* The ELF note by which a static program says that it takes a capsule by itself, as secrun does. */
#define CAPSULE_NOTE_NAME "secrun"
#define CAPSULE_NOTE_TYPE 1u /* its descriptor is the CAPSULE_VERSION that it takes, in 4 bytes */

/* Header flags */
#define CAPSULE_DUMPABLE    1u /* leave dumpable and the core limit as they are */
#define CAPSULE_SECRET_ONLY 2u /* capsules for children are in memfd_secret, or they are not started */
#define CAPSULE_VERBOSE     4u /* say on standard error what a child is not given */
#define CAPSULE_FLAGS       (CAPSULE_DUMPABLE | CAPSULE_SECRET_ONLY | CAPSULE_VERBOSE)

struct capsule_header {
    uint8_t magic[8];
    uint32_t version;
    uint32_t flags;
    uint32_t size;        /* of the whole capsule, in bytes */
    uint32_t place_count; /* entries of the environment block that was given to execve */
    uint32_t seen_count;  /* how many of these, the first, the program is to see */
    uint32_t entry_count;
    uint32_t name_count;  /* buckets by name: a power of two, above the number of entries in them */
    uint32_t value_count; /* buckets by value: likewise */
    uint32_t entries;     /* offset of struct capsule_entry[entry_count] */
    uint32_t names;       /* offset of uint32_t[name_count] */
    uint32_t values;      /* offset of uint32_t[value_count] */
    uint32_t lists;       /* offset of the program lists */
    uint32_t lists_size;  /* bytes */
    uint32_t strings;     /* offset of the first string */
    uint64_t filter[64];  /* a bit for the hash of each value by which it is found: most texts hold none */
};

/* A string, most often `NAME=value`: one entry of the environment that the program is to see, or a secret
 * that is in no environment. */
struct capsule_entry {
    uint32_t string;    /* offset of its bytes and a NUL */
    uint32_t size;      /* bytes, without the NUL */
    uint32_t name_size; /* bytes before the first '='; 0 if there is none, or nothing before it */
    uint32_t place;     /* its index in the environment array, or CAPSULE_NO_PLACE */
    uint32_t hash;      /* capsule_hash of the name */
    uint32_t flags;
    uint32_t list; /* the programs that may have it: 1 + an offset into the program lists; 0: no list */
};

#define CAPSULE_NO_PLACE UINT32_MAX

/* Entry flags */
#define CAPSULE_INDEXED     1u  /* found by name: it is the first of its name in the environment, or hidden */
#define CAPSULE_VALUE       2u  /* its value is a secret's, to be recognised wherever it turns up */
#define CAPSULE_TREE        4u  /* any process of the tree may have it */
#define CAPSULE_KEEP        8u  /* this process keeps it when it runs another program */
#define CAPSULE_ARGV_ALLOW  16u /* its value may stand in an argument list, */
#define CAPSULE_ARGV_REFUSE 32u /* must not; neither: is warned of */
/* What happens to it where a program is to be run that no preload reaches; none of these: it is injected. */
#define CAPSULE_STATIC_WITHHOLD 64u  /* the program runs without it, */
#define CAPSULE_STATIC_REFUSE   128u /* is not run, */
#define CAPSULE_STATIC_ENVIRON  256u /* or has it in its plain environment */
#define CAPSULE_STATICS         (CAPSULE_STATIC_WITHHOLD | CAPSULE_STATIC_REFUSE | CAPSULE_STATIC_ENVIRON)
#define CAPSULE_ENTRY_FLAGS     511u

/* Shorter values are recognised together with their names only. */
enum { CAPSULE_VALUE_MIN = 8 }; /* bytes */

#define CAPSULE_ASSERT(type, member, at) _Static_assert(offsetof(struct type, member) == (at), #member)
CAPSULE_ASSERT(capsule_header, magic, 0);
CAPSULE_ASSERT(capsule_header, version, 8);
CAPSULE_ASSERT(capsule_header, flags, 12);
CAPSULE_ASSERT(capsule_header, size, 16);
CAPSULE_ASSERT(capsule_header, place_count, 20);
CAPSULE_ASSERT(capsule_header, seen_count, 24);
CAPSULE_ASSERT(capsule_header, entry_count, 28);
CAPSULE_ASSERT(capsule_header, name_count, 32);
CAPSULE_ASSERT(capsule_header, value_count, 36);
CAPSULE_ASSERT(capsule_header, entries, 40);
CAPSULE_ASSERT(capsule_header, names, 44);
CAPSULE_ASSERT(capsule_header, values, 48);
CAPSULE_ASSERT(capsule_header, lists, 52);
CAPSULE_ASSERT(capsule_header, lists_size, 56);
CAPSULE_ASSERT(capsule_header, strings, 60);
CAPSULE_ASSERT(capsule_header, filter, 64);
_Static_assert(sizeof(struct capsule_header) == 576, "header");
CAPSULE_ASSERT(capsule_entry, string, 0);
CAPSULE_ASSERT(capsule_entry, size, 4);
CAPSULE_ASSERT(capsule_entry, name_size, 8);
CAPSULE_ASSERT(capsule_entry, place, 12);
CAPSULE_ASSERT(capsule_entry, hash, 16);
CAPSULE_ASSERT(capsule_entry, flags, 20);
CAPSULE_ASSERT(capsule_entry, list, 24);
_Static_assert(sizeof(struct capsule_entry) == 28, "entry");

/*
 * Is this a whole, well-formed capsule of exactly `size` bytes? Pure on (pointer, length); the block
 * must be aligned to 8. Returns NULL if it is, else what is wrong in a few words. After NULL, every
 * offset, size and bucket in it can be used without a further check, each indexed name is found once by
 * capsule_find, each value of CAPSULE_VALUE_MIN bytes by capsule_match, strings do not overlap, each ends
 * with a NUL, and every list ends.
 */
const char *capsule_check(const void *block, size_t size);

/* The indexed entry of that name, or NULL. hash is capsule_hash(name, size). Only after capsule_check. */
const struct capsule_entry *capsule_find(const struct capsule_header *capsule, const char *name, size_t size,
                                         uint32_t hash);

/* A fast hash over all bytes of a name. Not keyed: names are the operator's own. */
uint32_t capsule_hash(const char *name, size_t size);

/* Walks over the secret values of a capsule that stand in a text. */
struct capsule_match {
    const struct capsule_header *capsule;
    const char *text;
    size_t size;
    size_t at;       /* where in the text, */
    uint32_t bucket; /* and where in its chain of buckets to go on: */
    bool is_short;   /* that of the values below 16 bytes, which comes second */
};

void capsule_match_begin(struct capsule_match *match, const struct capsule_header *capsule, const char *text,
                         size_t size);

/*
 * The next entry whose value, of CAPSULE_VALUE_MIN bytes or more, stands in the text; NULL after the last.
 * One may come up several times. Time: a few machine instructions a byte of text, whatever the number of
 * secrets.
 */
const struct capsule_entry *capsule_match_next(struct capsule_match *match);

/* Every bit of the word tells on every bit of the result: the two halves of its product with 2^64 over the
 * golden ratio. Names and keys often differ in their last bytes alone. */
static inline uint64_t capsule_mix(uint64_t word)
{
    __extension__ unsigned __int128 product = (unsigned __int128)word * 0x9e3779b97f4a7c15u;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * Of the first 16 bytes of a value, or of the first CAPSULE_VALUE_MIN where there are no 16, or in a text.
 * Its remainder is the bucket to begin at: keys often begin alike, and so 8 bytes would not tell them apart.
 * The upper 12 bits of that of 8 bytes are the bit of the filter.
 */
static inline uint32_t capsule_value_hash(const char *value, size_t size)
{
    uint64_t word, hash;
    __builtin_memcpy(&word, value, sizeof word);
    hash = capsule_mix(word);
    if (size < 16)
        return (uint32_t)(hash >> 32);
    __builtin_memcpy(&word, value + 8, sizeof word);
    return (uint32_t)(capsule_mix(hash ^ word) >> 32);
}

static inline bool capsule_may_hold(const struct capsule_header *capsule, const char *text)
{
    uint32_t hash = capsule_value_hash(text, CAPSULE_VALUE_MIN);
    return capsule->filter[hash >> 26] >> (hash >> 20 & 63) & 1;
}

static inline const struct capsule_entry *capsule_entries(const struct capsule_header *capsule)
{
    return (const struct capsule_entry *)(const void *)((const char *)capsule + capsule->entries);
}

static inline const uint32_t *capsule_names(const struct capsule_header *capsule)
{
    return (const uint32_t *)(const void *)((const char *)capsule + capsule->names);
}

static inline const uint32_t *capsule_values(const struct capsule_header *capsule)
{
    return (const uint32_t *)(const void *)((const char *)capsule + capsule->values);
}

static inline const char *capsule_string(const struct capsule_header *capsule,
                                         const struct capsule_entry *entry)
{
    return (const char *)capsule + entry->string;
}

/* The value: what stands behind `NAME=`, or the whole string where there is no name. */
static inline const char *capsule_value(const struct capsule_header *capsule,
                                        const struct capsule_entry *entry, size_t *size)
{
    uint32_t skip = entry->name_size > 0 ? entry->name_size + 1 : 0;
    *size = entry->size - skip;
    return capsule_string(capsule, entry) + skip;
}

/* The programs of an entry's list: strings one behind the other, up to an empty one. */
static inline const char *capsule_list(const struct capsule_header *capsule,
                                       const struct capsule_entry *entry)
{
    return entry->list > 0 ? (const char *)capsule + capsule->lists + (entry->list - 1) : "";
}

#endif
