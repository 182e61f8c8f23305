/* SPDX-License-Identifier: ISC */
/* The layout of what a target is given: see layout.h. Runs in secrun; handles pointers to secrets, and copies
 * none but for `static = environ`. */
#include "deliver/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deliver/preload.h"
#include "shim/block.h"

enum carrier { PRELOAD, CAPSULE };

/* --- what the target is to see -------------------------------------------------------------------- */

#define NOT_OURS SIZE_MAX

struct placing {
    const struct layout_input *input;
    char **strings;       /* inherited NAME=value, or NULL for */
    size_t *secrets;      /* one of the profile's, by its index; else NOT_OURS */
    unsigned char *kinds; /* enum block_kind */
    size_t count;
    uint64_t *known; /* by entry of the outer capsule: stands in a longer value */
    bool *placed;    /* by secret of the profile */
    struct block_carriers carriers;
};

static size_t find_secret(const struct layout_input *input, const char *entry, size_t name_size)
{
    size_t i = 0;
    for (; i < input->count; i++) {
        const char *name = input->secrets[i]->name;
        if (name[0] == entry[0] && strlen(name) == name_size && memcmp(entry, name, name_size) == 0)
            break;
    }
    return i;
}

static void place(struct placing *placing, char *string, size_t secret, enum block_kind kind)
{
    placing->strings[placing->count] = string;
    placing->secrets[placing->count] = secret;
    placing->kinds[placing->count++] = (unsigned char)kind;
}

/* In no array: only where the shim answers look-ups by name. */
static bool is_hidden(const struct layout_input *input, size_t at)
{
    return input->policies[at].hidden && !input->unheld;
}

/* The string that the kernel is given, for `static = environ`. */
static bool place_plainly(struct placing *placing, size_t at, struct layout *layout, struct reason *why)
{
    const struct document_entry *secret = placing->input->secrets[at];
    size_t name_size = strlen(secret->name), size = name_size + 1 + secret->value_size;
    char *string = malloc(size + 1);
    if (!string)
        return fail(why, "no memory for %zu bytes", size + 1);
    memcpy(string, secret->name, name_size);
    string[name_size] = '=';
    memcpy(string + name_size + 1, secret->value, secret->value_size);
    string[size] = '\0';
    layout->plain[layout->plain_count++] = string;
    place(placing, string, NOT_OURS, BLOCK_PLAIN);
    return true;
}

static bool place_secret(struct placing *placing, size_t at, struct layout *layout, struct reason *why)
{
    const struct layout_input *input = placing->input;
    placing->placed[at] = true;
    if (input->inject && input->policies[at].statics == POLICY_STATIC_ENVIRON)
        return place_plainly(placing, at, layout, why);
    if (!is_hidden(input, at))
        place(placing, NULL, at, BLOCK_SECRET);
    return true;
}

/* May a target that nothing holds to a policy have a secret of the outer capsule? What is not said by its
 * flags is said by *kind. */
static bool judge_static(const struct layout_input *input, const struct policy_verdict *verdict,
                         enum block_kind *kind, bool *withheld, struct reason *why)
{
    uint32_t rule = policy_static(verdict);
    if (rule == CAPSULE_STATIC_REFUSE)
        return fail(why, "a secret of the program that secrun runs below may not go there (static = refuse)");
    if (rule == CAPSULE_STATIC_WITHHOLD)
        *withheld = true;
    if (rule == CAPSULE_STATIC_ENVIRON && input->inject)
        *kind = BLOCK_PLAIN;
    return true;
}

/* A string of the inherited environment that is not replaced. */
static bool place_string(struct placing *placing, char *string, struct layout *layout, struct reason *why)
{
    const struct layout_input *input = placing->input;
    struct policy_verdict verdict = {0};
    if (input->outer)
        verdict = policy_judge(input->outer, string, &input->program, NULL);
    enum block_kind kind = verdict.secret ? BLOCK_SECRET : BLOCK_PLAIN;
    bool withheld = verdict.withheld;
    if (input->unheld && verdict.secret && !withheld && !judge_static(input, &verdict, &kind, &withheld, why))
        return false;
    if (withheld) {
        layout->withheld++;
        layout->withheld_static += !verdict.withheld;
        return true;
    }
    if (verdict.part)
        policy_judge(input->outer, string, &input->program, placing->known);
    place(placing, string, NOT_OURS, kind);
    return true;
}

/* Inherited entries keep their order; a secret stands where the first variable of its name stood. */
static bool place_all(struct placing *placing, struct layout *layout, struct reason *why)
{
    bool ok = true;
    const struct layout_input *input = placing->input;
    for (char *const *entry = input->inherited; ok && *entry; entry++) {
        if (block_has_name(*entry, CAPSULE_VARIABLE))
            continue;
        size_t at = find_secret(input, *entry, strcspn(*entry, "="));
        if (at == input->count)
            ok = place_string(placing, *entry, layout, why);
        else if (!placing->placed[at])
            ok = place_secret(placing, at, layout, why);
    }
    for (size_t i = 0; ok && i < input->count; i++)
        if (!placing->placed[i])
            ok = place_secret(placing, i, layout, why);
    return ok;
}

/* --- items ---------------------------------------------------------------------------------------- */

static bool has_name(const struct placing *placing, size_t count, const char *name, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        const char *entry = placing->secrets[i] == NOT_OURS
                                ? placing->strings[i]
                                : placing->input->secrets[placing->secrets[i]]->name;
        if (strncmp(entry, name, size) == 0 && (entry[size] == '=' || placing->secrets[i] != NOT_OURS) &&
            strcspn(entry, "=") == size)
            return true;
    }
    return false;
}

static struct capsule_item item_of_string(const struct placing *placing, size_t at)
{
    const char *string = placing->strings[at];
    struct capsule_item item = {.name_size = block_name_size(string), .place = (uint32_t)at};
    item.name = item.name_size > 0 ? string : NULL;
    item.value = item.name ? string + item.name_size + 1 : string;
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): what is not a secret of ours has a string */
    item.value_size = strlen(item.value);
    if (placing->kinds[at] == BLOCK_SECRET) {
        struct policy_verdict verdict =
            policy_judge(placing->input->outer, string, &placing->input->program, NULL);
        item.flags = verdict.flags;
        item.list = verdict.list;
    }
    if (item.name && !has_name(placing, at, item.name, item.name_size))
        item.flags |= CAPSULE_INDEXED;
    return item;
}

static struct capsule_item item_of_outer(const struct capsule_header *outer,
                                         const struct capsule_entry *entry, uint32_t flags)
{
    struct capsule_item item = {.place = CAPSULE_NO_PLACE, .flags = flags, .list = entry->list};
    item.name_size = entry->name_size;
    item.name = item.name_size > 0 ? capsule_string(outer, entry) : NULL;
    item.value = capsule_value(outer, entry, &item.value_size);
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
        if (placing->secrets[i] == NOT_OURS)
            item = item_of_string(placing, i);
        else if (!item_of_secret(layout, placing->input, placing->secrets[i], &item, why))
            return false;
        item.place = (uint32_t)i;
        add(layout, item);
    }
    return true;
}

/* Does the target get this secret that the outer capsule keeps out of every array? */
static bool takes_hidden(const struct placing *placing, const struct capsule_entry *entry, uint32_t *flags)
{
    const struct layout_input *input = placing->input;
    const char *name = capsule_string(input->outer, entry);
    return entry->place == CAPSULE_NO_PLACE && (entry->flags & CAPSULE_INDEXED) &&
           policy_allows(input->outer, entry, &input->program, flags) &&
           find_secret(input, name, entry->name_size) == input->count &&
           !has_name(placing, placing->count, name, entry->name_size);
}

/* Injection knows of no look-up by name: what the outer capsule hides, and lets be injected, gets a place. */
static bool place_hidden(struct placing *placing, struct layout *layout, struct reason *why)
{
    const struct capsule_header *outer = placing->input->outer;
    uint32_t flags;
    for (uint32_t i = 0; outer && placing->input->inject && i < outer->entry_count; i++) {
        const struct capsule_entry *entry = &capsule_entries(outer)[i];
        char *string = (char *)(uintptr_t)capsule_string(outer, entry);
        if (takes_hidden(placing, entry, &flags) && !place_string(placing, string, layout, why))
            return false;
    }
    return true;
}

static bool carries_any(const struct placing *placing)
{
    const struct layout_input *input = placing->input;
    uint32_t flags;
    for (size_t i = 0; i < placing->count; i++)
        if (placing->kinds[i] == BLOCK_SECRET)
            return true;
    for (size_t i = 0; i < input->count; i++)
        if (is_hidden(input, i))
            return true;
    for (uint32_t i = 0; input->outer && !input->inject && i < input->outer->entry_count; i++)
        if (takes_hidden(placing, &capsule_entries(input->outer)[i], &flags))
            return true;
    return false;
}

/* Those that are in no array: the profile's, then what the outer capsule hides. */
static bool add_hidden(struct layout *layout, const struct placing *placing, struct reason *why)
{
    const struct layout_input *input = placing->input;
    struct capsule_item item;
    uint32_t flags;
    for (size_t i = 0; i < input->count; i++)
        if (is_hidden(input, i)) {
            if (!item_of_secret(layout, input, i, &item, why))
                return false;
            add(layout, item);
        }
    for (uint32_t i = 0; input->outer && i < input->outer->entry_count; i++) {
        const struct capsule_entry *entry = &capsule_entries(input->outer)[i];
        if (takes_hidden(placing, entry, &flags))
            add(layout, item_of_outer(input->outer, entry, flags));
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
            add(layout, item_of_outer(input->outer, entry, flags));
    }
}

/* --- the whole ------------------------------------------------------------------------------------ */

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
    if (!carries_any(placing))
        return true;
    if (outer && !programs_begin(&layout->programs, (const unsigned char *)outer + outer->lists,
                                 outer->lists_size, why))
        return false;
    block_lay_out(placing->strings, placing->kinds, placing->count, !placing->input->inject,
                  &placing->carriers);
    if (!make_carriers(layout, placing->carriers.users))
        return fail(why, "no memory for an environment of %zu entries", placing->count);
    if (!add_placed(layout, placing, why))
        return false;
    if (!placing->input->inject) {
        if (!add_hidden(layout, placing, why))
            return false;
        add_known(layout, placing);
    }
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
        ok = place_all(&placing, layout, why) && place_hidden(&placing, layout, why) &&
             fill(layout, &placing, why);
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
