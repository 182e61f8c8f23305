/* SPDX-License-Identifier: ISC */
/* Processes whose first thread has ended while others go on: /proc/PID then looks like a process that has
 * ended, and what it is shows below /proc/PID/task alone. Runs in secrunctl; sees no secret. */
#ifndef SECRUN_SCAN_THREADS_H
#define SECRUN_SCAN_THREADS_H

/* Of the directory of a process in /proc: that of a thread that goes on, open; -1 if it is not such a
 * process. */
int threads_find(int process);

#endif
