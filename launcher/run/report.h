/* SPDX-License-Identifier: ISC */
/* What -n and -v say: which program, by which delivery and why, which names under which policy. Never a
 * value. */
#ifndef SECRUN_REPORT_H
#define SECRUN_REPORT_H

#include "run/run.h"

/* Writes the report to fd. inherited: the environment, to tell which of its variables a secret takes the
 * place of. */
void report(int fd, const struct run *run, char *const *inherited);

#endif
