/* SPDX-License-Identifier: ISC */
/* Which processes descend from one, itself left out. Used by one thread at a time. */
#ifndef SECRUN_TESTS_TREE_H
#define SECRUN_TESTS_TREE_H

#include <stddef.h>
#include <sys/types.h>

void tree_begin(pid_t root);

/*
 * Looks through /proc; returns how many there are now. What has once been found in the tree stays in it,
 * wherever it is reparented to; the root should be a subreaper all the same, for those never seen before
 * their parents ended.
 */
size_t tree_scan(void);

/* One of those that the last scan found. */
pid_t tree_member(size_t index);

#endif
