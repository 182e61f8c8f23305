/* SPDX-License-Identifier: ISC */
/* Changing secrun.conf: see config_text.h. Runs in secrunctl; sees no secret. */
#include "ctl/config_text.h"

#include <string.h>

#include <bsd/string.h>

#include "base/ini.h"

struct search {
    const char *section, *key;
    bool inside;       /* the section that is read is that one */
    bool has_section;  /* it has been met */
    bool has_key;      /* and the key in it */
    size_t begin, end; /* of the line that says it; or where one would go */
    const char *wanted;
    bool is_wanted; /* the last value of the key is this */
};

static bool on_event(void *user, const struct ini_event *event, struct reason *why)
{
    struct search *search = user;
    (void)why;
    if (event->kind == INI_SECTION) {
        search->inside = strcmp(event->name, search->section) == 0;
        search->has_section = search->has_section || search->inside;
        if (search->inside && !search->has_key)
            search->begin = search->end = event->end;
    } else if (search->inside && event->kind == INI_VALUE && strcmp(event->name, search->key) == 0) {
        search->has_key = true;
        search->begin = event->begin;
        search->end = event->end;
        search->is_wanted = search->wanted && strcmp(event->value, search->wanted) == 0;
    } else if (search->inside && !search->has_key) {
        search->begin = search->end = event->end;
    }
    return true;
}

static bool append(struct secret *out, const char *text, struct reason *why)
{
    return secret_append(out, text, strlen(text), why);
}

static bool write(const struct search *search, const char *text, size_t size, const char *value,
                  struct secret *out, struct reason *why)
{
    size_t begin = search->has_section ? search->begin : size, end = search->has_section ? search->end : size;
    bool ends = begin == 0 || text[begin - 1] == '\n';
    return secret_alloc(out, size + 64, why) && secret_append(out, text, begin, why) &&
           (ends || append(out, "\n", why)) &&
           (search->has_section || (append(out, size > 0 ? "\n[" : "[", why) &&
                                    append(out, search->section, why) && append(out, "]\n", why))) &&
           append(out, search->key, why) && append(out, value[0] ? " = " : " =", why) &&
           append(out, value, why) && append(out, "\n", why) &&
           secret_append(out, text + end, size - end, why);
}

bool config_text_set(const char *text, size_t size, const char *section, const char *key, const char *value,
                     struct secret *out, struct reason *why)
{
    struct search search = {.section = section, .key = key};
    struct search after = {.section = section, .key = key, .wanted = value};
    *out = (struct secret){0};
    if (!ini_read(text, size, on_event, &search, why))
        return false;
    bool ok = write(&search, text, size, value, out, why) &&
              ini_read((const char *)out->bytes, out->size, on_event, &after, why) &&
              (after.is_wanted || fail(why, "the changed text would read back differently"));
    if (!ok)
        secret_free(out);
    return ok;
}
