/* SPDX-License-Identifier: ISC */
/* Who may have what: see policy.h. Runs inside the target and in the launcher; sees secrets. */
#include "shim/policy.h"

#include "shim/block.h"
#include "shim/libc.h"

static bool same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static const char *basename_of(const char *path)
{
    const char *name = path;
    for (; *path; path++)
        if (*path == '/')
            name = path + 1;
    return name;
}

/* A bare name stands for every program of that name, a path for that one alone. */
static bool is_listed(const char *list, const char *path)
{
    if (path[0] == '\0')
        return false;
    for (; *list; list += strlen(list) + 1)
        if (same(list, list[0] == '/' ? path : basename_of(path)))
            return true;
    return false;
}

bool policy_allows(const struct capsule_header *capsule, const struct capsule_entry *entry,
                   const struct policy_program *program, uint32_t *flags)
{
    *flags = entry->flags;
    if (program->same_process && (entry->flags & CAPSULE_KEEP))
        return true;
    *flags &= ~CAPSULE_KEEP;
    if (entry->flags & CAPSULE_TREE)
        return true;
    if (entry->list == 0)
        return false;
    const char *list = capsule_list(capsule, entry);
    if (program->script && is_listed(list, program->given)) {
        /* What starts is its interpreter, which may be env(1), and that runs another. */
        *flags |= CAPSULE_KEEP;
        return true;
    }
    return is_listed(list, program->interpreter);
}

const struct capsule_entry *policy_guard(const struct capsule_header *capsule, const char *argument)
{
    struct capsule_match match;
    const struct capsule_entry *entry, *found = NULL;
    capsule_match_begin(&match, capsule, argument, strlen(argument));
    while ((entry = capsule_match_next(&match))) {
        if (entry->flags & CAPSULE_ARGV_REFUSE)
            return entry;
        if (!found && !(entry->flags & CAPSULE_ARGV_ALLOW))
            found = entry;
    }
    return found;
}

/* Do the flags and the list of the verdict tell all of it? Of several secrets with one value but not one
 * policy, they tell the first. */
static bool take_in(struct policy_verdict *verdict, const struct capsule_header *capsule,
                    const struct capsule_entry *entry, const struct policy_program *program, bool whole)
{
    uint32_t flags;
    if (!verdict->secret)
        verdict->entry = entry;
    verdict->secret = true;
    verdict->statics |= entry->flags & CAPSULE_STATICS;
    verdict->injects = verdict->injects || !(entry->flags & CAPSULE_STATICS);
    if (!policy_allows(capsule, entry, program, &flags))
        verdict->withheld = true;
    flags = (flags & ~CAPSULE_INDEXED) | CAPSULE_VALUE;
    if (whole && verdict->flags == 0) {
        verdict->flags = flags;
        verdict->list = entry->list;
    }
    bool told = whole && verdict->flags == flags && verdict->list == entry->list;
    verdict->part = verdict->part || !told;
    return told;
}

/* Those too short to be looked for everywhere. The index would give the first of a name alone. */
static void judge_by_name(struct policy_verdict *verdict, const struct capsule_header *capsule,
                          const char *string, size_t name_size, size_t size,
                          const struct policy_program *program)
{
    const struct capsule_entry *entries = capsule_entries(capsule);
    uint32_t hash = capsule_hash(string, name_size);
    for (uint32_t i = 0; i < capsule->entry_count; i++)
        if (entries[i].hash == hash && entries[i].size == size && entries[i].name_size == name_size &&
            (entries[i].flags & CAPSULE_VALUE) &&
            memcmp(capsule_string(capsule, &entries[i]), string, size) == 0)
            take_in(verdict, capsule, &entries[i], program, true);
}

struct policy_verdict policy_judge(const struct capsule_header *capsule, const char *string,
                                   const struct policy_program *program, uint64_t *known)
{
    struct policy_verdict verdict = {0};
    struct capsule_match match;
    size_t name_size = block_name_size(string), size = strlen(string);
    size_t skip = name_size > 0 ? name_size + 1 : 0;
    capsule_match_begin(&match, capsule, string, size);
    for (const struct capsule_entry *entry; (entry = capsule_match_next(&match));) {
        size_t value_size, index = (size_t)(entry - capsule_entries(capsule));
        capsule_value(capsule, entry, &value_size);
        bool whole = match.at == skip && value_size == size - skip;
        if (!take_in(&verdict, capsule, entry, program, whole) && known)
            known[index / 64] |= 1ull << index % 64;
    }
    if (name_size > 0 && size - skip < CAPSULE_VALUE_MIN)
        judge_by_name(&verdict, capsule, string, name_size, size, program);
    return verdict;
}

uint32_t policy_static(const struct policy_verdict *verdict)
{
    if (verdict->statics & CAPSULE_STATIC_REFUSE)
        return CAPSULE_STATIC_REFUSE;
    if (verdict->statics & CAPSULE_STATIC_WITHHOLD)
        return CAPSULE_STATIC_WITHHOLD;
    return verdict->injects ? 0 : CAPSULE_STATIC_ENVIRON;
}

bool policy_is_known(const struct capsule_header *capsule, const uint64_t *known, uint32_t index,
                     const struct policy_program *program, uint32_t *flags)
{
    const struct capsule_entry *entries = capsule_entries(capsule), *entry = &entries[index], *other;
    struct capsule_match match;
    size_t size, other_size;
    uint32_t other_flags;
    if (!(known[index / 64] >> index % 64 & 1) || !policy_allows(capsule, entry, program, flags))
        return false;
    *flags &= ~CAPSULE_INDEXED;
    const char *value = capsule_value(capsule, entry, &size);
    capsule_match_begin(&match, capsule, value, size);
    while ((other = capsule_match_next(&match)) && match.at == 0) {
        uint32_t at = (uint32_t)(other - entries);
        capsule_value(capsule, other, &other_size);
        if (at < index && (known[at / 64] >> at % 64 & 1) && other_size == size &&
            other->list == entry->list && policy_allows(capsule, other, program, &other_flags) &&
            (other_flags & ~CAPSULE_INDEXED) == *flags)
            return false;
    }
    return true;
}
