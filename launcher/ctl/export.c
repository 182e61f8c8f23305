/* SPDX-License-Identifier: ISC */
/* secrunctl export: secrets as other programs take them, in plaintext. Runs as the operator; sees every
 * secret. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/auditing.h"
#include "ctl/invocation.h"
#include "ctl/json.h"
#include "base/output.h"
#include "ctl/store.h"
#include "store/dotenv.h"

static bool write_dotenv(struct secret *out, const struct document_entry *const *secrets, size_t count,
                         struct reason *why)
{
    for (size_t i = 0; i < count; i++)
        if (!dotenv_format(out, secrets[i]->name, secrets[i]->value, secrets[i]->value_size, why))
            return fail_hint(why, "--format json or ini has a spelling for it");
    return true;
}

static bool write_json(struct secret *out, const struct document_entry *const *secrets, size_t count,
                       struct reason *why)
{
    struct json_member *members = calloc(count + 1, sizeof *members);
    if (!members)
        return fail(why, "no memory for %zu secrets", count);
    for (size_t i = 0; i < count; i++)
        members[i] = (struct json_member){secrets[i]->name, secrets[i]->value, secrets[i]->value_size};
    bool ok = json_write_members(out, members, count, why);
    free(members);
    return ok;
}

/* What a run of the profile would get, includes resolved. */
static bool export_profile(const struct store *store, const struct invocation *invocation, bool json,
                           struct reason *why)
{
    const struct document_entry **secrets;
    size_t count;
    struct secret out = {0};
    const struct document_profile *profile = store_profile(store, invocation->profile, why);
    if (!profile || !document_select(&store->document, profile, &secrets, &count, why))
        return false;
    bool ok = (json ? write_json(&out, secrets, count, why) : write_dotenv(&out, secrets, count, why)) &&
              auditing_read(store, profile->name, secrets, count, invocation, why) &&
              output(STDOUT_FILENO, out.bytes, out.size, "standard output", why);
    free(secrets);
    secret_free(&out);
    return ok;
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    const char *format = invocation->options[OPTION_FORMAT];
    struct store store;
    bool ok;
    if (format && strcmp(format, "ini") == 0)
        /* The text as it is: it need not even parse. */
        ok = store_open(&store, invocation, STORE_READ, why) &&
             auditing_read(&store, NULL, NULL, 0, invocation, why) &&
             output(STDOUT_FILENO, store.text.bytes, store.text.size, "standard output", why);
    else
        ok = store_load(&store, invocation, STORE_READ, why) &&
             export_profile(&store, invocation, format && strcmp(format, "json") == 0, why);
    store_close(&store);
    return ok;
}

static bool check(const struct invocation *invocation, struct reason *why)
{
    const char *format = invocation->options[OPTION_FORMAT];
    if (format && strcmp(format, "dotenv") != 0 && strcmp(format, "json") != 0 && strcmp(format, "ini") != 0)
        return fail(why, "--format: dotenv, json or ini");
    if (format && strcmp(format, "ini") == 0 && invocation->options[OPTION_PROFILE])
        return fail(why, "--format ini is the whole document: -p does not go with it");
    return true;
}

const struct verb export_verb = {
    .name = "export",
    .operands = "[-p PROFILE] [--format FORMAT]",
    .summary = "print secrets in plaintext, for another tool",
    .help = "Prints the secrets that a run of the profile would get.\n\n"
            "  --format FORMAT  dotenv (the default), json, or ini: the whole document as it is\n",
    .options = OPTION(PROFILE) | OPTION(FORMAT),
    .check = check,
    .run = run,
};
