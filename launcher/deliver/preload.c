/* SPDX-License-Identifier: ISC */
/* Delivery by preload: see preload.h. Runs in secrun; handles pointers to secrets, copies none. */
#include "deliver/preload.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/path.h"
#include "shim/block.h"
#include "shim/elf.h"

#ifndef SECRUN_SHIM
#error "SECRUN_SHIM: the shim's absolute path, set by the Makefile"
#endif

enum carrier { PRELOAD, CAPSULE };

const char *preload_shim(void)
{
    return SECRUN_SHIM;
}

/* The loaders go on without a shim that they cannot map, so what would stop them is looked for here. */
static bool check_object(int fd, struct reason *why)
{
    struct stat status;
    struct statvfs system;
    struct elf_facts facts;
    if (fstat(fd, &status) != 0 || fstatvfs(fd, &system) != 0)
        return fail_errno(why, "cannot be looked at");
    if (system.f_flag & ST_NOEXEC)
        return fail(why, "on a file system that is mounted noexec");
    size_t size = (size_t)status.st_size;
    void *file = size > 0 ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (file == MAP_FAILED)
        return fail(why, "empty, or cannot be mapped");
    const char *wrong = elf_inspect(file, size, &facts);
    munmap(file, size);
    if (wrong)
        return fail(why, "%s", wrong);
    if (elf_is_foreign(&facts) || facts.type != ET_DYN)
        return fail(why, "not a shared object for this machine");
    return true;
}

bool preload_check(struct reason *why)
{
    /* The kernel then tells the loader to trust nothing (AT_SECURE), and it says nothing of what it drops. */
    if (getuid() != geteuid() || getgid() != getegid()) {
        fail(why, "the real and the effective user or group differ (uid %u and %u, gid %u and %u)", getuid(),
             geteuid(), getgid(), getegid());
        return fail_hint(why, "a program's loader ignores what is preloaded then; make them equal first");
    }
    /* The loaders split LD_PRELOAD at these, with no way to quote. */
    if (strpbrk(SECRUN_SHIM, ": \t\n"))
        return fail(why, "%s: a path with blanks or colons cannot be preloaded", SECRUN_SHIM);
    int fd = path_open(SECRUN_SHIM, PATH_TRUSTED, why);
    if (fd < 0)
        return fail_within(why, "shim") ||
               fail_hint(why, "install secrun again, with the PREFIX it was built for");
    bool ok = check_object(fd, why) || fail_within(why, "shim: %s", SECRUN_SHIM);
    close(fd);
    return ok;
}

/* --- what the target is to see -------------------------------------------------------------------- */

#define NOT_OURS SIZE_MAX

struct layout {
    const struct preload_input *input;
    char **strings;       /* inherited NAME=value, or NULL for */
    size_t *secrets;      /* one of the profile's, by its index; else NOT_OURS */
    unsigned char *kinds; /* enum block_kind */
    size_t count;
    uint64_t *known; /* by entry of the outer capsule: stands in a longer value */
    bool *placed;    /* by secret of the profile */
    struct block_carriers carriers;
};

static size_t find_secret(const struct preload_input *input, const char *entry, size_t name_size)
{
    size_t i = 0;
    for (; i < input->count; i++) {
        const char *name = input->secrets[i]->name;
        if (name[0] == entry[0] && strlen(name) == name_size && memcmp(entry, name, name_size) == 0)
            break;
    }
    return i;
}

static void place_secret(struct layout *layout, size_t at)
{
    layout->placed[at] = true;
    if (layout->input->policies[at].hidden)
        return;
    layout->secrets[layout->count] = at;
    layout->kinds[layout->count++] = BLOCK_SECRET;
}

/* A string of the inherited environment that is not replaced. */
static void place_string(struct layout *layout, char *string, struct preload *preload)
{
    const struct preload_input *input = layout->input;
    struct policy_verdict verdict = {0};
    if (input->outer)
        verdict = policy_judge(input->outer, string, &input->program, NULL);
    if (verdict.withheld) {
        preload->withheld++;
        return;
    }
    if (verdict.part)
        policy_judge(input->outer, string, &input->program, layout->known);
    layout->strings[layout->count] = string;
    layout->secrets[layout->count] = NOT_OURS;
    layout->kinds[layout->count++] = verdict.secret ? BLOCK_SECRET : BLOCK_PLAIN;
}

/* Inherited entries keep their order; a secret stands where the first variable of its name stood. */
static void place_all(struct layout *layout, struct preload *preload)
{
    const struct preload_input *input = layout->input;
    for (char *const *entry = input->inherited; *entry; entry++) {
        if (block_has_name(*entry, CAPSULE_VARIABLE))
            continue;
        size_t at = find_secret(input, *entry, strcspn(*entry, "="));
        if (at == input->count)
            place_string(layout, *entry, preload);
        else if (!layout->placed[at])
            place_secret(layout, at);
    }
    for (size_t i = 0; i < input->count; i++)
        if (!layout->placed[i])
            place_secret(layout, i);
}

/* --- items ---------------------------------------------------------------------------------------- */

static bool has_name(const struct layout *layout, size_t count, const char *name, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        const char *entry = layout->secrets[i] == NOT_OURS ? layout->strings[i]
                                                           : layout->input->secrets[layout->secrets[i]]->name;
        if (strncmp(entry, name, size) == 0 && (entry[size] == '=' || layout->secrets[i] != NOT_OURS) &&
            strcspn(entry, "=") == size)
            return true;
    }
    return false;
}

static struct capsule_item item_of_string(const struct layout *layout, size_t at)
{
    const char *string = layout->strings[at];
    struct capsule_item item = {.name_size = block_name_size(string), .place = (uint32_t)at};
    item.name = item.name_size > 0 ? string : NULL;
    item.value = item.name ? string + item.name_size + 1 : string;
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): what is not a secret of ours has a string */
    item.value_size = strlen(item.value);
    if (layout->kinds[at] == BLOCK_SECRET) {
        struct policy_verdict verdict =
            policy_judge(layout->input->outer, string, &layout->input->program, NULL);
        item.flags = verdict.flags;
        item.list = verdict.list;
    }
    if (item.name && !has_name(layout, at, item.name, item.name_size))
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

static bool item_of_secret(struct preload *preload, const struct preload_input *input, size_t at,
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
    return policy->inherit != POLICY_PROGRAMS ||
           programs_add(&preload->programs, policy->programs, &item->list, why);
}

static void add(struct preload *preload, struct capsule_item item)
{
    preload->items[preload->item_count++] = item;
    capsule_plan(&preload->plan, &item);
}

static bool add_placed(struct preload *preload, const struct layout *layout, struct reason *why)
{
    for (size_t i = 0; i < layout->count; i++) {
        struct capsule_item item;
        if (layout->kinds[i] == BLOCK_PLAIN)
            continue;
        if (layout->secrets[i] == NOT_OURS)
            item = item_of_string(layout, i);
        else if (!item_of_secret(preload, layout->input, layout->secrets[i], &item, why))
            return false;
        item.place = (uint32_t)i;
        add(preload, item);
    }
    return true;
}

/* Does the target get this secret that the outer capsule keeps out of every array? */
static bool takes_hidden(const struct layout *layout, const struct capsule_entry *entry, uint32_t *flags)
{
    const struct preload_input *input = layout->input;
    const char *name = capsule_string(input->outer, entry);
    return entry->place == CAPSULE_NO_PLACE && (entry->flags & CAPSULE_INDEXED) &&
           policy_allows(input->outer, entry, &input->program, flags) &&
           find_secret(input, name, entry->name_size) == input->count &&
           !has_name(layout, layout->count, name, entry->name_size);
}

static bool carries_any(const struct layout *layout)
{
    const struct preload_input *input = layout->input;
    uint32_t flags;
    for (size_t i = 0; i < layout->count; i++)
        if (layout->kinds[i] == BLOCK_SECRET)
            return true;
    for (size_t i = 0; i < input->count; i++)
        if (input->policies[i].hidden)
            return true;
    for (uint32_t i = 0; input->outer && i < input->outer->entry_count; i++)
        if (takes_hidden(layout, &capsule_entries(input->outer)[i], &flags))
            return true;
    return false;
}

/* Those that are in no array: the profile's, then what the outer capsule hides. */
static bool add_hidden(struct preload *preload, const struct layout *layout, struct reason *why)
{
    const struct preload_input *input = layout->input;
    struct capsule_item item;
    uint32_t flags;
    for (size_t i = 0; i < input->count; i++)
        if (input->policies[i].hidden) {
            if (!item_of_secret(preload, input, i, &item, why))
                return false;
            add(preload, item);
        }
    for (uint32_t i = 0; input->outer && i < input->outer->entry_count; i++) {
        const struct capsule_entry *entry = &capsule_entries(input->outer)[i];
        if (takes_hidden(layout, entry, &flags))
            add(preload, item_of_outer(input->outer, entry, flags));
    }
    return true;
}

static void add_known(struct preload *preload, const struct layout *layout)
{
    const struct preload_input *input = layout->input;
    for (uint32_t i = 0; input->outer && i < input->outer->entry_count; i++) {
        const struct capsule_entry *entry = &capsule_entries(input->outer)[i];
        uint32_t flags;
        if (policy_is_known(input->outer, layout->known, i, &input->program, &flags))
            add(preload, item_of_outer(input->outer, entry, flags));
    }
}

/* --- the whole ------------------------------------------------------------------------------------ */

static bool make_carriers(struct preload *preload, const char *users)
{
    return asprintf(&preload->carriers[PRELOAD], "%s=%s%s%s", PRELOAD_VARIABLE, SECRUN_SHIM,
                    *users ? ":" : "", users) > 0 &&
           asprintf(&preload->carriers[CAPSULE], "%s=%010d", CAPSULE_VARIABLE, 0) > 0;
}

static bool fill(struct preload *preload, struct layout *layout, struct reason *why)
{
    static char slot[1] = "";
    const struct capsule_header *outer = layout->input->outer;
    memcpy(preload->block, layout->strings, layout->count * sizeof *preload->block);
    if (!carries_any(layout))
        return true;
    if (outer && !programs_begin(&preload->programs, (const unsigned char *)outer + outer->lists,
                                 outer->lists_size, why))
        return false;
    block_lay_out(layout->strings, layout->kinds, layout->count, &layout->carriers);
    if (!make_carriers(preload, layout->carriers.users))
        return fail(why, "no memory for an environment of %zu entries", layout->count);
    if (!add_placed(preload, layout, why) || !add_hidden(preload, layout, why))
        return false;
    add_known(preload, layout);
    for (size_t i = 0; i < layout->count; i++)
        if (layout->kinds[i] != BLOCK_PLAIN)
            preload->block[i] = slot;
    preload->block[layout->carriers.preload] = preload->carriers[PRELOAD];
    preload->block[layout->carriers.capsule] = preload->carriers[CAPSULE];
    preload->plan.place_count = (uint32_t)layout->carriers.place_count;
    preload->plan.seen_count = (uint32_t)layout->count;
    preload->plan.lists = (const char *)preload->programs.bytes;
    preload->plan.lists_size = (uint32_t)preload->programs.size;
    return true;
}

bool preload_layout(struct preload *preload, const struct preload_input *input, struct reason *why)
{
    *preload = (struct preload){0};
    size_t outer = input->outer ? input->outer->entry_count : 0, most = input->count + 3;
    while (input->inherited[most - input->count - 3])
        most++;
    struct layout layout = {
        .input = input,
        .strings = calloc(most, sizeof *layout.strings),
        .secrets = calloc(most, sizeof *layout.secrets),
        .kinds = calloc(most, 1),
        .known = calloc(outer / 64 + 1, sizeof *layout.known),
        .placed = calloc(input->count + 1, sizeof *layout.placed),
    };
    preload->block = calloc(most, sizeof *preload->block);
    preload->items = calloc(most + 2 * outer, sizeof *preload->items);
    bool ok = layout.strings && layout.secrets && layout.kinds && layout.known && layout.placed &&
              preload->block && preload->items;
    if (ok) {
        place_all(&layout, preload);
        ok = fill(preload, &layout, why);
    } else {
        fail(why, "no memory for an environment of %zu entries", most);
    }
    free(layout.strings);
    free(layout.secrets);
    free(layout.kinds);
    free(layout.known);
    free(layout.placed);
    if (!ok)
        preload_free(preload);
    return ok;
}

void preload_write(const struct preload *preload, unsigned char *block)
{
    struct capsule_writer writer;
    capsule_begin(&writer, block, &preload->plan);
    for (size_t i = 0; i < preload->item_count; i++)
        capsule_put(&writer, &preload->items[i]);
}

void preload_announce(struct preload *preload, int fd)
{
    /* The string was made long enough for any descriptor. */
    sprintf(preload->carriers[CAPSULE], "%s=%d", CAPSULE_VARIABLE, fd);
}

void preload_free(struct preload *preload)
{
    free(preload->block);
    free(preload->items);
    programs_free(&preload->programs);
    free(preload->carriers[PRELOAD]);
    free(preload->carriers[CAPSULE]);
    *preload = (struct preload){0};
}
