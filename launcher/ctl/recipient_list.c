/* SPDX-License-Identifier: ISC */
/* Lists of recipients: see recipient_list.h. Runs in secrunctl; sees the machine key, to compute its
 * recipient.
 */
#include "ctl/recipient_list.h"

#include <string.h>

static const char separators[] = ", \t";

size_t recipient_list_find(const struct recipient_list *list, const unsigned char key[static AGE_KEY_SIZE])
{
    size_t i = 0;
    while (i < list->count && memcmp(list->keys[i], key, AGE_KEY_SIZE) != 0)
        i++;
    return i;
}

bool recipient_list_add(struct recipient_list *list, const unsigned char key[static AGE_KEY_SIZE],
                        struct reason *why)
{
    if (recipient_list_find(list, key) < list->count)
        return true;
    if (list->count == RECIPIENT_LIST_MAX)
        return fail(why, "more than %d recipients", RECIPIENT_LIST_MAX);
    memcpy(list->keys[list->count++], key, AGE_KEY_SIZE);
    return true;
}

void recipient_list_drop(struct recipient_list *list, size_t index)
{
    list->count--;
    memmove(list->keys[index], list->keys[index + 1], (list->count - index) * AGE_KEY_SIZE);
}

bool recipient_list_add_own(struct recipient_list *list, const struct config *config,
                            const struct identities *identities, struct reason *why)
{
    unsigned char key[AGE_KEY_SIZE];
    for (size_t i = 0; i < identities->current; i++)
        if (!identity_recipient(&identity_array(identities)[i], key, why) ||
            !recipient_list_add(list, key, why))
            return fail_within(why, "%s", config->identity);
    return true;
}

bool recipient_list_add_configured(struct recipient_list *list, const struct config *config,
                                   struct reason *why)
{
    unsigned char key[AGE_KEY_SIZE];
    for (const char *at = config->recipients; *(at += strspn(at, separators));) {
        size_t length = strcspn(at, separators);
        if (!recipient_parse(at, length, key, why) || !recipient_list_add(list, key, why))
            return fail_within(why, "%s: recipients", config->file);
        at += length;
    }
    return true;
}

bool recipient_list_add_lines(struct recipient_list *list, const char *text, size_t size, struct reason *why)
{
    unsigned char key[AGE_KEY_SIZE];
    size_t number = 0;
    for (const char *at = text, *end = text + size; at < end;) {
        const char *feed = memchr(at, '\n', (size_t)(end - at)), *next = feed ? feed + 1 : end;
        size_t length = (size_t)((feed ? feed : end) - at);
        if (length > 0 && at[length - 1] == '\r')
            length--;
        number++;
        if (length > 0 && at[0] != '#' &&
            (!recipient_parse(at, length, key, why) || !recipient_list_add(list, key, why)))
            return fail_within(why, "line %zu", number);
        at = next;
    }
    return true;
}

bool recipient_list_make(struct recipient_list *list, const struct config *config,
                         const struct identities *identities, struct reason *why)
{
    list->count = 0;
    return recipient_list_add_own(list, config, identities, why) &&
           recipient_list_add_configured(list, config, why);
}
