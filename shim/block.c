/* SPDX-License-Identifier: ISC */
/* Where the carriers stand: see block.h. Runs in the launcher and inside the target. */
#include "shim/block.h"

#include "shim/capsule.h"

size_t block_name_size(const char *entry)
{
    size_t size = 0;
    while (entry[size] && entry[size] != '=')
        size++;
    return entry[size] == '=' ? size : 0;
}

static bool begins_with(const char *text, const char *prefix)
{
    while (*prefix && *text == *prefix) {
        text++;
        prefix++;
    }
    return *prefix == '\0';
}

bool block_has_name(const char *entry, const char *name)
{
    while (*name && *entry == *name) {
        entry++;
        name++;
    }
    return *name == '\0' && *entry == '=';
}

/* What the loader and libc read out of the block itself, before the shim has put anything back. */
static bool is_read_early(const char *entry)
{
    return begins_with(entry, "LD_") || begins_with(entry, "MALLOC_") ||
           block_has_name(entry, "GLIBC_TUNABLES");
}

/* A carrier stands in a secret's place if there is one to spare, else in a plain variable's, the last; else
 * behind them all. */
static size_t choose(char *const *entries, unsigned char *kinds, size_t count,
                     struct block_carriers *carriers, size_t taken)
{
    size_t plain = count;
    for (size_t i = count; i-- > 0;) {
        if (i == taken)
            continue;
        if (kinds[i] != BLOCK_PLAIN)
            return i;
        if (plain == count && !is_read_early(entries[i]))
            plain = i;
    }
    if (plain < count) {
        kinds[plain] = BLOCK_CARRIED;
        return plain;
    }
    return carriers->place_count++;
}

/* Where LD_PRELOAD stands: at the user's own, whose value then travels. */
static void choose_preload(char *const *entries, unsigned char *kinds, size_t count,
                           struct block_carriers *carriers)
{
    /* Of several, glibc heeds the last and musl the first: so all of them travel. */
    for (size_t i = 0; i < count; i++)
        if (kinds[i] == BLOCK_PLAIN && block_has_name(entries[i], PRELOAD_VARIABLE)) {
            if (carriers->preload == BLOCK_NONE)
                carriers->preload = i;
            carriers->users = entries[i] + sizeof PRELOAD_VARIABLE;
            kinds[i] = BLOCK_CARRIED;
        }
    if (carriers->preload == BLOCK_NONE)
        carriers->preload = choose(entries, kinds, count, carriers, BLOCK_NONE);
}

void block_lay_out(char *const *entries, unsigned char *kinds, size_t count, bool preload,
                   struct block_carriers *carriers)
{
    *carriers = (struct block_carriers){.preload = BLOCK_NONE, .place_count = count, .users = ""};
    if (preload)
        choose_preload(entries, kinds, count, carriers);
    carriers->capsule = choose(entries, kinds, count, carriers, carriers->preload);
}
