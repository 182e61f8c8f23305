/* SPDX-License-Identifier: ISC */
/*
 * ELF headers: see elf.h. Runs in secrun, often as root, and inside the target, on a file that may be
 * hostile. It MUST ensure that no offset or size from the file is used before it has been held against the
 * file's length.
 */
#include "shim/elf.h"

#include <elf.h>

#include "shim/capsule.h"
#include "shim/libc.h"

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#else
#error "no ELF machine for this build"
#endif

enum { PROGRAM_HEADERS_MAX = 4096 };

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

/* --- reading ------------------------------------------------------------------------------------- */

static bool fetch_bytes(const struct elf_file *file, uint64_t offset, void *to, size_t size)
{
    if (offset > file->size || size > file->size - offset)
        return false;
    memcpy(to, (const unsigned char *)file->bytes + offset, size);
    return true;
}

/* Is [offset, offset + length) inside the file? */
static bool inside(const struct elf_file *file, uint64_t offset, uint64_t length)
{
    return offset <= file->size && length <= file->size - offset;
}

/* --- segments ------------------------------------------------------------------------------------ */

enum { DYNAMIC_CHUNK = 32, NOTES_MAX = 512 };

/* Counts DT_NEEDED in the PT_DYNAMIC segment. */
static const char *count_needed(const struct elf_file *file, const Elf64_Phdr *dynamic,
                                struct elf_facts *facts)
{
    Elf64_Dyn entries[DYNAMIC_CHUNK];
    uint64_t left = dynamic->p_filesz / sizeof *entries, offset = dynamic->p_offset;
    facts->needed = 0;
    while (left > 0) {
        size_t count = left < DYNAMIC_CHUNK ? (size_t)left : DYNAMIC_CHUNK;
        if (!file->fetch(file, offset, entries, count * sizeof *entries))
            return "its dynamic section cannot be read";
        for (size_t i = 0; i < count; i++) {
            if (entries[i].d_tag == DT_NULL)
                return NULL;
            facts->needed += entries[i].d_tag == DT_NEEDED;
        }
        left -= count;
        offset += count * sizeof *entries;
    }
    return NULL;
}

static const char *read_interpreter(const struct elf_file *file, const Elf64_Phdr *segment,
                                    struct elf_facts *facts)
{
    if (segment->p_filesz > sizeof facts->interpreter)
        return "its interpreter's path is too long";
    if (segment->p_filesz < 2 ||
        !file->fetch(file, segment->p_offset, facts->interpreter, (size_t)segment->p_filesz) ||
        facts->interpreter[segment->p_filesz - 1] != '\0' || facts->interpreter[0] == '\0')
        return "its interpreter's path is malformed";
    return NULL;
}

static size_t round_up(uint32_t size)
{
    return ((size_t)size + 3) & ~(size_t)3;
}

/* Looks for the note of capsule.h among those of a segment (gABI, "Note Section"); what is damaged or long is
 * passed over: it is not secrun's. */
static void read_notes(const struct elf_file *file, const Elf64_Phdr *segment, struct elf_facts *facts)
{
    unsigned char notes[NOTES_MAX];
    static const char name[] = CAPSULE_NOTE_NAME;
    size_t size = segment->p_filesz < sizeof notes ? (size_t)segment->p_filesz : sizeof notes;
    if (!file->fetch(file, segment->p_offset, notes, size))
        return;
    for (size_t at = 0; at + sizeof(Elf64_Nhdr) <= size;) {
        Elf64_Nhdr note;
        memcpy(&note, notes + at, sizeof note);
        at += sizeof note;
        size_t descriptor = round_up(note.n_namesz);
        if (descriptor > size - at || round_up(note.n_descsz) > size - at - descriptor)
            return;
        if (note.n_type == CAPSULE_NOTE_TYPE && note.n_namesz == sizeof name &&
            note.n_descsz == sizeof facts->takes_capsule && memcmp(notes + at, name, sizeof name) == 0)
            memcpy(&facts->takes_capsule, notes + at + descriptor, sizeof facts->takes_capsule);
        at += descriptor + round_up(note.n_descsz);
    }
}

static const char *read_segment(const struct elf_file *file, const Elf64_Phdr *segment,
                                struct elf_facts *facts)
{
    bool read = segment->p_type == PT_INTERP || segment->p_type == PT_DYNAMIC || segment->p_type == PT_NOTE;
    if (!read && segment->p_type != PT_LOAD)
        return NULL;
    if (!inside(file, segment->p_offset, segment->p_filesz))
        return segment->p_type == PT_NOTE ? NULL : "a segment lies outside the file";
    if (segment->p_type == PT_INTERP)
        return read_interpreter(file, segment, facts);
    if (segment->p_type == PT_DYNAMIC)
        return count_needed(file, segment, facts);
    if (segment->p_type == PT_NOTE)
        read_notes(file, segment, facts);
    return NULL;
}

/* --- the whole ----------------------------------------------------------------------------------- */

enum { SEGMENTS_CHUNK = 13 };

static const char *read_segments(const struct elf_file *file, const Elf64_Ehdr *header,
                                 struct elf_facts *facts)
{
    Elf64_Phdr segments[SEGMENTS_CHUNK];
    for (unsigned i = 0; i < header->e_phnum;) {
        unsigned count = header->e_phnum - i < SEGMENTS_CHUNK ? header->e_phnum - i : SEGMENTS_CHUNK;
        if (!file->fetch(file, header->e_phoff + i * sizeof *segments, segments, count * sizeof *segments))
            return "its program headers cannot be read";
        for (unsigned j = 0; j < count; j++) {
            const char *wrong = read_segment(file, &segments[j], facts);
            if (wrong)
                return wrong;
        }
        i += count;
    }
    return NULL;
}

const char *elf_inspect_file(const struct elf_file *file, struct elf_facts *facts)
{
    Elf64_Ehdr header;
    unsigned char *bytes = (unsigned char *)&header;
    *facts = (struct elf_facts){0};
    size_t size = file->size < sizeof header ? (size_t)file->size : sizeof header;
    if (!file->fetch(file, 0, &header, size) || !elf_is(bytes, size))
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
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        return "not an executable";
    if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 ||
        header.e_phnum > PROGRAM_HEADERS_MAX)
        return "malformed program headers";
    if (!inside(file, header.e_phoff, (uint64_t)header.e_phnum * sizeof(Elf64_Phdr)))
        return "its program headers lie outside the file";
    return read_segments(file, &header, facts);
}

const char *elf_inspect(const unsigned char *bytes, size_t size, struct elf_facts *facts)
{
    const struct elf_file file = {.fetch = fetch_bytes, .bytes = bytes, .size = size};
    return elf_inspect_file(&file, facts);
}

/* --- what follows from it ------------------------------------------------------------------------ */

static bool begins_with(const char *text, const char *prefix)
{
    while (*prefix && *text == *prefix) {
        text++;
        prefix++;
    }
    return *prefix == '\0';
}

const char *elf_libc(const char *interpreter)
{
    const char *name = interpreter;
    for (const char *byte = interpreter; *byte; byte++)
        if (*byte == '/')
            name = byte + 1;
    if (begins_with(name, "ld-linux") || begins_with(name, "ld64.so"))
        return "glibc";
    return begins_with(name, "ld-musl-") ? "musl" : NULL;
}

const char *elf_unreachable(const struct elf_facts *facts)
{
    if (elf_is_foreign(facts))
        return "a program for another machine, which the shim is not";
    if (facts->interpreter[0] == '\0')
        return "a static program, which no preload reaches";
    const char *libc = elf_libc(facts->interpreter);
    if (!libc)
        return "its loader is neither glibc's nor musl's";
    if (libc[0] == 'm' && facts->needed == 0)
        return "starts without musl's libc, which runs no constructor then";
    return NULL;
}
