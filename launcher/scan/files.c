/* SPDX-License-Identifier: ISC */
/* Files and directories to scan: see scan.h. Runs in secrunctl, often as root, over files of anybody: what
 * is opened is a regular file, through no link, and may change meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "scan/scan.h"

#ifndef CGROUP2_SUPER_MAGIC
#define CGROUP2_SUPER_MAGIC 0x63677270
#endif

bool scan_file(struct scan *scan, int directory, const char *name, const char *shown, unsigned how,
               struct reason *why)
{
    struct stat status;
    int fd = openat(directory, name,
                    (how & SCAN_FOLLOW ? 0 : O_NOFOLLOW) | O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        /* ELOOP: a link. ENXIO: a socket. */
        if (errno != ELOOP && errno != ENXIO &&
            !((how & SCAN_ABSENT) && (errno == ENOENT || errno == ENOTDIR)))
            scan_unread(scan, shown, errno);
        return true;
    }
    bool ok = true;
    scan->where = (struct where){.kind = WHERE_FILE, .path = shown};
    if (fstat(fd, &status) != 0) {
        scan_unread(scan, shown, errno);
    } else if (S_ISREG(status.st_mode)) {
        scan->where.is_own =
            scan->key_number != 0 && status.st_ino == scan->key_number && status.st_dev == scan->key_device;
        ok = scan_descriptor(scan, fd, status.st_size > 0 ? (uint64_t)status.st_size : UINT64_MAX, why);
    }
    close(fd);
    return ok;
}

/* What the kernel makes up: there is no end to it, and reading may do something. */
static bool is_made_up(const char *path)
{
    static const long magic[] = {PROC_SUPER_MAGIC,   SYSFS_MAGIC,         DEBUGFS_MAGIC, TRACEFS_MAGIC,
                                 CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, BPF_FS_MAGIC,  DEVPTS_SUPER_MAGIC,
                                 SECURITYFS_MAGIC,   PSTOREFS_MAGIC,      SELINUX_MAGIC, EFIVARFS_MAGIC,
                                 BINFMTFS_MAGIC};
    struct statfs status;
    if (statfs(path, &status) != 0)
        return false;
    for (size_t i = 0; i < sizeof magic / sizeof *magic; i++)
        if ((unsigned long)status.f_type == (unsigned long)magic[i])
            return true;
    return false;
}

/* A tree with longer paths is left at that depth: with twice as much fts(3) gives up the whole walk. */
enum { PATH_DEEP = 32 * 1024 };

static bool visit(struct scan *scan, FTS *tree, FTSENT *entry, struct reason *why)
{
    switch (entry->fts_info) {
    case FTS_D:
        if ((entry->fts_level == FTS_ROOTLEVEL || entry->fts_dev != entry->fts_parent->fts_dev) &&
            is_made_up(entry->fts_accpath)) {
            fts_set(tree, entry, FTS_SKIP);
            if (entry->fts_level > FTS_ROOTLEVEL)
                return true;
            scan_refuse(scan, entry->fts_path, "not a file system to scan", why);
            return fail_hint(why, "secrunctl scan --proc is for processes");
        }
        if (entry->fts_pathlen > PATH_DEEP) {
            fts_set(tree, entry, FTS_SKIP);
            scan_unread(scan, entry->fts_path, ENAMETOOLONG);
            return true;
        }
        break;
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        scan_unread(scan, entry->fts_path, entry->fts_errno);
        return true;
    case FTS_DC:
        scan_unread(scan, entry->fts_path, ELOOP);
        return true;
    case FTS_DP:
        return true;
    default:
        break;
    }
    scan->where = (struct where){.kind = WHERE_NAME, .path = entry->fts_path};
    if (!scan_name(scan, entry->fts_name, why))
        return false;
    if (entry->fts_info == FTS_F)
        return scan_file(scan, AT_FDCWD, entry->fts_accpath, entry->fts_path,
                         entry->fts_level == FTS_ROOTLEVEL ? SCAN_FOLLOW : 0, why);
    if (entry->fts_level == FTS_ROOTLEVEL && entry->fts_info == FTS_DEFAULT)
        scan_unread(scan, entry->fts_path, EINVAL);
    return true;
}

bool scan_tree(struct scan *scan, char *path, struct reason *why)
{
    char *const list[] = {path, NULL};
    FTS *tree = fts_open(list, FTS_PHYSICAL | FTS_COMFOLLOW, NULL);
    FTSENT *entry;
    bool ok = true;
    if (!tree)
        return scan_refuse(scan, path, strerror(errno), why);
    while (ok && (errno = 0, entry = fts_read(tree)) != NULL)
        ok = visit(scan, tree, entry, why);
    if (ok && errno != 0)
        scan_unread(scan, path, errno);
    fts_close(tree);
    return ok;
}

bool scan_paths(struct scan *scan, char *const *paths, size_t count, struct reason *why)
{
    for (size_t i = 0; i < count; i++) {
        scan->where = (struct where){.kind = WHERE_INPUT};
        if (strcmp(paths[i], "-") == 0 ? !scan_descriptor(scan, STDIN_FILENO, UINT64_MAX, why)
                                       : !scan_tree(scan, paths[i], why))
            return false;
    }
    return true;
}
