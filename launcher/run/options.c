/* SPDX-License-Identifier: ISC */
/* The command line: see options.h. Runs in secrun, before anything is opened. */
#include "run/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/policy_words.h"

const char options_help[] =
    "usage: secrun [-d DIR] [-f FILE] [-k IDENTITY] [-p PROFILE] [-o NAME,...] [-r NAME,...]\n"
    "              [-u USER[:GROUP]] [--ambient-caps NAME,...] [--delivery HOW] [-nv] [--]\n"
    "              COMMAND [ARG...]\n"
    "\n"
    "Runs COMMAND with the secrets of one profile in its environment, and not in /proc.\n"
    "\n"
    "  -d, --directory DIR      the store (default: $SECRUN_DIR, else /etc/secrun for root,\n"
    "                           $XDG_CONFIG_HOME/secrun or ~/.config/secrun for others)\n"
    "  -f, --file FILE          the sealed file (default: DIR/secrets.age)\n"
    "  -k, --identity IDENTITY  the machine key: a file (default: DIR/machine.key), or\n"
    "                           credential:NAME, fd:N, command:/PATH ARG...\n"
    "  -p, --profile PROFILE    default: the one named like COMMAND, else [default]\n"
    "  -o, --only NAME,...      only these secrets\n"
    "  -r, --require NAME,...   without these nothing runs\n"
    "  -u, --user USER[:GROUP]  open the store as root, then become that user for good\n"
    "      --ambient-caps NAME,...\n"
    "                           the capabilities that COMMAND keeps then (default: none)\n"
    "      --delivery HOW       preload, inject, or auto, which takes the one that fits COMMAND\n"
    "  -n, --dry-run            say what would be delivered to which program, run nothing\n"
    "  -v, --verbose            say it on standard error, and run\n"
    "  -h, --help    -V, --version\n"
    "\n"
    "examples:\n"
    "  secrunctl init && secrunctl import -p moltbot .env\n"
    "  secrun -p moltbot -- node gateway.js\n"
    "  secrun -n -p moltbot -- node gateway.js\n"
    "\n"
    "exit status: 125 secrun failed, 126 COMMAND cannot be run, 127 it was not found,\n"
    "else COMMAND's own. More: man secrun, secrunctl, secrun.conf, secrun-document, 7 secrun\n";

enum { OPTION_DELIVERY = 256, OPTION_AMBIENT_CAPS }; /* above every letter */

static const struct option long_options[] = {
    {"directory", required_argument, NULL, 'd'},
    {"file", required_argument, NULL, 'f'},
    {"identity", required_argument, NULL, 'k'},
    {"profile", required_argument, NULL, 'p'},
    {"only", required_argument, NULL, 'o'},
    {"require", required_argument, NULL, 'r'},
    {"user", required_argument, NULL, 'u'},
    {"ambient-caps", required_argument, NULL, OPTION_AMBIENT_CAPS},
    {"delivery", required_argument, NULL, OPTION_DELIVERY},
    {"dry-run", no_argument, NULL, 'n'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* Appends the names in text, which it copies; the first name of a copy owns it. */
static bool add_names(struct name_list *list, const char *text, struct reason *why)
{
    size_t more = 1;
    for (const char *byte = text; *byte; byte++)
        more += *byte == ',';
    char **names = realloc(list->names, (list->count + more) * sizeof *names);
    if (!names)
        return fail(why, "no memory for %zu names", more);
    list->names = names;
    for (size_t i = 0; i < more; i++) {
        size_t size = strcspn(text, ",");
        char *name = strndup(text, size);
        if (!name)
            return fail(why, "no memory for %zu names", more);
        list->names[list->count++] = name;
        text += size + 1;
        if (size == 0)
            return fail(why, "an empty name in a list of names");
    }
    return true;
}

/* Names it, without what may follow its '='. word: where it stands, if it is no letter. */
static bool refuse_unknown(const char *word, struct reason *why)
{
    char shown[64], letter = (char)optopt;
    return optopt ? fail(why, "unknown option -%s", printable(shown, sizeof shown, &letter, 1))
                  : fail(why, "unknown option %s", printable(shown, sizeof shown, word, strcspn(word, "=")));
}

static bool read_option(struct options *options, int letter, char **argv, struct reason *why)
{
    char *argument = optarg;
    switch (letter) {
    case 'd':
        options->directory = argument;
        return true;
    case 'f':
        options->sealed_file = argument;
        return true;
    case 'k':
        options->identity = argument;
        return true;
    case 'p':
        options->profile = argument;
        return true;
    case 'o':
        return add_names(&options->only, argument, why);
    case 'r':
        return add_names(&options->required, argument, why);
    case 'u':
        options->user = argument;
        return true;
    case OPTION_AMBIENT_CAPS:
        options->ambient = argument;
        return true;
    case OPTION_DELIVERY:
        options->delivery = argument;
        return policy_is_delivery(argument) || fail(why, "--delivery: " POLICY_DELIVERY_WANTED " is wanted");
    case 'n':
        options->dry_run = true;
        return true;
    case 'v':
        options->verbose = true;
        return true;
    case 'h':
        options->help = true;
        return true;
    case 'V':
        options->version = true;
        return true;
    case ':':
        if (optopt == OPTION_DELIVERY)
            fail(why, "option --delivery takes a value");
        else if (optopt == OPTION_AMBIENT_CAPS)
            fail(why, "option --ambient-caps takes a value");
        else
            fail(why, "option -%c takes a value", optopt);
        break;
    default:
        if (optopt && strchr("nvhV", optopt)) /* a long one, as --verbose=yes */
            fail(why, "option -%c takes no value", optopt);
        else
            refuse_unknown(argv[optind - 1], why);
    }
    return fail_hint(why, "secrun --help");
}

bool options_read(struct options *options, int argc, char **argv, struct reason *why)
{
    *options = (struct options){0};
    opterr = 0;
    if (argc > 1 && strcmp(argv[1], "--handoff") == 0) {
        options->handoff = argv[2];
        options->command = argv + 2 + (argc > 2);
        return argc > 2 || fail(why, "--handoff is for programs that secrun runs");
    }
    /* "+": the first word that is no option is the command, and what follows is its own. */
    for (int letter; (letter = getopt_long(argc, argv, "+:d:f:k:p:o:r:u:nvhV", long_options, NULL)) != -1;)
        if (!read_option(options, letter, argv, why))
            return false;
    if (options->help || options->version)
        return true;
    if (!argv[optind]) {
        fail(why, "no command to run");
        return fail_hint(why, "secrun --help");
    }
    if (options->ambient && !options->user)
        return fail(why, "--ambient-caps: only with -u are capabilities given up, and some kept");
    options->command = argv + optind;
    return true;
}

static void free_names(struct name_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
}

void options_free(struct options *options)
{
    free_names(&options->only);
    free_names(&options->required);
    *options = (struct options){0};
}

bool name_list_has(const struct name_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->names[i], name) == 0)
            return true;
    return false;
}
