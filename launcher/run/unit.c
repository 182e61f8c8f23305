/* SPDX-License-Identifier: ISC */
/* systemd's unit: see unit.h. Runs in secrun; sees no secret. */
#include "run/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool unit_starts_this(void)
{
    char own[16];
    const char *pid = getenv("SYSTEMD_EXEC_PID");
    snprintf(own, sizeof own, "%d", (int)getpid());
    return pid && strcmp(pid, own) == 0;
}

bool unit_is_around(void)
{
    return unit_starts_this() || (getenv("INVOCATION_ID") && !isatty(STDIN_FILENO));
}
