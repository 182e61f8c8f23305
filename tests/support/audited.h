/* SPDX-License-Identifier: ISC */
/* A store whose starts are recorded in an audit log, and what its tests say again and again. */
#ifndef SECRUN_TESTS_AUDITED_H
#define SECRUN_TESTS_AUDITED_H

/* Values of the store's secrets TOKEN and KEY. */
#define AUDITED_VALUE "au-Xk8rT3nW5yLq7ZcV2bJd"
#define AUDITED_OTHER "au-Gh4sP9mD1fRt6QwE8uYx"

/* Fixture, with scratch_end: makes the directory `store`. */
void audited_begin(void);

/* Puts audit-log and audit into the store's secrun.conf; NULL leaves one out. */
void audited_configure(const char *place, const char *policy);

/* No value may ever be in the log. */
void audited_check_no_value(const char *log);

/* A command of the shell whose output is expected, and no word on standard error. */
void audited_check_output(const char *command, const char *expected);

#endif
