/* SPDX-License-Identifier: ISC */
/* The environment array: see environ.h. Runs inside the target; handles pointers to secrets. */
#include "shim/environ.h"

/*
 * libc keeps one variable under both names, but a copy relocation can split them and leave one null.
 * libc's own functions use __environ. Where there is no libc both are undefined, and so null.
 */
extern char **__environ __attribute__((weak, visibility("default")));
extern char **environ __attribute__((weak, visibility("default")));

char ***environ_variable(void)
{
    if (&__environ && (__environ || !&environ || !environ))
        return &__environ;
    return &environ ? &environ : NULL;
}

static bool starts_with(const char *text, const char *prefix)
{
    while (*prefix && *text == *prefix) {
        text++;
        prefix++;
    }
    return *prefix == '\0';
}

bool environ_is_slot(const char *entry)
{
    return entry[0] == '\0' || starts_with(entry, CAPSULE_VARIABLE "=") ||
           starts_with(entry, PRELOAD_VARIABLE "=");
}

/* An entry's first two bytes at once: of an empty one this reads a byte beyond its NUL, as glibc's own
 * getenv does. */
static uint16_t first_two(const char *text)
{
    uint16_t two;
    __builtin_memcpy(&two, text, sizeof two);
    return two;
}

char *environ_scan(char *const *array, const char *name)
{
    const char start[2] = {name[0], name[1] ? name[1] : '='};
    uint16_t wanted = first_two(start);
    for (; *array; array++) {
        char *entry = *array;
        if (first_two(entry) != wanted)
            continue;
        size_t i = 1;
        while (name[i] && entry[i] == name[i])
            i++;
        if (name[i] == '\0' && entry[i] == '=')
            return entry + i + 1;
    }
    return NULL;
}

const char *environ_patch(char **array, const struct capsule_header *capsule)
{
    const struct capsule_entry *entries = capsule_entries(capsule);
    uint32_t count = 0;
    while (array[count])
        count++;
    if (count != capsule->place_count)
        return "made for another environment";
    for (uint32_t i = 0; i < capsule->entry_count; i++)
        if (entries[i].place != CAPSULE_NO_PLACE && !environ_is_slot(array[entries[i].place]))
            return "made for another environment";
    for (uint32_t i = capsule->seen_count; i < count; i++)
        if (!environ_is_slot(array[i]))
            return "made for another environment";
    /* The strings are the target's from here on: setenv and bash write into them. */
    for (uint32_t i = 0; i < capsule->entry_count; i++)
        if (entries[i].place != CAPSULE_NO_PLACE)
            array[entries[i].place] = (char *)(uintptr_t)capsule_string(capsule, &entries[i]);
    for (uint32_t i = capsule->seen_count; i < count; i++)
        array[i] = NULL;
    return NULL;
}
