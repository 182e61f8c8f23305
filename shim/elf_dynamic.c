/* SPDX-License-Identifier: ISC */
/*
 * The dynamic section of an ELF program: see elf.h. Runs in secrun, often as root, and inside the target, on
 * a file that may be hostile. It MUST ensure that no address from the file is used before it has been found
 * in a loaded segment, and no name before it has been held against its string table.
 */
#include "shim/elf_internal.h"

#include "shim/libc.h"

enum {
    NAMES_MAX = 128,    /* libraries looked at; the linkers put that of AddressSanitizer first */
    NAME_SIZE_MAX = 256 /* bytes looked at of each, with a NUL */
};

/* A string table, at an address, or at an offset of the file. */
struct strings {
    uint64_t at, size;
};

/* gABI, "Dynamic Section"; of what is there twice the loaders take the last. */
static void count_needed(struct elf_table *entries, struct strings *strings, struct elf_facts *facts)
{
    facts->needed = 0;
    for (const Elf64_Dyn *entry; (entry = elf_table_next(entries)) && entry->d_tag != DT_NULL;) {
        facts->needed += entry->d_tag == DT_NEEDED;
        if (entry->d_tag == DT_STRTAB)
            strings->at = entry->d_un.d_ptr;
        if (entry->d_tag == DT_STRSZ)
            strings->size = entry->d_un.d_val;
    }
}

/* Turns the address into an offset, and cuts the size at the end of what the file holds of that segment. */
static bool locate(struct elf_table *segments, struct strings *strings)
{
    segments->index = 0;
    for (const Elf64_Phdr *segment; (segment = elf_table_next(segments));) {
        uint64_t distance = strings->at - segment->p_vaddr;
        if (segment->p_type != PT_LOAD || strings->at < segment->p_vaddr || distance >= segment->p_filesz)
            continue;
        strings->at = segment->p_offset + distance;
        if (strings->size > segment->p_filesz - distance)
            strings->size = segment->p_filesz - distance;
        return true;
    }
    return false;
}

/* A library can be named with its path. */
static bool is_asan(const char *name)
{
    const char *file = name;
    for (const char *byte = name; *byte; byte++)
        if (*byte == '/')
            file = byte + 1;
    return elf_begins_with(file, "libasan.so") || elf_begins_with(file, "libclang_rt.asan");
}

static bool look_at_names(struct elf_table *entries, const struct strings *strings, struct elf_facts *facts)
{
    char name[NAME_SIZE_MAX];
    entries->index = 0;
    unsigned looked_at = 0;
    for (const Elf64_Dyn *entry; (entry = elf_table_next(entries)) && entry->d_tag != DT_NULL;) {
        if (entry->d_tag != DT_NEEDED || entry->d_un.d_val >= strings->size || looked_at++ == NAMES_MAX)
            continue;
        uint64_t left = strings->size - entry->d_un.d_val;
        size_t size = left < sizeof name ? (size_t)left : sizeof name - 1;
        if (!entries->file->fetch(entries->file, strings->at + entry->d_un.d_val, name, size))
            return false;
        name[size] = '\0';
        facts->asan = facts->asan || is_asan(name);
    }
    return !entries->failed;
}

const char *elf_read_dynamic(struct elf_table *segments, const Elf64_Phdr *dynamic, struct elf_facts *facts)
{
    struct strings strings = {0};
    struct elf_table entries;
    entries.file = segments->file;
    entries.offset = dynamic->p_offset;
    entries.count = dynamic->p_filesz / sizeof(Elf64_Dyn);
    entries.entry_size = sizeof(Elf64_Dyn);
    entries.index = entries.first = entries.held = 0;
    entries.failed = false;
    count_needed(&entries, &strings, facts);
    bool named = !entries.failed && facts->needed > 0 && locate(segments, &strings);
    if (entries.failed || segments->failed || (named && !look_at_names(&entries, &strings, facts)))
        return "its dynamic section cannot be read";
    return NULL;
}
