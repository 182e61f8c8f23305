/* SPDX-License-Identifier: ISC */
/* The store as secrunctl's verbs use it: opened for reading, or under the lock for one change. */
#ifndef SECRUN_CTL_STORE_H
#define SECRUN_CTL_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "base/reason.h"
#include "base/secret.h"
#include "ctl/durable.h"
#include "ctl/invocation.h"
#include "ctl/recipient_list.h"
#include "host/key_source.h"
#include "ctl/signing.h"
#include "store/document.h"
#include "store/identity.h"

enum store_access {
    STORE_READ,
    STORE_WRITE_LATER, /* read, and ready for store_relock */
    STORE_WRITE,       /* locked until store_close */
};

struct store {
    struct config config;
    struct identities identities;
    struct key_stamp key_stamp; /* of the file that they are from */
    struct signing signing;     /* empty unless it is to be written, and signed */
    struct place place;         /* of the sealed file */
    struct secret text;
    struct document document; /* of text; empty until store_parse */
    unsigned char *sealed;    /* the bytes that text was read from; owned */
    size_t sealed_size;
    ptrdiff_t recipients_added; /* by this change, to those it was sealed to; negative: they are to go */
};

/* Reads the configuration, with the store's directory as the invocation has it. */
bool store_configure(struct config *config, const struct invocation *invocation, struct reason *why);

/* The same, and the first operand, if there is one, in place of the sealed file. */
bool store_configure_file(struct config *config, const struct invocation *invocation, struct reason *why);

/* Opens the store, as far as its text. store_close is due whatever comes back. */
bool store_open(struct store *store, const struct invocation *invocation, enum store_access access,
                struct reason *why);

/* Locks a store opened with STORE_WRITE_LATER, and reads it again. *changed: are its bytes others than
 * before? */
bool store_relock(struct store *store, const struct invocation *invocation, bool *changed,
                  struct reason *why);
/* Gives up the lock. */
void store_unlock(struct store *store);

/* Parses the text into store->document. */
bool store_parse(struct store *store, struct reason *why);

/* Both, which is what most verbs want. */
bool store_load(struct store *store, const struct invocation *invocation, enum store_access access,
                struct reason *why);

/* Seals text to this host and the configured recipients, signs it where a key or signers are configured, and
 * puts it in the sealed file's place. A value that is another than before is kept beside the new one for a
 * while (previous.h). The store must be locked. */
bool store_replace(const struct store *store, const struct secret *text, const struct invocation *invocation,
                   struct reason *why);

/* Applies changes to the document, then replaces the store. */
bool store_change(const struct store *store, const struct document_change *changes, size_t count,
                  const struct invocation *invocation, struct reason *why);

void store_close(struct store *store);

/* The profile of that name, or NULL with a reason that lists those there are. */
const struct document_profile *store_profile(const struct store *store, const char *name, struct reason *why);

/* The store's own. */
struct sealed_file store_file(const struct store *store);

/*
 * Seals text to these recipients, and puts it in the file's place. It is signed where a key or signers are in
 * the file's configuration, and recorded where there is an audit log.
 */
bool store_put(const struct store *store, const struct sealed_file *file, const struct secret *text,
               const struct recipient_list *recipients, const struct invocation *invocation,
               struct reason *why);

/* Is that many, this change considered, at least what the file is sealed to? Or has it been asked for. */
bool store_drops_nobody(const struct store *store, size_t count, const struct invocation *invocation,
                        struct reason *why);

#endif
