/* SPDX-License-Identifier: ISC */
/* Numbers as files of the store have them. Holds no secret. */
#ifndef SECRUN_NUMBER_H
#define SECRUN_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMBER_DIGITS_MAX = 18 }; /* fits into 63 bits, whatever they are */

/* Digits and nothing else: no sign, no blank. Zeros may lead, and count. False, and *number as it was, if it
 * is none, or has more digits. */
bool number_parse(const char *text, size_t size, int64_t *number);

#endif
