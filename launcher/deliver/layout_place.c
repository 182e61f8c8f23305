/* SPDX-License-Identifier: ISC */
/* Where what the target is to see stands: see layout_internal.h. Runs in secrun; handles pointers to secrets,
 * and copies none but for `static = environ`. */
#include "deliver/layout_internal.h"

#include <stdlib.h>
#include <string.h>

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

bool layout_is_hidden(const struct layout_input *input, size_t at)
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
    place(placing, string, LAYOUT_NOT_OURS, BLOCK_PLAIN);
    return true;
}

static bool place_secret(struct placing *placing, size_t at, struct layout *layout, struct reason *why)
{
    const struct layout_input *input = placing->input;
    placing->placed[at] = true;
    if (input->inject && input->policies[at].statics == POLICY_STATIC_ENVIRON)
        return place_plainly(placing, at, layout, why);
    if (!layout_is_hidden(input, at))
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
    place(placing, string, LAYOUT_NOT_OURS, kind);
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

bool layout_has_name(const struct placing *placing, size_t count, const char *name, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        const char *entry = placing->secrets[i] == LAYOUT_NOT_OURS
                                ? placing->strings[i]
                                : placing->input->secrets[placing->secrets[i]]->name;
        if (strncmp(entry, name, size) == 0 &&
            (entry[size] == '=' || placing->secrets[i] != LAYOUT_NOT_OURS) && strcspn(entry, "=") == size)
            return true;
    }
    return false;
}

bool layout_takes_hidden(const struct placing *placing, const struct capsule_entry *entry, uint32_t *flags)
{
    const struct layout_input *input = placing->input;
    const char *name = capsule_string(input->outer, entry);
    return entry->place == CAPSULE_NO_PLACE && (entry->flags & CAPSULE_INDEXED) &&
           policy_allows(input->outer, entry, &input->program, flags) &&
           find_secret(input, name, entry->name_size) == input->count &&
           !layout_has_name(placing, placing->count, name, entry->name_size);
}

/* Injection knows of no look-up by name: what the outer capsule hides, and lets be injected, gets a place. */
static bool place_hidden(struct placing *placing, struct layout *layout, struct reason *why)
{
    const struct capsule_header *outer = placing->input->outer;
    uint32_t flags;
    for (uint32_t i = 0; outer && placing->input->inject && i < outer->entry_count; i++) {
        const struct capsule_entry *entry = &capsule_entries(outer)[i];
        char *string = (char *)(uintptr_t)capsule_string(outer, entry);
        if (layout_takes_hidden(placing, entry, &flags) && !place_string(placing, string, layout, why))
            return false;
    }
    return true;
}

bool layout_carries_any(const struct placing *placing)
{
    const struct layout_input *input = placing->input;
    uint32_t flags;
    for (size_t i = 0; i < placing->count; i++)
        if (placing->kinds[i] == BLOCK_SECRET)
            return true;
    for (size_t i = 0; i < input->count; i++)
        if (layout_is_hidden(input, i))
            return true;
    for (uint32_t i = 0; input->outer && !input->inject && i < input->outer->entry_count; i++)
        if (layout_takes_hidden(placing, &capsule_entries(input->outer)[i], &flags))
            return true;
    return false;
}

bool layout_place(struct placing *placing, struct layout *layout, struct reason *why)
{
    return place_all(placing, layout, why) && place_hidden(placing, layout, why);
}
