/* SPDX-License-Identifier: ISC */
/* What a fleet is made of: see fleet_inputs.h. Runs as the operator; sees every secret of every host. */
#include "ctl/fleet_inputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/message.h"
#include "base/path.h"
#include "host/key_source.h"
#include "host/unseal.h"

enum { TOLD_MAX = 10 }; /* mistakes of one kind */

static bool read_inventory(const struct fleet_inputs *inputs, struct inventory *inventory, struct reason *why)
{
    struct secret text;
    if (!path_read(inputs->path, PATH_TRUSTED, INVENTORY_MAX, &text, why))
        return false;
    bool ok = inventory_parse(inventory, (const char *)text.bytes, text.size, why) ||
              fail_within(why, "%s", inputs->path);
    secret_free(&text);
    return ok;
}

/* A path of the inventory, or what it is by default. */
static bool find_path(const struct fleet_inputs *inputs, enum inventory_setting setting,
                      const char *otherwise, char path[static PATH_MAX], struct reason *why)
{
    const char *given = inputs->inventory.settings[setting];
    if (!given)
        given = otherwise;
    const char *base = given[0] == '/' ? "" : inputs->directory;
    int length = snprintf(path, PATH_MAX, "%s%s", base, given);
    return (length >= 0 && length < PATH_MAX) ||
           fail(why, "%s: a path above %d bytes", inputs->path, PATH_MAX - 1);
}

static bool find_paths(struct fleet_inputs *inputs, struct reason *why)
{
    char state[PATH_MAX];
    const char *name = path_name(inputs->path);
    int length = snprintf(inputs->directory, PATH_MAX, "%.*s", (int)(name - inputs->path), inputs->path);
    int state_length = snprintf(state, sizeof state, "%s.state", name);
    if (length < 0 || length >= PATH_MAX || state_length < 0 || state_length >= PATH_MAX)
        return fail(why, "a path above %d bytes", PATH_MAX - 1);
    return find_path(inputs, INVENTORY_OUTPUT, "sealed", inputs->output, why) &&
           find_path(inputs, INVENTORY_STATE, state, inputs->state, why);
}

static bool read_identities(struct fleet_inputs *inputs, struct reason *why)
{
    const char *identity = inputs->inventory.settings[INVENTORY_IDENTITY];
    if (!identity)
        return true;
    struct config *config = calloc(1, sizeof *config);
    if (!config)
        return fail(why, "no memory for a configuration");
    bool ok = (config_set_identity(config, identity, inputs->directory[0] ? inputs->directory : NULL, why) ||
               fail_within(why, "%s: identity", inputs->path)) &&
              key_source_hold(config, why);
    if (ok && !unseal_identities(config, &inputs->identities, why)) {
        ok = false;
        if (errno == ENOENT && config->key_source == KEY_FILE)
            fail_hint(why,
                      "bring the key that opens the documents, or say where it is: identity in [fleet] of %s",
                      inputs->path);
    }
    free(config);
    return ok;
}

static bool read_signing_key(struct fleet_inputs *inputs, struct reason *why)
{
    char path[PATH_MAX];
    if (!fleet_is_signed(inputs))
        return true;
    struct config *config = calloc(1, sizeof *config);
    if (!config)
        return fail(why, "no memory for a configuration");
    bool ok = find_path(inputs, INVENTORY_SIGNING_KEY, "", path, why) &&
              signing_open_key(&inputs->signing, path, config, why);
    free(config);
    return ok;
}

static void tell_rest(size_t count)
{
    if (count > TOLD_MAX)
        message("secrunctl", "and %zu more of this kind", count - TOLD_MAX);
}

/* Has every host profiles that there are? */
static bool check_profiles(const struct fleet_inputs *inputs, struct reason *why)
{
    size_t missing = 0;
    char list[sizeof why->hint - 32];
    for (size_t i = 0; i < inputs->inventory.host_count; i++) {
        const struct inventory_host *host = &inputs->inventory.hosts[i];
        for (size_t j = 0; j < host->profile_count; j++) {
            if (document_profile(&inputs->documents.document, host->profiles[j]))
                continue;
            if (missing > 0 && missing < TOLD_MAX)
                message("secrunctl", "%s", why->text);
            missing++;
            fail(why, "%s: line %zu: [%s]: no document has the profile [%s]", inputs->path, host->line,
                 host->name, host->profiles[j]);
        }
    }
    tell_rest(missing);
    if (missing == 0)
        return true;
    bool whole = document_list_profiles(&inputs->documents.document, list, sizeof list);
    return fail_hint(why, "there are:%s%s", list, whole ? "" : " ...");
}

struct owner {
    const unsigned char *key;
    const struct inventory_host *host;
};

static int compare_owners(const void *left, const void *right)
{
    const struct owner *a = left, *b = right;
    int order = memcmp(a->key, b->key, AGE_KEY_SIZE);
    return order ? order : (a->host > b->host) - (a->host < b->host);
}

/* A line that was copied, and only its section changed: each host then opens what is the other's. */
static void tell_shared(const struct fleet_inputs *inputs, const struct owner *owners, size_t count)
{
    size_t told = 0;
    for (size_t i = 1; i < count; i++) {
        if (memcmp(owners[i].key, owners[i - 1].key, AGE_KEY_SIZE) != 0)
            continue;
        if (++told <= TOLD_MAX)
            message("secrunctl",
                    "%s: [%s] and [%s] have a recipient in common: each can open the other's file",
                    inputs->path, owners[i - 1].host->name, owners[i].host->name);
    }
    tell_rest(told);
    if (told > 0)
        message("secrunctl", "hint: a recipient that is meant for all hosts goes into [fleet]");
}

static bool look_for_shared(const struct fleet_inputs *inputs, struct reason *why)
{
    const struct inventory *inventory = &inputs->inventory;
    size_t count = 0, all = inventory->fleet.recipient_count;
    for (size_t i = 0; i < inventory->host_count; i++)
        count += inventory->hosts[i].recipient_count - all;
    struct owner *owners = calloc(count + 1, sizeof *owners);
    if (!owners)
        return fail(why, "no memory for %zu recipients", count);
    count = 0;
    for (size_t i = 0; i < inventory->host_count; i++) {
        const struct inventory_host *host = &inventory->hosts[i];
        for (size_t j = all; j < host->recipient_count; j++)
            owners[count++] = (struct owner){host->recipients[j], host};
    }
    qsort(owners, count, sizeof *owners, compare_owners);
    tell_shared(inputs, owners, count);
    free(owners);
    return true;
}

bool fleet_inputs_open(struct fleet_inputs *inputs, const char *path, struct reason *why)
{
    *inputs = (struct fleet_inputs){.path = path};
    return read_inventory(inputs, &inputs->inventory, why) && find_paths(inputs, why) &&
           read_identities(inputs, why) && read_signing_key(inputs, why);
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Whoever had the lock may have changed it, but not where all is. */
static bool read_again(struct fleet_inputs *inputs, struct reason *why)
{
    struct inventory now = {0};
    bool ok = read_inventory(inputs, &now, why);
    for (size_t i = 0; ok && i < INVENTORY_SETTINGS; i++)
        ok = same(now.settings[i], inputs->inventory.settings[i]) ||
             fail(why, "%s: [fleet] was changed while it was read", inputs->path);
    inventory_free(ok ? &inputs->inventory : &now);
    if (ok)
        inputs->inventory = now;
    return ok;
}

static bool read_documents(struct fleet_inputs *inputs, struct reason *why)
{
    char path[PATH_MAX];
    const struct identities *identities = inputs->identities.count > 0 ? &inputs->identities : NULL;
    if (!find_path(inputs, INVENTORY_DOCUMENTS, "documents", path, why) ||
        !documents_read(&inputs->documents, path, identities, why))
        return false;
    if (inputs->documents.exposed_count > 0)
        message("secrunctl", "%s%s: plaintext that others can read: chmod 600, or seal it to yourself",
                inputs->documents.exposed, inputs->documents.exposed_count > 1 ? " and more" : "");
    return true;
}

bool fleet_inputs_read(struct fleet_inputs *inputs, struct reason *why)
{
    return read_again(inputs, why) && read_documents(inputs, why) && check_profiles(inputs, why) &&
           look_for_shared(inputs, why);
}

void fleet_inputs_free(struct fleet_inputs *inputs)
{
    signing_close(&inputs->signing);
    documents_free(&inputs->documents);
    identity_free(&inputs->identities);
    inventory_free(&inputs->inventory);
}
