/* SPDX-License-Identifier: ISC */
/* Capabilities as capabilities(7) names them. Sees no secret. */
#ifndef SECRUN_CAPABILITIES_H
#define SECRUN_CAPABILITIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/reason.h"

/* A bit for each, by its number. */
struct capabilities {
    uint64_t effective, permitted, inheritable;
};

/* Reads names with commas between, such as net_bind_service or CAP_NET_BIND_SERVICE. */
bool capabilities_parse(const char *list, uint64_t *set, struct reason *why);

/* Can this process give all of a set to the program that it becomes? */
bool capabilities_to_give(uint64_t set, struct reason *why);

/* Those of this process; false with errno. */
bool capabilities_get(struct capabilities *capabilities);
bool capabilities_set(const struct capabilities *capabilities);

/* The ambient set of this process. */
uint64_t capabilities_ambient(void);
/* Makes it that; all of it has to be permitted and inheritable. False with errno. */
bool capabilities_set_ambient(uint64_t set);

enum { CAPABILITIES_SETGID = 6, CAPABILITIES_SETUID = 7 };

static inline bool capabilities_have(uint64_t set, int number)
{
    return set >> number & 1;
}

#endif
