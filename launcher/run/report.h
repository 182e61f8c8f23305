/* SPDX-License-Identifier: ISC */
/* What -n and -v say: which program, by which delivery, which names under which policy. Never a
 * value. */
#ifndef SECRUN_REPORT_H
#define SECRUN_REPORT_H

#include "base/reason.h"
#include "deliver/probe.h"
#include "run/choice.h"

/* Writes the report to fd. memory: why memfd_secret cannot be had, or an empty text. inherited: the
 * environment, to tell which of its variables a secret takes the place of. */
void report(int fd, const struct probe *probe, const struct choice *choice, const struct reason *memory,
            char *const *inherited);

#endif
