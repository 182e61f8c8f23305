/* SPDX-License-Identifier: ISC */
/* Made-up secrets: see secrets.h. Runs in the leak matrix, which knows them all. */
#include "matrix/secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { PIECE = 8, PIECES_MAX = 1024, FILTER_BITS = 1 << 16 };

/* In a shape, # is a random letter or digit; all else stands for itself. */
static const struct {
    const char *name, *shape;
} shapes[] = {
    {"KEY", "sk-####################################"},
    {"PW", "####################"},
    {"URL", "pg://####:####%23####@####:5432/####?a=####&b=####"},
    {"QUOTES", "#\"##'##$##\\##`##;##  ##=##{##}##%s#"},
    {"UTF8", "клю####клю####клю####"},
    {"PEM", "#################\n################\n################"},
    {"PIN", "######"},
    {NULL, ""},
    {"KEY", "other-##############################"},
};

_Static_assert(sizeof shapes / sizeof *shapes == SECRETS_OTHER + 1, "one shape for each secret");

struct made_up secrets[SECRETS_OTHER + 1];

static struct piece {
    uint64_t bytes;
    int secret;
} pieces[PIECES_MAX];
static size_t piece_count;
static uint8_t filter[FILTER_BITS / 8];

static unsigned filter_bit(uint64_t bytes)
{
    return (unsigned)(bytes * 0x9e3779b97f4a7c15u >> 48);
}

static void add_pieces(int secret)
{
    const char *value = secrets[secret].value;
    for (size_t at = 0; at + PIECE <= strlen(value) && piece_count < PIECES_MAX; at++) {
        struct piece *piece = &pieces[piece_count++];
        memcpy(&piece->bytes, value + at, PIECE);
        piece->secret = secret;
        filter[filter_bit(piece->bytes) / 8] |= (uint8_t)(1u << filter_bit(piece->bytes) % 8);
    }
}

bool secrets_make(void)
{
    static const char letters[] = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    for (int i = 0; i <= SECRETS_OTHER; i++) {
        unsigned char random[SECRETS_VALUE_MAX];
        if (getrandom(random, sizeof random, 0) != sizeof random)
            return false;
        secrets[i].name = shapes[i].name;
        snprintf(secrets[i].value, sizeof secrets[i].value, "%s", shapes[i].shape);
        for (size_t at = 0; secrets[i].value[at]; at++)
            if (secrets[i].value[at] == '#')
                secrets[i].value[at] = letters[random[at] % (sizeof letters - 1)];
        add_pieces(i);
    }
    return true;
}

/* `NAME=value` at the beginning of an entry, or of a witness's record, which has one letter before it. */
static bool is_entry_in(const char *text, size_t size, const struct made_up *secret)
{
    char whole[SECRETS_VALUE_MAX + 32];
    size_t length = (size_t)snprintf(whole, sizeof whole, "%s=%s", secret->name, secret->value);
    for (const char *at = text; (at = memmem(at, size - (size_t)(at - text), whole, length)); at++) {
        size_t before = (size_t)(at - text);
        if (before < 2 || at[-1] == '\0' || at[-2] == '\0')
            return true;
    }
    return false;
}

uint32_t secrets_in(const void *bytes, size_t size)
{
    uint32_t found = 0;
    const char *text = bytes;
    for (size_t at = 0; at + PIECE <= size; at++) {
        uint64_t here;
        memcpy(&here, text + at, PIECE);
        if (!(filter[filter_bit(here) / 8] >> filter_bit(here) % 8 & 1))
            continue;
        for (size_t i = 0; i < piece_count; i++)
            if (pieces[i].bytes == here)
                found |= 1u << pieces[i].secret;
    }
    for (int i = 0; i < SECRETS; i++)
        if (strlen(secrets[i].value) < PIECE && is_entry_in(text, size, &secrets[i]))
            found |= 1u << i;
    return found;
}

const char *secrets_names(uint32_t which)
{
    static _Thread_local char names[256];
    size_t used = 0;
    names[0] = '\0';
    for (int i = 0; i <= SECRETS_OTHER; i++)
        if (which >> i & 1)
            used +=
                (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? " " : "", secrets[i].name);
    return names;
}

int secrets_index(const char *name, size_t size)
{
    for (int i = 0; i < SECRETS; i++)
        if (strlen(shapes[i].name) == size && memcmp(shapes[i].name, name, size) == 0)
            return i;
    return -1;
}

/* --- the store ---------------------------------------------------------------------------------------- */

static void put_secret(FILE *out, const struct made_up *secret)
{
    fprintf(out, "%s = ", secret->name);
    for (const char *byte = secret->value; *byte; byte++) {
        fputc(*byte, out);
        if (*byte == '\n') /* a value goes on in an indented line */
            fputs("  ", out);
    }
    fputc('\n', out);
}

static void put_line(FILE *out, const char *line, const char *programs)
{
    if (strcmp(line, "@secrets\n") == 0) {
        for (int i = 0; i < SECRETS; i++)
            put_secret(out, &secrets[i]);
    } else if (strcmp(line, "@other\n") == 0) {
        put_secret(out, &secrets[SECRETS_OTHER]);
    } else if (strcmp(line, "@dumpable\n") == 0) {
        /* Root may look at everything; another user only at what lets him. */
        fputs(getuid() == 0 ? "" : ".dumpable = yes\n", out);
    } else {
        const char *at = strstr(line, "@programs");
        if (at)
            fprintf(out, "%.*s%s%s", (int)(at - line), line, programs, at + strlen("@programs"));
        else
            fputs(line, out);
    }
}

bool secrets_store(const char *store, const char *template, const char *programs)
{
    char command[2048], line[1024];
    snprintf(command, sizeof command,
             "set -e; umask 077; mkdir '%s'; cd '%s'; age-keygen -o machine.key 2>/dev/null; "
             "exec age -r \"$(age-keygen -y machine.key)\" -o secrets.age",
             store, store);
    FILE *in = fopen(template, "re"), *out = popen(command, "we");
    if (!in || !out) {
        perror(in ? "age" : template);
        return false;
    }
    while (fgets(line, sizeof line, in))
        put_line(out, line, programs);
    fclose(in);
    if (pclose(out) == 0)
        return true;
    fprintf(stderr, "leak matrix: %s: no store could be made\n", store);
    return false;
}
