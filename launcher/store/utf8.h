/* SPDX-License-Identifier: ISC */
/* UTF-8 (RFC 3629). Pure. */
#ifndef SECRUN_UTF8_H
#define SECRUN_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The bytes of the character that text (size > 0) begins with, and its code point; 0 if there is none:
 * a cut or overlong sequence, a surrogate, anything above U+10FFFF. */
size_t utf8_character(const char *text, size_t size, uint32_t *code);

#endif
