/* SPDX-License-Identifier: ISC */
/* Values in what a process shows of itself. Runs in secrunctl; what is read of the process passes through
 * the scan's locked buffer alone, and may have every secret of it. */
#ifndef SECRUN_INSPECT_SEARCH_H
#define SECRUN_INSPECT_SEARCH_H

#include "inspect/process.h"
#include "scan/scan.h"

/* Scans `environ` or `cmdline`; what is found has it as its part. *whole: there was not more than a program
 * can have there. False only for what keeps the scan from going on. */
bool search_part(struct scan *scan, const struct process *process, const char *part, enum look *look,
                 bool *whole, struct reason *why);

/* Can a byte there be read by way of /proc/PID/mem? */
enum look search_touch(const struct process *process, uint64_t address);

/* Is a capsule in it? True also where that cannot be read. */
bool search_finds_capsule(const struct process *process, const struct proc_mapping *mapping);

/*
 * Scans all memory that is there, but secret memory and devices, and if the process holds a capsule, what
 * looks like that of a fallback. What is found has the kind of memory as its part: heap, stack, anonymous,
 * file.
 */
bool search_memory(struct scan *scan, const struct process *process, bool holds, enum look *look, bool *whole,
                   struct reason *why);

#endif
