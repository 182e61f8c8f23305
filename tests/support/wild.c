/* SPDX-License-Identifier: ISC */
/* Sessions of the wild: see wild.h. Runs in the test programs only; sees the secrets that tests make up. */
#include "support/wild.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/store.h"
#include "support/wild_watch.h"

#define PEM_BODY "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF"

const char wild_key[] = "sk-wild-7Yq2vJm0RzKx81TnBcPd4hFs";
const char wild_token[] = "it's \"quoted\" \\ $HOME `id` %s; é  #two blanks";
const char wild_pem[] = "-----BEGIN PRIVATE KEY-----\n" PEM_BODY "\n-----END PRIVATE KEY-----";
const char *const wild_values[] = {wild_key, wild_token, PEM_BODY, NULL};
char wild_digest[17];

static const char *become;

static void make_digest(void)
{
    char *text = NULL;
    int size = asprintf(&text, "%s\n%s\n%s\n", wild_key, wild_token, wild_pem);
    cr_assert_gt(size, 0);
    struct outcome digest = shell_with_input(text, (size_t)size, "sha256sum");
    check_status(digest, 0);
    snprintf(wild_digest, sizeof wild_digest, "%.16s", digest.out);
    outcome_free(&digest);
    free(text);
}

void wild_prepare(const char *attributes, bool as_root)
{
    char *text = NULL;
    int size = asprintf(&text,
                        "[wild]\n%sKEY = %s\nTOKEN = %s\nPEM = -----BEGIN PRIVATE KEY-----\n  " PEM_BODY
                        "\n  -----END PRIVATE KEY-----\n",
                        attributes, wild_key, wild_token);
    cr_assert_gt(size, 0);
    store_make("store", text, (size_t)size);
    free(text);
    /* Quoted by hand: single quotes, and a quote as '\''. */
    size = asprintf(&text,
                    "#!/bin/sh\nKEY='%s' TOKEN='it'\\''%s' PEM='%s'\n"
                    "export KEY TOKEN PEM\nexec \"$@\"\n",
                    wild_key, strchr(wild_token, '\'') + 1, wild_pem);
    cr_assert_gt(size, 0);
    put_file("plain", text, (size_t)size);
    free(text);
    size = asprintf(&text, "#!/bin/sh\nexec secrun -d '%s/store' -p wild -- \"$@\"\n", scratch());
    cr_assert_gt(size, 0);
    put_file("sealed", text, (size_t)size);
    free(text);
    struct outcome made =
        shell("printf '#!/bin/sh\\nexec \"$@\"\\n' >without; chmod 755 plain sealed without");
    check_status(made, 0);
    outcome_free(&made);
    make_digest();
    become = as_root ? "" : scratch_to_ordinary();
}

static struct watched run(const char *how, unsigned seconds, const char *script)
{
    struct outcome made =
        shell("rm -rf work && cp -R '" TESTS_DIR "/wild' work && chown -R --reference=. work");
    check_status(made, 0);
    outcome_free(&made);
    put_file("session", script, strlen(script));
    return watch_shell(
        seconds, wild_values,
        "chmod 755 session; cd work && HOME=%s WORK=%s/work RUN=%s/%s LC_ALL=C.UTF-8 exec %s sh ../session",
        scratch(), scratch(), scratch(), how, become);
}

/* Takes the lines out of standard error by which secrun tells that a program runs without, and counts them.
 */
static size_t cut_told(char *text)
{
    size_t count = 0;
    for (char *line = text, *end; (end = strchr(line, '\n'));) {
        char *told = strstr(line, ": runs without KEY and 2 more\n");
        if (strncmp(line, "secrun: ", strlen("secrun: ")) != 0 || !told || told > end) {
            line = end + 1;
            continue;
        }
        memmove(line, end + 1, strlen(end + 1) + 1);
        count++;
    }
    return count;
}

/* oracle: the other way to run it. */
static struct outcome compare(unsigned seconds, const char *script, const char *oracle)
{
    struct watched plain = run(oracle, seconds, script), sealed = run("sealed", seconds, script);
    check_status(plain.outcome, 0);
    check_status(sealed.outcome, 0);
    cr_expect_str_eq(sealed.outcome.out, plain.outcome.out, "prints\n%s\nand %s\n%s", sealed.outcome.out,
                     oracle, plain.outcome.out);
    if (strcmp(oracle, "plain") != 0)
        cr_expect(cut_told(sealed.outcome.err) > 0, "does not tell what runs without:\n%s",
                  sealed.outcome.err);
    cr_expect_str_eq(sealed.outcome.err, plain.outcome.err, "prints on standard error\n%s\nand %s\n%s",
                     sealed.outcome.err, oracle, plain.outcome.err);
    cr_expect(strcmp(oracle, "plain") != 0 || strlen(plain.seen) > 0, "the watch sees nothing");
    cr_expect_str_empty(sealed.seen, "of %zu programs that were started:\n%.2000s", sealed.starts,
                        sealed.seen);
    struct outcome printed = sealed.outcome;
    sealed.outcome = (struct outcome){0};
    watched_free(&plain);
    watched_free(&sealed);
    return printed;
}

__attribute__((format(printf, 1, 0))) static char *words(const char *format, va_list list)
{
    char *text = NULL;
    cr_assert_geq(vasprintf(&text, format, list), 0);
    return text;
}

struct outcome wild_compare(unsigned seconds, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char *script = words(format, list);
    va_end(list);
    struct outcome printed = compare(seconds, script, "plain");
    free(script);
    return printed;
}

struct outcome wild_compare_without(unsigned seconds, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char *script = words(format, list);
    va_end(list);
    struct outcome printed = compare(seconds, script, "without");
    free(script);
    return printed;
}

static size_t count_in(const char *text, const char *needle)
{
    size_t count = 0;
    for (; (text = strstr(text, needle)); text += strlen(needle))
        count++;
    return count;
}

size_t wild_count(const struct outcome *outcome, const char *needle)
{
    return count_in(outcome->out, needle) + count_in(outcome->err, needle);
}
