/* SPDX-License-Identifier: ISC */
/* Fuzzes the capsule's reader: what capsule_check lets through must be safe to use in every way. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "shim/capsule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char *block = malloc(size ? size : 1);
    memcpy(block, data, size);
    if (!capsule_check(block, size)) {
        const struct capsule_header *capsule = (const void *)block;
        for (uint32_t i = 0; i < capsule->entry_count; i++) {
            const struct capsule_entry *entry = &capsule_entries(capsule)[i];
            const char *string = capsule_string(capsule, entry);
            if (capsule_find(capsule, string, entry->name_size, entry->hash) != entry ||
                strlen(string) > (size_t)entry->name_size + 1 + entry->value_size ||
                entry->place >= capsule->place_count)
                abort();
        }
        capsule_find(capsule, "ABSENT", 6, capsule_hash("ABSENT", 6));
    }
    free(block);
    return 0;
}
