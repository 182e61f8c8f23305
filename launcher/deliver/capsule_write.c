/* SPDX-License-Identifier: ISC */
/* Writing a capsule: see capsule_write.h. Runs in secrun; sees the secrets of one run. */
#include "deliver/capsule_write.h"

#include <string.h>

/* Mostly empty, so that a probe nearly always ends at its first bucket. */
static size_t buckets_for(size_t count)
{
    size_t buckets = 8;
    while (buckets < count * 4)
        buckets *= 2;
    return buckets;
}

size_t capsule_measure(const struct capsule_item *items, size_t count, struct reason *why)
{
    size_t size = sizeof(struct capsule_header);
    if (count <= CAPSULE_SIZE_MAX / sizeof(struct capsule_entry)) {
        size += count * sizeof(struct capsule_entry) + buckets_for(count) * sizeof(uint32_t);
        for (size_t i = 0; i < count && size <= CAPSULE_SIZE_MAX; i++)
            size += items[i].name_size + items[i].value_size + 2;
        if (size <= CAPSULE_SIZE_MAX)
            return size;
    }
    fail(why, "the secrets of one run come to more than %d bytes", CAPSULE_SIZE_MAX);
    return 0;
}

void capsule_write(unsigned char *block, size_t size, const struct capsule_item *items, size_t count,
                   uint32_t place_count, uint32_t flags)
{
    size_t bucket_count = buckets_for(count);
    struct capsule_header *header = (struct capsule_header *)(void *)block;
    struct capsule_entry *entries = (struct capsule_entry *)(header + 1);
    uint32_t *buckets = (uint32_t *)(entries + count);
    unsigned char *string = (unsigned char *)(buckets + bucket_count);

    *header = (struct capsule_header){
        .magic = CAPSULE_MAGIC,
        .version = CAPSULE_VERSION,
        .flags = flags,
        .size = (uint32_t)size,
        .entry_count = (uint32_t)count,
        .bucket_count = (uint32_t)bucket_count,
        .place_count = place_count,
        .entries = sizeof *header,
        .buckets = (uint32_t)((unsigned char *)buckets - block),
        .strings = (uint32_t)(string - block),
        .strings_size = (uint32_t)(size - (size_t)(string - block)),
    };
    for (size_t i = 0; i < count; i++) {
        const struct capsule_item *item = &items[i];
        entries[i] = (struct capsule_entry){
            .string = (uint32_t)(string - block),
            .name_size = (uint32_t)item->name_size,
            .value_size = (uint32_t)item->value_size,
            .place = item->place,
            .hash = capsule_hash(item->name, item->name_size),
            .flags = item->flags,
        };
        memcpy(string, item->name, item->name_size);
        string += item->name_size;
        *string++ = '=';
        memcpy(string, item->value, item->value_size);
        string += item->value_size;
        *string++ = '\0';
        size_t at = entries[i].hash & (bucket_count - 1);
        while (buckets[at] != 0)
            at = (at + 1) & (bucket_count - 1);
        buckets[at] = (uint32_t)i + 1;
    }
}
