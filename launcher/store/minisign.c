/* SPDX-License-Identifier: ISC */
/*
 * Reading and verifying signatures: see minisign.h. Runs in secrun and secrunctl; sees no secret.
 *
 * Whoever can write the sealed file chooses every byte read here.
 */
#include "store/minisign.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/number.h"
#include "store/base64.h"
#include "store/minisign_internal.h"

enum {
    SIGNER_SIZE = MINISIGN_MARK_SIZE + MINISIGN_ID_SIZE + MINISIGN_KEY_SIZE,
    SIGNATURE_SIZE = MINISIGN_MARK_SIZE + MINISIGN_ID_SIZE + MINISIGN_SIGNATURE_SIZE,
};
_Static_assert(MINISIGN_KEY_SIZE == crypto_sign_PUBLICKEYBYTES, "Ed25519");
_Static_assert(MINISIGN_SIGNATURE_SIZE == crypto_sign_BYTES, "Ed25519");

/* --- lines ------------------------------------------------------------------------------------------ */

bool minisign_next_line(struct minisign_line *rest, struct minisign_line *line, struct reason *why)
{
    if (rest->size == 0)
        return fail(why, "ends too early");
    const char *feed = memchr(rest->text, '\n', rest->size);
    size_t size = feed ? (size_t)(feed - rest->text) : rest->size, taken = feed ? size + 1 : size;
    *line = (struct minisign_line){rest->text, size};
    if (feed && size > 0 && rest->text[size - 1] == '\r')
        line->size--;
    rest->text += taken;
    rest->size -= taken;
    if (line->size > MINISIGN_LINE_MAX)
        return fail(why, "a line above %d bytes", MINISIGN_LINE_MAX);
    for (size_t i = 0; i < line->size; i++) {
        unsigned char byte = (unsigned char)line->text[i];
        if ((byte < ' ' && byte != '\t') || byte == 0x7F)
            return fail(why, "a control byte");
    }
    return true;
}

bool minisign_next_comment(struct minisign_line *rest, const char *word, struct minisign_line *comment,
                           struct reason *why)
{
    size_t size = strlen(word);
    if (!minisign_next_line(rest, comment, why))
        return false;
    if (comment->size < size || memcmp(comment->text, word, size) != 0)
        return fail(why, "not \"%s\"", word);
    comment->text += size;
    comment->size -= size;
    return true;
}

/* Exactly `wanted` bytes in base64. */
static bool decode(struct minisign_line line, unsigned char *out, size_t wanted)
{
    size_t size;
    return base64_decode(out, wanted, &size, (const unsigned char *)line.text, line.size, true) &&
           size == wanted;
}

/* --- keys ------------------------------------------------------------------------------------------- */

bool minisign_signer_parse(const char *text, size_t size, struct minisign_signer *signer, struct reason *why)
{
    unsigned char bytes[SIGNER_SIZE];
    if (!decode((struct minisign_line){text, size}, bytes, sizeof bytes) ||
        memcmp(bytes, MINISIGN_OF_KEYS, MINISIGN_MARK_SIZE) != 0)
        return fail(why, "not a public key of minisign (RW...)");
    memcpy(signer->id, bytes + MINISIGN_MARK_SIZE, sizeof signer->id);
    memcpy(signer->key, bytes + MINISIGN_MARK_SIZE + sizeof signer->id, sizeof signer->key);
    return true;
}

/* A number in little endian. */
char *minisign_id_text(char text[static MINISIGN_ID_TEXT], const unsigned char id[static MINISIGN_ID_SIZE])
{
    uint64_t number = 0;
    for (size_t i = MINISIGN_ID_SIZE; i-- > 0;)
        number = number << 8 | id[i];
    snprintf(text, MINISIGN_ID_TEXT, "%" PRIX64, number);
    return text;
}

/* --- signatures ------------------------------------------------------------------------------------- */

static bool read_of_file(struct minisign_line line, struct minisign_signature *signature, struct reason *why)
{
    unsigned char bytes[SIGNATURE_SIZE];
    if (!decode(line, bytes, sizeof bytes))
        return fail(why, "not a signature of minisign");
    if (memcmp(bytes, MINISIGN_OF_FILE, MINISIGN_MARK_SIZE) == 0) {
        fail(why, "a signature of the older kind, which is not accepted");
        return fail_hint(why, "minisign -S without -l, from version 0.10 on");
    }
    if (memcmp(bytes, MINISIGN_OF_DIGEST, MINISIGN_MARK_SIZE) != 0)
        return fail(why, "a signature of an unknown kind");
    memcpy(signature->id, bytes + MINISIGN_MARK_SIZE, sizeof signature->id);
    memcpy(signature->of_file, bytes + MINISIGN_MARK_SIZE + sizeof signature->id, sizeof signature->of_file);
    return true;
}

static bool read_lines(struct minisign_line rest, struct minisign_signature *signature, size_t *number,
                       struct reason *why)
{
    struct minisign_line line, comment;
    *number = 1;
    if (!minisign_next_comment(&rest, MINISIGN_UNTRUSTED, &line, why))
        return false;
    *number = 2;
    if (!minisign_next_line(&rest, &line, why) || !read_of_file(line, signature, why))
        return false;
    *number = 3;
    if (!minisign_next_comment(&rest, MINISIGN_TRUSTED, &comment, why))
        return false;
    signature->comment = comment.text;
    signature->comment_size = comment.size;
    *number = 4;
    if (!minisign_next_line(&rest, &line, why))
        return false;
    if (!decode(line, signature->global, sizeof signature->global))
        return fail(why, "not a signature of the trusted comment");
    *number = 5;
    return rest.size == 0 || fail(why, "something behind the signature");
}

bool minisign_signature_parse(const char *text, size_t size, struct minisign_signature *signature,
                              struct reason *why)
{
    size_t number;
    if (size == 0)
        return fail(why, "empty");
    if (size > MINISIGN_FILE_MAX)
        return fail(why, "larger than %d bytes", MINISIGN_FILE_MAX);
    return read_lines((struct minisign_line){text, size}, signature, &number, why) ||
           fail_within(why, "line %zu", number);
}

/* --- verifying -------------------------------------------------------------------------------------- */

void minisign_digest(unsigned char digest[static MINISIGN_DIGEST_SIZE], const unsigned char *file,
                     size_t size)
{
    crypto_generichash(digest, MINISIGN_DIGEST_SIZE, file, size, NULL, 0);
}

bool minisign_verify_comment(const struct minisign_signature *signature, const struct minisign_signer *signer)
{
    unsigned char bytes[MINISIGN_SIGNATURE_SIZE + MINISIGN_LINE_MAX];
    if (signature->comment_size > MINISIGN_LINE_MAX)
        return false;
    memcpy(bytes, signature->of_file, MINISIGN_SIGNATURE_SIZE);
    memcpy(bytes + MINISIGN_SIGNATURE_SIZE, signature->comment, signature->comment_size);
    return crypto_sign_verify_detached(signature->global, bytes,
                                       MINISIGN_SIGNATURE_SIZE + signature->comment_size, signer->key) == 0;
}

bool minisign_verify(const struct minisign_signature *signature, const struct minisign_signer *signer,
                     const unsigned char *file, size_t size, struct reason *why)
{
    unsigned char digest[MINISIGN_DIGEST_SIZE];
    minisign_digest(digest, file, size);
    if (crypto_sign_verify_detached(signature->of_file, digest, sizeof digest, signer->key) != 0)
        return fail(why, "not a signature of this file");
    return minisign_verify_comment(signature, signer) ||
           fail(why, "its trusted comment is not what was signed");
}

/* --- comments --------------------------------------------------------------------------------------- */

/* The next of what stands between tabs. */
static bool next_field(struct minisign_line *rest, struct minisign_line *field)
{
    if (!rest->text)
        return false;
    const char *tab = memchr(rest->text, '\t', rest->size);
    *field = (struct minisign_line){rest->text, tab ? (size_t)(tab - rest->text) : rest->size};
    *rest = tab ? (struct minisign_line){tab + 1, rest->size - field->size - 1} : (struct minisign_line){0};
    return true;
}

static bool take_word(struct minisign_line *field, const char *word)
{
    size_t size = strlen(word);
    if (field->size < size || memcmp(field->text, word, size) != 0)
        return false;
    field->text += size;
    field->size -= size;
    return true;
}

bool minisign_comment_parse(const char *text, size_t size, struct minisign_comment *comment,
                            struct reason *why)
{
    struct minisign_line rest = {text, size}, field;
    size_t timestamps = 0, files = 0;
    while (next_field(&rest, &field)) {
        if (take_word(&field, "timestamp:")) {
            timestamps++;
            if (!number_parse(field.text, field.size, &comment->timestamp))
                return fail(why, "timestamp: a number of at most %d digits is wanted", NUMBER_DIGITS_MAX);
        } else if (take_word(&field, "file:")) {
            files++;
            comment->file = field.text;
            comment->file_size = field.size;
        }
    }
    if (timestamps != 1)
        return fail(why, "%s timestamp: in it", timestamps ? "more than one" : "no");
    return files == 1 || fail(why, "%s file: in it", files ? "more than one" : "no");
}
