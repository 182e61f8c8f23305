/* SPDX-License-Identifier: ISC */
/* Fuzzes .env files: what is read and can be written is read again, whatever stands around it. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "store/dotenv.h"

FUZZ_WITH_SODIUM

/* Every entry is written to one file; what that says is what was written, and nothing else. */
static void check_written(const struct dotenv *dotenv)
{
    struct secret out = {0};
    struct dotenv again;
    struct reason why;
    bool *written = calloc(dotenv->count + 1, sizeof *written);
    size_t skipped, line, next = 0;
    require(written != NULL);
    for (size_t i = 0; i < dotenv->count; i++) {
        const struct dotenv_entry *entry = &dotenv->entries[i];
        written[i] = dotenv_format(&out, entry->name, entry->value, entry->value_size, &why);
    }
    require(dotenv_parse(&again, (const char *)out.bytes, out.size, &skipped, &line, &why) && skipped == 0);
    for (size_t i = 0; i < dotenv->count; i++) {
        if (!written[i])
            continue;
        const struct dotenv_entry *a = &dotenv->entries[i], *b = &again.entries[next++];
        require(next <= again.count && strcmp(a->name, b->name) == 0 && a->value_size == b->value_size &&
                memcmp(a->value, b->value, a->value_size) == 0);
    }
    require(next == again.count);
    dotenv_free(&again);
    secret_free(&out);
    free(written);
}

/* The input as a value. */
static void check_value(const char *value, size_t size)
{
    static const char behind[] = "C='\nD=\"\nE=`'\"\n`\n"; /* quotes to end a value at */
    struct secret out = {0};
    struct dotenv dotenv;
    struct reason why;
    size_t skipped, line;
    require(secret_append(&out, "B=1\n", 4, &why));
    if (dotenv_format(&out, "A", value, size, &why)) {
        require(secret_append(&out, behind, strlen(behind), &why));
        require(dotenv_parse(&dotenv, (const char *)out.bytes, out.size, &skipped, &line, &why));
        require(dotenv.count >= 2 && strcmp(dotenv.entries[1].name, "A") == 0);
        require(dotenv.entries[1].value_size == size && memcmp(dotenv.entries[1].value, value, size) == 0);
        dotenv_free(&dotenv);
    } else {
        require(out.size == 4);
    }
    secret_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dotenv dotenv;
    struct reason why = {0};
    size_t skipped, line;
    if (dotenv_parse(&dotenv, (const char *)data, size, &skipped, &line, &why)) {
        require((skipped == 0) == (line == 0));
        check_written(&dotenv);
    } else {
        require(!dotenv.values.bytes && why.text[0] != '\0');
    }
    dotenv_free(&dotenv);
    check_value((const char *)data, size);
    return 0;
}
