/* SPDX-License-Identifier: ISC */
/* Records for syslog and the journal: see audit_internal.h. Runs in secrun and secrunctl. Not by syslog(3),
 * which waits where nobody reads. */
#include "host/audit_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "host/audit.h"

/* Waits that long for who is to take the connection, and later what is sent; wait NULL: not at all. -1, with
 * errno. */
static int connect_to(const char *path, int type, const struct timeval *wait)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | (wait ? 0 : SOCK_NONBLOCK), 0);
    if (fd < 0 || ((!wait || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, wait, sizeof *wait) == 0) &&
                   connect(fd, (const struct sockaddr *)&address, sizeof address) == 0))
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

int audit_socket_open(const char *path, int type, bool required, struct reason *why)
{
    const struct timeval wait = {.tv_sec = required ? 5 : 0, .tv_usec = required ? 0 : 100000};
    int fd = connect_to(path, type, &wait);
    if (fd < 0)
        fail_errno(why, "%s", path);
    return fd;
}

bool audit_socket_send(int fd, const char *path, const void *bytes, size_t size, struct reason *why)
{
    ssize_t sent;
    do
        sent = send(fd, bytes, size, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent == (ssize_t)size)
        return true;
    if (sent < 0 && errno != EAGAIN)
        return fail_errno(why, "%s", path);
    return fail(why, "%s: nobody reads what is sent there", path);
}

size_t audit_syslog_header(char *line, size_t size)
{
    char date[32] = "";
    time_t now = time(NULL);
    struct tm local;
    if (localtime_r(&now, &local))
        strftime(date, sizeof date, "%b %e %T ", &local);
    int length = snprintf(line, size, "<%d>%ssecrun[%d]: ", LOG_AUTHPRIV | LOG_NOTICE, date, getpid());
    return length < 0 || (size_t)length >= size ? 0 : (size_t)length;
}

/* --- a notice, for which nothing waits -------------------------------------------------------------- */

/* A stream's messages end with a NUL. */
static bool notify(int type, const char *line, size_t size)
{
    int fd = connect_to(SYSLOG_SOCKET, type, NULL);
    if (fd < 0)
        return false;
    bool ok = send(fd, line, size + (type == SOCK_STREAM), MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
    close(fd);
    return ok;
}

void audit_notice(const char *format, ...)
{
    char line[2048];
    va_list list;
    size_t prefix = audit_syslog_header(line, sizeof line);
    if (prefix == 0)
        return;
    va_start(list, format);
    int length = vsnprintf(line + prefix, sizeof line - prefix, format, list);
    va_end(list);
    if (length < 0)
        return;
    size_t size = prefix + (size_t)length;
    if (size >= sizeof line)
        size = sizeof line - 1;
    if (!notify(SOCK_DGRAM, line, size))
        notify(SOCK_STREAM, line, size);
}
