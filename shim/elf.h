/* SPDX-License-Identifier: ISC */
/*
 * What an ELF program's headers say about how it starts, and so whether a preload reaches it. Pure: reads by
 * way of a function, or on (pointer, length). Built into the launcher and the shim; sees no secret.
 */
#ifndef SECRUN_ELF_H
#define SECRUN_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum elf_class { ELF_32 = 1, ELF_64 = 2 };

enum { ELF_INTERPRETER_MAX = 256 }; /* bytes, with the NUL */

/* A file: fetch copies exactly `size` bytes at `offset` to `to`; false if they are not all there. */
struct elf_file {
    bool (*fetch)(const struct elf_file *file, uint64_t offset, void *to, size_t size);
    const void *bytes; /* for elf_inspect's own */
    uint64_t size;     /* of the whole file */
    int fd;            /* for fetch functions that read one */
};

/* Bytes of the segments that are mapped, in whole pages: all of them, as RLIMIT_AS counts, and those that are
 * written to, as RLIMIT_DATA does. */
struct elf_memory {
    uint64_t all, written;
};

struct elf_facts {
    enum elf_class class;
    bool big_endian;
    uint16_t machine;                      /* EM_… */
    uint16_t type;                         /* ET_EXEC or ET_DYN */
    char interpreter[ELF_INTERPRETER_MAX]; /* empty: static */
    struct elf_memory memory;
    uint32_t needed;        /* DT_NEEDED entries; 0 if there is no dynamic section */
    uint32_t takes_capsule; /* the version of capsule that it takes by itself (capsule.h), or 0 */
    bool asan;              /* needs a runtime of AddressSanitizer, which has to be the first library */
    bool go;                /* holds what Go's linker says of a program */
};

bool elf_is(const unsigned char *file, size_t size);

/*
 * Reads the headers of an executable (gABI, "ELF Header" and "Program Header"; where the kernel is stricter,
 * its load_elf_binary). Returns NULL, or what is wrong with it in a few words. Of a foreign one only class,
 * byte order, machine and type are filled in. Of Go there is a note and a section; the first can be left out
 * of a program, the second is looked for where a loader starts it.
 */
const char *elf_inspect(const unsigned char *file, size_t size, struct elf_facts *facts);
const char *elf_inspect_file(const struct elf_file *file, struct elf_facts *facts);

/* "x86-64", "aarch64", … or "unknown machine". */
const char *elf_machine_name(uint16_t machine, enum elf_class class);

/* Of another class, byte order or machine than this program? */
bool elf_is_foreign(const struct elf_facts *facts);

/* "glibc", "musl", or NULL for a loader that by its name is neither's. */
const char *elf_libc(const char *interpreter);

/* Why a program with `go` is held to no policy by a preload. */
#define ELF_GO "written in Go, which starts its children without libc"

/* Why no preload gets into such a program, in a few words, or NULL if one does. */
const char *elf_unreachable(const struct elf_facts *facts);

#endif
