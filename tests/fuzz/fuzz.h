/* SPDX-License-Identifier: ISC */
/* What the fuzz targets share: libFuzzer's entry points, and a condition that must hold. */
#ifndef SECRUN_TESTS_FUZZ_H
#define SECRUN_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer takes an abort for a finding. */
static inline void require(bool condition)
{
    if (!condition)
        abort();
}

#endif
