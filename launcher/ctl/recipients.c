/* SPDX-License-Identifier: ISC */
/*
 * secrunctl recipients: who can open the sealed file besides this host. Runs as the operator; sees every
 * secret.
 *
 * The list is in secrun.conf, and the sealed file is sealed to it: two files, one behind the other. To add,
 * the list comes first, to remove, the sealed file: so a list that a kill has left behind is never one that
 * shuts out who can open the store, and the same command again finishes what is left.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "base/message.h"
#include "base/path.h"
#include "ctl/auditing.h"
#include "ctl/config_text.h"
#include "ctl/invocation.h"
#include "ctl/recipient_list.h"
#include "ctl/store.h"
#include "store/age.h"

enum { ADVICE_MAX = 16 }; /* lines of what to do for each secret */

/* Those of the command line. */
static bool read_operands(const struct invocation *invocation, struct recipient_list *list,
                          struct reason *why)
{
    unsigned char key[AGE_KEY_SIZE];
    char shown[AGE_RECIPIENT_MAX];
    list->count = 0;
    for (size_t i = 1; i < invocation->operand_count; i++) {
        const char *text = invocation->operands[i];
        /* What is no recipient may be an identity: it is not shown. */
        if (!recipient_parse(text, strlen(text), key, why))
            return strncmp(text, "age1", 4) == 0
                       ? fail_within(why, "%s", printable(shown, sizeof shown, text, strlen(text)))
                       : fail_within(why, "operand %zu", i + 1);
        if (!recipient_list_add(list, key, why))
            return false;
    }
    return true;
}

/* --- secrun.conf ------------------------------------------------------------------------------------ */

static bool read_configuration(const struct config *config, struct secret *text, struct reason *why)
{
    if (path_read(config->file, PATH_TRUSTED, CONFIG_FILE_MAX, text, why))
        return true;
    if (errno != ENOENT)
        return false;
    *why = (struct reason){0};
    return secret_alloc(text, 1, why);
}

static bool format_list(const struct recipient_list *list, char *line, size_t size, struct reason *why)
{
    size_t used = 0;
    line[0] = '\0';
    for (size_t i = 0; i < list->count; i++) {
        char text[AGE_RECIPIENT_MAX];
        if (!recipient_format(list->keys[i], text))
            return fail(why, "a recipient that cannot be written");
        int length = snprintf(line + used, size - used, "%s%s", i > 0 ? " " : "", text);
        if (length < 0 || (size_t)length >= size - used)
            return fail(why, "more recipients than a line of secrun.conf has room for");
        used += (size_t)length;
    }
    return true;
}

static bool write_configuration(const struct config *config, const struct recipient_list *list,
                                struct reason *why)
{
    char line[CONFIG_RECIPIENTS_MAX];
    struct secret text, changed = {0};
    struct place place = {.directory = -1};
    if (!format_list(list, line, sizeof line, why) || !read_configuration(config, &text, why))
        return false;
    bool exists = text.size > 0 || access(config->file, F_OK) == 0;
    bool ok =
        config_text_set((const char *)text.bytes, text.size, "store", "recipients", line, &changed, why) ||
        fail_within(why, "%s", config->file);
    if (ok && changed.size > CONFIG_FILE_MAX)
        ok = fail(why, "%s: longer than %d bytes", config->file, CONFIG_FILE_MAX);
    ok = ok && place_open(&place, config->file, exists, why) &&
         (exists ? place_replace(&place, changed.bytes, changed.size, why)
                 : place_create(&place, 0644, changed.bytes, changed.size, why));
    place_close(&place);
    secret_free(&changed);
    secret_free(&text);
    return ok;
}

/* --- the three -------------------------------------------------------------------------------------- */

static void print_list(const struct recipient_list *list, const char *whose)
{
    char text[AGE_RECIPIENT_MAX];
    for (size_t i = 0; i < list->count; i++)
        if (recipient_format(list->keys[i], text))
            printf("%s  %s\n", text, whose);
}

static bool list_all(struct store *store, struct recipient_list *configured, struct reason *why)
{
    struct recipient_list own = {0};
    if (!recipient_list_add_own(&own, &store->config, &store->identities, why))
        return false;
    size_t before = age_recipient_count(store->sealed, store->sealed_size);
    print_list(&own, "this host");
    for (size_t i = 0; i < own.count; i++) {
        size_t index = recipient_list_find(configured, own.keys[i]);
        if (index < configured->count)
            recipient_list_drop(configured, index);
    }
    print_list(configured, "secrun.conf");
    size_t count = own.count + configured->count;
    if (before < count)
        message("secrunctl", "%s: sealed to %zu of them so far", store->config.sealed_file, before);
    if (before > count)
        message("secrunctl", "%s: sealed to %zu that are not known here, too", store->config.sealed_file,
                before - count);
    return true;
}

/* How many it would be sealed to by now. */
static bool count_all(const struct store *store, size_t *count, struct reason *why)
{
    struct recipient_list all;
    if (!recipient_list_make(&all, &store->config, &store->identities, why))
        return false;
    *count = all.count;
    return true;
}

/* The list is what counts from now on, in this process. May the file be sealed to it? */
static bool take_list(struct store *store, const struct recipient_list *list,
                      const struct invocation *invocation, struct reason *why)
{
    char line[CONFIG_RECIPIENTS_MAX];
    size_t before, after;
    if (!count_all(store, &before, why) || !format_list(list, line, sizeof line, why))
        return false;
    strlcpy(store->config.recipients, line, sizeof store->config.recipients);
    if (!count_all(store, &after, why))
        return false;
    /* Where secrun.conf was edited, or a kill came in between, it is not yet sealed to all that it names. */
    size_t sealed_to = age_recipient_count(store->sealed, store->sealed_size);
    if (sealed_to < before)
        before = sealed_to;
    store->recipients_added = (ptrdiff_t)after - (ptrdiff_t)before;
    return store_drops_nobody(store, after, invocation, why);
}

/* "adds age1... age1...": before the first of the two files is written. */
static bool record(const struct store *store, const char *verb, const struct recipient_list *operands,
                   const struct invocation *invocation, struct reason *why)
{
    char text[16 + RECIPIENT_LIST_MAX * AGE_RECIPIENT_MAX], recipient[AGE_RECIPIENT_MAX];
    const struct sealed_file file = store_file(store);
    strlcpy(text, verb, sizeof text);
    for (size_t i = 0; i < operands->count; i++)
        if (recipient_format(operands->keys[i], recipient)) {
            strlcat(text, " ", sizeof text);
            strlcat(text, recipient, sizeof text);
        }
    return auditing_step(&file, invocation, text, why);
}

static bool put_list(const struct store *store, const struct recipient_list *list,
                     const struct invocation *invocation, struct reason *why)
{
    if (write_configuration(&store->config, list, why))
        return true;
    const struct sealed_file file = store_file(store);
    auditing_failure(&file, invocation, why);
    return false;
}

static bool add_to(struct store *store, struct recipient_list *list, const struct recipient_list *operands,
                   const struct invocation *invocation, struct reason *why)
{
    size_t before = list->count;
    for (size_t i = 0; i < operands->count; i++)
        if (!recipient_list_add(list, operands->keys[i], why))
            return false;
    return take_list(store, list, invocation, why) && record(store, "adds", operands, invocation, why) &&
           (list->count == before || put_list(store, list, invocation, why)) &&
           store_replace(store, &store->text, invocation, why);
}

/* Whoever could open the store may have kept what was in it. */
static void remind(const struct document *document)
{
    size_t told = 0, secrets = 0;
    for (size_t i = 0; i < document->entry_count; i++)
        secrets += !document->entries[i].word;
    if (secrets == 0)
        return;
    message("secrunctl", "who held it may have kept the values that it could open until now: rotate them");
    for (size_t i = 0; i < document->entry_count && told < ADVICE_MAX; i++) {
        const struct document_entry *entry = &document->entries[i];
        if (entry->word)
            continue;
        message("secrunctl", "hint: secrunctl set -p %s %s", document->profiles[entry->profile].name,
                entry->name);
        told++;
    }
    if (told < secrets)
        message("secrunctl", "hint: and %zu more: secrunctl list", secrets - told);
}

static bool remove_from(struct store *store, struct recipient_list *list,
                        const struct recipient_list *operands, const struct invocation *invocation,
                        struct reason *why)
{
    struct recipient_list own = {0};
    char text[AGE_RECIPIENT_MAX];
    if (!recipient_list_add_own(&own, &store->config, &store->identities, why))
        return false;
    for (size_t i = 0; i < operands->count; i++) {
        if (!recipient_format(operands->keys[i], text))
            return fail(why, "a recipient that cannot be written");
        size_t index = recipient_list_find(list, operands->keys[i]);
        if (index < list->count) {
            recipient_list_drop(list, index);
        } else if (recipient_list_find(&own, operands->keys[i]) < own.count) {
            fail(why, "%s: this host's own key", text);
            return fail_hint(why, "secrunctl rekey puts a new one in its place");
        } else {
            fail(why, "%s: not among the recipients in %s", text, store->config.file);
            return fail_hint(why, "secrunctl recipients list");
        }
    }
    if (!take_list(store, list, invocation, why) || !record(store, "removes", operands, invocation, why) ||
        !store_replace(store, &store->text, invocation, why) || !put_list(store, list, invocation, why))
        return false;
    remind(&store->document);
    return true;
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    const char *what = invocation->operands[0];
    bool lists = strcmp(what, "list") == 0;
    struct recipient_list configured = {0}, operands;
    struct store store = {.place = {.directory = -1}};
    bool ok = read_operands(invocation, &operands, why) &&
              store_load(&store, invocation, lists ? STORE_READ : STORE_WRITE, why) &&
              recipient_list_add_configured(&configured, &store.config, why);
    if (ok && lists)
        ok = list_all(&store, &configured, why);
    else if (ok)
        ok = (strcmp(what, "add") == 0 ? add_to : remove_from)(&store, &configured, &operands, invocation,
                                                               why);
    store_close(&store);
    return ok;
}

static bool check(const struct invocation *invocation, struct reason *why)
{
    const char *what = invocation->operand_count > 0 ? invocation->operands[0] : "list";
    bool lists = strcmp(what, "list") == 0;
    if (!lists && strcmp(what, "add") != 0 && strcmp(what, "remove") != 0)
        return fail(why, "recipients: add, remove or list is wanted");
    if (lists && invocation->operand_count > 1)
        return fail(why, "recipients list: too many operands");
    if (!lists && invocation->operand_count < 2)
        return fail(why, "recipients %s: which? (age1...)", what);
    return true;
}

const struct verb recipients_verb = {
    .name = "recipients",
    .operands = "list | add RECIPIENT... | remove RECIPIENT...",
    .summary = "who else can open the sealed file",
    .help = "Lists who the sealed file is for: this host, and the age recipients in secrun.conf. To add or\n"
            "remove some changes secrun.conf and seals the file anew, at once.\n\n"
            "A recovery key, kept elsewhere, makes a lost machine key no lost data. Who is removed may have\n"
            "kept what it could open: its values are to be rotated, and the names are printed.\n\n"
            "  --drop-recipients  seal to no others that the file was sealed to\n\n"
            "  age-keygen -o recovery.key               # on another host\n"
            "  secrunctl recipients add age1ql3z7hjy...\n",
    .options = OPTION(DROP_RECIPIENTS),
    .least = 1,
    .most = 1 + RECIPIENT_LIST_MAX,
    .check = check,
    .run = run,
};
