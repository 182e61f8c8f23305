/* SPDX-License-Identifier: ISC */
/*
 * Identity files as age-keygen writes them, and recipients as text. Pure on (pointer, length).
 * The `# public key:` comment is taken as a cache of the public key.
 */
#ifndef SECRUN_IDENTITY_H
#define SECRUN_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"
#include "base/secret.h"
#include "store/age.h"

enum { IDENTITY_FILE_MAX = 64 * 1024 }; /* bytes */
enum { IDENTITIES_MAX = 32 };           /* in one file */

/*
 * keys.bytes is an array of `count` struct age_identity. Those from `current` on stand below a line
 * `# replaced: TIME` and have an identity above it: they open what was sealed to them, and nothing is sealed
 * to them any more. A file without such a line has only current ones.
 */
struct identities {
    struct secret keys;
    size_t count, current;
    size_t current_size; /* bytes of the file's text above that line */
};

/* Reads an identity file: comments, blank lines and AGE-SECRET-KEY-1… lines. Anything else (also a
 * plugin identity, an SSH key, or no identity at all) is an error that names the line and says what
 * it found, never what it holds. */
bool identity_parse(const char *text, size_t size, struct identities *identities, struct reason *why);
void identity_free(struct identities *identities);

static inline const struct age_identity *identity_array(const struct identities *identities)
{
    return (const struct age_identity *)(const void *)identities->keys.bytes;
}

/* The text of an identity file in which those of `old`, also such a text, are replaced at that RFC 3339 time
 * by those of `text`, to which it is appended. */
bool identity_append_replaced(struct secret *text, const char *time, const struct secret *old,
                              struct reason *why);

/* Makes a new identity and the text of its file (`# created:`, `# public key:`, the key), as
 * age-keygen would. created: an RFC 3339 time. */
bool identity_generate(const char *created, struct secret *text, char recipient[static AGE_RECIPIENT_MAX],
                       struct reason *why);

/* Appends AGE-SECRET-KEY-1..., as it stands in its file, without a line feed. */
bool identity_append(struct secret *text, const struct age_identity *identity, struct reason *why);

/* The public key of an identity, computed from its scalar (never the claimed one). */
bool identity_recipient(const struct age_identity *identity, unsigned char recipient[static AGE_KEY_SIZE],
                        struct reason *why);

/* "age1…" to bytes and back. Hybrid post-quantum recipients (age1pq1…), plugin (age1name1…) and SSH
 * ones are told apart in the reason. */
bool recipient_parse(const char *text, size_t length, unsigned char recipient[static AGE_KEY_SIZE],
                     struct reason *why);
bool recipient_format(const unsigned char recipient[static AGE_KEY_SIZE],
                      char text[static AGE_RECIPIENT_MAX]);

#endif
