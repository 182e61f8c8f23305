/* SPDX-License-Identifier: ISC */
/*
 * ELF programs that are in memory as a whole, where a look at the section headers costs nothing: see elf.h.
 * Runs in secrun, often as root, on a file that may be hostile. It MUST ensure that no offset, size or index
 * from the file is used before it has been held against the file's length.
 */
#include "shim/elf_internal.h"

#include "shim/libc.h"

static bool fetch_bytes(const struct elf_file *file, uint64_t offset, void *to, size_t size)
{
    if (!elf_inside(file, offset, size))
        return false;
    memcpy(to, (const unsigned char *)file->bytes + offset, size);
    return true;
}

/* Where the headers are, and which of them is that of their names: gABI, "Section Header" with its extension
 * for many sections. */
static bool find_sections(const struct elf_file *file, struct elf_table *sections, uint64_t *names)
{
    Elf64_Ehdr header;
    Elf64_Shdr first = {0};
    if (!fetch_bytes(file, 0, &header, sizeof header) || header.e_shoff == 0 ||
        header.e_shentsize != sizeof first || !fetch_bytes(file, header.e_shoff, &first, sizeof first))
        return false;
    *names = header.e_shstrndx == SHN_XINDEX ? first.sh_link : header.e_shstrndx;
    sections->file = file;
    sections->offset = header.e_shoff;
    sections->count = header.e_shnum == 0 ? first.sh_size : header.e_shnum;
    sections->entry_size = sizeof first;
    return sections->count <= (file->size - header.e_shoff) / sizeof first && *names < sections->count;
}

static bool has_section(const struct elf_file *file, const char *name)
{
    struct elf_table sections = {0};
    Elf64_Shdr names;
    uint64_t index;
    char found[32];
    size_t size = strlen(name) + 1;
    if (size > sizeof found || !find_sections(file, &sections, &index) ||
        !fetch_bytes(file, sections.offset + index * sizeof names, &names, sizeof names) ||
        names.sh_type != SHT_STRTAB || !elf_inside(file, names.sh_offset, names.sh_size))
        return false;
    for (const Elf64_Shdr *section; (section = elf_table_next(&sections));)
        if (section->sh_name < names.sh_size && size <= names.sh_size - section->sh_name &&
            fetch_bytes(file, names.sh_offset + section->sh_name, found, size) &&
            memcmp(found, name, size) == 0)
            return true;
    return false;
}

const char *elf_inspect(const unsigned char *bytes, size_t size, struct elf_facts *facts)
{
    const struct elf_file file = {.fetch = fetch_bytes, .bytes = bytes, .size = size};
    const char *wrong = elf_inspect_file(&file, facts);
    if (!wrong && !elf_is_foreign(facts) && !facts->go)
        facts->go = has_section(&file, ".go.buildinfo");
    return wrong;
}
