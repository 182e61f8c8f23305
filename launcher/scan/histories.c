/* SPDX-License-Identifier: ISC */
/* What was typed, and what was logged: see scan.h. Runs in secrunctl. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scan/child.h"
#include "scan/scan.h"

/* Where shells and interpreters keep what was typed, below a home. */
static const char *const files[] = {
    ".bash_history",
    ".zsh_history",
    ".zhistory",
    ".histfile",
    ".sh_history",
    ".ash_history",
    ".ksh_history",
    ".history",
    ".tcsh_history",
    ".mksh_history",
    ".python_history",
    ".node_repl_history",
    ".irb_history",
    ".psql_history",
    ".mysql_history",
    ".sqlite_history",
    ".rediscli_history",
    ".dbshell",
    ".mongodb/mongosh/mongosh_repl_history",
    ".lesshst",
    ".viminfo",
    ".wget-hsts",
    ".php_history",
    ".local/share/fish/fish_history",
    ".local/state/bash/history",
    ".local/state/zsh/history",
    ".local/share/nvim/shada/main.shada",
    ".local/state/nvim/shada/main.shada",
    ".gdb_history",
};

static bool scan_home(struct scan *scan, const char *home, struct reason *why)
{
    int directory = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = true;
    if (directory < 0) {
        if (errno != ENOENT && errno != ENOTDIR)
            scan_unread(scan, home, errno);
        return true;
    }
    for (size_t i = 0; ok && i < sizeof files / sizeof *files; i++) {
        char *path;
        if (asprintf(&path, "%s/%s", home, files[i]) < 0) {
            ok = fail(why, "no memory");
            break;
        }
        ok = scan_file(scan, directory, files[i], path, SCAN_ABSENT, why);
        free(path);
    }
    close(directory);
    return ok;
}

/* Has an earlier user this home, too? Then it has been scanned. */
static bool is_known(char ***homes, size_t *count, const char *home)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*homes)[i], home) == 0)
            return true;
    char **more = reallocarray(*homes, *count + 1, sizeof **homes);
    if (!more)
        return false;
    *homes = more;
    more[*count] = strdup(home);
    *count += more[*count] != NULL;
    return false;
}

static bool scan_homes(struct scan *scan, struct reason *why)
{
    const struct passwd *user;
    char **homes = NULL;
    size_t count = 0;
    bool ok = true;
    setpwent();
    while (ok && (user = getpwent()) != NULL)
        if (user->pw_dir[0] == '/' && !is_known(&homes, &count, user->pw_dir))
            ok = scan_home(scan, user->pw_dir, why);
    endpwent();
    const char *home = getenv("HOME");
    if (ok && home && home[0] == '/' && !is_known(&homes, &count, home))
        ok = scan_home(scan, home, why);
    while (count > 0)
        free(homes[--count]);
    free(homes);
    return ok;
}

/* With every field of every entry that this user may read, whole and uncompressed. */
static bool scan_journal(struct scan *scan, struct reason *why)
{
    static const char *const arguments[] = {"journalctl", "--output=export", "--all",
                                            "--no-pager", "--quiet",         NULL};
    static const char *const none[] = {NULL};
    struct child child;
    struct reason ignored;
    if (!child_is_there("journalctl")) {
        char logs[] = "/var/log/journal", run[] = "/run/log/journal", *paths[2];
        size_t count = 0;
        if (access(logs, F_OK) == 0)
            paths[count++] = logs;
        if (access(run, F_OK) == 0)
            paths[count++] = run;
        return scan_paths(scan, paths, count, why);
    }
    if (!child_start(&child, scan, arguments, -1, none, none, why))
        return false;
    scan->where = (struct where){.kind = WHERE_JOURNAL, .path = "journal"};
    bool ok = scan_descriptor(scan, child.output, UINT64_MAX, why);
    return child_end(&child, ok ? why : &ignored) && ok;
}

bool scan_histories(struct scan *scan, struct reason *why)
{
    const char *home = getenv("HOME");
    if (geteuid() == 0 ? !scan_homes(scan, why) : home && !scan_home(scan, home, why))
        return false;
    return scan_journal(scan, why);
}
