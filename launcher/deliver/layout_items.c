/* SPDX-License-Identifier: ISC */
/* What goes into the target's capsule: see layout_internal.h. Runs in secrun; handles pointers to secrets. */
#include "deliver/layout_internal.h"

#include <string.h>

static struct capsule_item item_of_string(const struct placing *placing, size_t at)
{
    const char *string = placing->strings[at];
    struct capsule_item item = capsule_item_of_string(string);
    if (placing->kinds[at] == BLOCK_SECRET) {
        struct policy_verdict verdict =
            policy_judge(placing->input->outer, string, &placing->input->program, NULL);
        item.flags = verdict.flags;
        item.list = verdict.list;
    }
    if (item.name && !layout_has_name(placing, at, item.name, item.name_size))
        item.flags |= CAPSULE_INDEXED;
    return item;
}

/* What the children of the target are held to. */
static uint32_t static_flags(const struct policy *policy)
{
    switch (policy->statics) {
    case POLICY_STATIC_WITHHOLD:
        return CAPSULE_STATIC_WITHHOLD;
    case POLICY_STATIC_REFUSE:
        return CAPSULE_STATIC_REFUSE;
    case POLICY_STATIC_ENVIRON:
        return CAPSULE_STATIC_ENVIRON;
    case POLICY_STATIC_INJECT:
        break;
    }
    /* What an injected program passes on nobody holds to a policy: that has to be wanted. */
    return policy_restricts(policy) && !policy->static_said ? CAPSULE_STATIC_WITHHOLD : 0;
}

static bool item_of_secret(struct layout *layout, const struct layout_input *input, size_t at,
                           struct capsule_item *item, struct reason *why)
{
    const struct document_entry *secret = input->secrets[at];
    const struct policy *policy = &input->policies[at];
    *item = (struct capsule_item){
        .name = secret->name,
        .name_size = strlen(secret->name),
        .value = secret->value,
        .value_size = secret->value_size,
        .place = CAPSULE_NO_PLACE,
        .flags = CAPSULE_INDEXED | CAPSULE_VALUE | CAPSULE_KEEP,
    };
    if (policy->inherit == POLICY_TREE)
        item->flags |= CAPSULE_TREE;
    if (policy->argv == POLICY_ALLOW)
        item->flags |= CAPSULE_ARGV_ALLOW;
    if (policy->argv == POLICY_REFUSE)
        item->flags |= CAPSULE_ARGV_REFUSE;
    item->flags |= static_flags(policy);
    return policy->inherit != POLICY_PROGRAMS ||
           programs_add(&layout->programs, policy->programs, &item->list, why);
}

static void add(struct layout *layout, struct capsule_item item)
{
    layout->items[layout->item_count++] = item;
    capsule_plan(&layout->plan, &item);
}

static bool add_placed(struct layout *layout, const struct placing *placing, struct reason *why)
{
    for (size_t i = 0; i < placing->count; i++) {
        struct capsule_item item;
        if (placing->kinds[i] == BLOCK_PLAIN)
            continue;
        if (placing->secrets[i] == LAYOUT_NOT_OURS)
            item = item_of_string(placing, i);
        else if (!item_of_secret(layout, placing->input, placing->secrets[i], &item, why))
            return false;
        item.place = (uint32_t)i;
        add(layout, item);
    }
    return true;
}

/* Those that are in no array: the profile's, then what the outer capsule hides. */
static bool add_hidden(struct layout *layout, const struct placing *placing, struct reason *why)
{
    const struct layout_input *input = placing->input;
    struct capsule_item item;
    uint32_t flags;
    for (size_t i = 0; i < input->count; i++)
        if (layout_is_hidden(input, i)) {
            if (!item_of_secret(layout, input, i, &item, why))
                return false;
            add(layout, item);
        }
    for (uint32_t i = 0; input->outer && i < input->outer->entry_count; i++) {
        const struct capsule_entry *entry = &capsule_entries(input->outer)[i];
        if (layout_takes_hidden(placing, entry, &flags))
            add(layout, capsule_item_of_entry(input->outer, entry, flags));
    }
    return true;
}

static void add_known(struct layout *layout, const struct placing *placing)
{
    const struct layout_input *input = placing->input;
    for (uint32_t i = 0; input->outer && i < input->outer->entry_count; i++) {
        const struct capsule_entry *entry = &capsule_entries(input->outer)[i];
        uint32_t flags;
        if (policy_is_known(input->outer, placing->known, i, &input->program, &flags))
            add(layout, capsule_item_of_entry(input->outer, entry, flags));
    }
}

bool layout_add_items(struct layout *layout, const struct placing *placing, struct reason *why)
{
    if (!add_placed(layout, placing, why))
        return false;
    if (placing->input->inject)
        return true;
    if (!add_hidden(layout, placing, why))
        return false;
    add_known(layout, placing);
    return true;
}
