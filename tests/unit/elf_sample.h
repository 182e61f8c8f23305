/* SPDX-License-Identifier: ISC */
/* A made up ELF program, for tests to damage. */
#ifndef SECRUN_TESTS_ELF_SAMPLE_H
#define SECRUN_TESTS_ELF_SAMPLE_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/elf.h"

#define GLIBC "/lib64/ld-linux-x86-64.so.2"
#define MUSL  "/lib/ld-musl-x86_64.so.1"

/* More segments and entries than are read at once. Places are offsets in its file. */
enum {
    SEGMENTS = 20,
    INTERPRETER_AT = 2048,
    DYNAMIC_AT = 2560,
    DYNAMIC = 60,
    STRINGS_AT = 4096,
    STRINGS_SIZE = 512,
    STRINGS_ADDRESS = 0x400000 + STRINGS_AT,
    SECTIONS_AT = 5120,
    SECTIONS = 30,
    SECTION_NAMES_AT = 7168,
    NOTES_AT = 8192,
    ELF_SAMPLE_SIZE = 16384
};

/* Which of the segments, entries and sections is that. The first segment is the one that holds the strings.
 */
enum {
    INTERPRETER = 3,
    DYNAMIC_SEGMENT = 16,
    NOTES = 18,
    STRINGS = 47,
    STRINGS_LENGTH = 50,
    SECTION_NAMES = 21
};

extern unsigned char elf_sample[ELF_SAMPLE_SIZE];

/* Makes it anew. It needs libone.so, …, and its notes name CAPSULE_VERSION in the last but one. */
void elf_sample_make(const char *interpreter);

Elf64_Ehdr *sample_header(void);
Elf64_Phdr *sample_segment(unsigned index);
Elf64_Dyn *sample_dynamic(unsigned index);
Elf64_Shdr *sample_section(unsigned index);

/* Puts a note behind `at` bytes of those; returns what follows it. */
size_t sample_note(size_t at, uint32_t type, const char *name, uint32_t name_size, uint32_t version);

/* Names the library of the n-th DT_NEEDED; returns the place of its name in the strings. */
size_t sample_library(unsigned n, const char *name);

/* Names a section. */
void sample_section_name(unsigned index, const char *name);

const char *sample_inspect(struct elf_facts *facts);

/* Expects that it is refused so, and makes it anew. */
void check_sample_refused(const char *why);

#endif
