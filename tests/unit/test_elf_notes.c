/* SPDX-License-Identifier: ISC */
/* The notes of a made up ELF program: secrun's own, Go's, and damaged ones. Runs in the unit tests only. */
#include <elf.h>
#include <string.h>

#include <criterion/criterion.h>

#include "shim/capsule.h"
#include "shim/elf.h"
#include "unit/elf_sample.h"

Test(elf_notes, passes_over_notes_that_are_damaged)
{
    struct elf_facts facts;
    Elf64_Nhdr *first = (Elf64_Nhdr *)(void *)(elf_sample + NOTES_AT);
    for (uint32_t field = 0; field < 2; field++)
        for (uint32_t i = 0; i < 8; i++) {
            elf_sample_make(GLIBC);
            /* Sizes that lead out of the segment, or round up to 0 in 32 bits. */
            *(field ? &first->n_descsz : &first->n_namesz) = UINT32_MAX - i;
            cr_expect_null(sample_inspect(&facts));
            cr_expect_eq(facts.takes_capsule, 0);
        }
    elf_sample_make(GLIBC);
    sample_segment(NOTES)->p_offset = ELF_SAMPLE_SIZE;
    cr_expect_null(sample_inspect(&facts), "another's notes may lie anywhere");
    cr_expect_eq(facts.takes_capsule, 0);
    elf_sample_make(GLIBC);
    sample_segment(NOTES)->p_offset = UINT64_MAX - 4;
    cr_expect_null(sample_inspect(&facts));
}

Test(elf_notes, cut_off_anywhere_in_its_notes_is_read_within_them)
{
    struct elf_facts facts;
    elf_sample_make(GLIBC);
    size_t whole = sample_segment(NOTES)->p_filesz;
    for (size_t cut = 0; cut <= whole; cut++) {
        sample_segment(NOTES)->p_filesz = cut;
        cr_expect_null(sample_inspect(&facts));
        /* That of the capsule ends 20 bytes before the last. */
        cr_expect_eq(facts.takes_capsule, cut >= whole - 20 ? CAPSULE_VERSION : 0, "%zu of %zu", cut, whole);
    }
}

/* --- Go's ----------------------------------------------------------------------------------------- */

enum { GO_BUILD_ID = 4 };

static bool is_go(void)
{
    struct elf_facts facts;
    cr_assert_null(sample_inspect(&facts));
    return facts.go;
}

Test(elf_notes, of_go_say_that_it_is_a_program_in_go)
{
    elf_sample_make(GLIBC);
    cr_expect_not(is_go());
    size_t size = sample_note(sample_segment(NOTES)->p_filesz, GO_BUILD_ID, "Go", 4, 1);
    cr_expect_not(is_go(), "behind the segment");
    sample_segment(NOTES)->p_filesz = size;
    cr_expect(is_go());
    sample_segment(NOTES)->p_filesz = size - 1;
    cr_expect_not(is_go());
}

Test(elf_notes, that_resemble_those_of_go_say_nothing)
{
    static const struct {
        uint32_t type, size;
        const char *name;
    } notes[] = {{3, 4, "Go"},
                 {GO_BUILD_ID, 4, "Goo"},
                 {GO_BUILD_ID, 4, "go"},
                 {GO_BUILD_ID, 5, "Go"},
                 {GO_BUILD_ID, 2, "Go"}};
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        elf_sample_make(GLIBC);
        sample_segment(NOTES)->p_filesz = sample_note(0, notes[i].type, notes[i].name, notes[i].size, 1);
        cr_expect_not(is_go(), "%u %u %s", notes[i].type, notes[i].size, notes[i].name);
    }
}

/* Linkers put together the notes of all objects, and packagers add some of several hundred bytes. */
Test(elf_notes, are_found_behind_many_and_long_ones)
{
    for (uint32_t length = 0; length < 1200; length += 4) {
        elf_sample_make(GLIBC);
        size_t first = sample_note(0, 1, "FDO", 4, 0);
        ((Elf64_Nhdr *)(void *)(elf_sample + NOTES_AT))->n_descsz = length;
        size_t size = sample_note(first - 4 + length, GO_BUILD_ID, "Go", 4, 1);
        size = sample_note(size, CAPSULE_NOTE_TYPE, CAPSULE_NOTE_NAME, sizeof CAPSULE_NOTE_NAME,
                           CAPSULE_VERSION);
        sample_segment(NOTES)->p_filesz = size;
        struct elf_facts facts;
        cr_assert_null(sample_inspect(&facts));
        cr_expect(facts.go, "%u", length);
        cr_expect_eq(facts.takes_capsule, CAPSULE_VERSION, "%u", length);
    }
}

Test(elf_notes, aligned_to_eight_bytes_are_found)
{
    elf_sample_make(GLIBC);
    size_t size = sample_note(0, 5, "GNU", 4, 0); /* 20 bytes, and 4 to the next */
    sample_segment(NOTES)->p_filesz = sample_note(size + 4, GO_BUILD_ID, "Go", 4, 1);
    cr_expect_not(is_go());
    sample_segment(NOTES)->p_align = 8;
    cr_expect(is_go());
}

Test(elf_notes, without_end_are_given_up)
{
    elf_sample_make(GLIBC);
    memset(elf_sample + NOTES_AT, 0, ELF_SAMPLE_SIZE - NOTES_AT); /* one empty one after the other */
    sample_segment(NOTES)->p_filesz = ELF_SAMPLE_SIZE - NOTES_AT;
    sample_note(ELF_SAMPLE_SIZE - NOTES_AT - 20, GO_BUILD_ID, "Go", 4, 1);
    cr_expect_not(is_go());
}
