/* SPDX-License-Identifier: ISC */
/*
 * ELF headers: see elf.h. Runs in secrun, often as root, on a file that may be hostile. It MUST ensure
 * that no offset or size from the file is used before it has been held against the file's length.
 */
#include "deliver/elf.h"

#include <elf.h>
#include <string.h>

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#else
#error "no ELF machine for this build"
#endif

enum { PROGRAM_HEADERS_MAX = 4096 };

struct view {
    const unsigned char *bytes;
    size_t size;
};

/* Is [offset, offset + length) inside the file? */
static bool inside(const struct view *file, uint64_t offset, uint64_t length)
{
    return offset <= file->size && length <= file->size - offset;
}

bool elf_is(const unsigned char *file, size_t size)
{
    return size >= EI_NIDENT && memcmp(file, ELFMAG, SELFMAG) == 0;
}

bool elf_is_foreign(const struct elf_facts *facts)
{
    return facts->class != ELF_64 || facts->big_endian || facts->machine != OWN_MACHINE;
}

const char *elf_machine_name(uint16_t machine, enum elf_class class)
{
    switch (machine) {
    case EM_X86_64:
        return class == ELF_32 ? "x32" : "x86-64";
    case EM_AARCH64:
        return "aarch64";
    case EM_386:
        return "i386";
    case EM_ARM:
        return "arm";
    case EM_RISCV:
        return "riscv";
    case EM_PPC64:
        return "ppc64";
    case EM_S390:
        return "s390";
    case EM_MIPS:
        return "mips";
    default:
        return "unknown machine";
    }
}

/* Counts DT_NEEDED in the PT_DYNAMIC segment. */
static uint32_t count_needed(const struct view *file, const Elf64_Phdr *dynamic)
{
    uint32_t count = 0;
    uint64_t entries = dynamic->p_filesz / sizeof(Elf64_Dyn);
    for (uint64_t i = 0; i < entries; i++) {
        Elf64_Dyn entry;
        memcpy(&entry, file->bytes + dynamic->p_offset + i * sizeof entry, sizeof entry);
        if (entry.d_tag == DT_NULL)
            break;
        count += entry.d_tag == DT_NEEDED;
    }
    return count;
}

static const char *read_segment(const struct view *file, const Elf64_Phdr *segment, struct elf_facts *facts)
{
    if (segment->p_type != PT_INTERP && segment->p_type != PT_DYNAMIC && segment->p_type != PT_LOAD)
        return NULL;
    if (!inside(file, segment->p_offset, segment->p_filesz))
        return "a segment lies outside the file";
    if (segment->p_type == PT_LOAD)
        return NULL;
    if (segment->p_type == PT_DYNAMIC) {
        facts->needed = count_needed(file, segment);
        return NULL;
    }
    const unsigned char *path = file->bytes + segment->p_offset;
    if (segment->p_filesz < 2 || path[segment->p_filesz - 1] != '\0')
        return "its interpreter's path is malformed";
    facts->interpreter = (const char *)path;
    return NULL;
}

const char *elf_inspect(const unsigned char *bytes, size_t size, struct elf_facts *facts)
{
    struct view file = {bytes, size};
    Elf64_Ehdr header;
    *facts = (struct elf_facts){0};
    if (!elf_is(bytes, size))
        return "not an ELF file";
    if (size < sizeof(Elf32_Ehdr))
        return "truncated header";
    facts->class = bytes[EI_CLASS] == ELFCLASS32 ? ELF_32 : ELF_64;
    facts->big_endian = bytes[EI_DATA] == ELFDATA2MSB;
    /* e_type and e_machine stand at the same place in both classes. */
    facts->type = (uint16_t)(facts->big_endian ? bytes[16] << 8 | bytes[17] : bytes[17] << 8 | bytes[16]);
    facts->machine = (uint16_t)(facts->big_endian ? bytes[18] << 8 | bytes[19] : bytes[19] << 8 | bytes[18]);
    if (elf_is_foreign(facts))
        return NULL;
    if (size < sizeof header)
        return "truncated header";
    memcpy(&header, bytes, sizeof header);
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        return "not an executable";
    if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 ||
        header.e_phnum > PROGRAM_HEADERS_MAX)
        return "malformed program headers";
    if (!inside(&file, header.e_phoff, (uint64_t)header.e_phnum * sizeof(Elf64_Phdr)))
        return "its program headers lie outside the file";
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;
        memcpy(&segment, bytes + header.e_phoff + i * sizeof segment, sizeof segment);
        const char *wrong = read_segment(&file, &segment, facts);
        if (wrong)
            return wrong;
    }
    return NULL;
}
