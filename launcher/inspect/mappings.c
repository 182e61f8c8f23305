/* SPDX-License-Identifier: ISC */
/* The mappings of a process: see process.h. Runs in secrunctl. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "inspect/process.h"

/* As many as the kernel lets a process have where nobody has raised that, four times; each takes a page at
 * most. */
enum { MAPPINGS_MOST = 4 * 65536, LINE_MOST = 4096 };

struct reading {
    mapping_seen *seen;
    void *user;
    struct proc_mapping mapping;
    bool begun, stopped;
    size_t count;
};

static bool give(struct reading *reading)
{
    if (reading->begun && !reading->seen(reading->user, &reading->mapping))
        reading->stopped = true;
    reading->begun = false;
    return !reading->stopped;
}

static bool take_line(struct reading *reading, const char *line, size_t size)
{
    struct proc_mapping next;
    if (!proc_mapping_begin(line, size, &next)) {
        if (reading->begun)
            proc_mapping_add(line, size, &reading->mapping);
        return true;
    }
    if (!give(reading))
        return false;
    reading->mapping = next;
    reading->begun = true;
    return ++reading->count <= MAPPINGS_MOST;
}

/* Lines of any length, of which the beginning is taken. False at an error, with errno. */
static bool read_lines(int fd, struct reading *reading)
{
    char line[LINE_MOST], piece[16384];
    size_t used = 0;
    ssize_t got;
    while ((got = read(fd, piece, sizeof piece)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        for (ssize_t i = 0; i < got; i++) {
            if (piece[i] != '\n') {
                if (used < sizeof line)
                    line[used++] = piece[i];
                continue;
            }
            if (!take_line(reading, line, used))
                return true;
            used = 0;
        }
    }
    give(reading);
    return true;
}

enum look process_mappings(const struct process *process, mapping_seen *seen, void *user, bool *whole)
{
    struct reading reading = {.seen = seen, .user = user};
    int fd = openat(process->directory, "smaps", O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) /* a kernel without it, which tells less */
        fd = openat(process->directory, "maps", O_RDONLY | O_CLOEXEC);
    *whole = false;
    if (fd < 0)
        return errno == EACCES || errno == EPERM ? LOOK_REFUSED : LOOK_FAILED;
    bool ok = read_lines(fd, &reading);
    close(fd);
    *whole = ok && reading.count <= MAPPINGS_MOST;
    return ok && reading.count > 0 ? LOOK_DONE : LOOK_FAILED;
}

/* Of any installation: in a container, it may be another than here. */
static bool is_shim(const struct proc_mapping *mapping, const char *shim)
{
    static const char name[] = "/secrun/secrun.so";
    const char *at = strstr(mapping->path, name);
    return (shim && proc_path_is(mapping->path, shim)) || (at && proc_path_is(at, name));
}

enum mapping_kind mapping_kind(const struct proc_mapping *mapping, const char *shim)
{
    if (proc_path_is(mapping->path, "/secretmem"))
        return MAPPING_SECRET;
    if (is_shim(mapping, shim))
        return MAPPING_SHIM;
    if (proc_path_is(mapping->path, "/memfd:secrun-stub"))
        return MAPPING_STUB;
    if (mapping->undumped && mapping->path[0] == '\0' && !mapping->shared)
        return mapping->locked ? MAPPING_LOCKED : MAPPING_UNLOCKED;
    return MAPPING_OTHER;
}
