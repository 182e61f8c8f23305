/* SPDX-License-Identifier: ISC */
/* Fuzzes changes of secrun.conf's text: all other bytes stay, and the same change again changes nothing. */
#include <string.h>

#include "ctl/config_text.h"
#include "fuzz/fuzz.h"

FUZZ_WITH_SODIUM

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char value[] = "age1 age2";
    const char *text = (const char *)data;
    struct secret once, twice;
    struct reason why = {0};
    if (!config_text_set(text, size, "store", "recipients", value, &once, &why)) {
        require(!once.bytes && why.text[0] != '\0');
        return 0;
    }
    require(once.size + size >= sizeof value);
    require(config_text_set((const char *)once.bytes, once.size, "store", "recipients", value, &twice, &why));
    require(once.size == twice.size && memcmp(once.bytes, twice.bytes, once.size) == 0);
    /* The text before what was changed, and that behind it. */
    size_t before = 0, behind = 0;
    while (before < size && before < once.size && data[before] == once.bytes[before])
        before++;
    while (behind < size && behind < once.size &&
           data[size - 1 - behind] == once.bytes[once.size - 1 - behind])
        behind++;
    require(before + behind + strlen("\n\n[store]\nrecipients = \n") + strlen(value) >= once.size);
    secret_free(&once);
    secret_free(&twice);
    return 0;
}
