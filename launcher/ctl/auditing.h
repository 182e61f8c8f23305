/* SPDX-License-Identifier: ISC */
/* What the audit log is told of secrunctl's work. Compares values; hands on names alone. */
#ifndef SECRUN_AUDITING_H
#define SECRUN_AUDITING_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/signing.h"
#include "ctl/store.h"

/*
 * Records that the file is about to be replaced by these sealed bytes, whose text is `text`: which secrets
 * are added, changed and removed. False, with a reason, if that has to be recorded and cannot be: then the
 * file is to stay as it is.
 */
bool auditing_change(const struct store *store, const struct sealed_file *file, const struct secret *text,
                     const struct file_bytes *after, const struct invocation *invocation, struct reason *why);

/* Records that this file is about to be made, or signed as it is (signing: NULL if it is not signed). False
 * as above. */
bool auditing_whole(const struct sealed_file *file, const struct signing *signing,
                    const struct invocation *invocation, struct reason *why);

/* Records what is about to be done beside the sealed file: to secrun.conf, the key or the serial. what: a few
 * words, of nothing secret. False as above. */
bool auditing_step(const struct sealed_file *file, const struct invocation *invocation, const char *what,
                   struct reason *why);

/* Records that a change which was recorded did not come about. */
void auditing_failure(const struct sealed_file *file, const struct invocation *invocation,
                      const struct reason *failure);

/* Records that the values of these secrets of the profile (NULL: of all secrets of the document, which need
 * not parse) are about to be shown. False as above. */
bool auditing_read(const struct store *store, const char *profile,
                   const struct document_entry *const *secrets, size_t count,
                   const struct invocation *invocation, struct reason *why);

#endif
