/* SPDX-License-Identifier: ISC */
/* Hardening: see harden.h. Runs in secrun, as the first thing; sees no secret yet. */
#include "run/harden.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

bool harden(struct hardening *hardening, struct reason *why)
{
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        return fail_errno(why, "PR_SET_DUMPABLE");
    if (getrlimit(RLIMIT_CORE, &hardening->core) != 0)
        return fail_errno(why, "RLIMIT_CORE");
    struct rlimit none = {0, hardening->core.rlim_max};
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return fail_errno(why, "RLIMIT_CORE");
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR | O_CLOEXEC) != fd)
            return fail_errno(why, "/dev/null, in place of a closed standard descriptor");
    return true;
}

void unharden(const struct hardening *hardening)
{
    setrlimit(RLIMIT_CORE, &hardening->core);
}
