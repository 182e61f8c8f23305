/* SPDX-License-Identifier: ISC */
/* Fuzzes the ELF header reader that looks at every program before it is run. The first byte says which of its
 * reads fails; 255: none. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "shim/elf.h"

static unsigned reads_left;

/* What is asked for lies in the file, and the last byte of what is asked for is there to be written. */
static bool fetch(const struct elf_file *file, uint64_t offset, void *to, size_t size)
{
    require(offset <= file->size && size <= file->size - offset);
    if (reads_left-- == 0)
        return false;
    memcpy(to, (const unsigned char *)file->bytes + offset, size);
    return true;
}

static void check_facts(const struct elf_facts *facts)
{
    const char *why = elf_unreachable(facts);
    require(memchr(facts->interpreter, '\0', sizeof facts->interpreter) != NULL);
    require(why || facts->interpreter[0] == '/' || elf_libc(facts->interpreter));
    require(elf_machine_name(facts->machine, facts->class) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_facts facts, again;
    if (size == 0)
        return 0;
    unsigned fails_at = data[0] == 255 ? (unsigned)-1 : data[0];
    size--;
    unsigned char *bytes = malloc(size ? size : 1);
    memcpy(bytes, data + 1, size);
    const struct elf_file file = {.fetch = fetch, .bytes = bytes, .size = size};
    reads_left = fails_at;
    const char *wrong = elf_inspect_file(&file, &facts);
    if (!wrong)
        check_facts(&facts);
    const char *again_wrong = elf_inspect(bytes, size, &again);
    if (!again_wrong)
        check_facts(&again);
    if (fails_at == (unsigned)-1) {
        require(wrong == again_wrong);
        require(memcmp(&facts, &again, sizeof facts) == 0);
    } else if (!wrong && !again_wrong) {
        /* A read that fails does not make up a program that is reached by other means. */
        require(facts.needed == again.needed && facts.asan == again.asan);
        require(strcmp(facts.interpreter, again.interpreter) == 0);
    }
    free(bytes);
    return 0;
}
