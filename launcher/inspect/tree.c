/* SPDX-License-Identifier: ISC */
/* Descendants: see tree.h. Runs in secrunctl. */
#include "inspect/tree.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"

static bool add(struct tree *tree, size_t *capacity, const struct relative *relative, struct reason *why)
{
    void *list = array_make_room(tree->list, tree->count, capacity, sizeof *tree->list, why);
    if (!list)
        return false;
    tree->list = list;
    tree->list[tree->count++] = *relative;
    return true;
}

/* False if it has ended. */
static bool read_relative(int all, const char *name, struct relative *relative)
{
    char text[4096];
    struct proc_stat stat;
    int directory = openat(all, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return false;
    ssize_t size = process_read_small(directory, "stat", text, sizeof text);
    close(directory);
    if (size <= 0 || !proc_stat_parse(text, (size_t)size, &stat))
        return false;
    *relative = (struct relative){(pid_t)strtol(name, NULL, 10), stat.parent, stat.started};
    return true;
}

static int by_parent(const void *left, const void *right)
{
    const struct relative *one = left, *other = right;
    if (one->parent != other->parent)
        return one->parent < other->parent ? -1 : 1;
    return one->pid < other->pid ? -1 : one->pid > other->pid;
}

/* Of a list in order of the parents, the first of one. */
static size_t first_of(const struct tree *all, pid_t parent)
{
    size_t low = 0, high = all->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (all->list[middle].parent < parent)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What was read while processes came and went need not be a tree: none is taken twice. */
static bool collect(struct tree *tree, struct tree *all, pid_t root, struct reason *why)
{
    size_t capacity = 0, next = 0;
    for (pid_t parent = root;; parent = tree->list[next++].pid) {
        for (size_t i = first_of(all, parent); i < all->count && all->list[i].parent == parent; i++) {
            if (all->list[i].pid == root || all->list[i].pid == 0)
                continue;
            if (!add(tree, &capacity, &all->list[i], why))
                return false;
            all->list[i].pid = 0; /* taken */
        }
        if (next == tree->count)
            return true;
    }
}

bool tree_read(struct tree *tree, const struct process *root, struct reason *why)
{
    struct tree all = {0};
    size_t capacity = 0;
    struct relative relative;
    const struct dirent *entry;
    DIR *processes = opendir("/proc");
    bool ok = true;
    *tree = (struct tree){0};
    if (!processes)
        return fail_errno(why, "/proc");
    while (ok && (entry = readdir(processes)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]) &&
            read_relative(dirfd(processes), entry->d_name, &relative))
            ok = add(&all, &capacity, &relative, why);
    closedir(processes);
    if (ok && all.count > 0) {
        qsort(all.list, all.count, sizeof *all.list, by_parent);
        ok = collect(tree, &all, root->pid, why);
    }
    tree_free(&all);
    return ok;
}

void tree_free(struct tree *tree)
{
    free(tree->list);
    *tree = (struct tree){0};
}
