/* SPDX-License-Identifier: ISC */
/* The capsule of the program that a hand-over runs: see hand_over.h. Runs inside the target on the way to an
 * exec; copies secrets, into memory that the program inherits. */
#include "shim/hand_over.h"

#include <linux/errno.h>

#include "shim/capsule_write.h"
#include "shim/sys.h"

typedef void visit_fn(void *user, const struct capsule_item *item);

/*
 * The carriers have their places: which of the entries that travel is the first of its name? One whose hash
 * has not been met is; the others are looked for.
 */
void hand_over_index(struct hand_over *work)
{
    uint64_t met[16] = {0}; /* 1,024 bits */
    for (size_t i = 0; i < work->count; i++) {
        const char *entry = work->block[i];
        size_t size = block_name_size(entry);
        uint32_t bit = capsule_hash(entry, size) % 1024;
        bool again = met[bit / 64] >> bit % 64 & 1;
        met[bit / 64] |= 1ull << bit % 64;
        if (size > 0 && work->kinds[i] != BLOCK_PLAIN && !(again && hand_over_has_name(work, i, entry, size)))
            work->marks[i].flags |= CAPSULE_INDEXED;
    }
}

static void visit_placed(const struct hand_over *work, visit_fn *visit, void *user)
{
    for (size_t i = 0; i < work->count; i++) {
        if (work->kinds[i] == BLOCK_PLAIN)
            continue;
        struct capsule_item item = capsule_item_of_string(work->block[i]);
        item.place = (uint32_t)i;
        item.flags = work->marks[i].flags;
        item.list = work->marks[i].list;
        visit(user, &item);
    }
}

/* Every item of the new capsule, in its order; the same each time. */
static void visit_items(const struct hand_over *work, visit_fn *visit, void *user)
{
    const struct capsule_entry *entries = capsule_entries(work->capsule);
    const struct shim *shim = work->shim;
    uint32_t flags;
    visit_placed(work, visit, user);
    for (uint32_t i = shim->hidden_first; i < shim->hidden_first + shim->hidden_count; i++)
        if (hand_over_takes_hidden(work, i, &flags)) {
            struct capsule_item item = capsule_item_of_entry(work->capsule, &entries[i], flags);
            visit(user, &item);
        }
    for (uint32_t i = 0; i < work->capsule->entry_count; i++)
        if (policy_is_known(work->capsule, work->known, i, &work->program, &flags)) {
            struct capsule_item item = capsule_item_of_entry(work->capsule, &entries[i], flags);
            visit(user, &item);
        }
}

static void plan_item(void *user, const struct capsule_item *item)
{
    capsule_plan(user, item);
}

static void put_item(void *user, const struct capsule_item *item)
{
    capsule_put(user, item);
}

bool hand_over_carries_secret(const struct hand_over *work)
{
    uint32_t flags;
    for (size_t i = 0; i < work->count; i++)
        if (work->kinds[i] == BLOCK_SECRET)
            return true;
    for (uint32_t i = 0; i < work->shim->hidden_count; i++)
        if (hand_over_takes_hidden(work, work->shim->hidden_first + i, &flags))
            return true;
    return false;
}

int hand_over_fill(struct hand_over *work, const struct block_carriers *carriers,
                   struct carrier_memory *memory)
{
    const struct capsule_header *capsule = work->capsule;
    struct capsule_plan plan = {
        .flags = capsule->flags,
        .place_count = (uint32_t)carriers->place_count,
        .seen_count = (uint32_t)work->count,
        .lists = (const char *)capsule + capsule->lists,
        .lists_size = capsule->lists_size,
    };
    struct capsule_writer writer;
    visit_items(work, plan_item, &plan);
    size_t size = capsule_measure(&plan);
    if (size == 0)
        return E2BIG;
    bool fallback = !(capsule->flags & CAPSULE_SECRET_ONLY);
    int error = carrier_create(memory, size, work->shim->secret_memory, fallback);
    if (error == EMFILE && hand_over_make_room(work))
        error = carrier_create(memory, size, work->shim->secret_memory, fallback);
    if (error)
        return error;
    capsule_begin(&writer, memory->bytes, &plan);
    visit_items(work, put_item, &writer);
    bool whole = capsule_end(&writer);
    error = carrier_release(memory);
    if (!error && !whole)
        error = EAGAIN; /* another thread has changed a string meanwhile */
    if (error)
        sys_close(memory->fd);
    return error;
}
