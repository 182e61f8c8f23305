/* SPDX-License-Identifier: ISC */
/* Fuzzes the inventory of a fleet: whatever is accepted can be sealed to, and its names are safe in a path.
 */
#include <string.h>

#include "fleet/inventory.h"
#include "fuzz/fuzz.h"
#include "store/document.h"

FUZZ_WITH_SODIUM

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct inventory inventory;
    struct reason why = {0};
    if (inventory_parse(&inventory, (const char *)data, size, &why)) {
        require(inventory.host_count > 0);
        for (size_t i = 0; i < inventory.host_count; i++) {
            const struct inventory_host *host = &inventory.hosts[i];
            require(host->recipient_count > 0 && host->recipient_count <= INVENTORY_RECIPIENTS_MAX);
            require(host->profile_count > 0 && host->profile_count <= INVENTORY_PROFILES_MAX);
            require(inventory_host(&inventory, host->name) == host);
            require(!strchr(host->name, '/') && host->name[0] != '.');
            for (size_t j = 0; j < host->profile_count; j++)
                require(document_check_profile_name(host->profiles[j], &why));
        }
    } else {
        require(why.text[0] != '\0');
    }
    inventory_free(&inventory);
    return 0;
}
