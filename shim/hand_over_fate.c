/* SPDX-License-Identifier: ISC */
/* What becomes of each secret at a hand-over: see hand_over.h. Runs inside the target on the way to an exec;
 * sees secrets. */
#include "shim/hand_over.h"

/* It is told by the secret's name: what the program calls it may be the secret itself. */
static void withhold(struct hand_over *work, enum fate fate, const struct capsule_entry *entry)
{
    struct withheld *withheld = &work->withheld[fate - WITHHELD];
    if (withheld->count++ == 0)
        withheld->first = entry;
}

/* Of a program that nothing holds to a policy: the capsule gets into it. */
static bool gets_in(const struct reach *reach)
{
    return reach->handoff || reach->preload;
}

/* What becomes of a string that the program may have: for one that nothing holds to a policy, by `static`. */
static enum fate find_fate(const struct hand_over *work, const struct policy_verdict *verdict)
{
    const struct reach *reach = &work->reach;
    if (verdict->withheld)
        return WITHHELD;
    if (!reach->withheld)
        return GIVEN;
    switch (policy_static(verdict)) {
    case CAPSULE_STATIC_REFUSE:
        return REFUSED;
    case CAPSULE_STATIC_WITHHOLD:
        return gets_in(reach) ? WITHHELD_STATIC : WITHHELD_UNREACHED;
    case CAPSULE_STATIC_ENVIRON:
        return reach->gains_privilege ? WITHHELD_UNREACHED : PLAIN;
    default:
        return gets_in(reach) ? GIVEN : WITHHELD_UNREACHED;
    }
}

int hand_over_sort(struct hand_over *work)
{
    char *const *environment = work->call->environment;
    for (size_t i = 0; i < work->given && environment[i]; i++) {
        char *entry = environment[i];
        if (block_has_name(entry, CAPSULE_VARIABLE))
            continue;
        struct policy_verdict verdict = policy_judge(work->capsule, entry, &work->program, NULL);
        enum fate fate = verdict.secret ? find_fate(work, &verdict) : PLAIN;
        if (fate == REFUSED)
            return hand_over_refuse_static(work, verdict.entry);
        if (fate >= WITHHELD) {
            withhold(work, fate, verdict.entry);
            continue;
        }
        if (fate == PLAIN && verdict.secret && !work->plain_first)
            work->plain_first = verdict.entry;
        if (verdict.part && fate == GIVEN) /* the program is to recognise what it gets */
            policy_judge(work->capsule, entry, &work->program, work->known);
        work->marks[work->count] =
            fate == GIVEN ? (struct mark){verdict.flags, verdict.list} : (struct mark){0};
        work->kinds[work->count] = fate == GIVEN ? BLOCK_SECRET : BLOCK_PLAIN;
        work->block[work->count++] = entry;
    }
    work->block[work->count] = NULL;
    return 0;
}

bool hand_over_has_name(const struct hand_over *work, size_t count, const char *name, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        const char *entry = work->block[i];
        size_t at = 0;
        if (entry[0] != name[0])
            continue;
        while (at < size && entry[at] == name[at])
            at++;
        if (at == size && entry[at] == '=')
            return true;
    }
    return false;
}

/* Is it for policy to say whether the program has a secret that is in no array? Not where the environment was
 * cleared, or the secret unset, and not where another variable of its name stands. */
static bool is_hidden_there(const struct hand_over *work, uint32_t index)
{
    const struct shim *shim = work->shim;
    const struct capsule_entry *entry = &capsule_entries(work->capsule)[index];
    uint32_t bit = index - shim->hidden_first;
    bool gone = __atomic_load_n(&shim->hidden_gone[bit / 64], __ATOMIC_ACQUIRE) >> bit % 64 & 1;
    return work->count > 0 && !gone &&
           !hand_over_has_name(work, work->count, capsule_string(work->capsule, entry), entry->name_size);
}

/* What becomes of it; *flags, if it is given. A plain environment is not where it is to be seen. */
static enum fate find_hidden_fate(const struct hand_over *work, uint32_t index, uint32_t *flags)
{
    const struct reach *reach = &work->reach;
    const struct capsule_entry *entry = &capsule_entries(work->capsule)[index];
    if (!policy_allows(work->capsule, entry, &work->program, flags))
        return WITHHELD;
    if (!reach->withheld)
        return GIVEN;
    if (entry->flags & CAPSULE_STATIC_REFUSE)
        return REFUSED;
    if (!gets_in(reach))
        return WITHHELD_UNREACHED;
    return entry->flags & CAPSULE_STATICS ? WITHHELD_STATIC : GIVEN;
}

bool hand_over_takes_hidden(const struct hand_over *work, uint32_t index, uint32_t *flags)
{
    return is_hidden_there(work, index) && find_hidden_fate(work, index, flags) == GIVEN;
}

int hand_over_hold_hidden(struct hand_over *work)
{
    const struct shim *shim = work->shim;
    uint32_t flags;
    for (uint32_t i = shim->hidden_first; i < shim->hidden_first + shim->hidden_count; i++) {
        const struct capsule_entry *entry = &capsule_entries(work->capsule)[i];
        enum fate fate = is_hidden_there(work, i) ? find_hidden_fate(work, i, &flags) : GIVEN;
        if (fate == REFUSED)
            return hand_over_refuse_static(work, entry);
        if (fate >= WITHHELD)
            withhold(work, fate, entry);
    }
    return 0;
}
