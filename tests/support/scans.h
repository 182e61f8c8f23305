/* SPDX-License-Identifier: ISC */
/* What tests of secrunctl scan have in common. */
#ifndef SECRUN_TESTS_SCANS_H
#define SECRUN_TESTS_SCANS_H

/* No output may have this: it is a piece of every value that these tests plant. */
#define SCANS_PIECE "hunter2"

/* Runs a shell line in the folder, and expects that status and those lines on standard output, in any order;
 * no value is shown. */
void check_scan(const char *folder, const char *command, int status, const char *lines);

/* Runs commands in the folder, which have to succeed. */
void run_in(const char *folder, const char *commands);

#endif
