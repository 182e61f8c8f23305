/* SPDX-License-Identifier: ISC */
/* The list of secrets as JSON, for programs. No value is in it. */
#ifndef SECRUN_LISTING_H
#define SECRUN_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/reason.h"
#include "store/document.h"

/* Prints it on standard output; of one profile, or of all if `only` is NULL. */
bool listing_json(const struct document *document, const struct document_profile *only, int64_t now,
                  struct reason *why);

#endif
