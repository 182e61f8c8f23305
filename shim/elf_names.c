/* SPDX-License-Identifier: ISC */
/* What follows from an ELF program's headers, in words: see elf.h. Runs in secrun and inside the target; sees
 * no secret. */
#include "shim/elf_internal.h"

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#else
#error "no ELF machine for this build"
#endif

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

bool elf_begins_with(const char *text, const char *prefix)
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
    if (elf_begins_with(name, "ld-linux") || elf_begins_with(name, "ld64.so"))
        return "glibc";
    /* musl's loader is its libc, and ld-musl-… often a link to it. */
    if (elf_begins_with(name, "ld-musl-") || (elf_begins_with(name, "libc.so") && name[7] == '\0'))
        return "musl";
    return NULL;
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
    if (facts->asan)
        return "linked with a runtime of AddressSanitizer, which has to be loaded first";
    return NULL;
}
