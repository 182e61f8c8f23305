/* SPDX-License-Identifier: ISC */
/* A layout by layout.h: see layout_sample.h. Runs in the unit tests only. */
#include "layout_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "deliver/preload.h"
#include "shim/environ.h"

static struct document_entry entries[LAYOUT_SECRETS_MAX];
static const struct document_entry *secrets[LAYOUT_SECRETS_MAX];
static struct policy policies[LAYOUT_SECRETS_MAX];
struct layout_input input = {.secrets = secrets, .policies = policies};
struct layout layout;
struct capsule_header *capsule;
char shown[LAYOUT_SHOWN_MAX];

void add_with(const char *name, const char *value, struct policy policy)
{
    entries[input.count] = (struct document_entry){.name = name, .value = value, .value_size = strlen(value)};
    secrets[input.count] = &entries[input.count];
    policies[input.count++] = policy;
}

void add(const char *name, const char *value)
{
    add_with(name, value, (struct policy){.inherit = POLICY_TREE});
}

void lay_out_end(void)
{
    layout_free(&layout);
    free(capsule);
    free((void *)(uintptr_t)input.outer);
}

/* What the kernel is given holds no secret, of the profile or of the outer target. */
static void check_block(const char *string)
{
    for (size_t i = 0; i < input.count; i++)
        cr_assert(!*secrets[i]->value || !strstr(string, secrets[i]->value), "plaintext in the block: %s",
                  string);
    for (uint32_t i = 0; input.outer && i < input.outer->entry_count; i++) {
        size_t size;
        const char *value = capsule_value(input.outer, &capsule_entries(input.outer)[i], &size);
        cr_assert(size < CAPSULE_VALUE_MIN || !strstr(string, value), "plaintext in the block: %s", string);
    }
}

static void apply(char **array)
{
    size_t size = capsule_measure(&layout.plan);
    unsigned char *block = calloc(1, size);
    layout_write(&layout, block);
    capsule = (struct capsule_header *)(void *)block;
    const char *wrong = capsule_check(block, size);
    cr_assert_null(wrong, "%s", wrong);
    wrong = environ_patch(array, capsule);
    cr_assert_null(wrong, "%s", wrong);
}

const char *preload_with(const char *users)
{
    static char string[4096];
    snprintf(string, sizeof string, "LD_PRELOAD=%s%s", preload_shim(), users);
    return string;
}

void lay_out(const char *const *inherited)
{
    struct reason why = {0};
    size_t places = 0, preloads = 0, capsules = 0;
    const char *preloaded = preload_with("");
    input.inherited = (char *const *)(uintptr_t)inherited;
    cr_assert(layout_make(&layout, &input, &why), "%s", why.text);
    if (layout.item_count > 0)
        layout_announce(&layout, 7, 0);
    for (; layout.block[places]; places++) {
        check_block(layout.block[places]);
        preloads += strncmp(layout.block[places], preloaded, strlen(preloaded)) == 0;
        capsules += strcmp(layout.block[places], "SECRUN_CAPSULE=7") == 0;
    }
    cr_assert_eq(preloads, layout.item_count > 0);
    cr_assert_eq(capsules, layout.item_count > 0);
    char **array = calloc(places + 1, sizeof *array);
    memcpy(array, layout.block, places * sizeof *array);
    if (layout.item_count > 0)
        apply(array);
    shown[0] = '\0';
    for (size_t i = 0; array[i]; i++)
        snprintf(shown + strlen(shown), LAYOUT_SHOWN_MAX - strlen(shown), "%s%s", i ? "|" : "", array[i]);
    free(array);
}

const struct capsule_entry *entry_of(const char *name)
{
    size_t size = strlen(name);
    const struct capsule_entry *entry = capsule_find(capsule, name, size, capsule_hash(name, size));
    cr_assert_not_null(entry, "%s", name);
    return entry;
}
