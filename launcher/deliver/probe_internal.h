/* SPDX-License-Identifier: ISC */
/* What the files of probe.h share. Sees no secret. */
#ifndef SECRUN_PROBE_INTERNAL_H
#define SECRUN_PROBE_INTERNAL_H

#include "deliver/probe.h"

/* 0, or the errno with which execve would refuse that file whatever it holds; EISDIR for a directory. */
int probe_access(const char *path);

/* What stands behind such an errno, in words; valid until the next call. */
const char *probe_obstacle(const char *path, int error);

/* Says that, and returns the exit status for it. */
int probe_cannot(const char *path, int error, struct reason *why);

/* Fills in probe->path, as execvp looks a command up. Returns 0, or an exit status with a reason. */
int probe_look_up(const char *command, struct probe *probe, struct reason *why);

#endif
