/* SPDX-License-Identifier: ISC */
/* What reading and writing .env files share: JavaScript's idea of text, in UTF-8. */
#ifndef SECRUN_DOTENV_INTERNAL_H
#define SECRUN_DOTENV_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

/* The bytes of the character that text begins with if that matches \s, else 0. */
size_t dotenv_blank(const char *text, size_t size);

/* The bytes of the line end that text begins with, else 0. */
size_t dotenv_line_end(const char *text, size_t size);

bool dotenv_is_quote(char c);
bool dotenv_is_name(char c);

/* In place, returning the new size: replace(/^(['"`])([\s\S]*)\1$/mg, '$2'), */
size_t dotenv_strip_quotes(char *text, size_t size);
/* and replace(/\\n/g, LF), replace(/\\r/g, CR). */
size_t dotenv_expand_escapes(char *text, size_t size);

#endif
