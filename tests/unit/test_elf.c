/* SPDX-License-Identifier: ISC */
/* ELF headers: programs of this machine. Runs in the unit tests only. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "shim/elf.h"
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
    cr_assert(strstr(facts.interpreter, "/ld-linux"));
    cr_assert_gt(facts.needed, 0);
    cr_assert_eq(facts.takes_capsule, 0);
    cr_assert_null(elf_unreachable(&facts));
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
        cr_assert_str_eq(facts.interpreter, "");
        cr_assert_eq(facts.needed, 0);
        cr_assert(strstr(elf_unreachable(&facts), "static program"));
        free(file);
    }
}

/* As secrun has it. */
Test(elf, of_a_program_that_takes_a_capsule_says_which_version)
{
    static const char source[] =
        "__attribute__((section(\".note.secrun\"), aligned(4), used)) static const struct {\n"
        "    unsigned name, descriptor, type; char text[8]; unsigned version;\n"
        "} note = {sizeof \"secrun\", 4, 1, \"secrun\", 7};\n"
        "int main(void){return 0;}\n";
    put_file("takes.c", source, sizeof source - 1);
    struct outcome built = shell("cc -static -o static takes.c && cc -o dynamic takes.c");
    check_status(built, 0);
    outcome_free(&built);
    for (int i = 0; i < 2; i++) {
        size_t size;
        struct elf_facts facts;
        unsigned char *file = load(i ? "static" : "dynamic", &size);
        cr_assert_null(elf_inspect(file, size, &facts));
        cr_assert_eq(facts.takes_capsule, 7);
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
