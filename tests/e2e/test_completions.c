/* SPDX-License-Identifier: ISC */
/*
 * Completions, in the real shells: what bash and zsh put into a line on a terminal, and what fish offers for
 * it. They are taken from where `make install` puts them. Nothing typed may be run by it, nothing asked,
 * nothing printed.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/pty.h"
#include "support/store.h"

enum { CANDIDATES_MAX = 8192 };

static void begin(void)
{
    scratch_begin();
    store_make_text("store",
                    "[common]\nSENTRY_DSN = sealed-value\n[moltbot]\n.include = common\n"
                    "API_KEY = sealed-value\nTOKEN = sealed-value\n[default]\nPLAIN = sealed-value\n");
    store_make_text("other", "[elsewhere]\nAWAY = sealed-value\n");
    setenv("HOME", scratch(), 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_DATA_HOME");
    unsetenv("ZDOTDIR");
    setenv("LC_ALL", "C", 1);
    setenv("TERM", "dumb", 1);
    setenv("PS1", "$ ", 1);
    char path[4096], data[4096];
    snprintf(path, sizeof path, "%s/store", scratch());
    setenv("SECRUN_DIR", path, 1);
    snprintf(data, sizeof data, "%s/share:/usr/share", getenv("SECRUN_STAGE"));
    setenv("XDG_DATA_DIRS", data, 1);
}

TestSuite(completions, .init = begin, .fini = scratch_end, .timeout = 300);

/* --- the shells --- */

enum kind { BASH, BASH_WITH_LOADER, ZSH, FISH, KINDS };
static const char *const names[KINDS] = {"bash", "bash with bash-completion", "zsh", "fish"};

struct typing {
    enum kind kind;
    struct pty pty; /* not of fish, which is asked for each line */
};

static void source(struct typing *typing, const char *file, const char *argument)
{
    char line[4096];
    snprintf(line, sizeof line, "source %s/completions/%s %s\n", TESTS_DIR, file, argument);
    pty_type_text(&typing->pty, line);
    pty_expect(&typing->pty, "\nshell is ready");
}

static void typing_start(struct typing *typing, enum kind kind)
{
    typing->kind = kind;
    if (kind == ZSH) {
        pty_start(&typing->pty, "zsh -f -i");
        source(typing, "start.zsh", "");
    } else if (kind != FISH) {
        pty_start(&typing->pty, "bash --noprofile --norc -i");
        source(typing, "start.bash", kind == BASH ? "alone" : "loader");
    }
}

static void typing_end(struct typing *typing)
{
    if (typing->kind == FISH)
        return;
    pty_type_text(&typing->pty, "exit\n");
    pty_end(&typing->pty);
    cr_expect_null(strstr(typing->pty.text, "secrunctl:"), "%s: a message on the terminal:\n%s",
                   names[typing->kind], typing->pty.text);
    cr_expect_null(strstr(typing->pty.text, "sealed-value"), "%s: a value on the terminal",
                   names[typing->kind]);
    pty_free(&typing->pty);
}

/* Takes word's own beginning, "--option=", and what the shell put behind it off, and appends it. */
static void append(char candidates[static CANDIDATES_MAX], const char *word, size_t size)
{
    const char *equals = memchr(word, '=', size);
    if (strncmp(word, "--", 2) == 0 && equals && equals + 1 < word + size) {
        size -= (size_t)(equals + 1 - word);
        word = equals + 1;
    }
    while (size > 1 && strchr(",/=:", word[size - 1]))
        size--;
    size_t used = strlen(candidates);
    snprintf(candidates + used, CANDIDATES_MAX - used, "%s%.*s", used ? " " : "", (int)size, word);
}

static void split(char candidates[static CANDIDATES_MAX], const char *text)
{
    candidates[0] = '\0';
    while (*(text += strspn(text, " \n"))) {
        size_t size = strcspn(text, " \n");
        append(candidates, text, size);
        text += size;
    }
}

/* The candidates for the line's last word with blanks between: as it stands if there are none. */
static void complete(struct typing *typing, const char *line, char candidates[static CANDIDATES_MAX])
{
    if (typing->kind == FISH) {
        setenv("LINE", line, 1);
        struct outcome outcome = shell("fish -c 'complete -C $LINE' | cut -f 1");
        check_status(outcome, 0);
        cr_expect_str_eq(outcome.err, "", "fish: %s", line);
        split(candidates, outcome.out);
        if (candidates[0] == '\0') /* as the others leave it */
            split(candidates, strrchr(line, ' '));
        outcome_free(&outcome);
        return;
    }
    pty_type_text(&typing->pty, line);
    pty_type_text(&typing->pty, "\x18"
                                "a"
                                "\x18"
                                "p");
    pty_expect(&typing->pty, "\n<<");
    size_t start = typing->pty.seen, before = (size_t)(strrchr(line, ' ') - line);
    pty_expect(&typing->pty, ">>");
    char *shown = strndup(typing->pty.text + start, typing->pty.seen - start - 2);
    cr_assert(shown && strncmp(shown, line, before) == 0, "%s: %s became %s", names[typing->kind], line,
              shown);
    split(candidates, shown + before);
    free(shown);
}

/* --- what they complete --- */

struct expectation {
    const char *line;
    const char *candidates;
    unsigned except; /* bits of those shells that cannot */
};

static void check(const struct expectation *expectations, size_t count)
{
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct typing typing;
        char candidates[CANDIDATES_MAX];
        typing_start(&typing, kind);
        for (size_t i = 0; i < count; i++) {
            if (expectations[i].except & (1u << kind))
                continue;
            complete(&typing, expectations[i].line, candidates);
            cr_expect_str_eq(candidates, expectations[i].candidates, "%s: %s\nis: %s\nto be: %s", names[kind],
                             expectations[i].line, candidates, expectations[i].candidates);
        }
        typing_end(&typing);
    }
}
#define CHECK(...)                                                                                           \
    check((const struct expectation[]){__VA_ARGS__},                                                         \
          sizeof((const struct expectation[]){__VA_ARGS__}) / sizeof(struct expectation))

Test(completions, name_profiles)
{
    CHECK({"secrun -p ", "common default moltbot", 0}, {"secrun -p m", "moltbot", 0},
          {"secrun -nvpm", "-nvpmoltbot", 1u << FISH}, {"secrun -nv -p m", "moltbot", 0},
          {"secrun --profile=m", "moltbot", 0}, {"secrun --profile m", "moltbot", 0},
          {"secrunctl set -p m", "moltbot", 0}, {"secrunctl -p m", "moltbot", 0},
          {"secrunctl export --profile=c", "common", 0}, {"secrunctl check -p d", "default", 0});
}

Test(completions, take_the_store_that_the_line_names)
{
    CHECK({"secrun -d other -p ", "elsewhere", 0}, {"secrun --directory=other -p ", "elsewhere", 0},
          {"secrun --directory other -p ", "elsewhere", 0}, {"secrun -dother -p ", "elsewhere", 0},
          {"secrun -d ~/other -p ", "elsewhere", 0}, {"secrun -d $HOME/other -p ", "elsewhere", 0},
          {"secrun -d \"$HOME/other\" -p ", "elsewhere", 0}, {"secrun -d 'other' -p ", "elsewhere", 0},
          {"secrun -d other -p elsewhere -o ", "AWAY", 0}, {"secrunctl -d other list -p ", "elsewhere", 0},
          {"secrunctl list -d other -p ", "elsewhere", 0},
          {"secrunctl get -p elsewhere -d other ", "AWAY", 0},
          /* bash does not tell its completions what is assigned before a command. */
          {"SECRUN_DIR=other secrun -p ", "elsewhere", 1u << BASH | 1u << BASH_WITH_LOADER},
          {"true; SECRUN_DIR=~/other secrunctl list -p ", "elsewhere", 1u << BASH | 1u << BASH_WITH_LOADER},
          {"SECRUN_DIR=other true; secrun -p ", "common default moltbot", 0});
}

Test(completions, name_the_secrets_of_a_profile)
{
    CHECK({"secrun -p moltbot -o ", "API_KEY SENTRY_DSN TOKEN", 0}, {"secrun -o ", "PLAIN", 0},
          {"secrun -p moltbot -o TOKEN,", "TOKEN,API_KEY TOKEN,SENTRY_DSN", 0},
          {"secrun -p moltbot --require=TOKEN,A", "TOKEN,API_KEY", 0},
          {"secrunctl get -p moltbot ", "API_KEY SENTRY_DSN TOKEN", 0}, {"secrunctl get ", "PLAIN", 0},
          {"secrunctl -p moltbot set A", "API_KEY", 0},
          {"secrunctl unset -p moltbot TOKEN ", "API_KEY SENTRY_DSN", 0},
          {"secrunctl attribute -p moltbot ", "API_KEY SENTRY_DSN TOKEN", 0});
}

Test(completions, know_the_values_of_options)
{
    CHECK({"secrun --delivery ", "auto inject preload", 0}, {"secrun --delivery=", "auto inject preload", 0},
          {"secrun --delivery=i", "inject", 0}, {"secrunctl import --format ", "dotenv ini json", 0},
          {"secrunctl export --format=j", "json", 0}, {"secrun -u roo", "root", 0},
          {"secrun -u root:daemo", "root:daemon", 0}, {"secrun --user=root:daemo", "root:daemon", 0},
          {"secrun --ambient-caps net_bi", "net_bind_service", 0},
          {"secrun --ambient-caps chown,net_bi", "chown,net_bind_service", 0}, {"secrun -k ot", "other", 0},
          {"secrun -k cre", "credential", 0}, {"secrun --identity=cre", "credential", 0},
          {"secrun -f ot", "other", 0}, {"secrun -d ot", "other", 0}, {"secrunctl import ot", "other", 0},
          {"secrunctl scan --json ot", "other", 0}, {"secrunctl set --file ot", "other", 0});
}

Test(completions, go_on_with_the_command)
{
    CHECK({"secrun printen", "printenv", 0}, {"secrun -p moltbot -- printen", "printenv", 0},
          {"secrun -nv printen", "printenv", 0},
          {"secrun --delivery=inject /usr/bin/printen", "/usr/bin/printenv", 0},
          {"secrunctl check printen", "printenv", 0},
          {"secrunctl check -p moltbot -- printen", "printenv", 0},
          {"secrun -p moltbot -- cat ot", "other", 0}, {"secrun cat ot", "other", 0},
          /* What the command's own completions know, where there are any. */
          {"secrun -p moltbot -- ls --almost", "--almost-all", 1u << BASH},
          {"secrun -p moltbot ls --almost", "--almost-all", 1u << BASH},
          {"secrunctl check -- ls --almost", "--almost-all", 1u << BASH},
          /* A secrun below secrun. */
          {"secrun -p moltbot -- secrun -p d", "default", 1u << BASH});
}

static bool begins_another(pid_t pid)
{
    enum { NUMBERS = 4194304 };
    for (pid_t first = pid * 10, count = 10; first < NUMBERS; first *= 10, count *= 10)
        for (pid_t other = first; other < first + count; other++)
            if (kill(other, 0) == 0 || errno == EPERM)
                return true;
    return false;
}

Test(completions, know_the_processes)
{
    pid_t pid;
    char line[64], number[32];
    while ((pid = fork()) >= 0) { /* with a number that no other begins with */
        if (pid == 0) {
            execlp("sleep", "sleep", "100", NULL);
            _exit(127);
        }
        if (!begins_another(pid))
            break;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    cr_assert_gt(pid, 0);
    snprintf(number, sizeof number, "%d", (int)pid);
    snprintf(line, sizeof line, "secrunctl inspect --json %d", (int)pid);
    CHECK({line, number, 0});
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

Test(completions, name_the_verbs)
{
    CHECK({"secrunctl ",
           "attribute audit check edit enroll export fleet get import init inspect list pubkey recipients "
           "rekey rollback "
           "scan seal set sign unset verify",
           0},
          {"secrunctl -d other un", "unset", 0}, {"secrunctl ex", "export", 0});
}

static void make_inventory(void)
{
    struct outcome outcome =
        shell("printf '[fleet]\\noutput = x\\n[web-1]\\nprofiles = a\\n  [indented]\\n#[comment]\\n"
              "[db.example]\\n[$(touch evil)]\\n[`touch evil`]\\n[--prune]\\n[a b]\\n[..]\\n[]\\n'"
              " >fleet.ini && mkfifo pipe && touch team.txt outcome");
    check_status(outcome, 0);
    outcome_free(&outcome);
}

Test(completions, name_the_hosts_of_an_inventory)
{
    make_inventory();
    CHECK({"secrunctl fleet ", "seal", 0}, {"secrunctl fleet s", "seal", 0},
          {"secrunctl fleet seal fl", "fleet.ini", 0}, {"secrunctl fleet seal --jobs 2 fl", "fleet.ini", 0},
          {"secrunctl fleet seal fleet.ini ", "db.example web-1", 0},
          {"secrunctl fleet seal fleet.ini we", "web-1", 0},
          {"secrunctl fleet seal fleet.ini web-1 ", "db.example", 0},
          {"secrunctl fleet --prune seal --jobs=2 fleet.ini d", "db.example", 0},
          {"secrunctl fleet seal ~/fleet.ini d", "db.example", 0},
          {"secrunctl fleet seal $HOME/fleet.ini d", "db.example", 0},
          {"secrunctl fleet seal 'fleet.ini' d", "db.example", 0}, {"secrunctl fleet seal none d", "d", 0},
          {"secrunctl fleet seal pipe d", "d", 0}, {"secrunctl fleet seal store d", "d", 0},
          {"secrunctl fleet seal fleet.ini fl", "fl", 0}, {"secrunctl fleet seal '$(touch evil)' d", "d", 0},
          {"secrunctl fleet seal $(touch evil) d", "d", 1u << FISH},
          {"secrunctl fleet seal `touch evil` d", "d", 1u << FISH});
    struct outcome outcome = shell("ls evil 2>/dev/null");
    cr_expect_str_eq(outcome.out, "");
    outcome_free(&outcome);
}

Test(completions, know_the_files_of_seal)
{
    make_inventory();
    CHECK({"secrunctl seal te", "team.txt", 0}, {"secrunctl seal -R te", "team.txt", 0},
          {"secrunctl seal --recipients-file te", "team.txt", 0},
          {"secrunctl seal --recipients-file=te", "team.txt", 0},
          {"secrunctl seal -r age1 -R te", "team.txt", 0}, {"secrunctl seal -r te", "te", 0},
          {"secrunctl seal -R team.txt -o out", "outcome", 0}, {"secrunctl seal --output=out", "outcome", 0},
          {"secrunctl seal -r age1 out", "outcome", 0}, {"secrunctl enroll te", "te", 0},
          {"secrunctl enroll --name te", "te", 0});
}

/* --- against --help --- */

/* The long options of a command's help, sorted, with blanks between. Of secrunctl's common ones it has the
 * letters. */
static void options_of(const char *command, char options[static CANDIDATES_MAX])
{
    struct outcome outcome = shell("%s --help >help || exit\n"
                                   "case $(head -n 1 help) in\n"
                                   "*secrunctl*'[-p '*) echo --directory --profile --help --version ;;\n"
                                   "*secrunctl*) echo --directory --help --version ;;\n"
                                   "esac | tr ' ' '\\n' >common\n"
                                   "grep -oE -e '^ +--[a-z-]+' -e '-[a-zA-Z], --[a-z-]+' help |\n"
                                   "sed 's/.* //' | sort -u - common",
                                   command);
    check_status(outcome, 0);
    split(options, outcome.out);
    outcome_free(&outcome);
}

Test(completions, offer_the_options_that_help_has)
{
    char options[CANDIDATES_MAX], candidates[CANDIDATES_MAX], line[128];
    struct outcome verbs =
        shell("secrunctl --help | sed -n 's/^  \\([a-z]*\\)  *[a-z].*/\\1/p' | grep -v secrun");
    check_status(verbs, 0);
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct typing typing;
        typing_start(&typing, kind);
        options_of("secrun", options);
        complete(&typing, "secrun --", candidates);
        cr_expect_str_eq(candidates, options, "%s: secrun --\nis: %s\n--help: %s", names[kind], candidates,
                         options);
        char *list = strdup(verbs.out), *rest = list;
        for (char *verb; (verb = strsep(&rest, "\n")) && *verb;) {
            snprintf(line, sizeof line, "secrunctl %s", verb);
            options_of(line, options);
            snprintf(line, sizeof line, "secrunctl %s --", verb);
            complete(&typing, line, candidates);
            cr_expect_str_eq(candidates, options, "%s: %s\nis: %s\n--help: %s", names[kind], line, candidates,
                             options);
        }
        free(list);
        typing_end(&typing);
    }
    outcome_free(&verbs);
}

/* --- what they must not do --- */

Test(completions, run_nothing_that_was_typed)
{
    CHECK({"secrun -d $(touch evil) -p m", "m", 1u << FISH}, {"secrun -d `touch evil` -p m", "m", 1u << FISH},
          {"secrun -d \"$(touch evil)\" -p m", "m", 1u << FISH}, {"secrun -d '$(touch evil)' -p m", "m", 0},
          {"secrun -d ${x[$(touch evil)]} -p m", "m", 1u << FISH}, {"secrun -p '$(touch evil)' -o T", "T", 0},
          {"secrunctl get -p '$(touch evil)' T", "T", 0}, {"secrun -d '~$(touch evil)' -p m", "m", 0});
    struct outcome outcome = shell("ls evil 2>/dev/null");
    cr_expect_str_eq(outcome.out, "");
    outcome_free(&outcome);
}

Test(completions, are_silent_where_the_store_does_not_open)
{
    struct outcome sealed = shell("cp -R store locked && cd locked && node " TESTS_DIR
                                  "/vectors/typage.mjs encrypt-passphrase 'correct horse' 10 machine.key &&\n"
                                  "mv machine.key.age machine.key && chmod 600 machine.key && mkdir ../empty "
                                  "&& cp -R ../store ../open &&\n"
                                  "chmod 644 ../open/machine.key");
    check_status(sealed, 0);
    outcome_free(&sealed);
    CHECK({"secrun -d locked -p m", "m", 0}, {"secrun -d empty -p m", "m", 0},
          {"secrun -d open -p m", "m", 0}, {"secrun -d none -p m", "m", 0}, {"secrun -p none -o T", "T", 0},
          {"secrunctl -d locked get T", "T", 0});
}
