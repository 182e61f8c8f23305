/* SPDX-License-Identifier: ISC */
/* secrunctl scan: does a value of this store stand in plaintext where it should not? Runs as the operator;
 * sees every secret, prints none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ini.h"
#include "base/message.h"
#include "ctl/invocation.h"
#include "ctl/scanning.h"
#include "ctl/store.h"
#include "host/key_source.h"

enum { SCAN_FOUND = 1, SCAN_TROUBLE = 2 };

/* Says which secrets are too short to be looked for, a line at a time. */
static void tell_short(const struct document *document, const struct document_entry *const *secrets,
                       size_t count)
{
    char line[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        char name[DOCUMENT_NAME_MAX + INI_SECTION_MAX + 32];
        int size =
            snprintf(name, sizeof name, " %s/%s%s%s", document->profiles[secrets[i]->profile].name,
                     secrets[i]->name, secrets[i]->word ? "." : "", secrets[i]->word ? secrets[i]->word : "");
        if (used + (size_t)size >= sizeof line) {
            message("secrunctl", "not looked for, shorter than %d bytes:%s", PATTERN_VALUE_LEAST, line);
            used = 0;
        }
        memcpy(line + used, name, (size_t)size + 1);
        used += (size_t)size;
    }
    if (used > 0)
        message("secrunctl", "not looked for, shorter than %d bytes:%s", PATTERN_VALUE_LEAST, line);
}

bool scanning_add_secrets(struct scanning *scanning, const struct document_profile *only, struct reason *why)
{
    const struct document *document = scanning->document;
    const struct document_entry **shorts = calloc(document->entry_count + 1, sizeof(void *));
    size_t short_count = 0;
    bool ok = true;
    scanning->secrets = calloc(document->entry_count + 1, sizeof(void *)); /* one more for the key */
    if (!scanning->secrets || !shorts)
        ok = fail(why, "no memory for %zu secrets", document->entry_count);
    for (size_t i = 0; ok && i < document->entry_count; i++) {
        const struct document_entry *entry = &document->entries[i];
        if ((entry->word && !document_is_secret_word(entry->word)) ||
            (only && only != &document->profiles[entry->profile]))
            continue;
        if (entry->value_size < PATTERN_VALUE_LEAST) {
            shorts[short_count++] = entry;
            continue;
        }
        scanning->secrets[scanning->count] = entry;
        ok = patterns_add(&scanning->scan.patterns, (uint32_t)scanning->count++, entry->value,
                          entry->value_size, why);
    }
    if (ok)
        tell_short(document, shorts, short_count);
    scanning->short_count = short_count;
    free(shorts);
    if (ok && scanning->count == 0)
        return fail(why, "there is no value to look for");
    return ok;
}

/* The machine key, and those that it has replaced. Where it is a file, they may well be in that one. */
static bool add_key(struct scanning *scanning, const struct store *store, struct reason *why)
{
    const struct identities *identities = &store->identities;
    struct secret text;
    struct stat status;
    char path[PATH_MAX];
    bool ok = true;
    if (!secret_alloc(&text, AGE_IDENTITY_MAX, why))
        return false;
    for (size_t i = 0; ok && i < identities->count; i++) {
        text.size = 0;
        ok = identity_append(&text, &identity_array(identities)[i], why) &&
             patterns_add(&scanning->scan.patterns, (uint32_t)scanning->count, text.bytes, text.size, why);
    }
    secret_free(&text);
    key_source_name(&store->config, path);
    if (store->config.key_source == KEY_FILE && stat(path, &status) == 0) {
        scanning->scan.key_device = status.st_dev;
        scanning->scan.key_number = status.st_ino;
    }
    scanning->scan.key = (uint32_t)scanning->count;
    scanning->secrets[scanning->count++] = NULL;
    return ok;
}

static bool scan(struct scanning *scanning, const struct invocation *invocation, struct reason *why)
{
    const char *const *options = invocation->options;
    struct scan *scan = &scanning->scan;
    const char *directory = invocation->operand_count > 0 ? invocation->operands[0] : NULL;
    size_t hidden = 0;
    bool ok;
    if (options[OPTION_GIT])
        ok = scan_commits(scan, directory, why);
    else if (options[OPTION_STAGED])
        ok = scan_index(scan, directory, why);
    else if (options[OPTION_PROC])
        ok = scan_processes(scan, &hidden, why);
    else if (options[OPTION_HISTORY])
        ok = scan_histories(scan, why);
    else if (options[OPTION_GITIGNORE])
        ok = scan_not_ignored(scan, invocation->operands, invocation->operand_count, why);
    else
        ok = scan_paths(scan, invocation->operands, invocation->operand_count, why);
    scan_progress_end(scan);
    if (hidden > 0) {
        message("secrunctl", "%zu process%s cannot be read", hidden, hidden == 1 ? "" : "es");
        if (geteuid() != 0)
            message("secrunctl", "hint: root sees them all");
    }
    return ok;
}

static bool load(struct scanning *scanning, struct store *store, const struct invocation *invocation,
                 struct reason *why)
{
    const struct document_profile *only = NULL;
    if (!store_load(store, invocation, STORE_READ, why))
        return false;
    scanning->document = &store->document;
    if (invocation->options[OPTION_PROFILE] && !(only = store_profile(store, invocation->profile, why)))
        return false;
    return scanning_add_secrets(scanning, only, why) && add_key(scanning, store, why) &&
           scan_prepare(&scanning->scan, why);
}

static int answer(const struct invocation *invocation, struct reason *why)
{
    struct store store;
    struct scanning scanning = {.scan.progress = isatty(STDERR_FILENO)};
    scanning.scan.report = invocation->options[OPTION_JSON] ? scanning_tell_json : scanning_tell;
    scanning.scan.user = &scanning;
    bool ok = load(&scanning, &store, invocation, why) && scan(&scanning, invocation, why);
    size_t found = scanning.scan.found, unread = scanning.scan.unread;
    if (ok && unread > 0)
        ok = fail(why, "%zu could not be read", unread);
    if (ok && found == 0 && isatty(STDERR_FILENO))
        message("secrunctl", "nothing found in %llu MiB", (unsigned long long)(scanning.scan.bytes >> 20));
    scan_free(&scanning.scan);
    free(scanning.secrets);
    store_close(&store);
    if (!ok && found > 0)
        message_reason("secrunctl", why); /* that values were found says more than that */
    return found > 0 ? SCAN_FOUND : ok ? 0 : SCAN_TROUBLE;
}

static bool check(const struct invocation *invocation, struct reason *why)
{
    static const enum option_name modes[] = {OPTION_GIT, OPTION_STAGED, OPTION_HISTORY, OPTION_PROC};
    size_t count = 0, most = 0;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (invocation->options[modes[i]]) {
            count++;
            most = i < 2;
        }
    if (count > 1 || (count > 0 && invocation->options[OPTION_GITIGNORE])) {
        fail(why, "scan: one place at a time");
        return fail_hint(why, "secrunctl scan --help");
    }
    if (count == 0 && invocation->operand_count == 0) {
        fail(why, "scan: nothing to scan");
        return fail_hint(why, "secrunctl scan --help");
    }
    return count == 0 || invocation->operand_count <= most || fail(why, "scan: too many operands");
}

const struct verb scan_verb = {
    .name = "scan",
    .operands = "[-p PROFILE] [--json] PATH...|--git|--staged [DIR]|--history|--proc",
    .summary = "find values in plaintext: files, git, processes",
    .help =
        "Finds the values of the store where they stand in plaintext, as they are, escaped, in base64, in\n"
        "hex and url-encoded, and tells which and where. Values of less than 8 bytes are not looked for.\n"
        "The machine key is looked for as well, but in its own file.\n"
        "Exit status: 0 nothing found, 1 found, 2 something failed or could not be read.\n\n"
        "  PATH         files, and all that is below directories; - is standard input\n"
        "  --gitignore  of these, only what git does not ignore\n"
        "  --git        every object of a git repository, so all commits\n"
        "  --staged     what is in its index\n"
        "  --history    what was typed into shells and the like, and the journal\n"
        "  --proc       environments and command lines of processes\n"
        "  --json       one JSON object a line\n",
    .options = OPTION(PROFILE) | OPTION(JSON) | OPTION(GIT) | OPTION(STAGED) | OPTION(HISTORY) |
               OPTION(PROC) | OPTION(GITIGNORE),
    .most = SIZE_MAX,
    .check = check,
    .answer = answer,
};
