/* SPDX-License-Identifier: ISC */
/* Searching a process: see search.h. Runs in secrunctl; reads the memory of others, and keeps none of it. */
#include "inspect/search.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "shim/capsule.h"

/* A process can lead the kernel to believe that its arguments are wherever and as large as it likes
 * (PR_SET_MM); execve gives it 6 MiB at most. */
enum { PART_MOST = 64 * 1024 * 1024 };

static enum look look_of(int error)
{
    return error == EACCES || error == EPERM ? LOOK_REFUSED : LOOK_FAILED;
}

bool search_part(struct scan *scan, const struct process *process, const char *part, enum look *look,
                 bool *whole, struct reason *why)
{
    char path[64];
    size_t left = PART_MOST, room;
    ssize_t got;
    int fd = openat(process->directory, part, O_RDONLY | O_CLOEXEC);
    *look = fd < 0 ? look_of(errno) : LOOK_DONE;
    *whole = false;
    if (fd < 0)
        return true;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)process->pid, part);
    scan->where = (struct where){.kind = WHERE_PROCESS, .path = path, .part = part, .pid = process->pid};
    scan_begin(scan);
    bool ok = true;
    do {
        unsigned char *to = stream_room(&scan->stream, &room);
        got = read(fd, to, room < left ? room : left);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            *look = look_of(errno);
        if (got <= 0)
            break;
        left -= (size_t)got;
        ok = stream_add(&scan->stream, (size_t)got, why);
        scan_progress(scan);
    } while (ok && left > 0);
    close(fd);
    *whole = left > 0;
    return ok && stream_end(&scan->stream, why);
}

static int open_memory(const struct process *process)
{
    return openat(process->directory, "mem", O_RDONLY | O_CLOEXEC);
}

enum look search_touch(const struct process *process, uint64_t address)
{
    unsigned char byte = 0;
    int fd = open_memory(process);
    if (fd < 0)
        return look_of(errno);
    ssize_t got = pread(fd, &byte, 1, (off_t)address);
    sodium_memzero(&byte, 1);
    close(fd);
    return got == 1 ? LOOK_DONE : LOOK_REFUSED;
}

/* --- memory ----------------------------------------------------------------------------------------- */

/* Of addresses that a program reserves, few have memory: in those of a mapping that has any,
 * /proc/PID/pagemap tells which. So many pages are asked for at once, so many bytes of addresses are looked
 * at. */
enum { PAGES = 512 };
#define ADDRESSES_MOST (UINT64_C(1) << 44)
#define PAGE_THERE     (UINT64_C(3) << 62) /* present, or swapped */

/* Does a capsule begin at that page? True also where it cannot be read. */
static bool capsule_begins(int memory, uint64_t address)
{
    unsigned char magic[sizeof(((struct capsule_header *)NULL)->magic)];
    bool differs = pread(memory, magic, sizeof magic, (off_t)address) == sizeof magic &&
                   memcmp(magic, CAPSULE_MAGIC, sizeof magic) != 0;
    sodium_memzero(magic, sizeof magic);
    return !differs;
}

/* At whatever page: one mapping may be what two were that became alike. */
static bool capsule_is_in(int memory, int pages, const struct proc_mapping *mapping)
{
    uint64_t size = (uint64_t)sysconf(_SC_PAGESIZE), entries[PAGES], count;
    if (mapping->present == 0)
        return false;
    if (mapping->end - mapping->begin > ADDRESSES_MOST || mapping->end > INT64_MAX)
        return true;
    for (uint64_t at = mapping->begin; at < mapping->end; at += count * size) {
        count = (mapping->end - at + size - 1) / size;
        count = count < PAGES ? count : PAGES;
        ssize_t wanted = (ssize_t)(count * sizeof *entries);
        if (pread(pages, entries, (size_t)wanted, (off_t)(at / size * sizeof *entries)) != wanted)
            return true;
        for (uint64_t i = 0; i < count; i++)
            if ((entries[i] & PAGE_THERE) && capsule_begins(memory, at + i * size))
                return true;
    }
    return false;
}

bool search_finds_capsule(const struct process *process, const struct proc_mapping *mapping)
{
    int memory = open_memory(process);
    int pages = openat(process->directory, "pagemap", O_RDONLY | O_CLOEXEC);
    bool found = capsule_is_in(memory, pages, mapping); /* nothing can be read of -1 */
    if (memory >= 0)
        close(memory);
    if (pages >= 0)
        close(pages);
    return found;
}

struct searching {
    struct scan *scan;
    bool holds;
    int memory, pages;
    uint64_t page_size, addresses;
    uint64_t end; /* of what was searched last */
    bool ok, whole;
    struct reason *why;
};

static const char *kind_of(const struct proc_mapping *mapping)
{
    const char *path = mapping->path;
    if (strcmp(path, "[heap]") == 0)
        return "heap";
    if (strcmp(path, "[stack]") == 0)
        return "stack";
    if (path[0] == '\0' || strncmp(path, "[anon", 5) == 0)
        return "anonymous";
    if (strncmp(path, "/dev/", 5) == 0 && strncmp(path, "/dev/shm/", 9) != 0 &&
        strncmp(path, "/dev/zero", 9) != 0)
        return NULL; /* to read a device may be to do something */
    return path[0] == '/' ? "file" : NULL;
}

/* Up to `size` bytes from there; where they cannot be read, they are taken for NULs. */
static bool read_run(struct searching *searching, uint64_t address, uint64_t size)
{
    struct scan *scan = searching->scan;
    while (size > 0) {
        size_t room;
        unsigned char *to = stream_room(&scan->stream, &room);
        ssize_t got = pread(searching->memory, to, room < size ? room : (size_t)size, (off_t)address);
        if (got < 0 && errno == EINTR)
            continue;
        uint64_t done = got > 0 ? (uint64_t)got : size < searching->page_size ? size : searching->page_size;
        if (got > 0 ? !stream_add(&scan->stream, (size_t)got, searching->why)
                    : !stream_skip(&scan->stream, done, searching->why))
            return false;
        scan->bytes += done;
        address += done;
        size -= done;
        scan_progress(scan);
    }
    return true;
}

/* What is there of up to PAGES pages. */
static bool read_pages(struct searching *searching, uint64_t address, size_t count)
{
    uint64_t entries[PAGES];
    off_t at = (off_t)(address / searching->page_size * sizeof *entries);
    ssize_t got = pread(searching->pages, entries, count * sizeof *entries, at);
    if (got != (ssize_t)(count * sizeof *entries)) {
        searching->whole = false; /* gone by now, most likely */
        return stream_skip(&searching->scan->stream, count * searching->page_size, searching->why);
    }
    for (size_t i = 0, end; i < count; i = end) {
        bool there = entries[i] & PAGE_THERE;
        for (end = i + 1; end < count && there == !!(entries[end] & PAGE_THERE);)
            end++;
        uint64_t size = (end - i) * searching->page_size, from = address + i * searching->page_size;
        if (there ? !read_run(searching, from, size)
                  : !stream_skip(&searching->scan->stream, size, searching->why))
            return false;
    }
    return true;
}

static bool end_search(const struct searching *searching)
{
    return searching->end == 0 || stream_end(&searching->scan->stream, searching->why);
}

static bool search_mapping(void *user, const struct proc_mapping *mapping)
{
    struct searching *searching = user;
    const char *kind = kind_of(mapping);
    uint64_t size = mapping->end - mapping->begin;
    enum mapping_kind is = mapping_kind(mapping, NULL);
    bool keeps = (is == MAPPING_LOCKED || is == MAPPING_UNLOCKED) && searching->holds &&
                 capsule_is_in(searching->memory, searching->pages, mapping);
    if (!kind || mapping->device || mapping->present == 0 || is == MAPPING_SECRET || keeps)
        return true;
    if (size > ADDRESSES_MOST - searching->addresses || mapping->end > INT64_MAX) {
        searching->whole = false;
        return true;
    }
    searching->addresses += size;
    if (mapping->begin != searching->end) { /* else it goes on */
        searching->ok = end_search(searching);
        scan_begin(searching->scan);
    }
    searching->end = mapping->end;
    searching->scan->where.part = kind;
    for (uint64_t at = mapping->begin; at < mapping->end && searching->ok;) {
        uint64_t count = (mapping->end - at) / searching->page_size;
        count = count < PAGES ? count : PAGES;
        if (count == 0)
            break;
        searching->ok = read_pages(searching, at, (size_t)count);
        at += count * searching->page_size;
    }
    return searching->ok;
}

bool search_memory(struct scan *scan, const struct process *process, bool holds, enum look *look, bool *whole,
                   struct reason *why)
{
    struct searching searching = {.scan = scan, .holds = holds, .ok = true, .whole = true, .why = why};
    bool all = false;
    searching.page_size = (uint64_t)sysconf(_SC_PAGESIZE);
    searching.memory = open_memory(process);
    *look = searching.memory < 0 ? look_of(errno) : LOOK_DONE;
    searching.pages = openat(process->directory, "pagemap", O_RDONLY | O_CLOEXEC);
    if (*look == LOOK_DONE && searching.pages < 0)
        *look = look_of(errno);
    scan->where = (struct where){.kind = WHERE_PROCESS, .pid = process->pid};
    if (*look == LOOK_DONE)
        *look = process_mappings(process, search_mapping, &searching, &all);
    searching.ok = searching.ok && end_search(&searching);
    if (searching.pages >= 0)
        close(searching.pages);
    if (searching.memory >= 0)
        close(searching.memory);
    *whole = all && searching.whole;
    return searching.ok;
}
