/* SPDX-License-Identifier: ISC */
/* ELF headers: programs of this machine. Runs in the unit tests only. */
#include <elf.h>
#include <stdbool.h>
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

static bool fetch(const struct elf_file *file, uint64_t offset, void *to, size_t size)
{
    cr_assert(offset <= file->size && size <= file->size - offset, "asked for what is not there");
    memcpy(to, (const unsigned char *)file->bytes + offset, size);
    return true;
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

static struct elf_facts facts_of(const char *path, bool whole)
{
    size_t size;
    struct elf_facts facts;
    unsigned char *file = load(path, &size);
    const struct elf_file pieces = {.fetch = fetch, .bytes = file, .size = size};
    const char *wrong = whole ? elf_inspect(file, size, &facts) : elf_inspect_file(&pieces, &facts);
    cr_assert_null(wrong, "%s: %s", path, wrong);
    free(file);
    return facts;
}

/* Its note can be left out, its section is always there; strip takes neither away. */
Test(elf, of_a_program_in_go_says_so, .timeout = 300)
{
    static const struct {
        const char *name, *build;
        bool is_static;
    } programs[] = {
        {"static", "CGO_ENABLED=0 go build -o static plain.go", true},
        {"pie", "CGO_ENABLED=0 go build -buildmode=pie -o pie plain.go", false},
        {"stripped", "CGO_ENABLED=0 go build -ldflags='-s -w' -o stripped plain.go", true},
        {"nameless", "CGO_ENABLED=0 go build -ldflags='-s -w -buildid=' -o nameless plain.go", true},
        {"cgo", "go build -o cgo cgo.go", false},
        {"cgo-pie", "go build -buildmode=pie -o cgo-pie cgo.go && strip cgo-pie", false},
        {"cgo-nameless", "go build -ldflags=-buildid= -o cgo-nameless cgo.go", false},
    };
    static const char plain[] = "package main\n\nfunc main() { println() }\n";
    static const char cgo[] =
        "package main\n\n// #include <stdlib.h>\nimport \"C\"\n\nfunc main() { C.abort() }\n";
    put_file("plain.go", plain, sizeof plain - 1);
    put_file("cgo.go", cgo, sizeof cgo - 1);
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        struct outcome built = shell("GO111MODULE=off %s", programs[i].build);
        check_status(built, 0);
        outcome_free(&built);
        struct elf_facts whole = facts_of(programs[i].name, true), pieces = facts_of(programs[i].name, false);
        cr_expect(whole.go, "%s", programs[i].name);
        cr_expect(pieces.go, "%s", programs[i].name);
        cr_expect_eq(whole.interpreter[0] == '\0', programs[i].is_static, "%s", programs[i].name);
    }
}

Test(elf, of_a_program_under_address_sanitizer_says_so)
{
    put_file("main.c", "int main(void){return 0;}\n", 26);
    struct outcome built = shell("gcc -fsanitize=address -o gcc-asan main.c\n"
                                 "clang -fsanitize=address -shared-libasan -o clang-asan main.c\n"
                                 "clang -fsanitize=address -o built-in main.c\n"
                                 "gcc -fsanitize=undefined -o ubsan main.c");
    check_status(built, 0);
    outcome_free(&built);
    for (int whole = 0; whole < 2; whole++) {
        struct elf_facts facts = facts_of("gcc-asan", whole);
        cr_expect(strstr(elf_unreachable(&facts), "AddressSanitizer"));
        facts = facts_of("clang-asan", whole);
        cr_expect(strstr(elf_unreachable(&facts), "AddressSanitizer"));
        facts = facts_of("built-in", whole);
        cr_expect_null(elf_unreachable(&facts));
        facts = facts_of("ubsan", whole);
        cr_expect_null(elf_unreachable(&facts));
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
