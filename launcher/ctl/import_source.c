/* SPDX-License-Identifier: ISC */
/* Reading what is to be imported: see import_source.h. Runs in secrunctl; sees the file's values. */
#include "ctl/import_source.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/message.h"
#include "ctl/json.h"

enum { IMPORT_MAX = 32 * 1024 * 1024 }; /* bytes of a file */

static bool add_item(struct import_source *source, struct import_item item, struct reason *why)
{
    void *array =
        array_make_room(source->items, source->count, &source->capacity, sizeof *source->items, why);
    if (!array)
        return false;
    source->items = array;
    source->items[source->count++] = item;
    return true;
}

static bool read_file(struct import_source *source, struct reason *why)
{
    const char *operand = source->invocation->operands[0];
    struct stat status;
    bool is_input = strcmp(operand, "-") == 0;
    source->path = is_input ? "standard input" : operand;
    int fd = is_input ? STDIN_FILENO : open(operand, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fail_errno(why, "%s", source->path);
    source->is_regular = !is_input && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    source->mode = source->is_regular ? status.st_mode & 07777 : 0;
    bool ok = secret_read(&source->text, fd, IMPORT_MAX, source->path, why);
    if (!is_input)
        close(fd);
    return ok;
}

/* What python-dotenv, docker, systemd or a shell would read in another way. No name: it may be none. */
static void tell_differences(struct import_source *source)
{
    static const struct {
        unsigned note;
        const char *text;
    } notes[] = {
        {DOTENV_CUT,
         "the value ends at a # with no blank before it, as npm's dotenv reads it; for others it goes "
         "on: put it in quotes if that is meant"},
        {DOTENV_DOLLAR,
         "the value has a ${...}, which npm's dotenv does not replace: it is there as it stands"},
        {DOTENV_AGAIN, "the same name again, with another value, which counts"},
    };
    for (size_t i = 0; i < source->dotenv.count; i++)
        for (size_t j = 0; j < sizeof notes / sizeof *notes; j++)
            if (source->dotenv.entries[i].notes & notes[j].note) {
                message("secrunctl", "%s: line %zu: %s", source->path, source->dotenv.entries[i].line,
                        notes[j].text);
                source->is_different = true;
            }
}

static bool read_dotenv(struct import_source *source, struct reason *why)
{
    size_t skipped, line;
    if (!dotenv_parse(&source->dotenv, (const char *)source->text.bytes, source->text.size, &skipped, &line,
                      why))
        return fail_within(why, "%s", source->path);
    source->is_partial = skipped > 0;
    if (skipped > 0)
        message("secrunctl", "%s: %zu line%s passed over as no assignment, the first is line %zu",
                source->path, skipped, skipped == 1 ? "" : "s", line);
    tell_differences(source);
    for (size_t i = 0; i < source->dotenv.count; i++) {
        const struct dotenv_entry *entry = &source->dotenv.entries[i];
        if (!add_item(source,
                      (struct import_item){.profile = source->invocation->profile,
                                           .name = entry->name,
                                           .value = entry->value,
                                           .size = entry->value_size,
                                           .line = entry->line},
                      why))
            return false;
    }
    return true;
}

static bool on_member(void *user, const char *name, const char *value, size_t size, struct reason *why)
{
    struct import_source *source = user;
    struct import_item item = {.profile = source->invocation->profile, .size = size};
    item.name_at = source->pool.size;
    if (!secret_append(&source->pool, name, strlen(name) + 1, why))
        return false;
    item.value_at = source->pool.size;
    return secret_append(&source->pool, value, size, why) && secret_append(&source->pool, "", 1, why) &&
           add_item(source, item, why);
}

static bool read_json(struct import_source *source, struct reason *why)
{
    if (!json_read_members((const char *)source->text.bytes, source->text.size, on_member, source, why))
        return fail_within(why, "%s", source->path);
    for (size_t i = 0; i < source->count; i++) {
        source->items[i].name = (const char *)source->pool.bytes + source->items[i].name_at;
        source->items[i].value = (const char *)source->pool.bytes + source->items[i].value_at;
    }
    return true;
}

static bool read_ini(struct import_source *source, struct reason *why)
{
    if (!document_parse(&source->document, (const char *)source->text.bytes, source->text.size, why)) {
        source->document = (struct document){0};
        return fail_within(why, "%s", source->path);
    }
    for (size_t i = 0; i < source->document.entry_count; i++) {
        const struct document_entry *entry = &source->document.entries[i];
        struct import_item item = {.profile = source->document.profiles[entry->profile].name,
                                   .name = entry->name,
                                   .word = entry->word,
                                   .value = entry->value,
                                   .size = entry->value_size,
                                   .line = entry->line};
        if (!add_item(source, item, why))
            return false;
    }
    return true;
}

const char *const import_formats[] = {"dotenv", "json", "ini", NULL};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);
    return size >= tail && strcmp(text + size - tail, end) == 0;
}

/* What --format says, else the file's name, else its first byte. */
static const char *format_of(const struct import_source *source)
{
    size_t at = 0;
    if (source->invocation->options[OPTION_FORMAT])
        return source->invocation->options[OPTION_FORMAT];
    if (ends_with(source->path, ".ini"))
        return "ini";
    while (at < source->text.size && strchr(" \t\r\n", source->text.bytes[at]))
        at++;
    return ends_with(source->path, ".json") || (at < source->text.size && source->text.bytes[at] == '{')
               ? "json"
               : "dotenv";
}

static bool read_items(struct import_source *source, struct reason *why)
{
    const char *format = format_of(source);
    if (strcmp(format, "json") == 0)
        return read_json(source, why);
    if (strcmp(format, "dotenv") == 0)
        return read_dotenv(source, why);
    if (source->invocation->options[OPTION_PROFILE])
        return fail(why, "%s: an INI document names its profiles itself: -p does not go with it",
                    source->path);
    return read_ini(source, why);
}

bool import_source_read(struct import_source *source, const struct invocation *invocation, struct reason *why)
{
    *source = (struct import_source){.invocation = invocation};
    return read_file(source, why) && read_items(source, why);
}

void import_source_free(struct import_source *source)
{
    free(source->items);
    dotenv_free(&source->dotenv);
    document_free(&source->document);
    secret_free(&source->pool);
    secret_free(&source->text);
    *source = (struct import_source){0};
}
