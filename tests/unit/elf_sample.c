/* SPDX-License-Identifier: ISC */
/* A made up ELF program: see elf_sample.h. Runs in the unit tests only. */
#include "unit/elf_sample.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "shim/capsule.h"
#include "support/command.h"

_Alignas(8) unsigned char elf_sample[ELF_SAMPLE_SIZE];

Elf64_Ehdr *sample_header(void)
{
    return (Elf64_Ehdr *)(void *)elf_sample;
}

Elf64_Phdr *sample_segment(unsigned index)
{
    return (Elf64_Phdr *)(void *)(elf_sample + sizeof(Elf64_Ehdr)) + index;
}

Elf64_Dyn *sample_dynamic(unsigned index)
{
    return (Elf64_Dyn *)(void *)(elf_sample + DYNAMIC_AT) + index;
}

Elf64_Shdr *sample_section(unsigned index)
{
    return (Elf64_Shdr *)(void *)(elf_sample + SECTIONS_AT) + index;
}

size_t sample_note(size_t at, uint32_t type, const char *name, uint32_t name_size, uint32_t version)
{
    unsigned char *to = elf_sample + NOTES_AT + at;
    const Elf64_Nhdr note = {.n_namesz = name_size, .n_descsz = sizeof version, .n_type = type};
    memcpy(to, &note, sizeof note);
    memset(to + sizeof note, 0, (name_size + 3) / 4 * 4);
    memcpy(to + sizeof note, name, strlen(name) + 1);
    memcpy(to + sizeof note + (name_size + 3) / 4 * 4, &version, sizeof version);
    return at + sizeof note + (name_size + 3) / 4 * 4 + sizeof version;
}

size_t sample_library(unsigned n, const char *name)
{
    size_t at = 1;
    while (elf_sample[STRINGS_AT + at])
        at += strlen((char *)elf_sample + STRINGS_AT + at) + 1;
    cr_assert_lt(at + strlen(name) + 1, STRINGS_SIZE);
    strcpy((char *)elf_sample + STRINGS_AT + at, name);
    for (unsigned i = 0; i < DYNAMIC; i++)
        if (sample_dynamic(i)->d_tag == DT_NEEDED && n-- == 0)
            sample_dynamic(i)->d_un.d_val = at;
    return at;
}

void sample_section_name(unsigned index, const char *name)
{
    size_t at = index * 32;
    strcpy((char *)elf_sample + SECTION_NAMES_AT + at, name);
    sample_section(index)->sh_name = (Elf64_Word)at;
}

static void make_segments(const char *interpreter)
{
    sample_header()->e_phoff = sizeof(Elf64_Ehdr);
    sample_header()->e_phnum = SEGMENTS;
    for (unsigned i = 0; i < SEGMENTS; i++)
        *sample_segment(i) = (Elf64_Phdr){.p_type = PT_LOAD, .p_filesz = ELF_SAMPLE_SIZE};
    sample_segment(0)->p_vaddr = STRINGS_ADDRESS - STRINGS_AT;
    strcpy((char *)elf_sample + INTERPRETER_AT, interpreter);
    *sample_segment(INTERPRETER) =
        (Elf64_Phdr){.p_type = PT_INTERP, .p_offset = INTERPRETER_AT, .p_filesz = strlen(interpreter) + 1};
}

static void make_dynamic(void)
{
    for (unsigned i = 0; i < DYNAMIC - 1; i++)
        sample_dynamic(i)->d_tag = i % 13 == 0 ? DT_NEEDED : DT_DEBUG;
    *sample_dynamic(STRINGS) = (Elf64_Dyn){.d_tag = DT_STRTAB, .d_un.d_ptr = STRINGS_ADDRESS};
    *sample_dynamic(STRINGS_LENGTH) = (Elf64_Dyn){.d_tag = DT_STRSZ, .d_un.d_val = STRINGS_SIZE};
    *sample_segment(DYNAMIC_SEGMENT) =
        (Elf64_Phdr){.p_type = PT_DYNAMIC, .p_offset = DYNAMIC_AT, .p_filesz = DYNAMIC * sizeof(Elf64_Dyn)};
    static const char *const names[] = {"libone.so", "libtwo.so.2", "libthree.so", "libfour.so", "libc.so.6"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        sample_library(i, names[i]);
}

static void make_sections(void)
{
    sample_header()->e_shoff = SECTIONS_AT;
    sample_header()->e_shentsize = sizeof(Elf64_Shdr);
    sample_header()->e_shnum = SECTIONS;
    sample_header()->e_shstrndx = SECTION_NAMES;
    for (unsigned i = 1; i < SECTIONS; i++) {
        sample_section(i)->sh_type = SHT_PROGBITS;
        sample_section_name(i, ".text");
    }
    *sample_section(SECTION_NAMES) =
        (Elf64_Shdr){.sh_type = SHT_STRTAB, .sh_offset = SECTION_NAMES_AT, .sh_size = SECTIONS * 32};
}

static void make_notes(void)
{
    size_t size = sample_note(0, 1, "GNU", 4, 99);
    size = sample_note(size, 2, CAPSULE_NOTE_NAME, sizeof CAPSULE_NOTE_NAME, 98); /* another type */
    size = sample_note(size, CAPSULE_NOTE_TYPE, "secrum", 7, 97);
    size = sample_note(size, CAPSULE_NOTE_TYPE, CAPSULE_NOTE_NAME, sizeof CAPSULE_NOTE_NAME, CAPSULE_VERSION);
    size = sample_note(size, 3, "GNU", 4, 96);
    *sample_segment(NOTES) = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = NOTES_AT, .p_filesz = size};
}

void elf_sample_make(const char *interpreter)
{
    size_t size;
    char *real = get_file("/bin/ls", &size);
    memset(&elf_sample, 0, sizeof elf_sample);
    memcpy(elf_sample, real, sizeof(Elf64_Ehdr));
    free(real);
    make_segments(interpreter);
    make_dynamic();
    make_sections();
    make_notes();
}

const char *sample_inspect(struct elf_facts *facts)
{
    return elf_inspect(elf_sample, ELF_SAMPLE_SIZE, facts);
}

void check_sample_refused(const char *why)
{
    struct elf_facts facts;
    const char *wrong = sample_inspect(&facts);
    cr_expect(wrong && strcmp(wrong, why) == 0, "%s instead of %s", wrong, why);
    elf_sample_make(GLIBC);
}
