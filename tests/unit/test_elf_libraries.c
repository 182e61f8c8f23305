/* SPDX-License-Identifier: ISC */
/* The libraries that a made up ELF program needs, and its string table. Runs in the unit tests only. */
#include <elf.h>
#include <string.h>

#include <criterion/criterion.h>

#include "shim/elf.h"
#include "unit/elf_sample.h"

static bool needs_asan(void)
{
    struct elf_facts facts;
    cr_assert_null(sample_inspect(&facts));
    return facts.asan;
}

static void make_with(unsigned n, const char *library)
{
    elf_sample_make(GLIBC);
    sample_library(n, library);
}

Test(elf_libraries, of_address_sanitizer_are_known_by_name)
{
    static const char *const asan[] = {"libasan.so.8",
                                       "libasan.so",
                                       "libclang_rt.asan-x86_64.so",
                                       "libclang_rt.asan.so",
                                       "/opt/lib/libclang_rt.asan-x86_64.so",
                                       "../libasan.so.6"};
    static const char *const others[] = {
        "libasan.a", "libtsan.so.2", "xlibasan.so.8", "libasan", "libasan.so/x", "libclang_rt.tsan.so", ""};
    for (size_t i = 0; i < sizeof asan / sizeof *asan; i++)
        for (unsigned n = 0; n < 5; n++) {
            make_with(n, asan[i]);
            cr_expect(needs_asan(), "%s, library %u", asan[i], n);
        }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        make_with(0, others[i]);
        cr_expect_not(needs_asan(), "%s", others[i]);
    }
}

Test(elf_libraries, behind_the_end_of_the_section_are_not_needed)
{
    make_with(4, "libasan.so.8");
    sample_dynamic(52)->d_tag = DT_NULL; /* the entry of that one */
    cr_expect_not(needs_asan());
    make_with(4, "libasan.so.8");
    sample_segment(DYNAMIC_SEGMENT)->p_filesz = 52 * sizeof(Elf64_Dyn);
    cr_expect_not(needs_asan());
}

/* What is out of bounds is no name; the loader fails on it, or finds another. */
Test(elf_libraries, with_hostile_names_are_passed_over)
{
    static const uint64_t hostile[] = {STRINGS_SIZE, STRINGS_SIZE + 1, UINT32_MAX, UINT64_MAX,
                                       UINT64_MAX - STRINGS_AT};
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        make_with(1, "libasan.so.8");
        sample_dynamic(0)->d_un.d_val = hostile[i];
        cr_expect(needs_asan(), "the other one is there");
        sample_dynamic(13)->d_un.d_val = hostile[i];
        cr_expect_not(needs_asan());
    }
}

Test(elf_libraries, with_a_hostile_string_table_are_passed_over)
{
    static const uint64_t addresses[] = {0, UINT64_MAX, STRINGS_ADDRESS - STRINGS_AT - 1,
                                         STRINGS_ADDRESS - STRINGS_AT + ELF_SAMPLE_SIZE,
                                         UINT64_MAX - STRINGS_SIZE};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        make_with(0, "libasan.so.8");
        for (unsigned j = 1; j < SEGMENTS; j++)
            if (sample_segment(j)->p_type == PT_LOAD)
                sample_segment(j)->p_type = PT_NULL;
        sample_dynamic(STRINGS)->d_un.d_ptr = addresses[i];
        cr_expect_not(needs_asan(), "%#lx", addresses[i]);
    }
    make_with(0, "libasan.so.8");
    sample_dynamic(STRINGS_LENGTH)->d_un.d_val = 0;
    cr_expect_not(needs_asan());
    sample_dynamic(STRINGS_LENGTH)->d_un.d_val = UINT64_MAX; /* cut at the segment's end */
    cr_expect(needs_asan());
    sample_dynamic(STRINGS_LENGTH)->d_tag = DT_DEBUG;
    cr_expect_not(needs_asan());
}

/* The last bytes of the file, with no NUL behind them. */
Test(elf_libraries, whose_names_run_to_the_end_of_the_file_are_read_within_it)
{
    static const char name[] = "libasan.so.8";
    const size_t size = sizeof name - 1;
    elf_sample_make(GLIBC);
    memcpy(elf_sample + ELF_SAMPLE_SIZE - size, name, size);
    sample_dynamic(STRINGS_LENGTH)->d_un.d_val = UINT64_MAX;
    sample_dynamic(0)->d_un.d_val = ELF_SAMPLE_SIZE - STRINGS_AT - size;
    cr_expect(needs_asan());
    sample_dynamic(0)->d_un.d_val += 1;
    cr_expect_not(needs_asan());
}

Test(elf_libraries, with_long_names_are_looked_at_in_part)
{
    elf_sample_make(GLIBC);
    memset(elf_sample + STRINGS_AT, '/', STRINGS_SIZE);
    memcpy(elf_sample + STRINGS_AT + 200, "libasan.so", 11);
    memcpy(elf_sample + STRINGS_AT + 500, "libasan.so", 11);
    sample_dynamic(0)->d_un.d_val = 300;
    sample_dynamic(13)->d_un.d_val = 0;
    cr_expect(needs_asan());
    sample_dynamic(13)->d_tag = DT_DEBUG;
    sample_dynamic(0)->d_un.d_val = 211;
    for (unsigned i = 26; i < DYNAMIC; i += 13)
        sample_dynamic(i)->d_tag = DT_DEBUG;
    cr_expect_not(needs_asan());
}

/* Of what is there twice the loaders take the last. */
Test(elf_libraries, of_two_dynamic_sections_are_those_of_the_last)
{
    make_with(0, "libasan.so.8");
    struct elf_facts facts;
    *sample_segment(DYNAMIC_SEGMENT + 1) =
        (Elf64_Phdr){.p_type = PT_DYNAMIC, .p_offset = DYNAMIC_AT + 16, .p_filesz = 512};
    cr_assert_null(sample_inspect(&facts));
    cr_expect_eq(facts.needed, 2);
    cr_expect_not(facts.asan);
}
