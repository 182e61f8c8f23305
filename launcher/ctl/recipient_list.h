/* SPDX-License-Identifier: ISC */
/* To whom a store is sealed: this host's own keys, and the recipients in secrun.conf(5). Holds no secret. */
#ifndef SECRUN_RECIPIENT_LIST_H
#define SECRUN_RECIPIENT_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "base/reason.h"
#include "store/age.h"
#include "store/identity.h"

/* As many as there can be of both. */
enum { RECIPIENT_LIST_MAX = IDENTITIES_MAX + CONFIG_RECIPIENTS_MAX / (AGE_RECIPIENT_MAX - 1) };

/* Each once, and in their order. A zeroed one is a valid empty one. */
struct recipient_list {
    unsigned char keys[RECIPIENT_LIST_MAX][AGE_KEY_SIZE];
    size_t count;
};

/* Where it is; the count if it is not there. */
size_t recipient_list_find(const struct recipient_list *list, const unsigned char key[static AGE_KEY_SIZE]);
/* Does nothing with one that is there. */
bool recipient_list_add(struct recipient_list *list, const unsigned char key[static AGE_KEY_SIZE],
                        struct reason *why);
void recipient_list_drop(struct recipient_list *list, size_t index);

/* Adds this host's keys, but those that were replaced. */
bool recipient_list_add_own(struct recipient_list *list, const struct config *config,
                            const struct identities *identities, struct reason *why);
/* Adds those of secrun.conf. */
bool recipient_list_add_configured(struct recipient_list *list, const struct config *config,
                                   struct reason *why);

/* Adds those of a text, one a line, among blank lines and comments, as age -R reads it. */
bool recipient_list_add_lines(struct recipient_list *list, const char *text, size_t size, struct reason *why);

/* Makes it the list of both: this host's keys, then the others. */
bool recipient_list_make(struct recipient_list *list, const struct config *config,
                         const struct identities *identities, struct reason *why);

#endif
