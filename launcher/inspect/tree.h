/* SPDX-License-Identifier: ISC */
/* The processes below one. Runs in secrunctl. */
#ifndef SECRUN_INSPECT_TREE_H
#define SECRUN_INSPECT_TREE_H

#include "inspect/process.h"

struct relative {
    pid_t pid, parent;
    uint64_t started; /* as in struct process: is it still the same one? */
};

struct tree {
    struct relative *list; /* owned; parents before their children */
    size_t count;
};

/* All descendants of the process, as they are now; an orphan is its new parent's. */
bool tree_read(struct tree *tree, const struct process *root, struct reason *why);
void tree_free(struct tree *tree);

#endif
