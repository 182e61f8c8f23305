/* SPDX-License-Identifier: ISC */
/* What an ELF program's headers say about how it starts. Pure on (pointer, length); sees no secret. */
#ifndef SECRUN_ELF_H
#define SECRUN_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum elf_class { ELF_32 = 1, ELF_64 = 2 };

struct elf_facts {
    enum elf_class class;
    bool big_endian;
    uint16_t machine;        /* EM_… */
    uint16_t type;           /* ET_EXEC or ET_DYN */
    const char *interpreter; /* within the file's bytes, NUL-terminated; NULL: static */
    uint32_t needed;         /* DT_NEEDED entries; 0 if there is no dynamic section */
};

bool elf_is(const unsigned char *file, size_t size);

/*
 * Reads the headers of an executable (gABI, "ELF Header" and "Program Header"). Returns NULL, or what is
 * wrong with it in a few words. Only the class and machine of a foreign one are filled in.
 */
const char *elf_inspect(const unsigned char *file, size_t size, struct elf_facts *facts);

/* "x86-64", "aarch64", … or "unknown machine". */
const char *elf_machine_name(uint16_t machine, enum elf_class class);

/* Of another class, byte order or machine than this program? */
bool elf_is_foreign(const struct elf_facts *facts);

#endif
