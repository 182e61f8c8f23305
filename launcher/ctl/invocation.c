/* SPDX-License-Identifier: ISC */
/* The command line: see invocation.h. Runs in secrunctl; sees no secret unless one was put in argv. */
#include "ctl/invocation.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* In the order of the help. */
static const struct verb *const store_verbs[] = {&init_verb,       &check_verb, &pubkey_verb,
                                                 &recipients_verb, &rekey_verb, NULL};
static const struct verb *const secret_verbs[] = {&set_verb,       &get_verb,  &unset_verb,  &list_verb,
                                                  &attribute_verb, &edit_verb, &import_verb, &export_verb,
                                                  &rollback_verb,  NULL};
static const struct verb *const signature_verbs[] = {&sign_verb, &verify_verb, NULL};
static const struct verb *const fleet_verbs[] = {&enroll_verb, &seal_verb, &fleet_verb, NULL};
static const struct verb *const watch_verbs[] = {&scan_verb, &inspect_verb, &audit_verb, NULL};

static const struct verb_group {
    const char *heading;
    const struct verb *const *verbs; /* ends with NULL */
} groups[] = {
    {"The store", store_verbs},
    {"Its secrets", secret_verbs},
    {"Who sealed it", signature_verbs},
    {"For other hosts", fleet_verbs},
    {"Where they are, and who had them", watch_verbs},
};
enum { GROUPS = sizeof groups / sizeof *groups };

/* Options that every verb takes. */
static const uint64_t common = OPTION(DIRECTORY) | OPTION(HELP) | OPTION(VERSION);

/* A long option's value is LONG + its index, which is its option_name. */
enum { LONG = 256 };
static const struct option forms[] = {
    {"directory", required_argument, NULL, LONG + OPTION_DIRECTORY},
    {"profile", required_argument, NULL, LONG + OPTION_PROFILE},
    {"help", no_argument, NULL, LONG + OPTION_HELP},
    {"version", no_argument, NULL, LONG + OPTION_VERSION},
    {"recipient", required_argument, NULL, LONG + OPTION_RECIPIENT},
    {"recipients-file", required_argument, NULL, LONG + OPTION_RECIPIENTS_FILE},
    {"output", required_argument, NULL, LONG + OPTION_OUTPUT},
    {"file", required_argument, NULL, LONG + OPTION_FILE},
    {"generate", optional_argument, NULL, LONG + OPTION_GENERATE},
    {"keep-newline", no_argument, NULL, LONG + OPTION_KEEP_NEWLINE},
    {"allow-empty", no_argument, NULL, LONG + OPTION_ALLOW_EMPTY},
    {"format", required_argument, NULL, LONG + OPTION_FORMAT},
    {"replace", no_argument, NULL, LONG + OPTION_REPLACE},
    {"skip-invalid", no_argument, NULL, LONG + OPTION_SKIP_INVALID},
    {"json", no_argument, NULL, LONG + OPTION_JSON},
    {"drop-recipients", no_argument, NULL, LONG + OPTION_DROP_RECIPIENTS},
    {"names", no_argument, NULL, LONG + OPTION_NAMES},
    {"prometheus", no_argument, NULL, LONG + OPTION_PROMETHEUS},
    {"git", no_argument, NULL, LONG + OPTION_GIT},
    {"staged", no_argument, NULL, LONG + OPTION_STAGED},
    {"history", no_argument, NULL, LONG + OPTION_HISTORY},
    {"proc", no_argument, NULL, LONG + OPTION_PROC},
    {"gitignore", no_argument, NULL, LONG + OPTION_GITIGNORE},
    {"forget-old", no_argument, NULL, LONG + OPTION_FORGET_OLD},
    {"signing-key", required_argument, NULL, LONG + OPTION_SIGNING_KEY},
    {"accept", no_argument, NULL, LONG + OPTION_ACCEPT},
    {"accept-rollback", no_argument, NULL, LONG + OPTION_ACCEPT_ROLLBACK},
    {"name", required_argument, NULL, LONG + OPTION_NAME},
    {"since", required_argument, NULL, LONG + OPTION_SINCE},
    {"memory", no_argument, NULL, LONG + OPTION_MEMORY},
    {"dry-run", no_argument, NULL, LONG + OPTION_DRY_RUN},
    {"prune", no_argument, NULL, LONG + OPTION_PRUNE},
    {"jobs", required_argument, NULL, LONG + OPTION_JOBS},
    {NULL, 0, NULL, 0},
};
_Static_assert(sizeof forms / sizeof *forms == OPTION_COUNT + 1, "an option without its form");

/* The short forms of the first options. */
static const char letters[] = "dphVrRo";

/* Says what is wrong with an argument, without what may follow its '='. */
static bool refuse(const char *argument, const char *reason, struct reason *why)
{
    char shown[64];
    fail(why, "%s: %s", printable(shown, sizeof shown, argument, strcspn(argument, "=")), reason);
    return fail_hint(why, "secrunctl --help");
}

/* After getopt_long returned ':' (an argument is missing) or '?'. */
static bool refuse_option(int result, char **argv, struct reason *why)
{
    const char letter[] = {'-', (char)optopt, '\0'};
    bool is_letter = optopt > 0 && optopt < LONG;
    const char *reason = result == ':'    ? "takes an argument"
                         : optopt >= LONG ? "takes no argument"
                                          : "unknown option";
    return refuse(is_letter ? letter : argv[optind - 1], reason, why);
}

/* Reads argv behind its first word, and leaves optind at what is no option. stops: at the first such word;
 * else they are moved to the end. */
static bool parse_options(struct invocation *invocation, int argc, char **argv, bool stops,
                          struct reason *why)
{
    int result;
    opterr = 0;
    optind = 0; /* anew (getopt(3), "Notes") */
    while ((result = getopt_long(argc, argv, stops ? "+:d:p:hVr:R:o:" : ":d:p:hVr:R:o:", forms, NULL)) !=
           -1) {
        if (result == ':' || result == '?')
            return refuse_option(result, argv, why);
        ptrdiff_t option = result >= LONG ? result - LONG : strchr(letters, result) - letters;
        if (invocation->given_count == GIVEN_MAX)
            return fail(why, "more than %d options", GIVEN_MAX);
        invocation->given[invocation->given_count++] = (struct given){(enum option_name)option, optarg};
        invocation->options[option] = optarg ? optarg : "";
    }
    return true;
}

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < GROUPS; i++)
        for (const struct verb *const *verb = groups[i].verbs; *verb; verb++)
            if (strcmp((*verb)->name, name) == 0)
                return *verb;
    return NULL;
}

static bool check_options(const struct invocation *invocation, struct reason *why)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (!invocation->options[i] || ((invocation->verb->options | common) & (UINT64_C(1) << i)))
            continue;
        fail(why, "%s does not take --%s", invocation->verb->name, forms[i].name);
        return fail_hint(why, "secrunctl %s --help", invocation->verb->name);
    }
    return true;
}

static bool check_operands(const struct invocation *invocation, struct reason *why)
{
    const struct verb *verb = invocation->verb;
    if (invocation->operand_count >= verb->least && invocation->operand_count <= verb->most)
        return true;
    fail(why, "%s: %s", verb->name,
         invocation->operand_count < verb->least ? "an operand is missing" : "too many operands");
    return fail_hint(why, "usage: secrunctl %s %s", verb->name, verb->operands);
}

bool invocation_parse(struct invocation *invocation, int argc, char **argv, struct reason *why)
{
    *invocation = (struct invocation){.profile = "default"};
    if (!parse_options(invocation, argc, argv, true, why))
        return false;
    if (optind < argc) {
        argc -= optind;
        argv += optind;
        invocation->verb = find_verb(argv[0]);
        if (!invocation->verb)
            return refuse(argv[0], "unknown verb", why);
        if (!parse_options(invocation, argc, argv, invocation->verb->takes_command, why))
            return false;
        invocation->operands = argv + optind;
        invocation->operand_count = (size_t)(argc - optind);
    }
    if (invocation->options[OPTION_PROFILE])
        invocation->profile = invocation->options[OPTION_PROFILE];
    if (invocation->options[OPTION_HELP] || invocation->options[OPTION_VERSION])
        return true;
    if (!invocation->verb) {
        fail(why, "no verb");
        return fail_hint(why, "secrunctl --help");
    }
    return check_options(invocation, why) &&
           (!invocation->verb->check || invocation->verb->check(invocation, why)) &&
           check_operands(invocation, why);
}

void invocation_help(const struct verb *verb)
{
    if (verb) {
        printf("usage: secrunctl [-d DIR] %s%s%s\n\n%s", verb->name, verb->operands[0] ? " " : "",
               verb->operands, verb->help);
        return;
    }
    printf("usage: secrunctl [-d DIR] VERB [-p PROFILE] ...\n\n"
           "Keeps the secrets that secrun hands to programs, sealed for this host.\n");
    for (size_t i = 0; i < GROUPS; i++) {
        printf("\n%s\n", groups[i].heading);
        for (const struct verb *const *each = groups[i].verbs; *each; each++)
            printf("  %-10s %s\n", (*each)->name, (*each)->summary);
    }
    printf("\n"
           "  -d DIR      the store (default: $SECRUN_DIR, /etc/secrun, ~/.config/secrun)\n"
           "  -p PROFILE  the profile (default: default)\n\n"
           "  secrunctl init && secrunctl import -p moltbot .env\n"
           "  secrunctl set -p moltbot API_KEY        # asks for the value\n"
           "  secrun -p moltbot -- node gateway.js    # more: secrunctl VERB --help, secrunctl(1)\n");
}
