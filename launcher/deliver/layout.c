/* SPDX-License-Identifier: ISC */
/* The layout of what a target is given: see layout.h. Runs in secrun; handles pointers to secrets. */
#include "deliver/layout_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deliver/preload.h"

enum carrier { PRELOAD, CAPSULE };

static bool make_carriers(struct layout *layout, const char *users)
{
    return asprintf(&layout->carriers[PRELOAD], "%s=%s%s%s", PRELOAD_VARIABLE, preload_shim(),
                    *users ? ":" : "", users) > 0 &&
           asprintf(&layout->carriers[CAPSULE], "%s=%010d,%010d", CAPSULE_VARIABLE, 0, 0) > 0;
}

static bool fill(struct layout *layout, struct placing *placing, struct reason *why)
{
    static char slot[1] = "";
    const struct capsule_header *outer = placing->input->outer;
    memcpy(layout->block, placing->strings, placing->count * sizeof *layout->block);
    if (!layout_carries_any(placing))
        return true;
    if (outer && !programs_begin(&layout->programs, (const unsigned char *)outer + outer->lists,
                                 outer->lists_size, why))
        return false;
    block_lay_out(placing->strings, placing->kinds, placing->count, !placing->input->inject,
                  &placing->carriers);
    if (!make_carriers(layout, placing->carriers.users))
        return fail(why, "no memory for an environment of %zu entries", placing->count);
    if (!layout_add_items(layout, placing, why))
        return false;
    for (size_t i = 0; i < placing->count; i++)
        if (placing->kinds[i] != BLOCK_PLAIN)
            layout->block[i] = slot;
    if (placing->carriers.preload != BLOCK_NONE)
        layout->block[placing->carriers.preload] = layout->carriers[PRELOAD];
    layout->block[placing->carriers.capsule] = layout->carriers[CAPSULE];
    layout->plan.place_count = (uint32_t)placing->carriers.place_count;
    layout->plan.seen_count = (uint32_t)placing->count;
    layout->plan.lists = (const char *)layout->programs.bytes;
    layout->plan.lists_size = (uint32_t)layout->programs.size;
    return true;
}

bool layout_make(struct layout *layout, const struct layout_input *input, struct reason *why)
{
    *layout = (struct layout){0};
    size_t outer = input->outer ? input->outer->entry_count : 0, inherited = 0;
    while (input->inherited[inherited])
        inherited++;
    size_t most = inherited + input->count + outer + 3;
    struct placing placing = {
        .input = input,
        .strings = calloc(most, sizeof *placing.strings),
        .secrets = calloc(most, sizeof *placing.secrets),
        .kinds = calloc(most, 1),
        .known = calloc(outer / 64 + 1, sizeof *placing.known),
        .placed = calloc(input->count + 1, sizeof *placing.placed),
    };
    layout->block = calloc(most, sizeof *layout->block);
    layout->items = calloc(most + outer, sizeof *layout->items);
    layout->plain = calloc(input->count + 1, sizeof *layout->plain);
    bool ok = placing.strings && placing.secrets && placing.kinds && placing.known && placing.placed &&
              layout->block && layout->items && layout->plain;
    if (ok) {
        ok = layout_place(&placing, layout, why) && fill(layout, &placing, why);
    } else {
        fail(why, "no memory for an environment of %zu entries", most);
    }
    free(placing.strings);
    free(placing.secrets);
    free(placing.kinds);
    free(placing.known);
    free(placing.placed);
    if (!ok)
        layout_free(layout);
    return ok;
}

void layout_write(const struct layout *layout, unsigned char *block)
{
    struct capsule_writer writer;
    capsule_begin(&writer, block, &layout->plan);
    for (size_t i = 0; i < layout->item_count; i++)
        capsule_put(&writer, &layout->items[i]);
}

void layout_announce(struct layout *layout, int fd, int helper)
{
    /* The string was made long enough for any two numbers. */
    int size = sprintf(layout->carriers[CAPSULE], "%s=%d", CAPSULE_VARIABLE, fd);
    if (helper > 0)
        sprintf(layout->carriers[CAPSULE] + size, ",%d", helper);
}

void layout_free(struct layout *layout)
{
    for (size_t i = 0; i < layout->plain_count; i++) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): there are as many as are counted */
        explicit_bzero(layout->plain[i], strlen(layout->plain[i]));
        free(layout->plain[i]);
    }
    free(layout->plain);
    free(layout->block);
    free(layout->items);
    programs_free(&layout->programs);
    free(layout->carriers[PRELOAD]);
    free(layout->carriers[CAPSULE]);
    *layout = (struct layout){0};
}
