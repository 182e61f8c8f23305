/* SPDX-License-Identifier: ISC */
/* The ways that differ in the environment that they pass on: see ways.c. Runs as a target of the leak
 * matrix; holds secrets, and prints none. */
#include "ways.h"

enum { SPARE = 8 };

static size_t length(char *const *array)
{
    size_t count = 0;
    while (array[count])
        count++;
    return count;
}

char **ways_copy(void)
{
    size_t count = length(environ);
    char **copy = calloc(count + SPARE + 1, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++)
        copy[i] = strdup(environ[i]);
    return copy;
}

/* `BEFOREvalueAFTER` with the value of a variable. */
static char *with_value(const char *before, const char *name, const char *after)
{
    const char *value = getenv(name);
    char *text = malloc(1024);
    snprintf(text, 1024, "%s%s%s", before, value ? value : "", after);
    return text;
}

static int start(char *const *environment)
{
    execve(ways_program[0], ways_program, environment);
    return ways_fail("execve");
}

static int way_copied(void)
{
    return start(ways_copy());
}

static int way_renamed(void)
{
    char *environment[] = {"A=1", with_value("COPY=", "KEY", ""), "B=2", NULL};
    return start(environment);
}

static int way_inside_a_longer_value(void)
{
    char *environment[] = {"A=1", with_value("DATABASE=pg://user:", "PW", "@host/base"), NULL};
    return start(environment);
}

static int way_two_in_one_value(void)
{
    char *second = with_value(" --password ", "PW", "");
    char *environment[] = {with_value("OPTIONS=--key ", "KEY", second), NULL};
    return start(environment);
}

static int way_duplicates(void)
{
    char **copy = ways_copy();
    size_t count = length(copy);
    copy[count++] = with_value("KEY=", "KEY", "");
    copy[count++] = "A=again";
    copy[count++] = "NOEQUALS";
    copy[count++] = "KEY=another";
    copy[count++] = "=nameless";
    copy[count++] = "";
    copy[count++] = with_value("KEY=", "KEY", "");
    return start(copy);
}

static int way_without_equals_sign(void)
{
    char *environment[] = {with_value("", "KEY", ""), with_value("=", "PW", ""), "Z=1", NULL};
    return start(environment);
}

static int way_empty(void)
{
    char *environment[] = {NULL};
    return start(environment);
}

static int way_null(void)
{
    return start(NULL);
}

static int way_filtered(void)
{
    char *environment[] = {"A=1", with_value("PW=", "PW", ""), with_value("PIN=", "PIN", ""), NULL};
    return start(environment);
}

/* As tmux does in a new window. */
static int way_cleared_and_set(void)
{
    char **copy = ways_copy();
    clearenv();
    for (char **entry = copy; *entry; entry++) {
        char *equals = strchr(*entry, '=');
        if (!equals)
            continue;
        *equals = '\0';
        setenv(*entry, equals + 1, 1);
    }
    execvp(ways_program[0], ways_program);
    return ways_fail("execvp");
}

/* What the program itself has set is its own, also under the name of a secret. */
static int way_overwritten(void)
{
    setenv("KEY", "chosen by the program", 1);
    unsetenv("PW");
    return start(environ);
}

/* A preload of the user's own, for the child: ways lies beside it. */
static int way_preload(void)
{
    char *folder = strdup(ways_program[0]), path[1024];
    *strrchr(folder, '/') = '\0';
    snprintf(path, sizeof path, "%s/preload.so", folder);
    setenv("LD_PRELOAD", path, 1);
    return start(environ);
}

const struct way ways_environment[] = {
    {"copied", way_copied},
    {"renamed", way_renamed},
    {"inside", way_inside_a_longer_value},
    {"two-in-one", way_two_in_one_value},
    {"duplicates", way_duplicates},
    {"without-equals", way_without_equals_sign},
    {"empty", way_empty},
    {"null", way_null},
    {"filtered", way_filtered},
    {"cleared-and-set", way_cleared_and_set},
    {"overwritten", way_overwritten},
    {"preload", way_preload},
    {NULL, NULL},
};
