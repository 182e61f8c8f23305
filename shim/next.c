/* SPDX-License-Identifier: ISC */
/*
 * The definition behind the shim's own: see next.h. Runs inside the target; sees no secret. The list of
 * objects is the one that loaders keep for debuggers. It is read without the loader's lock, which would stay
 * taken for ever in a child that was forked while another thread held it. What is started with the program
 * is never unloaded, libc is part of that, and what is loaded later comes behind it.
 */
#include "shim/next.h"

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/libc.h"

extern struct r_debug _r_debug WEAK;                               /* glibc */
extern struct r_debug *_dl_debug_addr WEAK;                        /* musl */
extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden"))); /* the shim's */

enum { VERSION_HIDDEN = 0x8000 }; /* of DT_VERSYM: not the default version */

struct wanted {
    const char *name;
    uint32_t gnu_hash, sysv_hash;
};

/* An object's tables; NULL where it has none. */
struct tables {
    const ElfW(Sym) * symbols;
    const char *strings;
    const ElfW(Half) * versions;
    const uint32_t *gnu_hash, *sysv_hash;
};

/* glibc's loader has put the address in the place of the offset; musl's has not, nor the kernel in the vDSO.
 */
static const void *table_at(const struct link_map *object, uintptr_t pointer)
{
    return (const void *)(pointer < object->l_addr ? pointer + object->l_addr : pointer);
}

static struct tables find_tables(const struct link_map *object)
{
    struct tables tables = {0};
    for (const ElfW(Dyn) *entry = object->l_ld; entry && entry->d_tag != DT_NULL; entry++) {
        uintptr_t pointer = entry->d_un.d_ptr;
        if (entry->d_tag == DT_SYMTAB)
            tables.symbols = table_at(object, pointer);
        else if (entry->d_tag == DT_STRTAB)
            tables.strings = table_at(object, pointer);
        else if (entry->d_tag == DT_VERSYM)
            tables.versions = table_at(object, pointer);
        else if (entry->d_tag == DT_GNU_HASH)
            tables.gnu_hash = table_at(object, pointer);
        else if (entry->d_tag == DT_HASH)
            tables.sysv_hash = table_at(object, pointer);
    }
    return tables;
}

/* Is it a function of that name that others may bind to? */
static bool is_definition(const struct tables *tables, uint32_t index, const char *name)
{
    const ElfW(Sym) *symbol = &tables->symbols[index];
    unsigned binding = symbol->st_info >> 4;
    if ((symbol->st_info & 15) != STT_FUNC || (binding != STB_GLOBAL && binding != STB_WEAK) ||
        symbol->st_shndx == SHN_UNDEF)
        return false;
    if (tables->versions &&
        (tables->versions[index] == VER_NDX_LOCAL || (tables->versions[index] & VERSION_HIDDEN)))
        return false;
    const char *own = tables->strings + symbol->st_name;
    while (*name && *own == *name) {
        own++;
        name++;
    }
    return *own == *name;
}

/* The symbol's index, or 0, which is never a definition's. */
static uint32_t find_by_gnu_hash(const struct tables *tables, const struct wanted *wanted)
{
    const uint32_t *table = tables->gnu_hash;
    uint32_t bucket_count = table[0], first = table[1], filter_count = table[2];
    if (bucket_count == 0)
        return 0;
    const uint32_t *buckets = table + 4 + filter_count * (sizeof(ElfW(Addr)) / sizeof *table);
    const uint32_t *hashes = buckets + bucket_count;
    uint32_t index = buckets[wanted->gnu_hash % bucket_count];
    for (; index != 0 && index >= first; index++) {
        uint32_t hash = hashes[index - first];
        if ((hash | 1) == (wanted->gnu_hash | 1) && is_definition(tables, index, wanted->name))
            return index;
        if (hash & 1) /* the last of its bucket */
            return 0;
    }
    return 0;
}

static uint32_t find_by_sysv_hash(const struct tables *tables, const struct wanted *wanted)
{
    const uint32_t *table = tables->sysv_hash;
    uint32_t bucket_count = table[0], left = table[1];
    if (bucket_count == 0)
        return 0;
    const uint32_t *buckets = table + 2;
    const uint32_t *chains = buckets + bucket_count;
    uint32_t index = buckets[wanted->sysv_hash % bucket_count];
    for (; index != 0 && left > 0; index = chains[index], left--)
        if (is_definition(tables, index, wanted->name))
            return index;
    return 0;
}

static next_fn *find_in(const struct link_map *object, const struct wanted *wanted)
{
    struct tables tables = find_tables(object);
    uint32_t index = 0;
    if (tables.symbols && tables.strings && tables.gnu_hash)
        index = find_by_gnu_hash(&tables, wanted);
    else if (tables.symbols && tables.strings && tables.sysv_hash)
        index = find_by_sysv_hash(&tables, wanted);
    return index ? (next_fn *)(object->l_addr + tables.symbols[index].st_value) : NULL;
}

static const struct link_map *next_object(const struct link_map *object)
{
    return __atomic_load_n(&object->l_next, __ATOMIC_ACQUIRE);
}

static const struct link_map *find_shim(void)
{
    const struct r_debug *loader = &_r_debug;
    if (!loader && &_dl_debug_addr)
        loader = _dl_debug_addr;
    const struct link_map *object = loader ? loader->r_map : NULL;
    while (object && object->l_ld != _DYNAMIC)
        object = next_object(object);
    return object;
}

static uint32_t gnu_hash(const char *name)
{
    uint32_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

static uint32_t sysv_hash(const char *name)
{
    uint32_t hash = 0;
    for (; *name; name++) {
        hash = (hash << 4) + (unsigned char)*name;
        hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
    }
    return hash;
}

next_fn *next_definition(const char *name, next_fn **cache)
{
    next_fn *found = __atomic_load_n(cache, __ATOMIC_RELAXED);
    if (found)
        return found;
    const struct wanted wanted = {.name = name, .gnu_hash = gnu_hash(name), .sysv_hash = sysv_hash(name)};
    const struct link_map *object = find_shim();
    while (object && !found)
        if ((object = next_object(object)))
            found = find_in(object, &wanted);
    __atomic_store_n(cache, found, __ATOMIC_RELAXED);
    return found;
}
