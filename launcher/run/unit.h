/* SPDX-License-Identifier: ISC */
/* Whether systemd started this process for a unit, as far as the environment tells. For words alone: anybody
 * can set these variables. */
#ifndef SECRUN_UNIT_H
#define SECRUN_UNIT_H

#include <stdbool.h>

/* Is this process what the unit's ExecStart= names? (systemd 248 and above say so.) */
bool unit_starts_this(void);

/* Is it that, or, with nobody at a terminal, something that one started? */
bool unit_is_around(void);

#endif
