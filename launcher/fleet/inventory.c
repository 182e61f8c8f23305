/* SPDX-License-Identifier: ISC */
/* The inventory: see inventory.h. Runs in secrunctl; sees names and recipients. */
#include "fleet/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/ini.h"
#include "store/document.h"
#include "store/identity.h"

static const char separators[] = ", \t";

static const char *const settings[INVENTORY_SETTINGS] = {
    [INVENTORY_DOCUMENTS] = "documents",     [INVENTORY_OUTPUT] = "output", [INVENTORY_IDENTITY] = "identity",
    [INVENTORY_SIGNING_KEY] = "signing-key", [INVENTORY_STATE] = "state",
};

/* A list that goes on in indented lines. */
enum list { LIST_NONE, LIST_RECIPIENTS, LIST_PROFILES };

struct parser {
    struct inventory *inventory;
    size_t capacity;             /* of hosts */
    struct inventory_host *host; /* the section's; NULL before the first */
    enum list list;              /* the entry's */
    bool has_fleet;
};

/* --- hosts ------------------------------------------------------------------------------------------ */

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool inventory_check_host(const char *name, struct reason *why)
{
    bool valid = is_alphanumeric(name[0]);
    for (const char *at = name; valid && *at; at++)
        valid = is_alphanumeric(*at) || strchr("._-", *at);
    if (!valid)
        return fail(why, "a host's name is letters, digits and ._-, and begins with none of these three");
    if (strlen(name) > INI_SECTION_MAX)
        return fail(why, "a host's name above %d bytes", INI_SECTION_MAX);
    return strcmp(name, "fleet") != 0 || fail(why, "fleet: not a name for a host");
}

static bool matches(const void *items, uint32_t index, const void *key)
{
    return strcmp(((const struct inventory_host *)items)[index].name, key) == 0;
}

const struct inventory_host *inventory_host(const struct inventory *inventory, const char *name)
{
    uint32_t index =
        table_find(&inventory->table, table_hash(TABLE_SEED, name), matches, inventory->hosts, name);
    return index == TABLE_NONE ? NULL : &inventory->hosts[index];
}

static bool is_complete(const struct inventory_host *host, struct reason *why)
{
    const char *missing = host->recipient_count == 0 ? "recipients"
                          : host->profile_count == 0 ? "profiles"
                                                     : NULL;
    return !missing || fail(why, "line %zu: [%s] has no %s", host->line, host->name, missing);
}

static bool add_host(struct parser *parser, const struct ini_event *event, struct reason *why)
{
    struct inventory *inventory = parser->inventory;
    if (!inventory_check_host(event->name, why))
        return false;
    if (inventory_host(inventory, event->name))
        return fail(why, "[%s] for the second time", event->name);
    void *array = array_make_room(inventory->hosts, inventory->host_count, &parser->capacity,
                                  sizeof *inventory->hosts, why);
    if (!array)
        return false;
    inventory->hosts = array;
    parser->host = &inventory->hosts[inventory->host_count];
    *parser->host = (struct inventory_host){.name = strdup(event->name), .line = event->line};
    if (!parser->host->name)
        return fail(why, "no memory for a name");
    return table_add(&inventory->table, table_hash(TABLE_SEED, event->name),
                     (uint32_t)inventory->host_count++, why);
}

static bool begin_section(struct parser *parser, const struct ini_event *event, struct reason *why)
{
    parser->list = LIST_NONE;
    if (strcmp(event->name, "fleet") != 0)
        return add_host(parser, event, why);
    if (parser->has_fleet)
        return fail(why, "[fleet] for the second time");
    parser->has_fleet = true;
    parser->host = &parser->inventory->fleet;
    return true;
}

/* --- lists ------------------------------------------------------------------------------------------ */

static bool has_recipient(const struct inventory_host *host, const unsigned char key[static AGE_KEY_SIZE])
{
    for (size_t i = 0; i < host->recipient_count; i++)
        if (memcmp(host->recipients[i], key, AGE_KEY_SIZE) == 0)
            return true;
    return false;
}

static bool add_recipient(struct inventory_host *host, const unsigned char key[static AGE_KEY_SIZE],
                          struct reason *why)
{
    if (has_recipient(host, key))
        return true;
    if (host->recipient_count == INVENTORY_RECIPIENTS_MAX)
        return fail(why, "more than %d recipients", INVENTORY_RECIPIENTS_MAX);
    void *array = reallocarray(host->recipients, host->recipient_count + 1, AGE_KEY_SIZE);
    if (!array)
        return fail(why, "no memory for a recipient");
    host->recipients = array;
    memcpy(host->recipients[host->recipient_count++], key, AGE_KEY_SIZE);
    return true;
}

static bool add_profile(struct inventory_host *host, const char *text, size_t size, struct reason *why)
{
    if (host->profile_count == INVENTORY_PROFILES_MAX)
        return fail(why, "more than %d profiles", INVENTORY_PROFILES_MAX);
    char **array = reallocarray(host->profiles, host->profile_count + 1, sizeof *array);
    if (!array)
        return fail(why, "no memory for a profile");
    host->profiles = array;
    char *name = host->profiles[host->profile_count] = strndup(text, size);
    if (!name)
        return fail(why, "no memory for a name");
    host->profile_count++;
    return document_check_profile_name(name, why);
}

static bool add_to_list(struct parser *parser, const char *text, struct reason *why)
{
    for (const char *at = text; *(at += strspn(at, separators));) {
        unsigned char key[AGE_KEY_SIZE];
        size_t size = strcspn(at, separators);
        if (parser->list == LIST_RECIPIENTS
                ? !recipient_parse(at, size, key, why) || !add_recipient(parser->host, key, why)
                : !add_profile(parser->host, at, size, why))
            return false;
        at += size;
    }
    return true;
}

/* --- entries ---------------------------------------------------------------------------------------- */

static bool set(struct parser *parser, const struct ini_event *event, struct reason *why)
{
    size_t i = 0;
    while (i < INVENTORY_SETTINGS && strcmp(settings[i], event->name) != 0)
        i++;
    if (i == INVENTORY_SETTINGS)
        return fail(why, "documents, output, identity, recipients, signing-key or state is wanted");
    char **setting = &parser->inventory->settings[i];
    if (*setting)
        return fail(why, "%s for the second time", settings[i]);
    if (event->value_size == 0)
        return fail(why, "%s: empty", settings[i]);
    *setting = strdup(event->value);
    return *setting || fail(why, "no memory for a path");
}

static bool begin_entry(struct parser *parser, const struct ini_event *event, struct reason *why)
{
    if (!parser->host)
        return fail(why, "a line before the first section");
    bool is_fleet = parser->host == &parser->inventory->fleet;
    parser->list = LIST_NONE;
    if (strcmp(event->name, "recipients") == 0)
        parser->list = LIST_RECIPIENTS;
    else if (strcmp(event->name, "profiles") == 0 && !is_fleet)
        parser->list = LIST_PROFILES;
    else if (is_fleet)
        return set(parser, event, why);
    else
        return fail(why, "recipients or profiles is wanted");
    if (parser->list == LIST_RECIPIENTS ? parser->host->recipient_count > 0 : parser->host->profile_count > 0)
        return fail(why, "%s for the second time", event->name);
    return add_to_list(parser, event->value, why);
}

static bool on_event(void *user, const struct ini_event *event, struct reason *why)
{
    struct parser *parser = user;
    bool ok;
    if (event->kind == INI_SECTION)
        ok = begin_section(parser, event, why);
    else if (event->kind == INI_VALUE)
        ok = begin_entry(parser, event, why);
    else
        ok = parser->list == LIST_NONE ? fail(why, "an indented line that goes on with no list")
                                       : add_to_list(parser, event->value, why);
    return ok || fail_within(why, "line %zu", event->line);
}

/* --- the whole -------------------------------------------------------------------------------------- */

/* Those of the fleet, then the host's own. */
static bool add_common_recipients(struct inventory *inventory, struct inventory_host *host,
                                  struct reason *why)
{
    struct inventory_host all = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < inventory->fleet.recipient_count; i++)
        ok = add_recipient(&all, inventory->fleet.recipients[i], why);
    for (size_t i = 0; ok && i < host->recipient_count; i++)
        ok = add_recipient(&all, host->recipients[i], why);
    free(host->recipients);
    host->recipients = all.recipients;
    host->recipient_count = all.recipient_count;
    return ok || fail_within(why, "line %zu", host->line);
}

bool inventory_parse(struct inventory *inventory, const char *text, size_t size, struct reason *why)
{
    struct parser parser = {.inventory = inventory};
    *inventory = (struct inventory){0};
    if (size > INVENTORY_MAX)
        return fail(why, "an inventory above %d bytes", INVENTORY_MAX);
    if (!ini_read(text, size, on_event, &parser, why))
        return false;
    if (inventory->host_count == 0)
        return fail(why, "no hosts in it");
    for (size_t i = 0; i < inventory->host_count; i++)
        if (!is_complete(&inventory->hosts[i], why) ||
            !add_common_recipients(inventory, &inventory->hosts[i], why))
            return false;
    return true;
}

static void free_host(struct inventory_host *host)
{
    for (size_t i = 0; i < host->profile_count; i++)
        free(host->profiles[i]);
    free(host->profiles);
    free(host->recipients);
    free(host->name);
}

void inventory_free(struct inventory *inventory)
{
    for (size_t i = 0; i < inventory->host_count; i++)
        free_host(&inventory->hosts[i]);
    free_host(&inventory->fleet);
    for (size_t i = 0; i < INVENTORY_SETTINGS; i++)
        free(inventory->settings[i]);
    free(inventory->hosts);
    table_free(&inventory->table);
    *inventory = (struct inventory){0};
}
