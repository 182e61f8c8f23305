/* SPDX-License-Identifier: ISC */
/* secrunctl attribute: what is said of a secret or a profile, without an editor. Runs as the operator; sees
 * every secret. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/invocation.h"
#include "ctl/store.h"
#include "store/previous.h"

enum { WORD_MAX = 32 };

/* "max-age=90d": the word, and where its value begins. */
static const char *split(const char *operand, char word[static WORD_MAX])
{
    size_t size = strcspn(operand, "=");
    if (operand[size] != '=' || size >= WORD_MAX)
        return NULL;
    memcpy(word, operand, size);
    word[size] = '\0';
    return operand + size + 1;
}

/* Nothing of an operand is repeated that is not known for an attribute's word: it may be a value. */
static bool check(const struct invocation *invocation, struct reason *why)
{
    char word[WORD_MAX], other[WORD_MAX];
    if (invocation->operand_count == 0)
        return true;
    const char *name = invocation->operands[0];
    if (strcmp(name, ".") != 0 && !document_check_name(name, strlen(name), why))
        return false;
    for (size_t i = 1; i < invocation->operand_count; i++) {
        if (!split(invocation->operands[i], word) || !document_is_attribute(word)) {
            fail(why, "attribute: operand %zu: no attribute such as max-age=90d", i + 1);
            return fail_hint(why, "secrun-document(5) has those that there are");
        }
        if (previous_is_word(word)) {
            fail(why, "attribute: %s: is kept by secrunctl itself", word);
            return fail_hint(why, "secrunctl rollback goes back to it");
        }
        for (size_t j = 1; j < i; j++)
            if (split(invocation->operands[j], other) && strcmp(word, other) == 0)
                return fail(why, "attribute: %s is given twice", word);
    }
    return true;
}

static bool change(const struct store *store, const struct invocation *invocation, struct reason *why)
{
    const char *name = invocation->operands[0];
    const struct document_profile *profile = store_profile(store, invocation->profile, why);
    size_t count = invocation->operand_count - 1;
    if (!profile)
        return false;
    struct document_change *changes = calloc(count, sizeof *changes);
    char(*words)[WORD_MAX] = calloc(count, sizeof *words);
    bool ok = (changes && words) || fail(why, "no memory for %zu changes", count);
    for (size_t i = 0; ok && i < count; i++) {
        const char *value = split(invocation->operands[i + 1], words[i]);
        changes[i] = (struct document_change){.profile = profile->name,
                                              .name = strcmp(name, ".") == 0 ? "" : name,
                                              .word = words[i],
                                              .value = value[0] ? value : NULL,
                                              .value_size = strlen(value)};
    }
    ok = ok && store_change(store, changes, count, invocation, why);
    free(words);
    free(changes);
    return ok;
}

static bool run(const struct invocation *invocation, struct reason *why)
{
    struct store store;
    bool ok = store_load(&store, invocation, STORE_WRITE, why) && change(&store, invocation, why);
    store_close(&store);
    return ok;
}

const struct verb attribute_verb = {
    .name = "attribute",
    .operands = "[-p PROFILE] NAME|. WORD=VALUE...",
    .summary = "say for how long a secret is good, who gets it, ...",
    .help =
        "Sets attributes of a secret, or with . in its place of the profile. One with nothing behind the =\n"
        "is removed. secrun-document(5) has what there is: max-age, expires, note, inherit, expose, ...\n\n"
        "  --drop-recipients  seal to fewer recipients than before\n\n"
        "  secrunctl attribute -p moltbot API_KEY max-age=90d note='console.example, billing'\n"
        "  secrunctl attribute -p moltbot . inherit=none allow-user=moltbot\n",
    .options = OPTION(PROFILE) | OPTION(DROP_RECIPIENTS),
    .least = 2,
    .most = SIZE_MAX,
    .check = check,
    .run = run,
};
