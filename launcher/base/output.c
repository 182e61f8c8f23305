/* SPDX-License-Identifier: ISC */
/* Output: see output.h. Runs in secrunctl; writes secrets where they were asked for. */
#include "base/output.h"

#include <errno.h>
#include <unistd.h>

bool output(int fd, const void *bytes, size_t size, const char *what, struct reason *why)
{
    const unsigned char *at = bytes;
    while (size > 0) {
        ssize_t put = write(fd, at, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail_errno(why, "%s", what);
        at += put;
        size -= (size_t)put;
    }
    return true;
}
