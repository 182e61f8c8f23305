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
#include "deliver/elf.h"

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

/* One entry of the array that the target is to see. */
struct place {
    const char *inherited;               /* NAME=value, or */
    const struct document_entry *secret; /* this */
};

struct layout {
    struct place *places;
    size_t count;
    size_t carrier[2]; /* their places; SIZE_MAX while unknown */
};

static size_t name_size(const char *entry)
{
    return strcspn(entry, "=");
}

static bool is_name(const char *entry, size_t size, const char *name)
{
    return strlen(name) == size && memcmp(entry, name, size) == 0;
}

static size_t find_secret(const struct document_entry *const *secrets, size_t count, const char *entry,
                          size_t size)
{
    size_t i = 0;
    while (i < count && (secrets[i]->name[0] != entry[0] || !is_name(entry, size, secrets[i]->name)))
        i++;
    return i;
}

/* Inherited entries keep their order; a secret stands where the first variable of its name stood. */
static void place_all(struct layout *layout, char *const *inherited,
                      const struct document_entry *const *secrets, size_t count, bool *placed)
{
    for (; *inherited; inherited++) {
        size_t size = name_size(*inherited);
        if (is_name(*inherited, size, CAPSULE_VARIABLE))
            continue;
        size_t at = find_secret(secrets, count, *inherited, size);
        if (at == count) {
            if (is_name(*inherited, size, PRELOAD_VARIABLE) && (*inherited)[size] == '=') {
                /* Of two, loaders differ in which they heed; the target keeps the first. */
                if (layout->carrier[PRELOAD] != SIZE_MAX)
                    continue;
                layout->carrier[PRELOAD] = layout->count;
            }
            layout->places[layout->count++].inherited = *inherited;
        } else if (!placed[at]) {
            placed[at] = true;
            layout->places[layout->count++].secret = secrets[at];
        }
    }
    for (size_t i = 0; i < count; i++)
        if (!placed[i])
            layout->places[layout->count++].secret = secrets[i];
}

/* What the loader and libc read out of the block itself, before the shim has put anything back. */
static bool is_read_early(const char *entry)
{
    return strncmp(entry, "LD_", 3) == 0 || strncmp(entry, "MALLOC_", 7) == 0 ||
           strncmp(entry, "GLIBC_TUNABLES=", 15) == 0;
}

/* A carrier stands in a secret's place if there is one to spare, else in an inherited variable's. */
static size_t choose_place(const struct layout *layout)
{
    size_t fallback = SIZE_MAX;
    for (size_t i = layout->count; i-- > 0;) {
        if (i == layout->carrier[PRELOAD] || i == layout->carrier[CAPSULE])
            continue;
        const char *inherited = layout->places[i].inherited;
        if (!inherited)
            return i;
        /* The capsule finds an entry by its name, so it can carry only what has one. */
        if (fallback == SIZE_MAX && name_size(inherited) > 0 && strchr(inherited, '=') &&
            !is_read_early(inherited))
            fallback = i;
    }
    return fallback;
}

static struct capsule_item item_of(const struct place *place, size_t at)
{
    struct capsule_item item = {.place = (uint32_t)at};
    if (place->inherited) {
        item.name = place->inherited;
        item.name_size = name_size(place->inherited);
        item.value = place->inherited + item.name_size + 1;
        item.value_size = strlen(item.value);
    } else {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a place has one of the two */
        item.name = place->secret->name;
        item.name_size = strlen(item.name);
        item.value = place->secret->value;
        item.value_size = place->secret->value_size;
        item.flags = CAPSULE_SECRET;
    }
    return item;
}

static bool make_carriers(struct preload *preload, const struct layout *layout)
{
    const struct place *preloaded = &layout->places[layout->carrier[PRELOAD]];
    const char *users = "";
    if (preloaded->inherited &&
        is_name(preloaded->inherited, name_size(preloaded->inherited), PRELOAD_VARIABLE))
        users = preloaded->inherited + strlen(PRELOAD_VARIABLE "=");
    return asprintf(&preload->carriers[PRELOAD], "%s=%s%s%s", PRELOAD_VARIABLE, SECRUN_SHIM,
                    *users ? ":" : "", users) > 0 &&
           asprintf(&preload->carriers[CAPSULE], "%s=%010d", CAPSULE_VARIABLE, 0) > 0;
}

static void fill(struct preload *preload, const struct layout *layout)
{
    static char slot[1] = "";
    for (size_t i = 0; i < layout->count; i++) {
        bool carrier = i == layout->carrier[PRELOAD] || i == layout->carrier[CAPSULE];
        if (i == layout->carrier[PRELOAD])
            preload->block[i] = preload->carriers[PRELOAD];
        else if (i == layout->carrier[CAPSULE])
            preload->block[i] = preload->carriers[CAPSULE];
        else if (layout->places[i].secret)
            preload->block[i] = slot;
        else
            preload->block[i] = (char *)(uintptr_t)layout->places[i].inherited;
        if (carrier || layout->places[i].secret)
            preload->items[preload->item_count++] = item_of(&layout->places[i], i);
    }
    preload->place_count = (uint32_t)layout->count;
}

static bool lay_out(struct preload *preload, struct layout *layout, const char *command)
{
    for (int i = PRELOAD; i <= CAPSULE; i++) {
        if (layout->carrier[i] == SIZE_MAX)
            layout->carrier[i] = choose_place(layout);
        if (layout->carrier[i] == SIZE_MAX) {
            /* One secret, and no variable to spare: only the second carrier can come here, and only once. */
            bool taken = strcmp(layout->places[layout->carrier[PRELOAD]].secret->name, "_") == 0;
            if (asprintf(&preload->padding, "%s=%s", taken ? "PWD" : "_", command) < 0)
                return false;
            layout->carrier[i] = layout->count;
            layout->places[layout->count++].inherited = preload->padding;
        }
    }
    preload->block = calloc(layout->count + 1, sizeof *preload->block);
    preload->items = calloc(layout->count, sizeof *preload->items);
    if (!preload->block || !preload->items || !make_carriers(preload, layout))
        return false;
    fill(preload, layout);
    return true;
}

bool preload_layout(struct preload *preload, char *const *inherited,
                    const struct document_entry *const *secrets, size_t count, const char *command,
                    struct reason *why)
{
    *preload = (struct preload){0};
    size_t most = count + 2;
    while (inherited[most - count - 2])
        most++;
    struct layout layout = {.carrier = {SIZE_MAX, SIZE_MAX}};
    layout.places = calloc(most, sizeof *layout.places);
    bool *placed = calloc(count, sizeof *placed);
    bool ok = layout.places && placed;
    if (ok) {
        place_all(&layout, inherited, secrets, count, placed);
        ok = lay_out(preload, &layout, command);
    }
    free(layout.places);
    free(placed);
    if (ok)
        return true;
    preload_free(preload);
    return fail(why, "no memory for an environment of %zu entries", most);
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
    free(preload->carriers[PRELOAD]);
    free(preload->carriers[CAPSULE]);
    free(preload->padding);
    *preload = (struct preload){0};
}
