/* SPDX-License-Identifier: ISC */
/* The helper of an injection (inject.h): a process that traces its parent through one execve. Sees no secret.
 */
#ifndef SECRUN_TRACER_H
#define SECRUN_TRACER_H

#include "deliver/inject.h"

/* What it answers, besides an errno. */
enum { TRACER_IN_ANOTHER_NAMESPACE = -1 };

/* The stub's bytes (shim/stub.h). */
const unsigned char *tracer_stub(size_t *size);

/*
 * The whole life of the helper: traces its parent, which is the process `parent`, writes an int to answer (0,
 * an errno or the above), and waits for the execve, or to be dismissed. Where it may not trace at once, it
 * tries again after a byte came from go.
 */
_Noreturn void tracer_run(const struct inject *inject, pid_t parent, int go, int answer);

#endif
