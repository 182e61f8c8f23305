/* SPDX-License-Identifier: ISC */
/* secrunctl check: what would stop or weaken secrun on this host, and what to do about it. Runs as the
 * operator; sees every secret, prints no value. */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/path.h"
#include "ctl/checking.h"
#include "store/due.h"
#include "ctl/invocation.h"
#include "ctl/metrics.h"
#include "ctl/quoting.h"
#include "ctl/store.h"
#include "base/timestamp.h"
#include "deliver/memory.h"
#include "deliver/preload.h"
#include "deliver/probe.h"
#include "host/audit.h"
#include "host/key_source.h"
#include "host/unseal.h"
#include "shim/capsule.h"

/* Opens the path under its rule, and says how that went. */
static void check_file(struct checking *checking, const char *path, enum path_rule rule, bool optional)
{
    struct reason why = {0};
    int fd = path_open(path, rule, &why);
    if (fd >= 0) {
        close(fd);
        checking_say(checking, OK, "%s", path);
    } else if (optional && errno == ENOENT) {
        checking_say(checking, OK, "%s: not there, which leaves the defaults", path);
    } else {
        unseal_explain(&checking->store.config, path, &why);
        checking_say_reason(checking, FAIL, &why);
    }
}

/* The comment in the identity file is only a cache, but a wrong one costs time at every start. */
static void check_claims(struct checking *checking)
{
    const struct identities *identities = &checking->store.identities;
    for (size_t i = 0; i < identities->count; i++) {
        const struct age_identity *identity = &identity_array(identities)[i];
        unsigned char recipient[AGE_KEY_SIZE];
        struct reason why;
        if (!identity_recipient(identity, recipient, &why)) {
            checking_say_reason(checking, FAIL, &why);
        } else if (!identity->claimed) {
            checking_say(checking, WARN,
                         "identity %zu has no `# public key:` comment, which makes each start slower", i + 1);
        } else if (memcmp(recipient, identity->recipient, AGE_KEY_SIZE) != 0) {
            checking_say(checking, WARN, "identity %zu: its `# public key:` comment is not its public key",
                         i + 1);
            checking_advise(checking, "put in what secrunctl pubkey prints");
        }
    }
}

/* Whoever has one of them, such as from an old disk, can open what was sealed to it. */
static void check_replaced(struct checking *checking)
{
    const struct identities *identities = &checking->store.identities;
    size_t replaced = identities->count - identities->current;
    if (replaced == 0)
        return;
    checking_say(checking, WARN, "%zu key%s replaced, and still kept", replaced,
                 replaced == 1 ? " was" : "s were");
    checking_advise(checking, "secrunctl rekey --forget-old, once no backup is sealed to it");
}

/* What the next change of the store would be refused for; a start does not care. */
static void check_recipients(struct checking *checking)
{
    struct store *store = &checking->store;
    struct recipient_list recipients;
    struct reason why = {0};
    size_t sealed_to = age_recipient_count(store->sealed, store->sealed_size);
    if (!recipient_list_make(&recipients, &store->config, &store->identities, &why)) {
        checking_say_reason(checking, WARN, &why);
    } else if (sealed_to > recipients.count) {
        checking_say(checking, WARN, "%s: sealed to %zu recipients, of which %zu are known here",
                     store->config.sealed_file, sealed_to, recipients.count);
        checking_advise(checking, "put the others into `recipients` in secrun.conf");
    }
}

/* What the key comes from; whether there is one is seen when it is read. */
static void check_source(struct checking *checking)
{
    const struct config *config = &checking->store.config;
    char name[PATH_MAX];
    key_source_name(config, name);
    switch (config->key_source) {
    case KEY_FILE:
        check_file(checking, name, PATH_PRIVATE, false);
        return;
    case KEY_CREDENTIAL:
        check_file(checking, name, PATH_HANDED, false);
        return;
    case KEY_COMMAND:
        check_file(checking, name, PATH_TRUSTED, false);
        return;
    case KEY_FD:
        return;
    }
}

/* Who signed the sealed file, which has been opened, and whether an older one would be noticed. */
static void check_signature(struct checking *checking)
{
    struct config *config = &checking->store.config;
    struct signature signature;
    struct reason why = {0};
    char id[MINISIGN_ID_TEXT];
    int64_t least;
    if (config->signing_key[0])
        check_file(checking, config->signing_key, PATH_PRIVATE, false);
    if (!config->signers[0])
        return;
    if (!signature_check(config, checking->store.sealed, checking->store.sealed_size, &signature, &why) ||
        !signature_least(config, &least, &why)) {
        checking_say_reason(checking, FAIL, &why);
        return;
    }
    checking_say(checking, OK, "%s: signed with the key %s, serial %" PRId64, config->sealed_file,
                 minisign_id_text(id, signature.signer.id), signature.serial);
    if (signature.serial > (least > config->min_serial ? least : config->min_serial)) {
        checking_say(checking, WARN, "%s: an older one, signed as well, would be accepted in its place",
                     config->sealed_file);
        checking_advise(checking, "secrunctl verify --accept");
    }
}

/* A start may have to be recorded. */
static void check_audit(struct checking *checking)
{
    const struct config *config = &checking->store.config;
    struct reason why = {0};
    if (!audit_is_on(config))
        return;
    if (audit_try(config, &why)) {
        checking_say(checking, OK, "the audit log can be written, from here%s",
                     config->audit_place == AUDIT_TO_FILE
                         ? "; where a unit has ProtectSystem=strict it takes ReadWritePaths="
                         : "");
        return;
    }
    fail_within(&why, "audit");
    if (config->audit == AUDIT_REQUIRED) {
        checking_say_reason(checking, FAIL, &why);
        return;
    }
    checking_say(checking, WARN, "%s: starts are not recorded", why.text);
    if (why.hint[0])
        checking_advise(checking, why.hint);
}

/* Opens everything, in the order of a start; false if it does not come to a document. */
static bool check_store(struct checking *checking)
{
    struct store *store = &checking->store;
    struct reason why = {0};
    if (!store_configure(&store->config, checking->invocation, &why)) {
        checking_say_reason(checking, FAIL, &why);
        return false;
    }
    check_file(checking, store->config.file, PATH_TRUSTED, true);
    check_source(checking);
    check_file(checking, store->config.sealed_file, PATH_TRUSTED, false);
    if (checking->failures > 0)
        return false;
    if (!unseal_identities(&store->config, &store->identities, &why)) {
        checking_say_reason(checking, FAIL, &why);
        return false;
    }
    check_claims(checking);
    check_replaced(checking);
    if (!unseal_document(&store->config, &store->identities, &store->text, &store->sealed,
                         &store->sealed_size, &why) ||
        !store_parse(store, &why)) {
        checking_say_reason(checking, FAIL, &why);
        return false;
    }
    size_t profiles = store->document.profile_count;
    check_recipients(checking);
    check_signature(checking);
    check_audit(checking);
    checking_say(checking, OK, "the sealed file opens: %zu profile%s, %zu bytes", profiles,
                 profiles == 1 ? "" : "s", store->text.size);
    return true;
}

static void check_secret(struct checking *checking, const struct document_profile *profile,
                         const struct document_entry *entry, int64_t now)
{
    struct due due = due_of(&checking->store.document, profile, entry->name, now);
    char span[TIMESPAN_SIZE];
    if (due_is_overdue(&due)) {
        checking_say(checking, FAIL, "[%s] %s: due for another value since %s", profile->name, entry->name,
                     timespan(span, -due.left));
        checking_advise(checking, "secrunctl set");
    } else if (due_is_soon(&due)) {
        checking_say(checking, WARN, "[%s] %s: due for another value in %s", profile->name, entry->name,
                     timespan(span, due.left));
    } else if (due.unknown) {
        checking_say(checking, WARN, "[%s] %s: has a max-age, but not when it was set", profile->name,
                     entry->name);
        checking_advise(checking, "set it again, or add NAME.rotated");
    }
    if (document_is_attribute(entry->name))
        checking_say(checking, WARN, "[%s] %s: a secret of that name; the attribute is .%s", profile->name,
                     entry->name, entry->name);
    const char *odd = quoting_oddity(entry->name, entry->value, entry->value_size);
    if (odd)
        checking_say(checking, WARN, "[%s] %s: its value %s, part of it", profile->name, entry->name, odd);
}

static void check_profiles(struct checking *checking)
{
    const struct document *document = &checking->store.document;
    int64_t now = time(NULL);
    for (size_t i = 0; i < document->profile_count; i++) {
        const struct document_profile *profile = &document->profiles[i];
        const struct document_entry **secrets;
        struct reason why;
        const struct document_entry *memory = document_find(document, profile, "", "memory");
        size_t count, size = sizeof(struct capsule_header);
        if (memory && strcmp(memory->value, "secret") == 0)
            checking->secret_only = profile;
        if (!document_select(document, profile, &secrets, &count, &why)) {
            checking_say_reason(checking, FAIL, &why);
            continue;
        }
        for (size_t j = 0; j < count; j++)
            size += strlen(secrets[j]->name) + secrets[j]->value_size + 2 + sizeof(struct capsule_entry) + 16;
        free(secrets);
        if (size > checking->largest)
            checking->largest = size;
        for (uint32_t j = 0; j < profile->count; j++)
            if (!document->entries[profile->first + j].word)
                check_secret(checking, profile, &document->entries[profile->first + j], now);
    }
    if (document->profile_count == 0) {
        checking_say(checking, WARN, "the store is empty");
        checking_advise(checking, "secrunctl import -p PROFILE .env");
    }
}

static bool swap_is_on(void)
{
    char line[256];
    size_t lines = 0;
    FILE *file = fopen("/proc/swaps", "re");
    while (file && fgets(line, sizeof line, file))
        lines++;
    if (file)
        fclose(file);
    return lines > 1;
}

static void check_memory(struct checking *checking)
{
    struct reason why = {0};
    size_t size = checking->largest > 0 ? checking->largest : 4096;
    if (memory_secret_available(size, &why)) {
        checking_say(checking, OK, "memfd_secret: %zu bytes, the largest profile, can be had", size);
        return;
    }
    bool refused = checking->store.config.memory_secret || checking->secret_only;
    checking_say_reason(checking, refused ? FAIL : WARN, &why);
    if (checking->secret_only && !checking->store.config.memory_secret)
        checking_say(checking, FAIL, "[%s] has memory = secret", checking->secret_only->name);
    else
        checking_advise(checking, "until then a program's secrets are in its private memory");
    if (!memory_locks(size)) {
        checking_say(checking, WARN, "private memory cannot be locked: %s",
                     swap_is_on() ? "it is swapped at times" : "it would be swapped, were swap on");
        checking_advise(checking,
                        "raise RLIMIT_MEMLOCK: ulimit -l, LimitMEMLOCK= in a unit, --ulimit memlock=");
    }
}

/* What the shim runs for programs below a target that it does not get into. */
static void check_handoff(struct checking *checking)
{
    struct probe probe;
    struct reason why = {0};
    bool found = probe_path(preload_launcher(), &probe, &why) == 0;
    if (found && probe.libc && strcmp(probe.libc, "secrun") == 0) {
        checking_say(checking, OK, "%s", preload_launcher());
        return;
    }
    if (found)
        fail(&why, "%s: not the secrun that belongs to %s", preload_launcher(), preload_shim());
    checking_say(checking, WARN, "%s", why.text);
    checking_advise(checking, "below a target, static programs run without secrets until it is there");
}

static void check_system(struct checking *checking)
{
    char line[256];
    struct reason why = {0};
    if (preload_check(&why))
        checking_say(checking, OK, "%s", preload_shim());
    else
        checking_say_reason(checking, FAIL, &why);
    check_handoff(checking);
    if (strcmp(checking_kernel("/proc/sys/kernel/yama/ptrace_scope", line), "0") == 0 || line[0] == '\0') {
        checking_say(checking, WARN,
                     "kernel.yama.ptrace_scope is %s: until a program's shim has shielded it, other "
                     "programs of its user can attach to it",
                     line[0] ? line : "not in this kernel");
        if (line[0])
            checking_advise(checking, "sysctl kernel.yama.ptrace_scope=1");
    } else {
        checking_say(checking, OK, "kernel.yama.ptrace_scope = %s", line);
    }
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct checking checking = {.invocation = invocation, .store = {.place = {.directory = -1}}};
    checking.quiet = invocation->options[OPTION_PROMETHEUS] != NULL;
    if (check_store(&checking))
        check_profiles(&checking);
    check_policy(&checking);
    if (invocation->operand_count > 0)
        check_command(&checking, invocation->operands[0]);
    check_memory(&checking);
    check_system(&checking);
    if (checking.quiet)
        metrics_print(&checking, time(NULL));
    store_close(&checking.store);
    check_injection(&checking);
    if (checking.failures > 0)
        return fail(why, "check: %zu to be mended, %zu more to be looked at", checking.failures,
                    checking.warnings);
    return true;
}

const struct verb check_verb = {
    .name = "check",
    .operands = "[-p PROFILE] [--prometheus] [[--] COMMAND [ARG...]]",
    .summary = "say what would stop or weaken secrun here",
    .help = "Looks at the store's files, the sealed document, the shim, memfd_secret and the limits of this\n"
            "process, one line each: ok, warn or FAIL, and what to do. Exit status 1 if there is a FAIL.\n"
            "With a COMMAND also at how its secrets would get into it, and what is in the way.\n"
            "\n"
            "  --prometheus  print counts, ages and due dates for node_exporter's textfiles instead\n",
    .options = OPTION(PROFILE) | OPTION(PROMETHEUS),
    .most = SIZE_MAX,
    .takes_command = true,
    .run = run,
};
