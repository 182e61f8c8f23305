/* SPDX-License-Identifier: ISC */
/* What the administrator is told by way of syslog. Never given a secret. */
#ifndef SECRUN_AUDIT_H
#define SECRUN_AUDIT_H

/*
 * Sends one line (authpriv.notice), if there is somebody at /dev/log to take it at once; nothing waits for it
 * and nothing fails. What is no printable ASCII has to be replaced before.
 */
void audit(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
