/* SPDX-License-Identifier: ISC */
/*
 * The section headers of ELF programs: see elf.h. Runs in secrun, often as root, and inside the target, on a
 * file that may be hostile. It MUST ensure that no offset, size or index from the file is used before it has
 * been held against the file's length.
 */
#include "shim/elf_internal.h"

#include "shim/libc.h"

enum {
    SECTIONS_MAX = 4096, /* that are looked at; the programs of Go's linker have about 40 */
    NAMES_WINDOW = 512,  /* bytes of their names that are read at once */
};

#define GO_SECTION ".go.buildinfo"

/* Names of sections, and as many of them as are in memory. */
struct names {
    uint64_t offset, size; /* within the file */
    uint64_t first;
    size_t held;
    char window[NAMES_WINDOW];
};

/* Where the headers are, and which of them is that of their names: gABI, "Section Header" with its extension
 * for many sections. */
static bool find_sections(const struct elf_file *file, const Elf64_Ehdr *header, struct elf_table *sections,
                          uint64_t *names)
{
    Elf64_Shdr first = {0};
    if (header->e_shoff == 0 || header->e_shentsize != sizeof first ||
        !elf_inside(file, header->e_shoff, sizeof first) ||
        ((header->e_shnum == 0 || header->e_shstrndx == SHN_XINDEX) &&
         !file->fetch(file, header->e_shoff, &first, sizeof first)))
        return false;
    *names = header->e_shstrndx == SHN_XINDEX ? first.sh_link : header->e_shstrndx;
    sections->file = file;
    sections->offset = header->e_shoff;
    sections->count = header->e_shnum == 0 ? first.sh_size : header->e_shnum;
    sections->entry_size = sizeof first;
    sections->index = sections->first = sections->held = 0;
    sections->failed = false;
    return sections->count <= (file->size - header->e_shoff) / sizeof first && *names < sections->count;
}

static bool find_names(const struct elf_table *sections, uint64_t index, struct names *names)
{
    Elf64_Shdr header;
    if (!sections->file->fetch(sections->file, sections->offset + index * sizeof header, &header,
                               sizeof header) ||
        header.sh_type != SHT_STRTAB || !elf_inside(sections->file, header.sh_offset, header.sh_size))
        return false;
    names->offset = header.sh_offset;
    names->size = header.sh_size;
    names->held = 0;
    return true;
}

/* Does that stand at a place among the names, with its NUL? */
static bool is_name(const struct elf_file *file, struct names *names, uint64_t at, const char *name,
                    size_t size)
{
    if (at >= names->size || size > names->size - at)
        return false;
    if (names->held == 0 || at < names->first || at - names->first > names->held - size) {
        names->first = at - at % (sizeof names->window / 2);
        uint64_t left = names->size - names->first;
        names->held = left < sizeof names->window ? (size_t)left : sizeof names->window;
        if (!file->fetch(file, names->offset + names->first, names->window, names->held)) {
            names->held = 0;
            return false;
        }
    }
    return memcmp(names->window + (at - names->first), name, size) == 0;
}

bool elf_has_go_section(const struct elf_file *file, const Elf64_Ehdr *header)
{
    struct elf_table sections;
    struct names names;
    uint64_t index;
    if (!find_sections(file, header, &sections, &index) || !find_names(&sections, index, &names))
        return false;
    if (sections.count > SECTIONS_MAX)
        sections.count = SECTIONS_MAX;
    for (const Elf64_Shdr *section; (section = elf_table_next(&sections));)
        if (is_name(file, &names, section->sh_name, GO_SECTION, sizeof GO_SECTION))
            return true;
    return false;
}

static bool fetch_bytes(const struct elf_file *file, uint64_t offset, void *to, size_t size)
{
    if (!elf_inside(file, offset, size))
        return false;
    memcpy(to, (const unsigned char *)file->bytes + offset, size);
    return true;
}

const char *elf_inspect(const unsigned char *bytes, size_t size, struct elf_facts *facts)
{
    const struct elf_file file = {.fetch = fetch_bytes, .bytes = bytes, .size = size};
    return elf_inspect_file(&file, facts);
}
