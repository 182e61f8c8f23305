/* SPDX-License-Identifier: ISC */
/* ELF headers of a made up program: damaged ones, its notes, and files that cannot be read whole. Runs in the
 * unit tests only. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "shim/capsule.h"
#include "shim/elf.h"
#include "support/command.h"

/* --- the program ---------------------------------------------------------------------------------- */

enum { SEGMENTS = 20, INTERPRETER_AT = 2048, DYNAMIC_AT = 2560, DYNAMIC = 40, NOTES_AT = 3328, SIZE = 4096 };

/* More segments and entries than are read at once. */
static struct program {
    _Alignas(8) unsigned char bytes[SIZE];
} program;

static Elf64_Ehdr *header(void)
{
    return (Elf64_Ehdr *)(void *)program.bytes;
}

static Elf64_Phdr *segment(unsigned index)
{
    return (Elf64_Phdr *)(void *)(program.bytes + sizeof(Elf64_Ehdr)) + index;
}

static Elf64_Dyn *dynamic(unsigned index)
{
    return (Elf64_Dyn *)(void *)(program.bytes + DYNAMIC_AT) + index;
}

enum { INTERPRETER = 3, DYNAMIC_SEGMENT = 16, NOTES = 18 };

/* A note, at a place in those; returns what follows it. */
static size_t put_note(size_t at, uint32_t type, const char *name, uint32_t name_size, uint32_t version)
{
    unsigned char *to = program.bytes + NOTES_AT + at;
    const Elf64_Nhdr note = {.n_namesz = name_size, .n_descsz = sizeof version, .n_type = type};
    memcpy(to, &note, sizeof note);
    memcpy(to + sizeof note, name, strlen(name) + 1);
    memcpy(to + sizeof note + (name_size + 3) / 4 * 4, &version, sizeof version);
    return at + sizeof note + (name_size + 3) / 4 * 4 + sizeof version;
}

static void make(const char *interpreter)
{
    size_t size;
    char *real = get_file("/bin/ls", &size);
    memset(&program, 0, sizeof program);
    memcpy(program.bytes, real, sizeof(Elf64_Ehdr));
    free(real);
    header()->e_phoff = sizeof(Elf64_Ehdr);
    header()->e_phnum = SEGMENTS;
    for (unsigned i = 0; i < SEGMENTS; i++)
        *segment(i) = (Elf64_Phdr){.p_type = PT_LOAD, .p_filesz = SIZE};
    strcpy((char *)program.bytes + INTERPRETER_AT, interpreter);
    *segment(INTERPRETER) =
        (Elf64_Phdr){.p_type = PT_INTERP, .p_offset = INTERPRETER_AT, .p_filesz = strlen(interpreter) + 1};
    for (unsigned i = 0; i < DYNAMIC - 1; i++)
        dynamic(i)->d_tag = i % 13 == 0 ? DT_NEEDED : DT_DEBUG;
    *segment(DYNAMIC_SEGMENT) =
        (Elf64_Phdr){.p_type = PT_DYNAMIC, .p_offset = DYNAMIC_AT, .p_filesz = DYNAMIC * sizeof(Elf64_Dyn)};
    size = put_note(0, 1, "GNU", 4, 99);
    size = put_note(size, 2, CAPSULE_NOTE_NAME, sizeof CAPSULE_NOTE_NAME, 98); /* another type */
    size = put_note(size, CAPSULE_NOTE_TYPE, "secrum", 7, 97);
    size = put_note(size, CAPSULE_NOTE_TYPE, CAPSULE_NOTE_NAME, sizeof CAPSULE_NOTE_NAME, CAPSULE_VERSION);
    size = put_note(size, 3, "GNU", 4, 96);
    *segment(NOTES) = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = NOTES_AT, .p_filesz = size};
}

static const char *inspect(struct elf_facts *facts)
{
    return elf_inspect(program.bytes, SIZE, facts);
}

#define GLIBC "/lib64/ld-linux-x86-64.so.2"
#define MUSL  "/lib/ld-musl-x86_64.so.1"

Test(elf_made, of_many_segments_is_read_to_the_last)
{
    struct elf_facts facts;
    make(GLIBC);
    cr_assert_null(inspect(&facts));
    cr_expect_str_eq(facts.interpreter, GLIBC);
    cr_expect_eq(facts.needed, 3);
    cr_expect_eq(facts.takes_capsule, CAPSULE_VERSION);
    dynamic(14)->d_tag = DT_NULL; /* what follows does not count */
    cr_assert_null(inspect(&facts));
    cr_expect_eq(facts.needed, 2);
}

/* --- damage --------------------------------------------------------------------------------------- */

static void check_refused(const char *why)
{
    struct elf_facts facts;
    const char *wrong = inspect(&facts);
    cr_expect(wrong && strcmp(wrong, why) == 0, "%s instead of %s", wrong, why);
    make(GLIBC);
}

Test(elf_made, with_hostile_headers_is_refused)
{
    make(GLIBC);
    header()->e_phoff = UINT64_MAX - 8;
    check_refused("its program headers lie outside the file");
    header()->e_phoff = SIZE - SEGMENTS * sizeof(Elf64_Phdr) + 1;
    check_refused("its program headers lie outside the file");
    header()->e_phnum = UINT16_MAX;
    check_refused("malformed program headers");
    header()->e_phnum = 0;
    check_refused("malformed program headers");
    header()->e_phentsize = 1;
    check_refused("malformed program headers");
    header()->e_type = ET_REL;
    check_refused("not an executable");
    header()->e_ident[EI_MAG0] = 0;
    check_refused("not an ELF file");
}

Test(elf_made, with_hostile_segments_is_refused)
{
    make(GLIBC);
    segment(SEGMENTS - 1)->p_offset = UINT64_MAX;
    check_refused("a segment lies outside the file");
    segment(INTERPRETER)->p_offset = SIZE;
    check_refused("a segment lies outside the file");
    segment(DYNAMIC_SEGMENT)->p_filesz = UINT64_MAX / 2;
    check_refused("a segment lies outside the file");
    segment(INTERPRETER)->p_filesz--; /* the NUL is cut off */
    check_refused("its interpreter's path is malformed");
    segment(INTERPRETER)->p_filesz = 1;
    check_refused("its interpreter's path is malformed");
    program.bytes[INTERPRETER_AT] = '\0';
    check_refused("its interpreter's path is malformed");
    segment(INTERPRETER)->p_filesz = ELF_INTERPRETER_MAX + 1;
    check_refused("its interpreter's path is too long");
}

Test(elf_made, takes_the_longest_path_of_a_loader)
{
    struct elf_facts facts;
    char path[ELF_INTERPRETER_MAX];
    memset(path, '/', sizeof path);
    path[sizeof path - 1] = '\0';
    make(path);
    cr_assert_null(inspect(&facts));
    cr_assert_str_eq(facts.interpreter, path);
}

Test(elf_made, of_another_machine_or_class_is_foreign)
{
    struct elf_facts facts;
    make(GLIBC);
    header()->e_machine = EM_S390;
    cr_assert_null(inspect(&facts));
    cr_assert(elf_is_foreign(&facts));
    cr_assert_str_eq(elf_machine_name(facts.machine, facts.class), "s390");
    make(GLIBC);
    header()->e_ident[EI_CLASS] = ELFCLASS32;
    cr_assert_null(inspect(&facts));
    cr_assert(elf_is_foreign(&facts));
    make(GLIBC);
    header()->e_ident[EI_DATA] = ELFDATA2MSB;
    cr_assert_null(inspect(&facts));
    cr_assert(elf_is_foreign(&facts));
    cr_assert_eq(facts.machine, (header()->e_machine & 255) << 8 | header()->e_machine >> 8);
}

/* --- notes ---------------------------------------------------------------------------------------- */

Test(elf_made, passes_over_notes_that_are_damaged)
{
    struct elf_facts facts;
    Elf64_Nhdr *first = (Elf64_Nhdr *)(void *)(program.bytes + NOTES_AT);
    for (uint32_t field = 0; field < 2; field++)
        for (uint32_t i = 0; i < 8; i++) {
            make(GLIBC);
            /* Sizes that lead out of the segment, or round up to 0 in 32 bits. */
            *(field ? &first->n_descsz : &first->n_namesz) = UINT32_MAX - i;
            cr_expect_null(inspect(&facts));
            cr_expect_eq(facts.takes_capsule, 0);
        }
    make(GLIBC);
    segment(NOTES)->p_offset = SIZE;
    cr_expect_null(inspect(&facts), "another's notes may lie anywhere");
    cr_expect_eq(facts.takes_capsule, 0);
    make(GLIBC);
    segment(NOTES)->p_offset = UINT64_MAX - 4;
    cr_expect_null(inspect(&facts));
}

Test(elf_made, cut_off_anywhere_in_its_notes_is_read_within_them)
{
    struct elf_facts facts;
    make(GLIBC);
    size_t whole = segment(NOTES)->p_filesz;
    for (size_t cut = 0; cut <= whole; cut++) {
        segment(NOTES)->p_filesz = cut;
        cr_expect_null(inspect(&facts));
        /* That of the capsule ends 20 bytes before the last. */
        cr_expect_eq(facts.takes_capsule, cut >= whole - 20 ? CAPSULE_VERSION : 0, "%zu of %zu", cut, whole);
    }
}

/* --- files that cannot be read whole --------------------------------------------------------------- */

static unsigned fetches, fails_at;

static bool fetch(const struct elf_file *file, uint64_t offset, void *to, size_t size)
{
    cr_assert(offset <= file->size && size <= file->size - offset, "asked for what is not there");
    if (fetches++ == fails_at)
        return false;
    memcpy(to, program.bytes + offset, size);
    return true;
}

Test(elf_made, of_a_file_that_cannot_be_read_is_refused_at_every_read_but_that_of_notes)
{
    const struct elf_file file = {.fetch = fetch, .size = SIZE};
    struct elf_facts facts;
    unsigned passed = 0;
    make(GLIBC);
    for (fails_at = 0;; fails_at++) {
        fetches = 0;
        const char *wrong = elf_inspect_file(&file, &facts);
        if (fetches <= fails_at) {
            cr_assert_null(wrong, "%s", wrong);
            break;
        }
        if (!wrong)
            passed++;
        cr_expect(wrong || facts.takes_capsule == 0, "read %u", fails_at);
    }
    cr_expect_geq(fails_at, 7); /* header, segments and entries twice each, loader, notes */
    cr_expect_eq(passed, 1);
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
    cr_expect_null(elf_libc(""));
}

static void check_unreachable(const char *why)
{
    struct elf_facts facts;
    cr_assert_null(inspect(&facts));
    const char *because = elf_unreachable(&facts);
    cr_expect(why ? because && strstr(because, why) : !because, "%s instead of %s", because, why);
}

Test(elf_made, says_why_no_preload_gets_in)
{
    make(GLIBC);
    check_unreachable(NULL);
    make(MUSL);
    check_unreachable(NULL);
    segment(DYNAMIC_SEGMENT)->p_type = PT_LOAD; /* nothing needed */
    check_unreachable("without musl's libc");
    make(GLIBC);
    segment(DYNAMIC_SEGMENT)->p_type = PT_LOAD;
    check_unreachable(NULL);
    make("/system/bin/linker64");
    check_unreachable("neither glibc's nor musl's");
    make(GLIBC);
    segment(INTERPRETER)->p_type = PT_LOAD;
    check_unreachable("static program");
    header()->e_machine = EM_S390;
    check_unreachable("for another machine");
}
