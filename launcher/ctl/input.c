/* SPDX-License-Identifier: ISC */
/* Input: see input.h. Runs in secrunctl; reads values, documents and lists of recipients. */
#include "ctl/input.h"

#include <fcntl.h>
#include <unistd.h>

bool input_read(const char *path, size_t max, struct secret *secret, struct reason *why)
{
    *secret = (struct secret){0};
    if (!path)
        return secret_read(secret, STDIN_FILENO, max, "standard input", why);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fail_errno(why, "%s", path);
    bool ok = secret_read(secret, fd, max, path, why);
    close(fd);
    return ok;
}
