/* SPDX-License-Identifier: ISC */
/* The sections of a made up ELF program: Go's is known by name. Runs in the unit tests only. */
#include <elf.h>
#include <string.h>

#include <criterion/criterion.h>

#include "shim/elf.h"
#include "unit/elf_sample.h"

#define GO ".go.buildinfo"

static bool is_go(void)
{
    struct elf_facts facts;
    cr_assert_null(sample_inspect(&facts));
    return facts.go;
}

static void make_go(unsigned index)
{
    elf_sample_make(GLIBC);
    sample_section_name(index, GO);
}

Test(elf_sections, of_go_say_that_it_is_a_program_in_go)
{
    elf_sample_make(GLIBC);
    cr_expect_not(is_go());
    for (unsigned i = 0; i < SECTIONS; i++) {
        if (i == SECTION_NAMES)
            continue;
        make_go(i);
        cr_expect(is_go(), "section %u", i);
    }
    make_go(1);
    sample_section_name(1, GO "x");
    cr_expect_not(is_go());
    sample_section_name(1, ".go.buildinf");
    cr_expect_not(is_go());
}

Test(elf_sections, more_than_a_header_can_count_are_counted_in_the_first_section)
{
    make_go(7);
    sample_header()->e_shnum = 0;
    cr_expect_not(is_go());
    sample_section(0)->sh_size = SECTIONS;
    cr_expect(is_go());
    sample_header()->e_shstrndx = SHN_XINDEX;
    cr_expect_not(is_go());
    sample_section(0)->sh_link = SECTION_NAMES;
    cr_expect(is_go());
    sample_section(0)->sh_link = SECTIONS;
    cr_expect_not(is_go());
    sample_section(0)->sh_link = SECTION_NAMES;
    sample_section(0)->sh_size = UINT64_MAX / sizeof(Elf64_Shdr) + 2; /* times the size of one: small */
    cr_expect_not(is_go());
}

Test(elf_sections, with_hostile_headers_are_passed_over)
{
    static const uint64_t offsets[] = {0,
                                       ELF_SAMPLE_SIZE,
                                       UINT64_MAX,
                                       ELF_SAMPLE_SIZE - sizeof(Elf64_Shdr) + 1,
                                       ELF_SAMPLE_SIZE - SECTIONS * sizeof(Elf64_Shdr) + 1,
                                       UINT64_MAX - 63};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        make_go(1);
        sample_header()->e_shoff = offsets[i];
        cr_expect_not(is_go(), "at %#lx", offsets[i]);
    }
    make_go(1);
    sample_header()->e_shentsize = 63;
    cr_expect_not(is_go());
    make_go(1);
    sample_header()->e_shnum = UINT16_MAX;
    cr_expect_not(is_go());
    make_go(1);
    sample_header()->e_shstrndx = SECTIONS;
    cr_expect_not(is_go());
    sample_header()->e_shnum = SECTIONS - 1;
    sample_header()->e_shstrndx = SECTIONS - 1;
    cr_expect_not(is_go());
}

Test(elf_sections, with_hostile_names_are_passed_over)
{
    static const uint32_t names[] = {SECTIONS * 32, SECTIONS * 32 - sizeof GO + 1, UINT32_MAX,
                                     UINT32_MAX - 13};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        make_go(1);
        memcpy(elf_sample + SECTION_NAMES_AT + SECTIONS * 32 - sizeof GO + 1, GO, sizeof GO);
        sample_section(1)->sh_name = names[i];
        cr_expect_not(is_go(), "%#x", names[i]);
        sample_section(1)->sh_name = SECTIONS * 32 - sizeof GO;
        memcpy(elf_sample + SECTION_NAMES_AT + SECTIONS * 32 - sizeof GO, GO, sizeof GO);
        cr_expect(is_go());
    }
    make_go(1);
    sample_section(SECTION_NAMES)->sh_offset = ELF_SAMPLE_SIZE - 8;
    cr_expect_not(is_go());
    make_go(1);
    sample_section(SECTION_NAMES)->sh_size = UINT64_MAX;
    cr_expect_not(is_go());
    make_go(1);
    sample_section(SECTION_NAMES)->sh_size = 4;
    cr_expect_not(is_go());
    make_go(1);
    sample_section(SECTION_NAMES)->sh_type = SHT_NOBITS;
    cr_expect_not(is_go());
}

static unsigned fetches;

static bool fetch(const struct elf_file *file, uint64_t offset, void *to, size_t size)
{
    cr_assert(offset <= file->size && size <= file->size - offset, "asked for what is not there");
    fetches += offset >= SECTIONS_AT && offset < NOTES_AT;
    memcpy(to, elf_sample + offset, size);
    return true;
}

/* Each read is a system call on the way to an exec. */
Test(elf_sections, take_few_reads_of_a_file_that_is_not_in_memory)
{
    const struct elf_file file = {.fetch = fetch, .size = ELF_SAMPLE_SIZE};
    struct elf_facts facts;
    elf_sample_make(GLIBC);
    cr_assert_null(elf_inspect_file(&file, &facts));
    cr_expect_not(facts.go);
    cr_expect_leq(fetches, 8);
    make_go(SECTIONS - 1);
    cr_assert_null(elf_inspect_file(&file, &facts));
    cr_expect(facts.go);
}
