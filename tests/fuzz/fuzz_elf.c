/* SPDX-License-Identifier: ISC */
/* Fuzzes the ELF header reader that looks at every program before it is run. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "deliver/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_facts facts;
    unsigned char *file = malloc(size ? size : 1);
    memcpy(file, data, size);
    if (!elf_inspect(file, size, &facts) && facts.interpreter && strlen(facts.interpreter) >= size)
        abort();
    free(file);
    return 0;
}
