/* SPDX-License-Identifier: ISC */
/* ELF headers: real programs of this machine, and damaged ones. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "deliver/elf.h"
#include "support/command.h"

TestSuite(elf, .init = scratch_begin, .fini = scratch_end);

static unsigned char *load(const char *path, size_t *size)
{
    return (unsigned char *)get_file(path, size);
}

Test(elf, of_a_dynamic_program_names_its_loader)
{
    size_t size;
    struct elf_facts facts;
    unsigned char *file = load("/bin/ls", &size);
    cr_assert_null(elf_inspect(file, size, &facts));
    cr_assert_not(elf_is_foreign(&facts));
    cr_assert_not_null(facts.interpreter);
    cr_assert(strstr(facts.interpreter, "/ld-linux"));
    cr_assert_gt(facts.needed, 0);
    free(file);
}

Test(elf, of_a_static_program_names_no_loader)
{
    put_file("static.c", "int main(void){return 0;}\n", 26);
    struct outcome built = shell("cc -static -o static static.c && cc -static-pie -o static-pie static.c");
    check_status(built, 0);
    outcome_free(&built);
    for (int i = 0; i < 2; i++) {
        size_t size;
        struct elf_facts facts;
        unsigned char *file = load(i ? "static" : "static-pie", &size);
        cr_assert_null(elf_inspect(file, size, &facts));
        cr_assert_null(facts.interpreter);
        free(file);
    }
}

Test(elf, truncated_anywhere_is_read_within_its_bytes)
{
    size_t size;
    struct elf_facts facts;
    unsigned char *file = load("/bin/ls", &size);
    for (size_t cut = 0; cut < 2048; cut++) {
        unsigned char *part = malloc(cut ? cut : 1);
        memcpy(part, file, cut);
        const char *wrong = elf_inspect(part, cut, &facts);
        cr_assert(cut >= sizeof(Elf64_Ehdr) || wrong, "%zu bytes", cut);
        free(part);
    }
    free(file);
}

Test(elf, with_hostile_headers_is_refused)
{
    size_t size;
    struct elf_facts facts;
    unsigned char *file = load("/bin/ls", &size);
    Elf64_Ehdr header, changed;
    memcpy(&header, file, sizeof header);

    changed = header;
    changed.e_phoff = UINT64_MAX - 8;
    memcpy(file, &changed, sizeof changed);
    cr_assert_str_eq(elf_inspect(file, size, &facts), "its program headers lie outside the file");

    changed = header;
    changed.e_phnum = UINT16_MAX;
    memcpy(file, &changed, sizeof changed);
    cr_assert_str_eq(elf_inspect(file, size, &facts), "malformed program headers");

    changed = header;
    changed.e_phentsize = 1;
    memcpy(file, &changed, sizeof changed);
    cr_assert_str_eq(elf_inspect(file, size, &facts), "malformed program headers");

    changed = header;
    changed.e_type = ET_REL;
    memcpy(file, &changed, sizeof changed);
    cr_assert_str_eq(elf_inspect(file, size, &facts), "not an executable");

    changed = header;
    changed.e_machine = EM_S390;
    memcpy(file, &changed, sizeof changed);
    cr_assert_null(elf_inspect(file, size, &facts));
    cr_assert_str_eq(elf_machine_name(facts.machine, facts.class), "s390");

    memcpy(file, &header, sizeof header);
    for (unsigned i = 0; i < header.e_phnum; i++) {
        unsigned char *at = file + header.e_phoff + i * sizeof(Elf64_Phdr);
        Elf64_Phdr segment;
        memcpy(&segment, at, sizeof segment);
        if (segment.p_type != PT_INTERP)
            continue;
        segment.p_filesz--; /* the NUL is cut off */
        memcpy(at, &segment, sizeof segment);
        cr_assert_str_eq(elf_inspect(file, size, &facts), "its interpreter's path is malformed");
        segment.p_offset = size;
        memcpy(at, &segment, sizeof segment);
        cr_assert_str_eq(elf_inspect(file, size, &facts), "a segment lies outside the file");
    }
    free(file);
}
