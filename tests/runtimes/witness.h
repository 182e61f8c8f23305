/* SPDX-License-Identifier: ISC */
/*
 * How a process tells the leak matrix what it sees: over a unix socket, since its environment and its
 * descriptors may have been taken away, and it stays for as long as the matrix looks at it from outside.
 * Runs in the programs that the matrix starts; what it sends holds secrets.
 *
 * Messages (SOCK_SEQPACKET): the matrix sends names, each with a NUL; the witness answers with records, each
 * with a NUL: `LLABEL`, for each name `gNAME=value` (getenv) and `sNAME=value` (secure_getenv) where there
 * is one, and `eENTRY` for each place of the array. At the next message, or the end, it goes on.
 */
#ifndef SECRUN_TESTS_WITNESS_H
#define SECRUN_TESTS_WITNESS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

static size_t witness_record(char *message, size_t used, size_t size, char kind, const char *name,
                             const char *value)
{
    int more = value ? snprintf(message + used, size - used, "%c%s=%s", kind, name, value)
                     : snprintf(message + used, size - used, "%c%s", kind, name);
    return more < 0 || (size_t)more >= size - used ? size : used + (size_t)more + 1;
}

/* Tells what this process sees, and waits for leave. 0, or 98 if the matrix cannot be reached. */
static int witness_report(const char *path, const char *label)
{
    static char message[128 * 1024], names[4096];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return 98;
    ssize_t size = recv(fd, names, sizeof names, 0);
    size_t used = witness_record(message, 0, sizeof message, 'L', label, NULL);
    for (char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
        const char *plain = getenv(name), *secure = secure_getenv(name);
        if (plain)
            used = witness_record(message, used, sizeof message, 'g', name, plain);
        if (secure)
            used = witness_record(message, used, sizeof message, 's', name, secure);
    }
    for (char **entry = environ; entry && *entry; entry++)
        used = witness_record(message, used, sizeof message, 'e', *entry, NULL);
    if (used >= sizeof message || send(fd, message, used, MSG_NOSIGNAL) != (ssize_t)used)
        return 98;
    recv(fd, names, sizeof names, 0);
    close(fd);
    return 0;
}

#endif
