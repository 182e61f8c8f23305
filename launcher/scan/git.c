/* SPDX-License-Identifier: ISC */
/* Git as a scan runs it: see git.h. Runs in secrunctl, often as root; git itself refuses a repository of
 * another user (safe.directory). */
#include "scan/git.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WORDS = 32, READ_SIZE = 64 * 1024, TOKEN_MOST = 1024 * 1024 };

/* What a hook that calls us has been told by git: commit has an index of its own. */
static const char *const passed[] = {"GIT_DIR",
                                     "GIT_WORK_TREE",
                                     "GIT_INDEX_FILE",
                                     "GIT_COMMON_DIR",
                                     "GIT_OBJECT_DIRECTORY",
                                     "GIT_ALTERNATE_OBJECT_DIRECTORIES",
                                     NULL};

bool git_start(struct child *child, const struct scan *scan, const char *directory, const char *const *words,
               int input, struct reason *why)
{
    /* Each stands for something that a repository's own configuration could run or fetch. */
    static const char *const first[] = {"git",
                                        "--no-pager",
                                        "--no-replace-objects",
                                        "-c",
                                        "core.fsmonitor=false",
                                        "-c",
                                        "core.hooksPath=/dev/null",
                                        "-c",
                                        "core.sshCommand=false",
                                        "-c",
                                        "log.showSignature=false",
                                        "-c",
                                        "protocol.allow=never",
                                        "-C"};
    static const char *const added[] = {"GIT_ALLOW_PROTOCOL=",    "GIT_NO_LAZY_FETCH=1",
                                        "GIT_OPTIONAL_LOCKS=0",   "GIT_TERMINAL_PROMPT=0",
                                        "GIT_ASKPASS=/bin/false", NULL};
    static const char *const none[] = {NULL};
    const char *arguments[WORDS];
    size_t count = sizeof first / sizeof *first;
    memcpy(arguments, first, sizeof first);
    arguments[count++] = directory ? directory : ".";
    for (size_t i = 0; words[i] && count + 1 < WORDS; i++)
        arguments[count++] = words[i];
    arguments[count] = NULL;
    return child_start(child, scan, arguments, input, directory ? none : passed, added, why);
}

bool git_read_start(struct git_reader *reader, const struct scan *scan, const char *directory,
                    const char *const *words, int input, struct reason *why)
{
    *reader = (struct git_reader){0};
    if (!secret_alloc(&reader->bytes, READ_SIZE, why))
        return false;
    if (git_start(&reader->child, scan, directory, words, input, why))
        return true;
    secret_free(&reader->bytes);
    return false;
}

bool git_read_end(struct git_reader *reader, bool ok, struct reason *why)
{
    struct reason ignored;
    secret_free(&reader->bytes);
    return child_end(&reader->child, ok ? why : &ignored) && ok;
}

/* Reads on behind what has not been taken; false at the end, or with *ok false on an error. */
static bool read_more(struct git_reader *reader, bool *ok, struct reason *why)
{
    struct secret *bytes = &reader->bytes;
    ssize_t got;
    bytes->size -= reader->at;
    memmove(bytes->bytes, bytes->bytes + reader->at, bytes->size);
    reader->at = 0;
    if (bytes->size > TOKEN_MOST) {
        *ok = fail(why, "git: a name of more than %d bytes", (int)TOKEN_MOST);
        return false;
    }
    if (!secret_reserve(bytes, READ_SIZE / 2, why)) {
        *ok = false;
        return false;
    }
    do
        got = read(reader->child.output, bytes->bytes + bytes->size, bytes->capacity - bytes->size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        *ok = fail_errno(why, "git");
    bytes->size += got > 0 ? (size_t)got : 0;
    return got > 0;
}

char *git_read_token(struct git_reader *reader, char end, bool *ok, struct reason *why)
{
    size_t looked = 0;
    *ok = true;
    for (;;) {
        char *from = (char *)reader->bytes.bytes + reader->at;
        size_t size = reader->bytes.size - reader->at;
        char *found = memchr(from + looked, end, size - looked);
        if (found) {
            *found = '\0';
            reader->at += (size_t)(found - from) + 1;
            return from;
        }
        looked = size;
        if (!read_more(reader, ok, why)) {
            if (*ok && size > 0)
                *ok = fail(why, "git: its output is cut off");
            return NULL;
        }
    }
}

bool git_read_object(struct git_reader *reader, char id[static GIT_ID_SIZE], char type[static 8],
                     uint64_t *size, bool *ok, struct reason *why)
{
    char digits[24] = "", *end = digits;
    const char *header = git_read_token(reader, '\n', ok, why);
    if (!header)
        return false;
    if (sscanf(header, "%64s %7s %23s", id, type, digits) == 3)
        *size = strtoull(digits, &end, 10);
    if (end == digits || *end != '\0') {
        *ok = fail(why, "git: an object of the repository is missing or damaged");
        fail_hint(why, "git fsck");
        return false;
    }
    return true;
}

bool git_scan_object(struct git_reader *reader, struct scan *scan, uint64_t size, struct reason *why)
{
    uint64_t left = size;
    scan->things++;
    scan_begin(scan);
    while (left > 0) {
        size_t room, here = reader->bytes.size - reader->at;
        unsigned char *to = stream_room(&scan->stream, &room);
        room = room < left ? room : (size_t)left;
        ssize_t got;
        if (here > 0) {
            got = (ssize_t)(here < room ? here : room);
            memcpy(to, reader->bytes.bytes + reader->at, (size_t)got);
            reader->at += (size_t)got;
        } else {
            got = read(reader->child.output, to, room);
            if (got < 0 && errno == EINTR)
                continue;
        }
        if (got <= 0)
            return got < 0 ? fail_errno(why, "git") : fail(why, "git: its output is cut off");
        left -= (uint64_t)got;
        scan->bytes += (uint64_t)got;
        if (!stream_add(&scan->stream, (size_t)got, why))
            return false;
        scan_progress(scan);
    }
    if (!stream_end(&scan->stream, why))
        return false;
    bool ok; /* a line feed stands behind each object */
    return git_read_token(reader, '\n', &ok, why) || !ok ? ok : fail(why, "git: its output is cut off");
}

int git_list_make(struct reason *why)
{
    int fd = memfd_create("secrunctl", MFD_CLOEXEC);
    if (fd < 0)
        fail_errno(why, "a list in memory");
    return fd;
}
