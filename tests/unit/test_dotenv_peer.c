/* SPDX-License-Identifier: ISC */
/* .env files against the npm package dotenv itself. Runs in the unit tests only, with node. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <sodium.h>

#include "store/dotenv.h"
#include "support/command.h"

static void begin(void)
{
    cr_assert_geq(sodium_init(), 0);
    cr_assert_not_null(getenv("SECRUN_NPM"), "SECRUN_NPM does not say where dotenv is");
    scratch_begin();
}

TestSuite(dotenv_peer, .init = begin, .fini = scratch_end, .timeout = 120);

/* --- many texts, and what is read from them --- */

struct texts {
    char *bytes; /* as dotenv_peer.mjs wants them */
    size_t size;
    size_t count;
};

static void add_text(struct texts *texts, const void *text, size_t size)
{
    unsigned char head[4] = {(unsigned char)size, (unsigned char)(size >> 8), (unsigned char)(size >> 16),
                             (unsigned char)(size >> 24)};
    texts->bytes = realloc(texts->bytes, texts->size + sizeof head + size + 1);
    cr_assert_not_null(texts->bytes);
    memcpy(texts->bytes + texts->size, head, sizeof head);
    if (size > 0)
        memcpy(texts->bytes + texts->size + sizeof head, text, size);
    texts->size += sizeof head + size;
    texts->count++;
}

/* The text at *at, which goes on to the next. */
static const char *next_text(const struct texts *texts, size_t *at, size_t *size)
{
    const unsigned char *head = (const unsigned char *)texts->bytes + *at;
    *size = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    *at += 4 + *size;
    return texts->bytes + *at - *size;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct dotenv_entry *)a)->name, ((const struct dotenv_entry *)b)->name);
}

/* What dotenv_peer.mjs prints, from our reader. */
static char *read_text(const char *text, size_t size)
{
    struct dotenv dotenv;
    struct reason why;
    size_t skipped, line, length;
    char *out;
    cr_assert(dotenv_parse(&dotenv, text, size, &skipped, &line, &why), "%s", why.text);
    if (dotenv.count > 1)
        qsort(dotenv.entries, dotenv.count, sizeof *dotenv.entries, by_name);
    FILE *stream = open_memstream(&out, &length);
    cr_assert_not_null(stream);
    fprintf(stream, "= %zu\n", dotenv.count);
    for (size_t i = 0; i < dotenv.count; i++) {
        fprintf(stream, "%s ", dotenv.entries[i].name);
        for (size_t j = 0; j < dotenv.entries[i].value_size; j++)
            fprintf(stream, "%02x", (unsigned char)dotenv.entries[i].value[j]);
        fputc('\n', stream);
    }
    fclose(stream);
    dotenv_free(&dotenv);
    return out;
}

/* Runs the real one over all texts, once. */
static struct outcome read_by_peer(const struct texts *texts)
{
    put_file("batch", texts->bytes, texts->size);
    struct outcome outcome = shell("node '%s/vectors/dotenv_peer.mjs' batch", TESTS_DIR);
    check_status(outcome, 0);
    return outcome;
}

static void check_same(const struct texts *texts)
{
    struct outcome peer = read_by_peer(texts);
    const char *theirs = peer.out;
    size_t size;
    for (size_t at = 0; at < texts->size;) {
        const char *text = next_text(texts, &at, &size);
        char *ours = read_text(text, size);
        cr_assert_eq(strncmp(theirs, ours, strlen(ours)), 0,
                     "text:\n%.*s\n---\nours:\n%s---\ntheirs, and what follows:\n%.400s", (int)size, text,
                     ours, theirs);
        theirs += strlen(ours);
        free(ours);
    }
    cr_assert_str_empty(theirs);
    outcome_free(&peer);
}

/* --- reading --- */

static int is_vector(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".env") == 0;
}

Test(dotenv_peer, reads_every_awkward_file_as_npm_dotenv_does)
{
    struct texts texts = {0};
    struct dirent **names;
    int count = scandir(TESTS_DIR "/vectors/dotenv", &names, is_vector, alphasort);
    cr_assert_geq(count, 60, "%d files", count);
    for (int i = 0; i < count; i++) {
        char path[4096];
        size_t size;
        snprintf(path, sizeof path, "%s/vectors/dotenv/%s", TESTS_DIR, names[i]->d_name);
        char *text = get_file(path, &size);
        add_text(&texts, text, size);
        free(text);
        free(names[i]);
    }
    free(names);
    check_same(&texts);
    free(texts.bytes);
}

static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state % below;
}

static const char *const tokens[] = {
    "A",      "B",      "KEY",    "export", "export ", "a.b",      "x-y",    "__proto__", "7",      " ",
    "  ",     "\t",     "\n",     "\n",     "\n",      "\r\n",     "\r",     "=",         "=",      "=",
    ":",      ": ",     "#",      " # ",    "'",       "'",        "\"",     "\"",        "`",      "\\",
    "\\n",    "\\r",    "\\'",    "\\\"",   "\\`",     "value",    "='",     "=\"",       "=`",     "'\n",
    "\"\n",   "\nA=",   "\nB='",  "\nC=\"", "\v",      "\f",       "\u00a0", "\u2028",    "\u2029", "\ufeff",
    "\u3000", "\u1680", "\u2003", "\u200b", "\u180e",  "\xc2\x85", "\u00e9", "\U0001f642"};

enum { TOKENS = sizeof tokens / sizeof tokens[0] };

Test(dotenv_peer, reads_thousands_of_random_files_as_npm_dotenv_does)
{
    struct texts texts = {0};
    uint32_t state = 0x5ec0be11;
    for (int i = 0; i < 8000; i++) {
        char text[512] = "";
        for (uint32_t n = 1 + draw(&state, 24); n > 0; n--)
            strcat(text, tokens[draw(&state, TOKENS)]);
        add_text(&texts, text, strlen(text));
    }
    check_same(&texts);
    free(texts.bytes);
}

/* Few tokens, so that quotes, backslashes and comments meet in most of the ways they can. */
Test(dotenv_peer, reads_every_order_of_quotes_and_backslashes_as_npm_dotenv_does)
{
    static const char *const few[] = {"'", "\\", "\n", "#", "B=", "x", "\""};
    enum { FEW = sizeof few / sizeof few[0], LENGTH = 5 };
    struct texts texts = {0};
    for (unsigned i = 0; i < 7 * 7 * 7 * 7 * 7; i++) {
        char text[64] = "A='";
        for (unsigned n = 0, rest = i; n < LENGTH; n++, rest /= FEW)
            strcat(text, few[rest % FEW]);
        add_text(&texts, text, strlen(text));
    }
    check_same(&texts);
    free(texts.bytes);
}

/* --- writing --- */

/* One file of all the values that can be written, each under its number; how many could not? */
static size_t check_written(const struct texts *values)
{
    struct secret file = {0};
    struct reason why;
    struct texts texts = {0};
    size_t size, refused = 0, number = 0, kept = 0;
    for (size_t at = 0; at < values->size; number++) {
        char name[32];
        const char *value = next_text(values, &at, &size);
        snprintf(name, sizeof name, "V%06zu", number);
        if (!dotenv_format(&file, name, value, size, &why))
            refused++;
    }
    add_text(&texts, file.bytes, file.size);
    check_same(&texts);
    struct outcome peer = read_by_peer(&texts);
    const char *theirs = strchr(peer.out, '\n') + 1;
    number = 0;
    for (size_t at = 0; at < values->size; number++) {
        const char *value = next_text(values, &at, &size);
        if (strtoul(theirs + 1, NULL, 10) != number)
            continue; /* one of the refused */
        char *hex = malloc(2 * size + 1);
        cr_assert_not_null(hex);
        sodium_bin2hex(hex, 2 * size + 1, (const unsigned char *)value, size);
        cr_assert_eq(strncmp(theirs + 8, hex, 2 * size), 0, "value %zu of %zu bytes", number, size);
        cr_assert_eq(theirs[8 + 2 * size], '\n', "value %zu of %zu bytes", number, size);
        theirs += 8 + 2 * size + 1;
        free(hex);
        kept++;
    }
    cr_assert_str_empty(theirs);
    cr_assert_eq(kept + refused, number);
    outcome_free(&peer);
    free(texts.bytes);
    secret_free(&file);
    return refused;
}

Test(dotenv_peer, what_is_written_is_read_back_by_npm_dotenv)
{
    static const char *const values[] = {"",
                                         "x",
                                         "two words",
                                         " edge ",
                                         "#hash",
                                         "a#b",
                                         "it's",
                                         "say \"hi\"",
                                         "`tick`",
                                         "'\"",
                                         "'\"`",
                                         "a\nb",
                                         "a\r\nb",
                                         "\r",
                                         "\n",
                                         "it's\n\"x\"",
                                         "\\",
                                         "a\\",
                                         "a\nb\\",
                                         "it's\\",
                                         "'\"`\\",
                                         "\\n",
                                         "a\\nb",
                                         "a\\'b",
                                         "'a'",
                                         "\"a\"",
                                         "=x",
                                         "$HOME",
                                         "\u00a0x",
                                         "x\u2028y",
                                         "\u2028'x'\u2028",
                                         "\ufeffx",
                                         "\u00e9\u0101",
                                         "\U0001f642\n",
                                         "-----BEGIN-----\nMIIE+/=\n-----END-----\n"};
    struct texts texts = {0};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        add_text(&texts, values[i], strlen(values[i]));
    cr_expect_eq(check_written(&texts), (size_t)0);
    free(texts.bytes);
}

Test(dotenv_peer, random_values_are_written_so_that_npm_dotenv_reads_them_or_refused)
{
    static const char *const pieces[] = {"'",  "\"", "`",  "\\", "\n", "\r",     "n",      "r",      "x",
                                         "y ", "#",  "# ", " ",  "=",  "\u00e9", "\u2028", "\u00a0", "$A"};
    enum { PIECES = sizeof pieces / sizeof pieces[0] };
    struct texts texts = {0};
    uint32_t state = 0xd07e2711;
    for (int i = 0; i < 6000; i++) {
        char value[256] = "";
        for (uint32_t n = 1 + draw(&state, 10); n > 0; n--)
            strcat(value, pieces[draw(&state, PIECES)]);
        add_text(&texts, value, strlen(value));
    }
    size_t refused = check_written(&texts);
    cr_expect_lt(refused, texts.count / 2, "%zu of %zu refused", refused, texts.count);
    cr_expect_gt(refused, (size_t)0);
    free(texts.bytes);
}

Test(dotenv_peer, a_large_value_is_read_back_by_npm_dotenv)
{
    enum { LARGE = 1024 * 1024 };
    struct texts texts = {0};
    char *value = malloc(LARGE);
    cr_assert_not_null(value);
    for (size_t i = 0; i < LARGE; i++)
        value[i] = i % 64 == 63 ? '\n' : (char)('a' + i % 26);
    add_text(&texts, value, LARGE);
    cr_expect_eq(check_written(&texts), (size_t)0);
    free(value);
    free(texts.bytes);
}
