/* SPDX-License-Identifier: ISC */
/* The places where audit records go: a file, or a socket. Shared by audit*.c alone. */
#ifndef SECRUN_AUDIT_INTERNAL_H
#define SECRUN_AUDIT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"

/*
 * Appends the record of size bytes that begins at line[1] in one write(2), with a line feed behind it, and
 * one before it if the file ends within a line; line has room for both. Writers take turns: `required` waits
 * for that up to 5 seconds and writes only then; else a tenth of a second. What was written in part is taken
 * back.
 */
bool audit_file_write(int fd, const char *path, char *line, size_t size, bool required, struct reason *why);

/* Connects to a socket of that type (SOCK_DGRAM, SOCK_STREAM), sends to which take at most that long. -1 with
 * a reason. */
int audit_socket_open(const char *path, int type, bool required, struct reason *why);

/* Sends one message. */
bool audit_socket_send(int fd, const char *path, const void *bytes, size_t size, struct reason *why);

/* The header of a line of syslog; returns its size. */
size_t audit_syslog_header(char *line, size_t size);

#define SYSLOG_SOCKET  "/dev/log"
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

#endif
