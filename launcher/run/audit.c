/* SPDX-License-Identifier: ISC */
/* Lines for syslog: see audit.h. Runs in secrun. Not by syslog(3), which waits where nobody reads. */
#include "run/audit.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* A stream's messages end with a NUL. */
static bool put(int type, const char *line, size_t size)
{
    static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool ok = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
              send(fd, line, size + (type == SOCK_STREAM), MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
    close(fd);
    return ok;
}

void audit(const char *format, ...)
{
    char line[2048], date[32] = "";
    time_t now = time(NULL);
    struct tm local;
    va_list list;
    if (localtime_r(&now, &local))
        strftime(date, sizeof date, "%b %e %T ", &local);
    int prefix = snprintf(line, sizeof line, "<%d>%ssecrun[%d]: ", LOG_AUTHPRIV | LOG_NOTICE, date, getpid());
    if (prefix < 0 || (size_t)prefix >= sizeof line)
        return;
    va_start(list, format);
    int length = vsnprintf(line + prefix, sizeof line - (size_t)prefix, format, list);
    va_end(list);
    if (length < 0)
        return;
    size_t size = (size_t)prefix + (size_t)length;
    if (size >= sizeof line)
        size = sizeof line - 1;
    if (!put(SOCK_DGRAM, line, size))
        put(SOCK_STREAM, line, size);
}
