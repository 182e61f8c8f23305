/* SPDX-License-Identifier: ISC */
/* Names to indices: see table.h. Open addressing, at most half full. Runs in secrun and secrunctl; sees
 * names, no secret. The text that the names come from is the operator's own: no keyed hash is needed. */
#include "store/table.h"

#include <stdlib.h>

struct table_slot {
    uint32_t hash;
    uint32_t item; /* index + 1; 0 in a free slot */
};

/* FNV-1a, 32 bits. */
uint32_t table_hash(uint32_t hash, const char *string)
{
    const uint32_t prime = 0x01000193u;
    for (; *string; string++)
        hash = (hash ^ (unsigned char)*string) * prime;
    return hash * prime;
}

/* FNV's low bits alone are poor, and similar names are the rule here. */
static size_t first_slot(const struct table *table, uint32_t hash)
{
    return (hash ^ hash >> 15) & (table->size - 1);
}

uint32_t table_find(const struct table *table, uint32_t hash, table_match_fn *match, const void *items,
                    const void *key)
{
    if (table->size == 0)
        return TABLE_NONE;
    for (size_t i = first_slot(table, hash); table->slots[i].item != 0; i = (i + 1) & (table->size - 1)) {
        const struct table_slot *slot = &table->slots[i];
        if (slot->hash == hash && match(items, slot->item - 1, key))
            return slot->item - 1;
    }
    return TABLE_NONE;
}

static void put(struct table *table, struct table_slot slot)
{
    size_t i = first_slot(table, slot.hash);
    while (table->slots[i].item != 0)
        i = (i + 1) & (table->size - 1);
    table->slots[i] = slot;
}

static bool grow(struct table *table, struct reason *why)
{
    struct table larger = {.size = table->size > 0 ? table->size * 2 : 64, .used = table->used};
    larger.slots = calloc(larger.size, sizeof *larger.slots);
    if (!larger.slots)
        return fail(why, "no memory for a table of %zu names", larger.size);
    for (size_t i = 0; i < table->size; i++)
        if (table->slots[i].item != 0)
            put(&larger, table->slots[i]);
    free(table->slots);
    *table = larger;
    return true;
}

bool table_add(struct table *table, uint32_t hash, uint32_t index, struct reason *why)
{
    if (table->used >= table->size / 2 && !grow(table, why))
        return false;
    put(table, (struct table_slot){hash, index + 1});
    table->used++;
    return true;
}

void table_free(struct table *table)
{
    free(table->slots);
    *table = (struct table){0};
}
