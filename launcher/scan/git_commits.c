/* SPDX-License-Identifier: ISC */
/*
 * Every object of a git repository: see scan.h. First all are scanned, in the order that they lie in; then,
 * if values were found, the commits are asked once which of them brought these objects, and as what. A value
 * in the name of a file is met in each tree that lists it, so as often as anything beside it changed: it is
 * told once, of the commit that brought the name. Runs in secrunctl.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "scan/git.h"

/* A finding that has no place yet. */
struct held {
    char id[GIT_ID_SIZE], type[8];
    struct finding finding;
    bool placed;
};

struct holding {
    struct held *list;
    size_t count, capacity;
    char id[GIT_ID_SIZE], type[8]; /* of the object that is being scanned */
    bool trees;                    /* has one a value? */
};

static bool hold(void *user, const struct finding *finding, struct reason *why)
{
    struct holding *holding = user;
    void *list =
        array_make_room(holding->list, holding->count, &holding->capacity, sizeof *holding->list, why);
    if (!list)
        return false;
    holding->list = list;
    struct held *held = &holding->list[holding->count++];
    *held = (struct held){.finding = *finding};
    memcpy(held->id, holding->id, sizeof held->id);
    memcpy(held->type, holding->type, sizeof held->type);
    holding->trees = holding->trees || strcmp(held->type, "tree") == 0;
    return true;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct held *)a)->id, ((const struct held *)b)->id);
}

static bool scan_objects(struct scan *scan, const char *directory, struct holding *holding,
                         struct reason *why)
{
    static const char *const words[] = {"cat-file", "--batch",     "--batch-all-objects",
                                        "--buffer", "--unordered", NULL};
    struct git_reader reader;
    uint64_t size;
    bool ok = true;
    if (!git_read_start(&reader, scan, directory, words, -1, why))
        return false;
    scan->where = (struct where){.kind = WHERE_COMMIT};
    while (git_read_object(&reader, holding->id, holding->type, &size, &ok, why))
        if (!(ok = git_scan_object(&reader, scan, size, why)))
            break;
    return git_read_end(&reader, ok, why);
}

static bool report(struct scan *scan, struct held *held, const char *commit, const char *path,
                   struct reason *why)
{
    struct finding finding = held->finding;
    finding.where = (struct where){
        .kind = WHERE_COMMIT, .path = path, .commit = commit, .object = held->id, .type = held->type};
    held->placed = true;
    return scan->report(scan->user, &finding, why);
}

/* Of `:MODE MODE ID ID STATUS`, or of a merge, with as many colons as parents, the last ID; and does the
 * status say of each parent that the path is new? */
static bool read_entry(char *entry, char id[static GIT_ID_SIZE], bool *is_new)
{
    size_t parents = strspn(entry, ":");
    const char *word = strtok(entry, " ");
    for (size_t i = 0; word && i < 2 * parents + 1; i++)
        word = strtok(NULL, " ");
    if (!word)
        return false;
    snprintf(id, GIT_ID_SIZE, "%s", word);
    word = strtok(NULL, " ");
    *is_new = word && strspn(word, "A") == strlen(word);
    return word != NULL;
}

/* Reports a value in the name that a commit brings; what is above it was brought by itself. */
static bool find_in_name(struct scan *scan, const char *id, const char *commit, const char *path,
                         struct reason *why)
{
    const char *slash = strrchr(path, '/');
    scan->where =
        (struct where){.kind = WHERE_COMMIT, .path = path, .commit = commit, .object = id, .type = "name"};
    return scan_name(scan, slash ? slash + 1 : path, why);
}

/* Reports what is held of one object that a commit brings; of a tree that is what find_in_name does. */
static bool place(struct scan *scan, struct holding *holding, const char *id, const char *commit,
                  const char *path, struct reason *why)
{
    size_t low = 0, high = holding->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(holding->list[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < holding->count && strcmp(holding->list[low].id, id) == 0; low++)
        if (strcmp(holding->list[low].type, "tree") == 0)
            holding->list[low].placed = true;
        else if (!report(scan, &holding->list[low], commit, path, why))
            return false;
    return true;
}

/* What diff-tree prints: a commit, then for each path of it an entry and the path. */
static bool read_changes(struct scan *scan, struct git_reader *reader, struct holding *holding,
                         struct reason *why)
{
    char commit[GIT_ID_SIZE] = "", id[GIT_ID_SIZE], *token;
    bool ok;
    while ((token = git_read_token(reader, '\0', &ok, why)) != NULL) {
        if (token[0] != ':') {
            snprintf(commit, sizeof commit, "%s", token);
            continue;
        }
        bool is_new, understood = read_entry(token, id, &is_new);
        const char *path = git_read_token(reader, '\0', &ok, why);
        if (!path || !understood)
            return ok && fail(why, "git diff-tree: what it prints is not understood");
        scan_progress(scan);
        if (!place(scan, holding, id, commit, path, why) ||
            (holding->trees && is_new && !find_in_name(scan, id, commit, path, why)))
            return false;
    }
    return ok;
}

/* The list of all commits, for diff-tree to read; that tells of every tree but the topmost. */
static bool list_commits(struct scan *scan, const char *directory, struct holding *holding, int list,
                         struct reason *why)
{
    static const char *const words[] = {"rev-list", "--all", "--reflog", "--format=%T", NULL};
    struct git_reader reader;
    const char *line;
    bool ok;
    if (!git_read_start(&reader, scan, directory, words, -1, why))
        return false;
    while ((line = git_read_token(&reader, '\n', &ok, why)) != NULL) {
        if (strncmp(line, "commit ", 7) != 0)
            ok = place(scan, holding, line, NULL, NULL, why);
        else
            ok = dprintf(list, "%s\n", line + 7) > 0 || fail_errno(why, "a list in memory");
        if (!ok)
            break;
    }
    ok = git_read_end(&reader, ok, why);
    return ok && (lseek(list, 0, SEEK_SET) == 0 || fail_errno(why, "a list in memory"));
}

static bool place_all(struct scan *scan, const char *directory, struct holding *holding, struct reason *why)
{
    static const char *const words[] = {"diff-tree",     "--stdin", "-r", "-c",          "-t",
                                        "--root",        "--raw",   "-z", "--no-abbrev", "--no-renames",
                                        "--no-ext-diff", NULL};
    struct git_reader reader;
    int list = git_list_make(why);
    if (list < 0)
        return false;
    bool ok = list_commits(scan, directory, holding, list, why) &&
              git_read_start(&reader, scan, directory, words, list, why);
    if (ok)
        ok = git_read_end(&reader, read_changes(scan, &reader, holding, why), why);
    close(list);
    return ok;
}

bool scan_commits(struct scan *scan, const char *directory, struct reason *why)
{
    struct holding holding = {0};
    bool (*report_fn)(void *, const struct finding *, struct reason *) = scan->report;
    void *user = scan->user;
    scan->report = hold;
    scan->user = &holding;
    bool ok = scan_objects(scan, directory, &holding, why);
    scan->report = report_fn;
    scan->user = user;
    if (holding.count > 0) {
        struct reason second;
        qsort(holding.list, holding.count, sizeof *holding.list, by_id);
        /* What has been found is told, whatever else fails. */
        if (!place_all(scan, directory, &holding, ok ? why : &second))
            ok = false;
        scan_progress_end(scan);
    }
    for (size_t i = 0; i < holding.count; i++) {
        struct held *held = &holding.list[i];
        const char *commit = strcmp(held->type, "commit") == 0 ? held->id : NULL;
        if (!held->placed && !report(scan, held, commit, NULL, ok ? why : &(struct reason){0}))
            ok = false;
    }
    free(holding.list);
    return ok;
}
