/* SPDX-License-Identifier: ISC */
/* ELF headers of a made up program: damaged ones, and files that cannot be read whole. Runs in the
 * unit tests only. */
#include <elf.h>
#include <string.h>

#include <criterion/criterion.h>

#include "shim/capsule.h"
#include "shim/elf.h"
#include "unit/elf_sample.h"

Test(elf_made, of_many_segments_is_read_to_the_last)
{
    struct elf_facts facts;
    elf_sample_make(GLIBC);
    cr_assert_null(sample_inspect(&facts));
    cr_expect_str_eq(facts.interpreter, GLIBC);
    cr_expect_eq(facts.needed, 5);
    cr_expect_eq(facts.takes_capsule, CAPSULE_VERSION);
    sample_dynamic(14)->d_tag = DT_NULL; /* what follows does not count */
    cr_assert_null(sample_inspect(&facts));
    cr_expect_eq(facts.needed, 2);
}

/* --- damage --------------------------------------------------------------------------------------- */

Test(elf_made, with_hostile_headers_is_refused)
{
    elf_sample_make(GLIBC);
    sample_header()->e_phoff = UINT64_MAX - 8;
    check_sample_refused("its program headers lie outside the file");
    sample_header()->e_phoff = ELF_SAMPLE_SIZE - SEGMENTS * sizeof(Elf64_Phdr) + 1;
    check_sample_refused("its program headers lie outside the file");
    sample_header()->e_phnum = UINT16_MAX;
    check_sample_refused("malformed program headers");
    sample_header()->e_phnum = 0;
    check_sample_refused("malformed program headers");
    sample_header()->e_phentsize = 1;
    check_sample_refused("malformed program headers");
    sample_header()->e_phnum = 65536 / sizeof(Elf64_Phdr) + 1; /* the kernel's limit */
    check_sample_refused("malformed program headers");
    sample_header()->e_phnum = 65536 / sizeof(Elf64_Phdr);
    check_sample_refused("its program headers lie outside the file");
    sample_header()->e_type = ET_REL;
    check_sample_refused("not an executable but an object file");
    sample_header()->e_type = ET_CORE;
    check_sample_refused("not an executable but a core dump");
    sample_header()->e_type = ET_NONE;
    check_sample_refused("not an executable");
    sample_header()->e_machine = EM_S390;
    sample_header()->e_type = ET_REL;
    check_sample_refused("not an executable but an object file");
    sample_header()->e_ident[EI_MAG0] = 0;
    check_sample_refused("not an ELF file");
}

Test(elf_made, with_hostile_segments_is_refused)
{
    elf_sample_make(GLIBC);
    sample_segment(SEGMENTS - 1)->p_offset = UINT64_MAX;
    check_sample_refused("a segment lies outside the file");
    sample_segment(INTERPRETER)->p_offset = ELF_SAMPLE_SIZE;
    check_sample_refused("a segment lies outside the file");
    sample_segment(DYNAMIC_SEGMENT)->p_filesz = UINT64_MAX / 2;
    check_sample_refused("a segment lies outside the file");
    sample_segment(INTERPRETER)->p_filesz--; /* the NUL is cut off */
    check_sample_refused("its interpreter's path is malformed");
    sample_segment(INTERPRETER)->p_filesz = 1;
    check_sample_refused("its interpreter's path is malformed");
    elf_sample[INTERPRETER_AT] = '\0';
    check_sample_refused("its interpreter's path is malformed");
    sample_segment(INTERPRETER)->p_filesz = ELF_INTERPRETER_MAX + 1;
    check_sample_refused("its interpreter's path is too long");
}

/* As the kernel does: whatever the others are, it does not look at them. */
Test(elf_made, with_several_loaders_has_the_first)
{
    struct elf_facts facts;
    elf_sample_make(GLIBC);
    *sample_segment(INTERPRETER + 1) =
        (Elf64_Phdr){.p_type = PT_INTERP, .p_offset = INTERPRETER_AT + 1, .p_filesz = strlen(GLIBC)};
    *sample_segment(INTERPRETER + 2) =
        (Elf64_Phdr){.p_type = PT_INTERP, .p_offset = UINT64_MAX, .p_filesz = 9};
    cr_assert_null(sample_inspect(&facts));
    cr_assert_str_eq(facts.interpreter, GLIBC);
}

Test(elf_made, takes_the_longest_path_of_a_loader)
{
    struct elf_facts facts;
    char path[ELF_INTERPRETER_MAX];
    memset(path, '/', sizeof path);
    path[sizeof path - 1] = '\0';
    elf_sample_make(path);
    cr_assert_null(sample_inspect(&facts));
    cr_assert_str_eq(facts.interpreter, path);
}

Test(elf_made, of_another_machine_or_class_is_foreign)
{
    struct elf_facts facts;
    elf_sample_make(GLIBC);
    sample_header()->e_machine = EM_S390;
    cr_assert_null(sample_inspect(&facts));
    cr_assert(elf_is_foreign(&facts));
    cr_assert_str_eq(elf_machine_name(facts.machine, facts.class), "s390");
    elf_sample_make(GLIBC);
    sample_header()->e_ident[EI_CLASS] = ELFCLASS32;
    cr_assert_null(sample_inspect(&facts));
    cr_assert(elf_is_foreign(&facts));
    elf_sample_make(GLIBC);
    sample_header()->e_ident[EI_DATA] = ELFDATA2MSB;
    sample_header()->e_type = ET_DYN << 8;
    cr_assert_null(sample_inspect(&facts));
    cr_assert(elf_is_foreign(&facts));
    cr_assert_eq(facts.machine, (sample_header()->e_machine & 255) << 8 | sample_header()->e_machine >> 8);
}

/* --- files that cannot be read whole --------------------------------------------------------------- */

static unsigned fetches, fails_at;

static bool fetch(const struct elf_file *file, uint64_t offset, void *to, size_t size)
{
    cr_assert(offset <= file->size && size <= file->size - offset, "asked for what is not there");
    if (fetches++ == fails_at)
        return false;
    memcpy(to, elf_sample + offset, size);
    return true;
}

Test(elf_made, of_a_file_that_cannot_be_read_is_refused_at_every_read_but_those_of_notes_and_sections)
{
    const struct elf_file file = {.fetch = fetch, .size = ELF_SAMPLE_SIZE};
    struct elf_facts facts;
    unsigned passed = 0, lost = 0;
    elf_sample_make(GLIBC);
    for (fails_at = 0;; fails_at++) {
        fetches = 0;
        const char *wrong = elf_inspect_file(&file, &facts);
        if (fetches <= fails_at) {
            cr_assert_null(wrong, "%s", wrong);
            break;
        }
        if (!wrong)
            passed++;
        lost += !wrong && facts.takes_capsule == 0;
    }
    /* header, loader, notes, segments three times, entries four times, five names; then, of sections, the
     * names' own, three times some, and names four times */
    cr_expect_eq(fails_at, 23);
    cr_expect_eq(passed, 9);
    cr_expect_eq(lost, 1);
}

/* --- what follows --------------------------------------------------------------------------------- */

Test(elf_made, knows_the_libc_by_its_loader)
{
    cr_expect_str_eq(elf_libc(GLIBC), "glibc");
    cr_expect_str_eq(elf_libc("/lib64/ld64.so.2"), "glibc");
    cr_expect_str_eq(elf_libc("/nix/store/x/lib/ld-linux-aarch64.so.1"), "glibc");
    cr_expect_str_eq(elf_libc(MUSL), "musl");
    cr_expect_null(elf_libc("/system/bin/linker64"));
    cr_expect_null(elf_libc("/lib/ld-linux/other"));
    cr_expect_null(elf_libc("/lib/ld-uClibc.so.0"));
    cr_expect_str_eq(elf_libc("/lib/x86_64-linux-musl/libc.so"), "musl"); /* what its loader is a link to */
    cr_expect_null(elf_libc("/lib/x86_64-linux-gnu/libc.so.6"));
    cr_expect_null(elf_libc(""));
}

static void check_unreachable(const char *why)
{
    struct elf_facts facts;
    cr_assert_null(sample_inspect(&facts));
    const char *because = elf_unreachable(&facts);
    cr_expect(why ? because && strstr(because, why) : !because, "%s instead of %s", because, why);
}

Test(elf_made, says_why_no_preload_gets_in)
{
    elf_sample_make(GLIBC);
    check_unreachable(NULL);
    elf_sample_make(MUSL);
    check_unreachable(NULL);
    sample_segment(DYNAMIC_SEGMENT)->p_type = PT_LOAD; /* nothing needed */
    check_unreachable("without musl's libc");
    elf_sample_make(GLIBC);
    sample_segment(DYNAMIC_SEGMENT)->p_type = PT_LOAD;
    check_unreachable(NULL);
    elf_sample_make(GLIBC);
    sample_library(2, "libasan.so.8");
    check_unreachable("AddressSanitizer");
    elf_sample_make("/system/bin/linker64");
    check_unreachable("neither glibc's nor musl's");
    elf_sample_make(GLIBC);
    sample_segment(INTERPRETER)->p_type = PT_LOAD;
    check_unreachable("static program");
    sample_header()->e_machine = EM_S390;
    check_unreachable("for another machine");
}
