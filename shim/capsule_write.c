/* SPDX-License-Identifier: ISC */
/* Writing a capsule: see capsule_write.h. Runs in the launcher and inside the target; sees secrets. */
#include "shim/capsule_write.h"

#include "shim/block.h"
#include "shim/libc.h"

struct capsule_item capsule_item_of_string(const char *string)
{
    struct capsule_item item = {.name_size = block_name_size(string)};
    item.name = item.name_size > 0 ? string : NULL;
    item.value = item.name ? string + item.name_size + 1 : string;
    /* NOLINTNEXTLINE(clang-analyzer-unix.cstring.NullArg): neither is null */
    item.value_size = strlen(item.value);
    return item;
}

struct capsule_item capsule_item_of_entry(const struct capsule_header *capsule,
                                          const struct capsule_entry *entry, uint32_t flags)
{
    struct capsule_item item = {.place = CAPSULE_NO_PLACE, .flags = flags, .list = entry->list};
    item.name_size = entry->name_size;
    item.name = item.name_size > 0 ? capsule_string(capsule, entry) : NULL;
    item.value = capsule_value(capsule, entry, &item.value_size);
    return item;
}

/* At most half full, so that most probes end at their first bucket. */
static uint64_t buckets_for(uint64_t count)
{
    uint64_t buckets = 8;
    while (buckets < count * 2)
        buckets *= 2;
    return buckets;
}

static uint64_t string_size(const struct capsule_item *item)
{
    return item->value_size + (item->name ? item->name_size + 1 : 0);
}

static bool is_in_values(const struct capsule_item *item)
{
    return (item->flags & CAPSULE_VALUE) && item->value_size >= CAPSULE_VALUE_MIN;
}

void capsule_plan(struct capsule_plan *plan, const struct capsule_item *item)
{
    plan->entries++;
    plan->indexed += (item->flags & CAPSULE_INDEXED) != 0;
    plan->values += is_in_values(item);
    plan->strings += string_size(item) + 1;
}

size_t capsule_measure(const struct capsule_plan *plan)
{
    uint64_t size = sizeof(struct capsule_header) + plan->entries * (uint64_t)sizeof(struct capsule_entry) +
                    (buckets_for(plan->indexed) + buckets_for(plan->values)) * sizeof(uint32_t) +
                    plan->lists_size;
    return plan->strings <= CAPSULE_SIZE_MAX && size + plan->strings <= CAPSULE_SIZE_MAX
               ? (size_t)(size + plan->strings)
               : 0;
}

void capsule_begin(struct capsule_writer *writer, unsigned char *block, const struct capsule_plan *plan)
{
    uint64_t name_count = buckets_for(plan->indexed), value_count = buckets_for(plan->values);
    uint64_t entries = sizeof(struct capsule_header);
    uint64_t names = entries + plan->entries * (uint64_t)sizeof(struct capsule_entry);
    uint64_t values = names + name_count * sizeof(uint32_t);
    uint64_t lists = values + value_count * sizeof(uint32_t);
    uint64_t strings = lists + plan->lists_size;
    *(struct capsule_header *)(void *)block = (struct capsule_header){
        .magic = CAPSULE_MAGIC,
        .version = CAPSULE_VERSION,
        .flags = plan->flags,
        .size = (uint32_t)(strings + plan->strings),
        .place_count = plan->place_count,
        .seen_count = plan->seen_count,
        .entry_count = plan->entries,
        .name_count = (uint32_t)name_count,
        .value_count = (uint32_t)value_count,
        .entries = (uint32_t)entries,
        .names = (uint32_t)names,
        .values = (uint32_t)values,
        .lists = (uint32_t)lists,
        .lists_size = plan->lists_size,
        .strings = (uint32_t)strings,
    };
    if (plan->lists_size > 0)
        __builtin_memcpy(block + lists, plan->lists, plan->lists_size);
    *writer = (struct capsule_writer){.block = block, .string = (uint32_t)strings};
}

static void chain(unsigned char *block, uint32_t buckets, uint32_t count, uint32_t hash, uint32_t index)
{
    uint32_t *bucket = (uint32_t *)(void *)(block + buckets);
    uint32_t at = hash & (count - 1);
    while (bucket[at] != 0)
        at = (at + 1) & (count - 1);
    bucket[at] = index + 1;
}

void capsule_put(struct capsule_writer *writer, const struct capsule_item *item)
{
    unsigned char *block = writer->block;
    struct capsule_header *header = (struct capsule_header *)(void *)block;
    unsigned char *string = block + writer->string;
    if (writer->entry == header->entry_count || string_size(item) + 1 > header->size - writer->string) {
        writer->failed = true;
        return;
    }
    uint32_t index = writer->entry++;
    uint32_t name_size = item->name ? (uint32_t)item->name_size : 0;
    struct capsule_entry *entry = (struct capsule_entry *)(void *)(block + header->entries) + index;
    if (item->name) {
        __builtin_memcpy(string, item->name, item->name_size);
        string[name_size] = '=';
        string += name_size + 1;
    }
    __builtin_memcpy(string, item->value, item->value_size);
    string[item->value_size] = '\0';
    *entry = (struct capsule_entry){
        .string = writer->string,
        .size = (uint32_t)string_size(item),
        .name_size = name_size,
        .place = item->place,
        .hash = capsule_hash((const char *)block + writer->string, name_size),
        .flags = item->flags,
        .list = item->list,
    };
    writer->string += entry->size + 1;
    if (item->flags & CAPSULE_INDEXED)
        chain(block, header->names, header->name_count, entry->hash, index);
    if (is_in_values(item)) {
        const char *value = (const char *)string;
        uint32_t bit = capsule_value_hash(value, CAPSULE_VALUE_MIN);
        chain(block, header->values, header->value_count, capsule_value_hash(value, item->value_size), index);
        header->filter[bit >> 26] |= 1ull << (bit >> 20 & 63);
    }
}

bool capsule_end(const struct capsule_writer *writer)
{
    const struct capsule_header *header = (const struct capsule_header *)(const void *)writer->block;
    return !writer->failed && writer->entry == header->entry_count && writer->string == header->size;
}
