/* SPDX-License-Identifier: ISC */
/* What the parts of `spawns` print with, and the program that they start. Runs as a test program; sees no
 * secret. */
#ifndef SECRUN_TESTS_SPAWNS_REPORT_H
#define SECRUN_TESTS_SPAWNS_REPORT_H

/* Prints each of the things named, up to a null, and the secret; returns the status to end with. */
int spawns_report(char *const *what);

#endif
