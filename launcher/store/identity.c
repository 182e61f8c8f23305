/* SPDX-License-Identifier: ISC */
/*
 * Identity files and recipients as text: see identity.h. Runs in secrun and secrunctl; sees private
 * keys, which it keeps in struct secret.
 */
#include "store/identity.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "store/bech32.h"

static const char recipient_hrp[] = "age";
static const char identity_hrp[] = "age-secret-key-";
static const char identity_prefix[] = "AGE-SECRET-KEY-1";
static const char public_key_comment[] = "# public key: ";
static const char replaced_comment[] = "# replaced: ";

/* sodium_malloc aligns the end of what it gives, not its beginning. */
_Static_assert(_Alignof(struct age_identity) == 1, "an array of these can begin anywhere");

struct line {
    const char *text;
    size_t size;
};

/* What the line before says of the next identity. */
struct claim {
    bool made;
    unsigned char recipient[AGE_KEY_SIZE];
};

/* Takes the next line off the text, without its LF or CR LF; false at the end. */
static bool next_line(struct line *rest, struct line *line)
{
    if (rest->size == 0)
        return false;
    const char *feed = memchr(rest->text, '\n', rest->size);
    size_t length = feed ? (size_t)(feed - rest->text) : rest->size, taken = feed ? length + 1 : length;
    *line = (struct line){rest->text, length};
    if (length > 0 && line->text[length - 1] == '\r')
        line->size--;
    rest->text += taken;
    rest->size -= taken;
    return true;
}

static bool begins(struct line line, const char *prefix)
{
    return line.size >= strlen(prefix) && memcmp(line.text, prefix, strlen(prefix)) == 0;
}

static bool is_blank(struct line line)
{
    size_t i = 0;
    while (i < line.size && (line.text[i] == ' ' || line.text[i] == '\t'))
        i++;
    return i == line.size;
}

/* `# public key: age1…`; any other comment, also a damaged one of these, makes no claim. */
static void read_comment(struct line line, struct claim *claim)
{
    struct reason ignored;
    size_t skip = strlen(public_key_comment);
    claim->made = begins(line, public_key_comment) &&
                  recipient_parse(line.text + skip, line.size - skip, claim->recipient, &ignored);
}

/* Says what stands where an identity should, as far as its beginning tells. */
static bool refuse_line(struct line line, struct reason *why)
{
    if (begins(line, "AGE-SECRET-KEY-PQ-1"))
        return fail(why, "a post-quantum identity (AGE-SECRET-KEY-PQ-1...), which is not supported");
    if (begins(line, "AGE-PLUGIN-"))
        return fail(why, "a plugin identity (AGE-PLUGIN-...), which is not supported");
    if (begins(line, "age-secret-key-1"))
        return fail(why, "an identity in lower case; age writes AGE-SECRET-KEY-1...");
    if (begins(line, "age1"))
        return fail(why, "a recipient (age1...), not an identity");
    if (begins(line, "ssh-"))
        return fail(why, "an SSH public key, not an age identity");
    if (begins(line, "-----BEGIN ") && memmem(line.text, line.size, "PRIVATE KEY", strlen("PRIVATE KEY")))
        return fail(why, "an SSH or PEM private key, which is not supported");
    return fail(why, "neither an age identity nor a comment");
}

static bool read_line(struct line line, struct claim *claim, struct identities *identities,
                      struct reason *why)
{
    if (is_blank(line) || line.text[0] == '#') {
        read_comment(line, claim);
        return true;
    }
    if (!begins(line, identity_prefix))
        return refuse_line(line, why);
    if (identities->count == IDENTITIES_MAX)
        return fail(why, "more than %d identities", IDENTITIES_MAX);
    struct age_identity *identity = (struct age_identity *)(void *)identities->keys.bytes + identities->count;
    if (!bech32_decode(line.text, line.size, identity_hrp, identity->scalar, sizeof identity->scalar))
        return fail(why, "a damaged identity (AGE-SECRET-KEY-1...)");
    identity->claimed = claim->made;
    if (claim->made)
        memcpy(identity->recipient, claim->recipient, sizeof identity->recipient);
    claim->made = false;
    identities->count++;
    identities->keys.size = identities->count * sizeof *identity;
    return true;
}

static bool read_lines(struct line rest, struct identities *identities, struct reason *why)
{
    struct claim claim = {0};
    struct line line;
    const char *text = rest.text;
    size_t size = rest.size;
    for (size_t number = 1; next_line(&rest, &line); number++) {
        if (!read_line(line, &claim, identities, why))
            return fail_within(why, "line %zu", number);
        if (begins(line, replaced_comment) && identities->current == 0) {
            identities->current = identities->count;
            identities->current_size = (size_t)(line.text - text);
        }
    }
    if (identities->current == 0) {
        identities->current = identities->count;
        identities->current_size = size;
    }
    return identities->count > 0 || fail(why, "no identity (AGE-SECRET-KEY-1...) in it");
}

bool identity_parse(const char *text, size_t size, struct identities *identities, struct reason *why)
{
    *identities = (struct identities){0};
    if (size > IDENTITY_FILE_MAX)
        return fail(why, "larger than %d bytes", IDENTITY_FILE_MAX);
    if (age_is_file((const unsigned char *)text, size))
        return fail(why, "line 1: an identity file that is itself sealed with age");
    if (!secret_alloc(&identities->keys, IDENTITIES_MAX * sizeof(struct age_identity), why))
        return false;
    memset(identities->keys.bytes, 0, identities->keys.capacity);
    if (read_lines((struct line){text, size}, identities, why))
        return true;
    identity_free(identities);
    return false;
}

void identity_free(struct identities *identities)
{
    secret_free(&identities->keys);
    *identities = (struct identities){0};
}

bool identity_append_replaced(struct secret *text, const char *time, const struct secret *old,
                              struct reason *why)
{
    return secret_append(text, replaced_comment, strlen(replaced_comment), why) &&
           secret_append(text, time, strlen(time), why) && secret_append(text, "\n", 1, why) &&
           secret_append(text, old->bytes, old->size, why);
}

/* In upper case, as age writes it. */
static bool append_scalar(struct secret *text, const unsigned char scalar[static AGE_KEY_SIZE],
                          struct reason *why)
{
    char encoded[AGE_IDENTITY_MAX];
    if (!bech32_encode(encoded, sizeof encoded, identity_hrp, scalar, AGE_KEY_SIZE))
        return fail(why, "identity not encoded");
    for (char *c = encoded; *c; c++)
        *c = (char)(*c - ((*c >= 'a') & (*c <= 'z')) * ('a' - 'A'));
    bool appended = secret_append(text, encoded, strlen(encoded), why);
    sodium_memzero(encoded, sizeof encoded);
    return appended;
}

bool identity_append(struct secret *text, const struct age_identity *identity, struct reason *why)
{
    return append_scalar(text, identity->scalar, why);
}

static bool append_file(struct secret *text, const char *created, const char *recipient,
                        const unsigned char scalar[static AGE_KEY_SIZE], struct reason *why)
{
    return secret_append(text, "# created: ", strlen("# created: "), why) &&
           secret_append(text, created, strlen(created), why) && secret_append(text, "\n", 1, why) &&
           secret_append(text, public_key_comment, strlen(public_key_comment), why) &&
           secret_append(text, recipient, strlen(recipient), why) && secret_append(text, "\n", 1, why) &&
           append_scalar(text, scalar, why) && secret_append(text, "\n", 1, why);
}

bool identity_generate(const char *created, struct secret *text, char recipient[static AGE_RECIPIENT_MAX],
                       struct reason *why)
{
    unsigned char scalar[AGE_KEY_SIZE], point[AGE_KEY_SIZE];
    size_t room = strlen("# created: \n\n\n") + strlen(created) + strlen(public_key_comment) +
                  AGE_RECIPIENT_MAX + AGE_IDENTITY_MAX;
    if (!secret_alloc(text, room, why))
        return false;
    randombytes_buf(scalar, sizeof scalar);
    bool made = crypto_scalarmult_curve25519_base(point, scalar) == 0 && recipient_format(point, recipient)
                    ? append_file(text, created, recipient, scalar, why)
                    : fail(why, "no public key for a new identity");
    sodium_memzero(scalar, sizeof scalar);
    if (!made)
        secret_free(text);
    return made;
}

bool identity_recipient(const struct age_identity *identity, unsigned char recipient[static AGE_KEY_SIZE],
                        struct reason *why)
{
    if (crypto_scalarmult_curve25519_base(recipient, identity->scalar) != 0)
        return fail(why, "an identity without a public key");
    return true;
}

bool recipient_parse(const char *text, size_t length, unsigned char recipient[static AGE_KEY_SIZE],
                     struct reason *why)
{
    struct line line = {text, length};
    const size_t prefix = strlen("age1");
    if (begins(line, "age1pq1"))
        return fail(why, "a post-quantum recipient (age1pq1...), which is not supported");
    /* The alphabet of Bech32 has no 1, so a second one ends a longer human-readable part. */
    if (begins(line, "age1") && memchr(text + prefix, '1', length - prefix))
        return fail(why, "a recipient of a plugin or a hardware key, which is not supported");
    if (begins(line, "ssh-"))
        return fail(why, "an SSH public key, which is not supported");
    if (begins(line, "AGE-SECRET-KEY-") || begins(line, "AGE-PLUGIN-"))
        return fail(why, "an identity, not a recipient") ||
               fail_hint(
                   why,
                   "age-keygen -y prints its recipient; a key that stood in a command line is known, and "
                   "is to be replaced");
    if (!begins(line, "age1"))
        return fail(why, "not a recipient (age1...)");
    if (!bech32_decode(text, length, recipient_hrp, recipient, AGE_KEY_SIZE))
        return fail(why, "a damaged recipient (age1...)");
    return true;
}

bool recipient_format(const unsigned char recipient[static AGE_KEY_SIZE], char text[static AGE_RECIPIENT_MAX])
{
    return bech32_encode(text, AGE_RECIPIENT_MAX, recipient_hrp, recipient, AGE_KEY_SIZE);
}
