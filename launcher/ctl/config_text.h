/* SPDX-License-Identifier: ISC */
/* Changing one key in the text of secrun.conf(5), and nothing else in it. Pure; holds no secret. */
#ifndef SECRUN_CONFIG_TEXT_H
#define SECRUN_CONFIG_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "base/secret.h"

/*
 * The text with `key = value` in that section: in the place of the last line that says so, else behind the
 * section's last entry (or its own line), else in a section at the end. All other bytes stay. value: one
 * line, without blanks around it. *out is allocated and owned by the caller; it has been read back.
 */
bool config_text_set(const char *text, size_t size, const char *section, const char *key, const char *value,
                     struct secret *out, struct reason *why);

#endif
