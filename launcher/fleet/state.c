/* SPDX-License-Identifier: ISC */
/* The state of a fleet: see state.h. Runs in secrunctl; sees digests and names. */
#include "fleet/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "base/array.h"
#include "fleet/inventory.h"

enum { VERSION = 1 };
enum { HEX_SIZE = 2 * FLEET_DIGEST_SIZE + 1 };
_Static_assert((int)FLEET_KEY_SIZE == (int)FLEET_DIGEST_SIZE, "both are read by read_hex");

void fleet_state_begin(struct fleet_state *state)
{
    *state = (struct fleet_state){0};
    randombytes_buf(state->key, sizeof state->key);
}

void fleet_state_free(struct fleet_state *state)
{
    for (size_t i = 0; i < state->count; i++)
        free(state->entries[i].name);
    free(state->entries);
    table_free(&state->table);
    sodium_memzero(state->key, sizeof state->key);
    *state = (struct fleet_state){0};
}

/* --- entries ---------------------------------------------------------------------------------------- */

static bool matches(const void *items, uint32_t index, const void *key)
{
    return strcmp(((const struct fleet_entry *)items)[index].name, key) == 0;
}

static uint32_t find(const struct fleet_state *state, const char *name)
{
    return table_find(&state->table, table_hash(TABLE_SEED, name), matches, state->entries, name);
}

const struct fleet_entry *fleet_state_find(const struct fleet_state *state, const char *name)
{
    uint32_t index = find(state, name);
    return index == TABLE_NONE || state->entries[index].gone ? NULL : &state->entries[index];
}

static bool add(struct fleet_state *state, const char *name, const struct fleet_entry *entry,
                struct reason *why)
{
    void *array =
        array_make_room(state->entries, state->count, &state->capacity, sizeof *state->entries, why);
    if (!array)
        return false;
    state->entries = array;
    state->entries[state->count] = *entry;
    state->entries[state->count].name = strdup(name);
    if (!state->entries[state->count].name)
        return fail(why, "no memory for a name");
    return table_add(&state->table, table_hash(TABLE_SEED, name), (uint32_t)state->count++, why);
}

bool fleet_state_put(struct fleet_state *state, const char *name, const struct fleet_entry *entry,
                     struct reason *why)
{
    uint32_t index = find(state, name);
    if (index == TABLE_NONE)
        return add(state, name, entry, why);
    char *own = state->entries[index].name;
    state->entries[index] = *entry;
    state->entries[index].name = own;
    return true;
}

void fleet_state_drop(struct fleet_state *state, const char *name)
{
    uint32_t index = find(state, name);
    if (index != TABLE_NONE)
        state->entries[index].gone = true;
}

/* --- JSON ------------------------------------------------------------------------------------------- */

static bool read_hex(const json_t *value, unsigned char out[static FLEET_DIGEST_SIZE])
{
    const char *text = json_string_value(value);
    size_t size;
    return text && json_string_length(value) == HEX_SIZE - 1 &&
           sodium_hex2bin(out, FLEET_DIGEST_SIZE, text, HEX_SIZE - 1, NULL, &size, NULL) == 0 &&
           size == FLEET_DIGEST_SIZE;
}

static bool read_entry(struct fleet_state *state, const char *name, const json_t *value, struct reason *why)
{
    struct reason ignored;
    struct fleet_entry entry = {.serial = json_integer_value(json_array_get(value, 2))};
    if (!inventory_check_host(name, &ignored) || json_array_size(value) != 3 ||
        !read_hex(json_array_get(value, 0), entry.inputs) ||
        !read_hex(json_array_get(value, 1), entry.files) || !json_is_integer(json_array_get(value, 2)) ||
        entry.serial < 0)
        return fail(why, "a host that is not as it was written");
    return fleet_state_put(state, name, &entry, why);
}

static bool read_root(struct fleet_state *state, json_t *root, struct reason *why)
{
    const char *name;
    json_t *value, *hosts = json_object_get(root, "hosts");
    if (json_integer_value(json_object_get(root, "version")) != VERSION || !json_is_object(hosts))
        return fail(why, "not the state of a fleet");
    if (!read_hex(json_object_get(root, "key"), state->key))
        return fail(why, "without its key");
    json_object_foreach(hosts, name, value) if (!read_entry(state, name, value, why)) return false;
    return true;
}

bool fleet_state_parse(struct fleet_state *state, const char *text, size_t size, struct reason *why)
{
    json_error_t error;
    *state = (struct fleet_state){0};
    if (size > FLEET_STATE_MAX)
        return fail(why, "larger than %d bytes", FLEET_STATE_MAX);
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return fail(why, "line %d: not JSON", error.line);
    bool ok = read_root(state, root, why);
    json_decref(root);
    return ok;
}

static int compare(const void *left, const void *right)
{
    const struct fleet_entry *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

/* Names need no quoting, since they have been checked. */
static void write_entries(FILE *out, const struct fleet_entry *const *sorted, size_t count)
{
    char inputs[HEX_SIZE], files[HEX_SIZE];
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s\n\"%s\":[\"%s\",\"%s\",%" PRId64 "]", i > 0 ? "," : "", sorted[i]->name,
                sodium_bin2hex(inputs, sizeof inputs, sorted[i]->inputs, sizeof sorted[i]->inputs),
                sodium_bin2hex(files, sizeof files, sorted[i]->files, sizeof sorted[i]->files),
                sorted[i]->serial);
}

bool fleet_state_format(const struct fleet_state *state, char **text, size_t *size, struct reason *why)
{
    char key[HEX_SIZE];
    size_t count = 0;
    const struct fleet_entry **sorted = calloc(state->count + 1, sizeof *sorted);
    *text = NULL;
    FILE *out = sorted ? open_memstream(text, size) : NULL;
    if (!out) {
        free(sorted);
        return fail(why, "no memory for %zu hosts", state->count);
    }
    for (size_t i = 0; i < state->count; i++)
        if (!state->entries[i].gone)
            sorted[count++] = &state->entries[i];
    qsort(sorted, count, sizeof *sorted, compare);
    fprintf(out, "{\"version\":%d,\"key\":\"%s\",\"hosts\":{", VERSION,
            sodium_bin2hex(key, sizeof key, state->key, sizeof state->key));
    write_entries(out, sorted, count);
    fprintf(out, "\n}}\n");
    free(sorted);
    if (fclose(out) == 0)
        return true;
    free(*text);
    return fail(why, "no memory for %zu hosts", count);
}
