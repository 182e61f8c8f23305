/* SPDX-License-Identifier: ISC */
/* What the fuzz targets share: libFuzzer's entry points, and a condition that must hold. */
#ifndef SECRUN_TESTS_FUZZ_H
#define SECRUN_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <sodium.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer takes an abort for a finding. */
static inline void require(bool condition)
{
    if (!condition)
        abort();
}

/* For a target that takes no more than libsodium to begin with. */
#define FUZZ_WITH_SODIUM                                                                                     \
    int LLVMFuzzerInitialize(int *argc, char ***argv)                                                        \
    {                                                                                                        \
        (void)argc;                                                                                          \
        (void)argv;                                                                                          \
        require(sodium_init() >= 0);                                                                         \
        return 0;                                                                                            \
    }

#endif
