/* SPDX-License-Identifier: ISC */
/* Fuzzes identity files and recipients: what is read stands in the text, and nothing else is. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "store/identity.h"

FUZZ_WITH_SODIUM

static void check_identities(const struct identities *identities, const char *text, size_t size)
{
    require(identities->count >= 1 && identities->count <= IDENTITIES_MAX);
    require(identities->current >= 1 && identities->current <= identities->count);
    require(identities->current_size <= size);
    require(identities->keys.size == identities->count * sizeof(struct age_identity));
    for (size_t i = 0; i < identities->count; i++) {
        const struct age_identity *identity = &identity_array(identities)[i];
        char recipient[AGE_RECIPIENT_MAX];
        if (!identity->claimed)
            continue;
        require(recipient_format(identity->recipient, recipient));
        require(memmem(text, size, recipient, strlen(recipient)) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct identities identities;
    struct reason why = {0};
    unsigned char recipient[AGE_KEY_SIZE];
    if (identity_parse(text, size, &identities, &why))
        check_identities(&identities, text, size);
    else
        require(!identities.keys.bytes && why.text[0] != '\0');
    identity_free(&identities);
    why = (struct reason){0};
    if (recipient_parse(text, size, recipient, &why)) {
        char again[AGE_RECIPIENT_MAX];
        require(recipient_format(recipient, again) && strlen(again) == size &&
                memcmp(again, text, size) == 0);
    } else {
        require(why.text[0] != '\0');
    }
    return 0;
}
