/* SPDX-License-Identifier: ISC */
/* secrunctl set: one value into the store. Runs as the operator; sees that value, and the store's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/message.h"
#include "ctl/input.h"
#include "ctl/invocation.h"
#include "ctl/quoting.h"
#include "ctl/store.h"
#include "ctl/terminal.h"
#include "base/timestamp.h"
#include "store/previous.h"

enum { RANDOM_DEFAULT = 32, RANDOM_MIN = 16, RANDOM_MAX = 4096 }; /* bytes */

static bool parse_random_size(const char *text, size_t *size, struct reason *why)
{
    char *end;
    errno = 0;
    unsigned long count = text[0] ? strtoul(text, &end, 10) : RANDOM_DEFAULT;
    if (text[0] && (text[0] < '0' || text[0] > '9' || *end || errno))
        return fail(why, "--generate: not a number of bytes");
    if (count < RANDOM_MIN || count > RANDOM_MAX)
        return fail(why, "--generate: from %d to %d bytes", RANDOM_MIN, RANDOM_MAX);
    *size = count;
    return true;
}

static bool check(const struct invocation *invocation, struct reason *why)
{
    const char *generate = invocation->options[OPTION_GENERATE];
    size_t size;
    if (invocation->operand_count == 0)
        return true; /* which the count of operands will say */
    const char *name = invocation->operands[0];
    if (invocation->operand_count > 1 || strchr(name, '=')) {
        fail(why, "set: a value on the command line can be read by every user of this host (ps), and stays "
                  "in the shell's history");
        return fail_hint(why, "secrunctl set NAME asks for the value, or reads it from a pipe or --file; "
                              "-p PROFILE names the profile");
    }
    if (!document_check_name(name, strlen(name), why) ||
        !document_check_profile_name(invocation->profile, why))
        return false;
    if (generate && (invocation->options[OPTION_FILE] || invocation->options[OPTION_KEEP_NEWLINE]))
        return fail(why, "set: --generate goes with neither --file nor --keep-newline");
    return !generate || parse_random_size(generate, &size, why);
}

static bool generate(struct secret *value, const char *option, struct reason *why)
{
    const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    unsigned char bytes[RANDOM_MAX];
    size_t size;
    if (!parse_random_size(option, &size, why) ||
        !secret_alloc(value, sodium_base64_encoded_len(size, variant), why))
        return false;
    randombytes_buf(bytes, size);
    sodium_bin2base64((char *)value->bytes, value->capacity, bytes, size, variant);
    value->size = strlen((const char *)value->bytes);
    sodium_memzero(bytes, sizeof bytes);
    return true;
}

/* Drops one line feed, such as echo(1) and editors put behind a value. */
static void drop_newline(struct secret *value)
{
    if (value->size > 0 && value->bytes[value->size - 1] == '\n')
        value->size--;
}

static bool is_asked(const struct invocation *invocation)
{
    const char *const *options = invocation->options;
    return !options[OPTION_GENERATE] && !options[OPTION_FILE] && isatty(STDIN_FILENO);
}

static bool read_value(struct secret *value, const struct invocation *invocation, struct reason *why)
{
    const char *const *options = invocation->options;
    if (options[OPTION_GENERATE])
        return generate(value, options[OPTION_GENERATE], why);
    if (!input_read(options[OPTION_FILE], DOCUMENT_VALUE_MAX + 1, value, why))
        return false;
    if (!options[OPTION_KEEP_NEWLINE])
        drop_newline(value);
    return true;
}

static bool check_value(const struct secret *value, const struct invocation *invocation, struct reason *why)
{
    if (value->size == 0 && !invocation->options[OPTION_ALLOW_EMPTY]) {
        fail(why, "%s: an empty value", invocation->operands[0]);
        return fail_hint(why, "--allow-empty, if it is meant");
    }
    if (value->size > DOCUMENT_VALUE_MAX)
        return fail(why, "%s: a value above %d bytes", invocation->operands[0], DOCUMENT_VALUE_MAX);
    if (memchr(value->bytes, '\0', value->size))
        return fail(why, "%s: a NUL byte, which no environment can hold", invocation->operands[0]);
    return true;
}

/* --- what a person is told ------------------------------------------------------------------------- */

/* What there was before. A name or a profile that is misspelled is a new one, and is to look like that. */
struct was {
    bool profiles, profile, secrets, secret, same; /* profiles, secrets: any */
    int64_t kept;                                  /* seconds */
};

static bool has_secrets(const struct document *document, const struct document_profile *profile)
{
    for (uint32_t i = 0; profile && i < profile->count; i++)
        if (!document->entries[profile->first + i].word)
            return true;
    return false;
}

static struct was look(const struct store *store, const struct invocation *invocation,
                       const struct secret *value)
{
    const struct document *document = &store->document;
    const struct document_profile *profile = document_profile(document, invocation->profile);
    const char *name = invocation->operands[0];
    const struct document_entry *old = profile ? document_find(document, profile, name, NULL) : NULL;
    return (struct was){
        .profiles = document->profile_count > 0,
        .profile = profile,
        .secrets = has_secrets(document, profile),
        .secret = old,
        .same = document_value_is(old, (const char *)value->bytes, value->size),
        .kept = old ? previous_span(document, profile, name, store->config.keep_previous) : 0,
    };
}

/* A script is told no more than what it may not have meant: one more profile beside those there are, one more
 * secret beside others. */
static void tell(const struct was *was, const struct invocation *invocation)
{
    const char *name = invocation->operands[0], *profile = invocation->profile;
    char span[TIMESPAN_SIZE];
    bool person = isatty(STDERR_FILENO);
    if (!was->profile && (person || was->profiles))
        message("secrunctl", "[%s] is a new profile", profile);
    if (!was->secret && (person || was->secrets))
        message("secrunctl", "%s is new in [%s]", name, profile);
    if (!was->secret || !person)
        return;
    if (was->same)
        message("secrunctl", "%s in [%s] has the value that it had before", name, profile);
    else if (was->kept > 0)
        message("secrunctl", "%s is replaced in [%s], the value before is kept for %s", name, profile,
                timespan_up(span, was->kept));
    else
        message("secrunctl", "%s is replaced in [%s], the value before is not kept", name, profile);
}

/* --- the whole -------------------------------------------------------------------------------------- */

static bool put(struct store *store, const struct secret *value, const struct invocation *invocation,
                struct reason *why)
{
    const char *name = invocation->operands[0];
    char now[TIMESTAMP_SIZE];
    struct document_change changes[] = {
        {invocation->profile, name, NULL, (const char *)value->bytes, value->size},
        {invocation->profile, name, "rotated", timestamp_now(now), strlen(now)},
    };
    struct was was = look(store, invocation, value);
    if (!store_change(store, changes, sizeof changes / sizeof *changes, invocation, why))
        return false;
    tell(&was, invocation);
    const char *odd = quoting_oddity(name, (const char *)value->bytes, value->size);
    if (odd)
        message("secrunctl", "%s: its value %s, part of it", name, odd);
    return true;
}

/* Nobody is to type a value twice for a store that does not open. What is in it is not needed meanwhile, and
 * there is no lock that others would wait for. */
static bool ask_value(struct store *store, struct secret *value, const struct invocation *invocation,
                      struct reason *why)
{
    bool changed;
    if (!store_load(store, invocation, STORE_WRITE_LATER, why))
        return false;
    document_free(&store->document);
    secret_free(&store->text);
    return terminal_ask_value(value, invocation->operands[0], DOCUMENT_VALUE_MAX, why) &&
           check_value(value, invocation, why) && store_relock(store, invocation, &changed, why) &&
           store_parse(store, why);
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct secret value = {0};
    struct store store = {.place = {.directory = -1}};
    bool ok = is_asked(invocation)
                  ? ask_value(&store, &value, invocation, why)
                  : read_value(&value, invocation, why) && check_value(&value, invocation, why) &&
                        store_load(&store, invocation, STORE_WRITE, why);
    ok = ok && put(&store, &value, invocation, why);
    store_close(&store);
    secret_free(&value);
    return ok;
}

const struct verb set_verb = {
    .name = "set",
    .operands = "[-p PROFILE] NAME [--file FILE | --generate[=BYTES]]",
    .summary = "set a secret: asks for the value, or reads it from a pipe",
    .help = "Asks for the value twice, without echo. If standard input is no terminal, all of it is the\n"
            "value, except one line feed at its end. NAME.rotated is set to the present time.\n\n"
            "  --file FILE         read the value from FILE, in the same way\n"
            "  --generate[=BYTES]  make a random value (base64url of 32 bytes); it is not shown\n"
            "  --keep-newline      the line feed at the end is part of the value\n"
            "  --allow-empty       an empty value is meant\n"
            "  --drop-recipients   seal to fewer recipients than before\n\n"
            "  pass show moltbot | secrunctl set -p moltbot API_KEY\n",
    .options = OPTION(PROFILE) | OPTION(FILE) | OPTION(GENERATE) | OPTION(KEEP_NEWLINE) |
               OPTION(ALLOW_EMPTY) | OPTION(DROP_RECIPIENTS),
    .least = 1,
    .most = 1,
    .check = check,
    .run = run,
};
