/* SPDX-License-Identifier: ISC */
/* The index of a git repository, and the files that git does not ignore: see scan.h. Runs in secrunctl. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "scan/git.h"

/* --- the index -------------------------------------------------------------------------------------- */

/* The paths of the index in its order, each of a blob that has been written to the list. */
struct entries {
    char **paths;
    size_t count, capacity;
    int list;
};

static bool add_path(struct entries *entries, const char *path, struct reason *why)
{
    void *paths =
        array_make_room(entries->paths, entries->count, &entries->capacity, sizeof *entries->paths, why);
    if (!paths)
        return false;
    entries->paths = paths;
    entries->paths[entries->count] = strdup(path);
    if (!entries->paths[entries->count])
        return fail(why, "no memory for a path");
    entries->count++;
    return true;
}

/* MODE ID STAGE TAB PATH. A submodule is a repository of its own. */
static bool take_entry(struct scan *scan, struct entries *entries, const char *line, struct reason *why)
{
    char mode[8], id[GIT_ID_SIZE];
    const char *tab = strchr(line, '\t');
    if (!tab || sscanf(line, "%7s %64s", mode, id) != 2)
        return fail(why, "git ls-files: what it prints is not understood");
    scan->where = (struct where){.kind = WHERE_INDEX, .path = tab + 1, .object = id, .type = "name"};
    if (strcmp(mode, "160000") == 0)
        return scan_name(scan, tab + 1, why);
    return scan_name(scan, tab + 1, why) &&
           (dprintf(entries->list, "%s\n", id) > 0 || fail_errno(why, "a list in memory")) &&
           add_path(entries, tab + 1, why);
}

static bool list_index(struct scan *scan, const char *directory, struct entries *entries, struct reason *why)
{
    static const char *const words[] = {"ls-files", "--stage", "-z", "--full-name", ":/", NULL};
    struct git_reader reader;
    if (!git_read_start(&reader, scan, directory, words, -1, why))
        return false;
    bool ok;
    const char *line;
    while ((line = git_read_token(&reader, '\0', &ok, why)) != NULL)
        if (!(ok = take_entry(scan, entries, line, why)))
            break;
    return git_read_end(&reader, ok, why);
}

static bool scan_entries(struct scan *scan, const char *directory, const struct entries *entries,
                         struct reason *why)
{
    static const char *const words[] = {"cat-file", "--batch", "--buffer", NULL};
    struct git_reader reader;
    char id[GIT_ID_SIZE], type[8];
    uint64_t size;
    bool ok = true;
    if (entries->count == 0)
        return true;
    if (lseek(entries->list, 0, SEEK_SET) != 0)
        return fail_errno(why, "a list in memory");
    if (!git_read_start(&reader, scan, directory, words, entries->list, why))
        return false;
    for (size_t i = 0; ok && i < entries->count; i++) {
        if (!git_read_object(&reader, id, type, &size, &ok, why)) {
            ok = ok && fail(why, "git cat-file: its output is cut off");
            ok = false;
            break;
        }
        scan->where =
            (struct where){.kind = WHERE_INDEX, .path = entries->paths[i], .object = id, .type = type};
        ok = git_scan_object(&reader, scan, size, why);
    }
    return git_read_end(&reader, ok, why);
}

bool scan_index(struct scan *scan, const char *directory, struct reason *why)
{
    struct entries entries = {.list = git_list_make(why)};
    if (entries.list < 0)
        return false;
    bool ok = list_index(scan, directory, &entries, why) && scan_entries(scan, directory, &entries, why);
    while (entries.count > 0)
        free(entries.paths[--entries.count]);
    free(entries.paths);
    close(entries.list);
    return ok;
}

/* --- what is not ignored ---------------------------------------------------------------------------- */

/* One that git lists: a file, or a repository within this one, of which all is scanned. */
static bool scan_listed(struct scan *scan, int directory, const char *base, const char *name,
                        struct reason *why)
{
    struct stat status;
    char *path;
    if (asprintf(&path, "%s/%s", base, name) < 0)
        return fail(why, "no memory for a path");
    scan->where = (struct where){.kind = WHERE_NAME, .path = path};
    bool ok = scan_name(scan, name, why);
    if (ok && fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode))
        ok = scan_tree(scan, path, why);
    else if (ok)
        ok = scan_file(scan, directory, name, path, SCAN_ABSENT, why);
    free(path);
    return ok;
}

static bool scan_directory(struct scan *scan, int directory, const char *path, struct reason *why)
{
    static const char *const words[] = {"ls-files", "-z", "--cached", "--others", "--exclude-standard", NULL};
    struct git_reader reader;
    char *name, *last = NULL;
    bool ok;
    if (!git_read_start(&reader, scan, path, words, -1, why))
        return false;
    while ((name = git_read_token(&reader, '\0', &ok, why)) != NULL) {
        if (last && strcmp(last, name) == 0)
            continue; /* of a conflict */
        free(last);
        last = strdup(name);
        if (!(ok = scan_listed(scan, directory, path, name, why)))
            break;
    }
    free(last);
    return git_read_end(&reader, ok, why);
}

bool scan_not_ignored(struct scan *scan, char *const *paths, size_t count, struct reason *why)
{
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        int directory = open(paths[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0) {
            ok = scan_paths(scan, paths + i, 1, why);
            continue;
        }
        ok = scan_directory(scan, directory, paths[i], why);
        close(directory);
    }
    return ok;
}
