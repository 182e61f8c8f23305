/* SPDX-License-Identifier: ISC */
/* Age files made for tests, with the tests' own keys, and what is checked of opening them. */
#ifndef SECRUN_TESTS_AGE_SAMPLE_H
#define SECRUN_TESTS_AGE_SAMPLE_H

#include <stddef.h>

#include "store/age.h"

/* Parts of a header, well-formed alone and together, that no key opens. */
#define VERSION  "age-encryption.org/v1\n"
#define SHARE    "TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc"
#define BODY     "hjabGXwSLQ9c3S6Lw2i+S2Tu2fiwQHHslbBN6B41FLE"
#define STANZA   "-> X25519 " SHARE "\n" BODY "\n"
#define SALT     "rF0/NwblUHHTpgQgRpe5CQ"
#define MAC_LINE "--- WyJp9F/9FOZh7gJdheq2WIJcwHgYc8NIVh3ddwhrcNg\n"
#define ROW_64   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

struct sealed {
    unsigned char *bytes;
    size_t size;
};

/* Begins a suite: libsodium. */
void sample_begin(void);

/* The identity of a scalar of equal bytes, with a true claim. */
struct age_identity sample_identity(unsigned char byte);

/* The same bytes each time for a size; malloc'd. */
unsigned char *sample_plaintext(size_t size);

/* Seals; the bytes are malloc'd. */
struct sealed sample_seal(const struct age_identity *identities, size_t count, const void *plaintext,
                          size_t size);

/* Opens, and checks what holds for every failure: nothing released, and a reason in the house's form. */
enum age_result sample_open(const void *file, size_t size, const struct age_identity *identities,
                            size_t count, struct secret *plaintext, struct reason *why);

void check_opens_to(const struct sealed *sealed, const struct age_identity *identity, const void *expected,
                    size_t size);

void check_fails_with(const void *file, size_t size, const struct age_identity *identity,
                      enum age_result expected, const char *because);

#endif
