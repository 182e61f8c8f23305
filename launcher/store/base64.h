/* SPDX-License-Identifier: ISC */
/* Strict base64, as age and minisign write it. Pure on (pointer, length). Not for secrets: the time that it
 * takes tells of what it reads. */
#ifndef SECRUN_BASE64_H
#define SECRUN_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Decodes canonical base64 (RFC 4648, section 4), without blanks and with or without its padding, into at
 * most `room` bytes. */
bool base64_decode(unsigned char *out, size_t room, size_t *length, const unsigned char *text, size_t size,
                   bool padded);

#endif
