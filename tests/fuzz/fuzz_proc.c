/* SPDX-License-Identifier: ISC */
/* Fuzzes the texts of /proc/PID: what was read of them stays within what its type says. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "inspect/proc_text.h"
#include "inspect/process.h"

static void try_mappings(const char *text, size_t size)
{
    struct proc_mapping mapping = {0};
    bool begun = false;
    while (size > 0) {
        const char *end = memchr(text, '\n', size);
        size_t length = end ? (size_t)(end - text) : size;
        if (proc_mapping_begin(text, length, &mapping))
            begun = true;
        else if (begun)
            proc_mapping_add(text, length, &mapping);
        if (begun) {
            require(mapping.begin < mapping.end && memchr(mapping.path, '\0', sizeof mapping.path));
            require(mapping_kind(&mapping, "/usr/lib/secrun/secrun.so") <= MAPPING_OTHER);
        }
        length += end ? 1 : 0;
        text += length;
        size -= length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct proc_status status;
    struct proc_stat stat;
    uint64_t soft, hard;
    unsigned uid;
    if (proc_status_parse(text, size, &status))
        require(status.process >= 0 && status.thread >= 0 && status.tracer >= 0 && status.swap % 1024 == 0);
    if (proc_stat_parse(text, size, &stat))
        require(stat.parent >= 0 && memchr(text, ')', size));
    if (proc_core_limit(text, size, &soft, &hard))
        require(memmem(text, size, "Max core file size", 18));
    proc_root_of_map(text, size, &uid);
    try_mappings(text, size);
    return 0;
}
