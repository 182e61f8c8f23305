/* SPDX-License-Identifier: ISC */
/* What the files of elf.h share. Built into the launcher and the shim; sees no secret. */
#ifndef SECRUN_ELF_INTERNAL_H
#define SECRUN_ELF_INTERNAL_H

#include <elf.h>

#include "shim/elf.h"

enum { ELF_TABLE_CHUNK = 13 * sizeof(Elf64_Phdr) }; /* bytes; the segments of most programs */

/* Is [offset, offset + size) inside the file? */
static inline bool elf_inside(const struct elf_file *file, uint64_t offset, uint64_t size)
{
    return offset <= file->size && size <= file->size - offset;
}

/* Entries of one size, which the caller has held against the file; read as many at once as the stack of a
 * signal handler bears. Begins again where index is set to 0. */
struct elf_table {
    const struct elf_file *file;
    uint64_t offset, count; /* of all of it */
    size_t entry_size;
    uint64_t index; /* of the next */
    bool failed;    /* a read did */
    uint64_t first; /* what the chunk holds */
    size_t held;
    _Alignas(8) unsigned char chunk[ELF_TABLE_CHUNK];
};

/* NULL behind the last and where a read failed. Valid until the next call. */
const void *elf_table_next(struct elf_table *table);

bool elf_begins_with(const char *text, const char *prefix);

/* Fills in what a dynamic segment says. Both have been held against the file, and so have the segments that
 * are loaded. Returns NULL, or what is wrong. */
const char *elf_read_dynamic(struct elf_table *segments, const Elf64_Phdr *dynamic, struct elf_facts *facts);

/* Is there a section with what Go says of a build? Sections that cannot be read are none. */
bool elf_has_go_section(const struct elf_file *file, const Elf64_Ehdr *header);

#endif
