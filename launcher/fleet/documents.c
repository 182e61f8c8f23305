/* SPDX-License-Identifier: ISC */
/*
 * A fleet's documents: see documents.h. Runs in secrunctl; sees every secret of every host.
 *
 * They become one text, so that one reading finds what is there twice and what includes what. That no entry
 * of one file becomes part of another's last profile is made sure here: between two files there is a comment,
 * behind which no entry can go on, and each entry is looked for in its profile's file.
 */
#include "fleet/documents.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bsd/string.h>

#include "base/array.h"
#include "base/path.h"
#include "store/age.h"

struct documents_file {
    char *path;         /* owned */
    size_t begin;       /* in the text */
    size_t lines_above; /* in the text */
};

static const char separator[] = "#\n";

/* --- reading ---------------------------------------------------------------------------------------- */

static bool ends_with(const char *name, const char *end)
{
    size_t size = strlen(name), tail = strlen(end);
    return size > tail && strcmp(name + size - tail, end) == 0;
}

static int is_document(const struct dirent *entry)
{
    const char *name = entry->d_name;
    return name[0] != '.' && (ends_with(name, ".ini") || ends_with(name, ".age"));
}

static bool open_sealed(struct secret *text, const struct identities *identities, struct reason *why)
{
    struct secret sealed = *text;
    *text = (struct secret){0};
    if (!identities) {
        secret_free(&sealed);
        fail(why, "sealed, and there is no identity to open it with");
        return fail_hint(why, "identity = file:... in [fleet]");
    }
    enum age_result result =
        age_open(sealed.bytes, sealed.size, identity_array(identities), identities->count, text, why);
    secret_free(&sealed);
    return result == AGE_OK ||
           (result == AGE_NO_MATCH ? fail_hint(why, "it has to be sealed to the identity in [fleet], too")
                                   : false);
}

/* The text of one file. */
static bool read_text(struct documents *documents, const char *path, const struct identities *identities,
                      struct secret *text, struct reason *why)
{
    struct stat status;
    int fd = path_open(path, PATH_TRUSTED, why);
    if (fd < 0)
        return false;
    bool ok = secret_read(text, fd, AGE_FILE_MAX, path, why);
    if (ok && age_is_file(text->bytes, text->size)) {
        ok = open_sealed(text, identities, why) || fail_within(why, "%s", path);
    } else if (ok && ends_with(path, ".age")) {
        ok = fail(why, "%s: not a sealed file", path);
    } else if (ok && !documents->closed && fstat(fd, &status) == 0 &&
               (status.st_mode & (S_IRGRP | S_IROTH))) {
        if (!documents->exposed)
            documents->exposed = strdup(path);
        documents->exposed_count++;
    }
    close(fd);
    if (!ok)
        secret_free(text);
    return ok;
}

static size_t count_lines(const unsigned char *text, size_t size)
{
    size_t lines = 0;
    for (const unsigned char *at = text; (at = memchr(at, '\n', size - (size_t)(at - text))); at++)
        lines++;
    return lines;
}

static bool add_text(struct documents *documents, const struct secret *text, struct reason *why)
{
    struct secret *all = &documents->text;
    size_t mark = text->size >= 3 && memcmp(text->bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    if (all->size + text->size > DOCUMENT_MAX)
        return fail(why, "documents above %d bytes together", DOCUMENT_MAX);
    return secret_append(all, text->bytes + mark, text->size - mark, why) &&
           (all->size == 0 || all->bytes[all->size - 1] == '\n' || secret_append(all, "\n", 1, why)) &&
           secret_append(all, separator, strlen(separator), why);
}

static bool add_file(struct documents *documents, const char *directory, const char *name,
                     const struct identities *identities, size_t *lines, struct reason *why)
{
    struct secret text;
    struct documents_file file = {.begin = documents->text.size, .lines_above = *lines};
    void *array = array_make_room(documents->files, documents->count, &documents->capacity,
                                  sizeof *documents->files, why);
    if (!array)
        return false;
    documents->files = array;
    if (asprintf(&file.path, "%s/%s", directory, name) < 0)
        return fail(why, "no memory for a path");
    documents->files[documents->count++] = file;
    if (!read_text(documents, file.path, identities, &text, why))
        return false;
    bool ok = add_text(documents, &text, why) || fail_within(why, "%s", file.path);
    secret_free(&text);
    if (ok)
        *lines += count_lines(documents->text.bytes + file.begin, documents->text.size - file.begin);
    return ok;
}

static bool read_files(struct documents *documents, const char *directory,
                       const struct identities *identities, struct reason *why)
{
    struct dirent **entries;
    struct stat status;
    size_t lines = 0;
    documents->closed = stat(directory, &status) == 0 && !(status.st_mode & (S_IXGRP | S_IXOTH));
    int found = scandir(directory, &entries, is_document, alphasort);
    if (found < 0)
        return fail_errno(why, "%s", directory);
    bool ok = found > 0 || fail(why, "%s: no document (*.ini, or sealed: *.age) in it", directory);
    for (int i = 0; i < found; i++) {
        ok = ok && add_file(documents, directory, entries[i]->d_name, identities, &lines, why);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

/* --- one document ----------------------------------------------------------------------------------- */

/* The file that has this line (1-based) of the text. */
static const struct documents_file *find_file(const struct documents *documents, size_t line)
{
    size_t i = documents->count - 1;
    while (i > 0 && documents->files[i].lines_above >= line)
        i--;
    return &documents->files[i];
}

/* "line N: ..." of the whole text becomes "FILE: line M: ..." */
static bool name_file(const struct documents *documents, struct reason *why)
{
    static const char before[] = "line ", behind[] = ": ";
    char *end = why->text;
    unsigned long line = 0;
    if (strncmp(why->text, before, strlen(before)) == 0)
        line = strtoul(why->text + strlen(before), &end, 10);
    if (line == 0 || strncmp(end, behind, strlen(behind)) != 0)
        return false;
    const struct documents_file *file = find_file(documents, line);
    end += strlen(behind);
    memmove(why->text, end, strlen(end) + 1);
    return fail_within(why, "%s: line %lu", file->path, line - (unsigned long)file->lines_above);
}

/* Is every entry in the file in which its profile begins? */
static bool check_entries(const struct documents *documents, struct reason *why)
{
    const struct document *document = &documents->document;
    const struct documents_file *file = documents->files, *end = file + documents->count;
    for (size_t i = 0; i < document->entry_count; i++) {
        const struct document_entry *entry = &document->entries[i];
        while (file + 1 < end && file[1].begin <= entry->begin)
            file++;
        if (document->profiles[entry->profile].begin < file->begin)
            return fail(why, "%s: line %zu: an entry before the first [profile]", file->path,
                        entry->line - file->lines_above);
    }
    return true;
}

bool documents_read(struct documents *documents, const char *directory, const struct identities *identities,
                    struct reason *why)
{
    *documents = (struct documents){0};
    if (!read_files(documents, directory, identities, why))
        return false;
    if (document_parse(&documents->document, (const char *)documents->text.bytes, documents->text.size, why))
        return check_entries(documents, why);
    documents->document = (struct document){0};
    return name_file(documents, why);
}

void documents_free(struct documents *documents)
{
    for (size_t i = 0; i < documents->count; i++)
        free(documents->files[i].path);
    free(documents->files);
    free(documents->exposed);
    document_free(&documents->document);
    secret_free(&documents->text);
    *documents = (struct documents){0};
}
