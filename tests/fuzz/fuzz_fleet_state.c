/* SPDX-License-Identifier: ISC */
/* Fuzzes the state of a fleet: what is accepted is written so that it reads back to the same. */
#include <stdlib.h>
#include <string.h>

#include "fleet/state.h"
#include "fuzz/fuzz.h"

FUZZ_WITH_SODIUM

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fleet_state state, again;
    struct reason why = {0};
    if (fleet_state_parse(&state, (const char *)data, size, &why)) {
        char *text, *twice;
        size_t text_size, twice_size;
        require(fleet_state_format(&state, &text, &text_size, &why));
        require(fleet_state_parse(&again, text, text_size, &why));
        require(again.count == state.count);
        require(fleet_state_format(&again, &twice, &twice_size, &why));
        require(text_size == twice_size && memcmp(text, twice, text_size) == 0);
        free(text);
        free(twice);
        fleet_state_free(&again);
    } else {
        require(why.text[0] != '\0');
    }
    fleet_state_free(&state);
    return 0;
}
