/* SPDX-License-Identifier: ISC */
/*
 * ELF headers: see elf.h. Runs in secrun, often as root, and inside the target, on a file that may be
 * hostile. It MUST ensure that no offset or size from the file is used before it has been held against the
 * file's length.
 */
#include "shim/elf_internal.h"

#include "shim/capsule.h"
#include "shim/libc.h"

/* The kernel takes 64 KiB of program headers. */
enum { PROGRAM_HEADERS_MAX = 65536 / sizeof(Elf64_Phdr) };

bool elf_is(const unsigned char *file, size_t size)
{
    return size >= EI_NIDENT && memcmp(file, ELFMAG, SELFMAG) == 0;
}

const void *elf_table_next(struct elf_table *table)
{
    if (table->index >= table->count)
        return NULL;
    if (table->index < table->first || table->index - table->first >= table->held) {
        uint64_t left = table->count - table->index;
        size_t held = sizeof table->chunk / table->entry_size;
        held = left < held ? (size_t)left : held;
        table->held = 0;
        if (!table->file->fetch(table->file, table->offset + table->index * table->entry_size, table->chunk,
                                held * table->entry_size)) {
            table->failed = true;
            return NULL;
        }
        table->first = table->index;
        table->held = held;
    }
    return table->chunk + (size_t)(table->index++ - table->first) * table->entry_size;
}

/* --- notes --------------------------------------------------------------------------------------- */

enum {
    NOTES_WINDOW = 512,    /* bytes read at once */
    NOTES_READS_MAX = 8,   /* for a segment: the notes that matter stand among the first */
    NOTE_TYPE_GO_BUILD = 4 /* of Go's linker, cmd/link/internal/ld/elf.go */
};

#define NOTE_NAME_GO "Go\0" /* its size counts four bytes */

/* Of a note, what tells that it matters: header, name and the beginning of the descriptor. */
enum { NOTE_START = sizeof(Elf64_Nhdr) + 8 + 4 };

_Static_assert(sizeof CAPSULE_NOTE_NAME <= 8 && sizeof NOTE_NAME_GO <= 8,
               "a note that matters starts with its name");

static uint64_t round_up(uint64_t size, uint64_t alignment)
{
    return (size + alignment - 1) & ~(alignment - 1);
}

static void read_note(const unsigned char *note, size_t size, uint64_t descriptor, struct elf_facts *facts)
{
    static const char capsule[] = CAPSULE_NOTE_NAME, go[] = NOTE_NAME_GO;
    const unsigned char *name = note + sizeof(Elf64_Nhdr);
    Elf64_Nhdr header;
    memcpy(&header, note, sizeof header);
    if (descriptor > size)
        return;
    if (header.n_type == CAPSULE_NOTE_TYPE && header.n_namesz == sizeof capsule &&
        header.n_descsz == sizeof facts->takes_capsule && size - descriptor >= header.n_descsz &&
        memcmp(name, capsule, sizeof capsule) == 0)
        memcpy(&facts->takes_capsule, note + descriptor, sizeof facts->takes_capsule);
    if (header.n_type == NOTE_TYPE_GO_BUILD && header.n_namesz == sizeof go &&
        memcmp(name, go, sizeof go) == 0)
        facts->go = true;
}

/* The notes that start in a window, of which `left` bytes are left in the segment. Returns how far the last
 * of them leads; 0 if one leads out of the segment. */
static uint64_t walk_notes(const unsigned char *window, size_t size, uint64_t left, uint64_t alignment,
                           struct elf_facts *facts)
{
    uint64_t at = 0;
    while (at + (size == left ? sizeof(Elf64_Nhdr) : NOTE_START) <= size) {
        Elf64_Nhdr header;
        memcpy(&header, window + at, sizeof header);
        uint64_t descriptor = round_up(sizeof header + header.n_namesz, alignment);
        if (descriptor + header.n_descsz > left - at)
            return 0;
        read_note(window + at, size - (size_t)at, descriptor, facts);
        at += round_up(descriptor + header.n_descsz, alignment);
    }
    return at;
}

/* Looks for the notes that matter among those of a segment (gABI, "Note Section"); what is damaged is passed
 * over: it is neither secrun's nor Go's. */
static void read_notes(const struct elf_file *file, const Elf64_Phdr *segment, struct elf_facts *facts)
{
    unsigned char window[NOTES_WINDOW];
    uint64_t left = segment->p_filesz;
    for (unsigned reads = 0; reads < NOTES_READS_MAX && left >= sizeof(Elf64_Nhdr); reads++) {
        size_t size = left < sizeof window ? (size_t)left : sizeof window;
        if (!file->fetch(file, segment->p_offset + segment->p_filesz - left, window, size))
            return;
        uint64_t walked = walk_notes(window, size, left, segment->p_align == 8 ? 8 : 4, facts);
        if (walked == 0 || walked >= left)
            return;
        left -= walked;
    }
}

/* --- segments ------------------------------------------------------------------------------------ */

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

/* Of several interpreters the kernel takes the first, and of dynamic sections the loaders the last. */
static const char *read_segment(const struct elf_file *file, const Elf64_Phdr *segment, Elf64_Phdr *dynamic,
                                struct elf_facts *facts)
{
    bool interpreter = segment->p_type == PT_INTERP && facts->interpreter[0] == '\0';
    bool note = segment->p_type == PT_NOTE;
    if (!interpreter && !note && segment->p_type != PT_DYNAMIC && segment->p_type != PT_LOAD)
        return NULL;
    if (!elf_inside(file, segment->p_offset, segment->p_filesz))
        return note ? NULL : "a segment lies outside the file";
    if (interpreter)
        return read_interpreter(file, segment, facts);
    if (note)
        read_notes(file, segment, facts);
    if (segment->p_type == PT_DYNAMIC)
        *dynamic = *segment;
    if (segment->p_type == PT_LOAD)
        facts->memory.all += round_up(segment->p_memsz, 4096);
    if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W))
        facts->memory.written += round_up(segment->p_memsz, 4096);
    return NULL;
}

static const char *read_segments(const struct elf_file *file, const Elf64_Ehdr *header,
                                 struct elf_facts *facts)
{
    Elf64_Phdr dynamic = {0};
    struct elf_table segments;
    segments.file = file;
    segments.offset = header->e_phoff;
    segments.count = header->e_phnum;
    segments.entry_size = sizeof dynamic;
    segments.index = segments.first = segments.held = 0;
    segments.failed = false;
    for (const Elf64_Phdr *segment; (segment = elf_table_next(&segments));) {
        const char *wrong = read_segment(file, segment, &dynamic, facts);
        if (wrong)
            return wrong;
    }
    if (segments.failed)
        return "its program headers cannot be read";
    return elf_read_dynamic(&segments, &dynamic, facts);
}

/* --- the whole ----------------------------------------------------------------------------------- */

/* e_type and e_machine stand at the same place in both classes. */
static uint16_t read_half(const unsigned char *bytes, bool big_endian)
{
    return (uint16_t)(big_endian ? bytes[0] << 8 | bytes[1] : bytes[1] << 8 | bytes[0]);
}

static const char *read_type(uint16_t type)
{
    if (type == ET_REL)
        return "not an executable but an object file";
    if (type == ET_CORE)
        return "not an executable but a core dump";
    return type == ET_EXEC || type == ET_DYN ? NULL : "not an executable";
}

const char *elf_inspect_file(const struct elf_file *file, struct elf_facts *facts)
{
    Elf64_Ehdr header;
    const unsigned char *bytes = (const unsigned char *)&header;
    memset(facts, 0, sizeof *facts);
    size_t size = file->size < sizeof header ? (size_t)file->size : sizeof header;
    if (!file->fetch(file, 0, &header, size) || !elf_is(bytes, size))
        return "not an ELF file";
    if (size < sizeof(Elf32_Ehdr))
        return "truncated header";
    facts->class = bytes[EI_CLASS] == ELFCLASS32 ? ELF_32 : ELF_64;
    facts->big_endian = bytes[EI_DATA] == ELFDATA2MSB;
    facts->type = read_half(bytes + offsetof(Elf64_Ehdr, e_type), facts->big_endian);
    facts->machine = read_half(bytes + offsetof(Elf64_Ehdr, e_machine), facts->big_endian);
    const char *wrong = read_type(facts->type);
    if (wrong || elf_is_foreign(facts))
        return wrong;
    if (size < sizeof header)
        return "truncated header";
    if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 ||
        header.e_phnum > PROGRAM_HEADERS_MAX)
        return "malformed program headers";
    if (!elf_inside(file, header.e_phoff, (uint64_t)header.e_phnum * sizeof(Elf64_Phdr)))
        return "its program headers lie outside the file";
    wrong = read_segments(file, &header, facts);
    if (!wrong && !facts->go)
        facts->go = elf_has_go_section(file, &header);
    return wrong;
}
