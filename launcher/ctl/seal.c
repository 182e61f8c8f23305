/* SPDX-License-Identifier: ISC */
/* secrunctl seal: seals a document for another host, on any machine; there need not be a store. Runs as the
 * operator; sees every secret of the document. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/durable.h"
#include "ctl/input.h"
#include "ctl/invocation.h"
#include "base/output.h"
#include "ctl/recipient_list.h"
#include "store/age.h"
#include "store/document.h"

enum { RECIPIENTS_FILE_MAX = 1024 * 1024 }; /* bytes */

/* --- for whom --------------------------------------------------------------------------------------- */

static bool add_recipient(struct recipient_list *list, const char *text, struct reason *why)
{
    unsigned char key[AGE_KEY_SIZE];
    /* What is no recipient may be an identity: it is not shown. */
    return (recipient_parse(text, strlen(text), key, why) || fail_within(why, "-r")) &&
           recipient_list_add(list, key, why);
}

static bool add_file(struct recipient_list *list, const char *path, struct reason *why)
{
    struct secret text;
    if (!input_read(path, RECIPIENTS_FILE_MAX, &text, why))
        return false;
    bool ok = recipient_list_add_lines(list, (const char *)text.bytes, text.size, why) ||
              fail_within(why, "%s", path);
    secret_free(&text);
    return ok;
}

static bool read_recipients(const struct invocation *invocation, struct recipient_list *list,
                            struct reason *why)
{
    for (size_t i = 0; i < invocation->given_count; i++) {
        const struct given *given = &invocation->given[i];
        if ((given->option == OPTION_RECIPIENT && !add_recipient(list, given->argument, why)) ||
            (given->option == OPTION_RECIPIENTS_FILE && !add_file(list, given->argument, why)))
            return false;
    }
    return list->count > 0 || fail(why, "no recipient in what -R names");
}

/* --- what ------------------------------------------------------------------------------------------- */

static bool check_document(const struct secret *text, const char *name, struct reason *why)
{
    struct document document;
    size_t secrets = 0;
    if (!document_parse(&document, (const char *)text->bytes, text->size, why))
        return fail_within(why, "%s", name);
    for (size_t i = 0; i < document.entry_count; i++)
        secrets += !document.entries[i].word;
    document_free(&document);
    return secrets > 0 || fail(why, "%s: no secret in it", name);
}

static bool read_document(const struct invocation *invocation, struct secret *text, struct reason *why)
{
    const char *path = invocation->operand_count > 0 ? invocation->operands[0] : NULL;
    if (path && strcmp(path, "-") == 0)
        path = NULL;
    return input_read(path, DOCUMENT_MAX, text, why) &&
           check_document(text, path ? path : "standard input", why);
}

/* --- to where --------------------------------------------------------------------------------------- */

/* A pipe, a device, standard output by one of its names: to be written to, and never to be replaced. */
static bool write_through(const char *path, const unsigned char *file, size_t size, struct reason *why)
{
    int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(why, "%s", path);
    bool ok = isatty(fd) ? fail(why, "%s: a terminal, and a sealed file is no text", path)
                         : output(fd, file, size, path, why);
    if (close(fd) != 0 && ok)
        ok = fail_errno(why, "%s", path);
    return ok;
}

static bool replace_file(const char *path, bool is_there, const unsigned char *file, size_t size,
                         struct reason *why)
{
    struct place place;
    struct stat like = {.st_mode = 0600, .st_uid = geteuid(), .st_gid = getegid()};
    bool ok = place_open(&place, path, is_there, why) && place_lock(&place, why) &&
              place_put(&place, &like, file, size, why);
    place_close(&place);
    return ok;
}

static bool write_file(const char *path, const unsigned char *file, size_t size, struct reason *why)
{
    struct stat there, own;
    if (stat(path, &there) != 0)
        return replace_file(path, false, file, size, why);
    if (fstat(STDOUT_FILENO, &own) == 0 && own.st_dev == there.st_dev && own.st_ino == there.st_ino &&
        !isatty(STDOUT_FILENO))
        return output(STDOUT_FILENO, file, size, path, why);
    return S_ISREG(there.st_mode) || S_ISDIR(there.st_mode) ? replace_file(path, true, file, size, why)
                                                            : write_through(path, file, size, why);
}

/* The document is not to be replaced by what it is sealed to: it may be the only one. */
static bool is_document(const char *path, const struct invocation *invocation)
{
    struct stat output, document;
    return path && stat(path, &output) == 0 && S_ISREG(output.st_mode) &&
           (invocation->operand_count > 0 && strcmp(invocation->operands[0], "-") != 0
                ? stat(invocation->operands[0], &document)
                : fstat(STDIN_FILENO, &document)) == 0 &&
           output.st_dev == document.st_dev && output.st_ino == document.st_ino;
}

static bool seal(const struct invocation *invocation, const struct recipient_list *recipients,
                 const struct secret *text, struct reason *why)
{
    const char *path = invocation->options[OPTION_OUTPUT];
    unsigned char *file;
    size_t size;
    if (is_document(path, invocation))
        return fail(why, "%s: is the document itself: seal it to another file", path);
    if (!age_seal((const unsigned char(*)[AGE_KEY_SIZE])recipients->keys, recipients->count, text->bytes,
                  text->size, &file, &size, why))
        return false;
    bool ok =
        path ? write_file(path, file, size, why) : output(STDOUT_FILENO, file, size, "standard output", why);
    free(file);
    return ok;
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct recipient_list recipients = {0};
    struct secret text = {0};
    if (!invocation->options[OPTION_OUTPUT] && isatty(STDOUT_FILENO))
        return fail(why, "standard output is a terminal, and a sealed file is no text: -o FILE, or > FILE");
    bool ok = read_recipients(invocation, &recipients, why) && read_document(invocation, &text, why) &&
              seal(invocation, &recipients, &text, why);
    secret_free(&text);
    return ok;
}

static bool check(const struct invocation *invocation, struct reason *why)
{
    if (invocation->options[OPTION_RECIPIENT] || invocation->options[OPTION_RECIPIENTS_FILE])
        return true;
    fail(why, "seal: for whom? (-r age1..., -R FILE)");
    return fail_hint(why, "secrunctl enroll or pubkey says it on the host that is to open the file");
}

const struct verb seal_verb = {
    .name = "seal",
    .operands = "{-r RECIPIENT | -R FILE}... [-o FILE] [DOCUMENT]",
    .summary = "seal a document for another host",
    .help =
        "Seals the document, an INI text as secrun-document(5) has it, to these recipients. Here there need\n"
        "not be a store or a key. Without DOCUMENT it is standard input.\n\n"
        "  -r, --recipient RECIPIENT   to whom (age1...), as often as there are\n"
        "  -R, --recipients-file FILE  to those in FILE, one a line\n"
        "  -o, --output FILE           the sealed file (default: standard output)\n\n"
        "  secrunctl seal -r age1ql3z7hjy... -R team.txt < web-1.ini > secrets.age\n"
        "  secrunctl sign --signing-key minisign.key secrets.age\n",
    .options = OPTION(RECIPIENT) | OPTION(RECIPIENTS_FILE) | OPTION(OUTPUT),
    .most = 1,
    .check = check,
    .run = run,
};
