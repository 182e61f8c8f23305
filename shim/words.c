/* SPDX-License-Identifier: ISC */
/* The text and the words of wordexp: see words.h. Runs inside the target; both may hold secrets. */
#include "shim/words.h"

#include <stdint.h>

/* --- reading the text ---------------------------------------------------------------------------------- */

/* What a character may stand in; TOP is outside all. */
enum context {
    TOP,
    DOUBLE_QUOTES,
    PARAMETER,  /* ${…} */
    COMMAND,    /* $(…), and a subshell in it */
    ARITHMETIC, /* $((…)) */
    GROUP,      /* (…) in that */
    BACKTICKS,
};

enum { DEPTH_MAX = 64 };

struct reader {
    const char *at;
    char *to; /* or NULL */
    bool commands, word_begins;
    size_t depth;
    unsigned char contexts[DEPTH_MAX];
};

static enum context context(const struct reader *reader)
{
    return reader->depth > 0 ? (enum context)reader->contexts[reader->depth - 1] : TOP;
}

static int push(struct reader *reader, enum context inner)
{
    if (reader->depth == DEPTH_MAX)
        return WORDS_SYNTAX;
    reader->contexts[reader->depth++] = (unsigned char)inner;
    return 0;
}

static void emit(struct reader *reader, char byte)
{
    if (reader->to)
        *reader->to++ = byte;
}

/* Copies up to, and with, the closing quote; the opening one is the current byte. */
static int read_single_quotes(struct reader *reader)
{
    do {
        emit(reader, *reader->at++);
        if (*reader->at == '\0')
            return WORDS_SYNTAX;
    } while (*reader->at != '\'');
    emit(reader, *reader->at++);
    return 0;
}

/* $ and what it begins. */
static int read_dollar(struct reader *reader)
{
    emit(reader, *reader->at++);
    if (*reader->at == '{') {
        emit(reader, *reader->at++);
        return push(reader, PARAMETER);
    }
    if (*reader->at != '(')
        return 0;
    emit(reader, *reader->at++);
    if (*reader->at == '(') {
        emit(reader, *reader->at++);
        return push(reader, ARITHMETIC);
    }
    reader->commands = true;
    return push(reader, COMMAND);
}

/* One that closes within $(( without another behind it: this was a command that begins with a subshell. */
static void read_closing_parenthesis(struct reader *reader)
{
    if (context(reader) != ARITHMETIC) {
        reader->depth--;
    } else if (reader->at[1] == ')') {
        reader->depth--;
        emit(reader, *reader->at++);
    } else {
        reader->commands = true;
        reader->contexts[reader->depth - 1] = COMMAND;
    }
    emit(reader, *reader->at++);
}

static int read_backtick(struct reader *reader)
{
    emit(reader, *reader->at++);
    reader->commands = true;
    for (size_t depth = reader->depth; depth > 0; depth--)
        if (reader->contexts[depth - 1] == BACKTICKS) {
            reader->depth = depth - 1;
            return 0;
        }
    return push(reader, BACKTICKS);
}

/* The characters that open and close something, by what they stand in. */
static int read_special(struct reader *reader)
{
    enum context in = context(reader);
    char byte = *reader->at;
    if (byte == '$')
        return read_dollar(reader);
    if (byte == '`')
        return read_backtick(reader);
    if (byte == ')' && (in == COMMAND || in == ARITHMETIC || in == GROUP)) {
        read_closing_parenthesis(reader);
        return 0;
    }
    /* Within ${…} shells do not agree on whether it quotes; taken for a plain byte, nothing is hidden by it.
     */
    if (byte == '\'' && (in == TOP || in == COMMAND))
        return read_single_quotes(reader);
    emit(reader, *reader->at++);
    if ((byte == '"' && in == DOUBLE_QUOTES) || (byte == '}' && in == PARAMETER))
        reader->depth--;
    else if (byte == '"')
        return push(reader, DOUBLE_QUOTES);
    else if (byte == '(' && (in == COMMAND || in == ARITHMETIC || in == GROUP))
        return push(reader, in == COMMAND ? COMMAND : GROUP);
    return 0;
}

static bool is_one_of(char byte, const char *set)
{
    while (*set && *set != byte)
        set++;
    return *set != '\0';
}

static int read_one(struct reader *reader)
{
    char byte = *reader->at;
    bool top = reader->depth == 0, begins = reader->word_begins;
    reader->word_begins = top && (byte == ' ' || byte == '\t');
    if (byte == '\\') {
        emit(reader, *reader->at++);
        if (*reader->at == '\0')
            return WORDS_SYNTAX;
        emit(reader, *reader->at++);
        return 0;
    }
    if (top && is_one_of(byte, "\n|&;<>(){}"))
        return WORDS_BADCHAR;
    if (is_one_of(byte, "$`'\"(){}"))
        return read_special(reader);
    if (byte == '#' && begins)
        emit(reader, '\\');
    emit(reader, *reader->at++);
    return 0;
}

int words_check(const char *text, bool *commands, char *copy)
{
    struct reader reader = {.at = text, .to = copy, .word_begins = true};
    int error = 0;
    while (error == 0 && *reader.at)
        error = read_one(&reader);
    emit(&reader, '\0');
    *commands = reader.commands;
    return error != 0 ? error : reader.depth > 0 ? WORDS_SYNTAX : 0;
}

/* --- giving the words ---------------------------------------------------------------------------------- */

/* Puts copies of the words at places[0] and on, and a null behind them; all or none. */
static bool copy_words(char **places, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t size = 1;
        while (bytes[size - 1])
            size++;
        places[i] = malloc(size);
        if (!places[i]) {
            while (i > 0)
                free(places[--i]);
            places[0] = NULL;
            return false;
        }
        memcpy(places[i], bytes, size);
        bytes += size;
    }
    places[count] = NULL;
    return true;
}

int words_add(struct wordexp *result, const char *bytes, size_t size, int flags)
{
    bool append = (flags & WORDEXP_APPEND) && result->words;
    size_t offset = append || (flags & WORDEXP_OFFSET) ? result->offset : 0;
    size_t before = append ? result->count : 0, count = 0;
    for (size_t i = 0; i < size; i++)
        count += bytes[i] == '\0';
    if (offset > SIZE_MAX / sizeof(char *) / 4)
        return WORDS_NOSPACE;
    char **places = realloc(append ? result->words : NULL, (offset + before + count + 1) * sizeof *places);
    if (!places)
        return WORDS_NOSPACE;
    if (append)
        result->words = places;
    else
        memset(places, 0, offset * sizeof *places);
    if (!copy_words(places + offset + before, bytes, count)) {
        if (!append)
            free(places);
        return WORDS_NOSPACE;
    }
    *result = (struct wordexp){before + count, places, offset};
    return 0;
}
