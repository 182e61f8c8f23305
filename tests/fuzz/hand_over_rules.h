/* SPDX-License-Identifier: ISC */
/* The secrets, the environment and the programs of fuzz_hand_over.c, out of fuzzed bytes, and the rules for
 * them in plain loops, which share nothing with the shim. For that file alone. */
#ifndef SECRUN_TESTS_HAND_OVER_RULES_H
#define SECRUN_TESTS_HAND_OVER_RULES_H

#include <stdio.h>
#include <string.h>

#include "fuzz/fuzz.h"

enum { TEXT_MAX = 64, SECRETS_MAX = 6, STRINGS_MAX = 12 };

/* --- what the input says ------------------------------------------------------------------------- */

struct secret {
    char name[8], value[TEXT_MAX], string[2 * TEXT_MAX];
    size_t size; /* of the value */
    bool tree, keep, allow, refuse;
    char statics;      /* what happens where no preload reaches: 'i'nject, 'w'ithhold, 'r'efuse, 'e'nviron */
    unsigned list;     /* in lists, below */
    bool held, hidden; /* by the program that is to run another */
};

static struct secret secrets[SECRETS_MAX];
static size_t secret_count;

/* As a capsule has them; 1 and 14 are where the two begin, plus one. */
static const char lists[] = "sh\0/bin/cat\0\0node\0";

/* One run of another program. */
static struct {
    bool same_process, script;
    bool out_of_reach; /* nothing holds it to a policy; */
    bool handoff, preload,
        privileged; /* but secrun is there; or a preload gets in; or it gets nothing ever */
    const char *given, *program;
} run_of;

static const uint8_t *input;
static size_t input_left;

static unsigned next(unsigned below)
{
    if (input_left == 0)
        return 0;
    input_left--;
    return *input++ % below;
}

/* Adds pieces that lie within, beside and beyond one another. */
static void compose(char *text)
{
    static const char *const pieces[] = {"12345678", "abcdefgh", "1234567", "8", "=", "A=", "/", "bcdefgh1"};
    char *to = text + strlen(text);
    for (unsigned count = next(5); count > 0; count--) {
        unsigned byte = next(256);
        const char raw[2] = {byte ? (char)byte : ' ', '\0'}, *piece = raw;
        if (byte < 8)
            piece = pieces[byte];
        else if (byte < 32 && secret_count > 0)
            piece = secrets[byte % secret_count].value;
        if (strlen(piece) < (size_t)(text + TEXT_MAX - to))
            to = stpcpy(to, piece);
    }
}

static const char *pick_name(void)
{
    static const char *const names[] = {"A", "B", "AB", "KEY", "LD_X", "_", "Z", "C"};
    return names[next(sizeof names / sizeof *names)];
}

static struct secret *find_secret(const char *name)
{
    for (size_t i = 0; i < secret_count; i++)
        if (strcmp(secrets[i].name, name) == 0)
            return &secrets[i];
    return NULL;
}

static void read_secrets(void)
{
    secret_count = 0;
    for (unsigned left = next(SECRETS_MAX + 1); left > 0; left--) {
        struct secret secret = {.keep = true, .held = true};
        unsigned policy = next(256);
        strcpy(secret.name, pick_name());
        compose(secret.value);
        sprintf(secret.string, "%s=%s", secret.name, secret.value);
        secret.size = strlen(secret.value);
        secret.hidden = policy & 1;
        secret.tree = policy & 2;
        secret.list = secret.tree ? 0 : policy & 4 ? 1 : policy & 8 ? 14 : 0;
        secret.allow = policy & 16;
        secret.refuse = !secret.allow && (policy & 32);
        secret.statics = "iiwre"[next(5)];
        if (!find_secret(secret.name))
            secrets[secret_count++] = secret;
    }
}

static char *read_string(void)
{
    char text[2 * TEXT_MAX] = "";
    unsigned kind = next(8);
    if (kind == 0)
        strcpy(text, "LD_PRELOAD=");
    else if (kind == 1)
        strcpy(text, "SECRUN_CAPSULE=");
    else if (kind == 2 && secret_count > 0)
        return strdup(secrets[next((unsigned)secret_count)].string);
    else if (kind > 3)
        strcat(strcpy(text, pick_name()), "=");
    compose(text + strlen(text));
    return strdup(text);
}

static void read_run(void)
{
    static const char *const files[] = {"/bin/sh", "/bin/cat", "/usr/bin/node", "/opt/cat", "/sh/x", ""};
    unsigned kind = next(256);
    run_of.same_process = kind & 1;
    run_of.script = kind & 2;
    run_of.out_of_reach = (kind & 12) == 12;
    run_of.handoff = run_of.out_of_reach && (kind & 16);
    unsigned other = run_of.out_of_reach && !run_of.handoff ? next(3) : 0;
    run_of.privileged = other == 1;
    run_of.preload = other == 2;
    run_of.given = files[kind / 32 % 6];
    run_of.program = run_of.script ? files[next(6)] : run_of.given;
}

/* --- the rules ----------------------------------------------------------------------------------- */

static bool is_listed(unsigned list, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    if (list == 1)
        return strcmp(name, "sh") == 0 || strcmp(path, "/bin/cat") == 0;
    return list == 14 && strcmp(name, "node") == 0;
}

static bool keeps(const struct secret *secret)
{
    return (run_of.same_process && secret->keep) || (run_of.script && is_listed(secret->list, run_of.given));
}

static bool may_have(const struct secret *secret)
{
    return (secret->tree || keeps(secret) || is_listed(secret->list, run_of.program));
}

/* Of what the program may have, and that is hidden. */
static bool is_given(const struct secret *secret)
{
    return !run_of.out_of_reach || ((run_of.handoff || run_of.preload) && secret->statics == 'i');
}

static bool stands_in(const struct secret *secret, const char *string)
{
    return secret->held &&
           (secret->size >= 8 ? strstr(string, secret->value) != NULL : strcmp(string, secret->string) == 0);
}

static bool has_name_of(const char *string, const char *name)
{
    return strncmp(string, name, strlen(name)) == 0 && string[strlen(name)] == '=';
}

/* What the next program is to see, and to hold. */
static struct {
    char *array[STRINGS_MAX + 1];
    size_t count;
    bool plain[STRINGS_MAX]; /* it may be seen */
    bool held[SECRETS_MAX], hidden[SECRETS_MAX], capsule, refused;
} wanted;

static void want_hidden(unsigned gone)
{
    for (size_t i = 0; i < secret_count; i++) {
        bool passes = secrets[i].hidden && !(gone >> i & 1) && wanted.count > 0 && may_have(&secrets[i]);
        for (size_t j = 0; j < wanted.count; j++)
            passes = passes && !has_name_of(wanted.array[j], secrets[i].name);
        wanted.refused = wanted.refused || (passes && run_of.out_of_reach && secrets[i].statics == 'r');
        passes = passes && is_given(&secrets[i]);
        wanted.hidden[i] = passes;
        wanted.held[i] = wanted.held[i] || passes;
        wanted.capsule = wanted.capsule || passes;
    }
}

/* What becomes of a string that holds these, by `static`: the letter of the strictest; for one that can not
 * be given, 'w'. '-': it holds none. */
static char find_rule(const bool in[static SECRETS_MAX])
{
    char rule = '-';
    for (size_t i = 0; i < secret_count; i++)
        if (in[i] && strchr("-eiwr", secrets[i].statics) > strchr("-eiwr", rule))
            rule = secrets[i].statics;
    bool cannot = (rule == 'i' && !run_of.handoff && !run_of.preload) || (rule == 'e' && run_of.privileged);
    return cannot ? 'w' : rule;
}

static void want(char *const *environment, const char *argument, unsigned gone)
{
    memset(&wanted, 0, sizeof wanted);
    for (size_t i = 0; i < secret_count; i++)
        wanted.refused =
            wanted.refused || (secrets[i].refuse && secrets[i].size >= 8 && stands_in(&secrets[i], argument));
    for (; *environment; environment++) {
        bool in[SECRETS_MAX] = {false}, withheld = has_name_of(*environment, "SECRUN_CAPSULE");
        for (size_t i = 0; i < secret_count; i++) {
            in[i] = stands_in(&secrets[i], *environment);
            withheld = withheld || (in[i] && !may_have(&secrets[i]));
        }
        char rule = withheld || !run_of.out_of_reach ? '-' : find_rule(in);
        wanted.refused = wanted.refused || rule == 'r';
        if (withheld || rule == 'w' || rule == 'r')
            continue;
        wanted.plain[wanted.count] = rule == 'e';
        wanted.array[wanted.count++] = *environment;
        if (rule == 'e')
            continue;
        for (size_t i = 0; i < secret_count; i++) {
            wanted.held[i] = wanted.held[i] || in[i];
            wanted.capsule = wanted.capsule || in[i];
        }
    }
    want_hidden(gone);
}

#endif
