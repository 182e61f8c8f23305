/* SPDX-License-Identifier: ISC */
/* What a program does to a secret that stands in no array (expose = getenv), before it tells what it sees:
 * see ways.c. Runs as a target of the leak matrix; holds secrets, and prints none. */
#include "ways.h"

#include "witness.h"

static char before[256];

static int tell(void)
{
    return witness_report(ways_program[1], ways_program[2] ? ways_program[2] : "");
}

static int wrong(const char *what)
{
    fprintf(stderr, "ways: %s\n", what);
    return 96;
}

static int is_in_array(const char *name)
{
    for (char **entry = environ; entry && *entry; entry++)
        if (strncmp(*entry, name, strlen(name)) == 0 && (*entry)[strlen(name)] == '=')
            return 1;
    return 0;
}

/* NULL: the variable is gone. Both functions are asked. */
static int answers(const char *value)
{
    const char *plain = getenv("KEY"), *secure = secure_getenv("KEY");
    if (!value)
        return !plain && !secure;
    return plain && secure && strcmp(plain, value) == 0 && strcmp(secure, value) == 0;
}

static int begin(void)
{
    const char *key = getenv("KEY");
    if (!key || strlen(key) >= sizeof before)
        return 0;
    strcpy(before, key);
    return answers(before) && !is_in_array("KEY");
}

static int way_getenv(void)
{
    return begin() ? tell() : wrong("getenv");
}

static int way_setenv(void)
{
    if (!begin() || setenv("KEY", "kept", 0) != 0 || !answers(before) || is_in_array("KEY"))
        return wrong("setenv without overwriting");
    if (setenv("KEY", "changed", 1) != 0 || !answers("changed") || !is_in_array("KEY"))
        return wrong("setenv");
    if (unsetenv("KEY") != 0 || !answers(NULL) || is_in_array("KEY"))
        return wrong("unsetenv after setenv");
    return tell();
}

static int way_unsetenv(void)
{
    if (!begin() || unsetenv("KEY") != 0 || !answers(NULL))
        return wrong("unsetenv");
    return setenv("KEY", "new", 0) == 0 && answers("new") ? tell() : wrong("setenv after unsetenv");
}

static int way_putenv(void)
{
    static char entry[] = "KEY=changed", name[] = "PW";
    if (!begin() || putenv(entry) != 0 || !answers("changed"))
        return wrong("putenv");
    /* Without an equals sign it removes, in both libcs. */
    return putenv(name) == 0 && !getenv("PW") ? tell() : wrong("putenv of a name");
}

static int way_clearenv(void)
{
    return begin() && clearenv() == 0 && answers(NULL) ? tell() : wrong("clearenv");
}

const struct way ways_getenv[] = {
    {"hidden-getenv", way_getenv}, {"hidden-setenv", way_setenv},     {"hidden-unsetenv", way_unsetenv},
    {"hidden-putenv", way_putenv}, {"hidden-clearenv", way_clearenv}, {NULL, NULL},
};
