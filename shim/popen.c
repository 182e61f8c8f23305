/* SPDX-License-Identifier: ISC */
/*
 * popen and pclose: as libc's, but the shell gets the program's secrets in a capsule. Runs inside the target,
 * in any number of threads at once; sees the command, which may hold a secret. The stream is libc's, made by
 * its fdopen; who waits for the shell behind it is found in a table of our own.
 */
#include <stdint.h>

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>

#include "shim/libc.h"
#include "shim/spawn.h"
#include "shim/sys_process.h"

struct file; /* libc's FILE */

struct file *popen(const char *command, const char *mode);
int pclose(struct file *file);

extern struct file *fdopen(int fd, const char *mode) WEAK;
extern int fclose(struct file *file) WEAK;

/* --- the table -------------------------------------------------------------------------------------- */

/*
 * One popen. A place is free while `file` is null, and belongs to one thread while it is CLAIMED. Which pipe
 * it had stays there until it is used again: see claim().
 */
struct stream {
    struct file *file; /* atomic */
    int pid;
    int fd;                 /* this process's end */
    uint64_t inode, device; /* of the pipe; inode 0: the place has never been used */
};

#define CLAIMED ((struct file *)&first_page)

/* Pages are never freed, so that they may be walked over at any time, in a child too. */
enum { PAGE_SIZE = 4096, PAGE_STREAMS = (PAGE_SIZE - sizeof(void *)) / sizeof(struct stream) };
struct page {
    struct page *next; /* atomic */
    struct stream streams[PAGE_STREAMS];
};
_Static_assert(sizeof(struct page) <= PAGE_SIZE, "a page of the table is one of memory");

static struct page first_page;

struct place {
    struct page *page;
    size_t index;
};

static struct stream *next_place(struct place *place)
{
    if (place->index == PAGE_STREAMS) {
        struct page *next = __atomic_load_n(&place->page->next, __ATOMIC_ACQUIRE);
        if (!next)
            return NULL;
        *place = (struct place){next, 0};
    }
    return &place->page->streams[place->index++];
}

/* Another page behind the last one, which may be another thread's by then. */
static bool add_page(struct page *last)
{
    long made = sys_mmap(sizeof(struct page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (sys_failed(made))
        return false;
    struct page *none = NULL;
    if (!__atomic_compare_exchange_n(&last->next, &none, (struct page *)made, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
        sys_munmap((void *)made, sizeof(struct page));
    return true;
}

/*
 * Threads that are in popen now, and above it the process they are in: after a fork they are not there. A
 * child that is being started has the descriptors of the moment it was made, and finds out from the table
 * which of them to close; it must find also what was closed here since. So as long as any other
 * thread starts one, a place keeps what it holds.
 */
static uint64_t starters;

static void count_starter(int change)
{
    uint64_t process = (uint64_t)sys_getpid() << 32, now = __atomic_load_n(&starters, __ATOMIC_RELAXED), next;
    do {
        next = (now >> 32 == process >> 32 ? now : process) + (uint64_t)(int64_t)change;
    } while (!__atomic_compare_exchange_n(&starters, &now, next, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
}

/* A place for the caller, who is counted; NULL where there is no memory. */
static struct stream *claim(void)
{
    struct place place = {&first_page, 0};
    for (;;) {
        struct stream *stream;
        while ((stream = next_place(&place))) {
            struct file *none = NULL;
            if (__atomic_load_n(&stream->file, __ATOMIC_SEQ_CST) != NULL)
                continue;
            if (stream->inode != 0 && (uint32_t)__atomic_load_n(&starters, __ATOMIC_SEQ_CST) > 1)
                continue;
            if (__atomic_compare_exchange_n(&stream->file, &none, CLAIMED, false, __ATOMIC_SEQ_CST,
                                            __ATOMIC_RELAXED))
                return stream;
        }
        if (!add_page(place.page))
            return NULL;
    }
}

/* The place of that stream, taken over by the caller, or NULL. */
static struct stream *take_over(struct file *file)
{
    struct place place = {&first_page, 0};
    struct stream *stream;
    while ((stream = next_place(&place))) {
        struct file *expected = file;
        if (__atomic_compare_exchange_n(&stream->file, &expected, CLAIMED, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED))
            return stream;
    }
    return NULL;
}

static void release(struct stream *stream)
{
    __atomic_store_n(&stream->file, NULL, __ATOMIC_SEQ_CST);
}

/* --- starting ---------------------------------------------------------------------------------------- */

/* What the child does: close this process's ends of all popens, then take its own end. */
struct steps {
    struct place place;
    int fd, as;
};

/* By the pipe, not by the number alone: the stream may be closed, and the number be another file's by now. */
static bool is_still_open(const struct stream *stream)
{
    struct stat status = {0};
    uint64_t inode = __atomic_load_n(&stream->inode, __ATOMIC_RELAXED);
    return inode != 0 && sys_fstat(stream->fd, &status) == 0 && status.st_ino == inode &&
           status.st_dev == stream->device;
}

static int next_step(void *cursor, struct spawn_step *step)
{
    struct steps *steps = cursor;
    const struct stream *stream;
    while ((stream = next_place(&steps->place))) {
        if (!is_still_open(stream))
            continue;
        *step = (struct spawn_step){.kind = SPAWN_CLOSE, .fd = stream->fd};
        return 1;
    }
    if (steps->fd < 0)
        return 0;
    *step = (struct spawn_step){.kind = SPAWN_DUP2, .fd = steps->fd, .new_fd = steps->as};
    steps->fd = -1;
    return 1;
}

struct mode {
    bool read, close_on_exec;
};

/* glibc takes r, w and e in any order and nothing else; musl looks at the first letter, and for an e. */
static bool parse_mode(const char *text, struct mode *mode)
{
    unsigned reads = 0, writes = 0, others = 0;
    *mode = (struct mode){.read = *text == 'r'};
    if (libc_is_musl()) {
        if (*text != 'r' && *text != 'w')
            return false;
        for (; *text; text++)
            mode->close_on_exec |= *text == 'e';
        return true;
    }
    for (; *text; text++) {
        reads += *text == 'r';
        writes += *text == 'w';
        others += *text != 'r' && *text != 'w' && *text != 'e';
        mode->close_on_exec |= *text == 'e';
    }
    mode->read = reads > 0;
    return others == 0 && (reads > 0) != (writes > 0);
}

/* Starts the shell with its end of the pipe; 0 or an errno. The pipe's ends are closed on exec until then, so
 * that no other child gets them. */
static int start(struct stream *stream, const char *command, const int ends[static 2], struct mode mode)
{
    struct stat status = {0};
    struct spawn_request request;
    char *arguments[SPAWN_SHELL_ARGUMENTS];
    int ours = mode.read ? 0 : 1;
    struct steps steps = {.place = {&first_page, 0}, .fd = ends[1 - ours], .as = 1 - ours};
    sys_fstat(ends[ours], &status);
    stream->fd = ends[ours];
    stream->device = status.st_dev;
    __atomic_store_n(&stream->inode, status.st_ino, __ATOMIC_RELEASE);
    spawn_shell(&request, arguments, command);
    request.next_step = next_step;
    request.cursor = &steps;
    int error = spawn_program(&request, &stream->pid, NULL);
    if (error == 0 && !mode.close_on_exec)
        sys_fcntl(ends[ours], F_SETFD, 0);
    return error;
}

/* The stream was closed by fclose instead of pclose, and its address is another's now. */
static void forget(struct file *file)
{
    struct stream *stream;
    while ((stream = take_over(file)))
        release(stream);
}

/* 0 or an errno; in a place of the table, which the stream takes. */
static int open_stream(const char *command, const int ends[static 2], struct mode mode, struct file *file)
{
    count_starter(1);
    struct stream *stream = claim();
    int error = stream ? start(stream, command, ends, mode) : ENOMEM;
    count_starter(-1);
    if (stream && error != 0)
        release(stream);
    if (error != 0)
        return error;
    forget(file);
    __atomic_store_n(&stream->file, file, __ATOMIC_SEQ_CST);
    return 0;
}

EXPORTED struct file *popen(const char *command, const char *text)
{
    struct mode mode;
    int ends[2] = {-1, -1};
    long result = !parse_mode(text, &mode) ? -EINVAL
                  : !&fdopen || !&fclose   ? -ENOSYS
                                           : sys_pipe(ends, O_CLOEXEC);
    if (result < 0) {
        libc_fail((int)-result);
        return NULL;
    }
    int ours = mode.read ? 0 : 1;
    struct file *file = fdopen(ends[ours], mode.read ? "r" : "w");
    int error = file ? open_stream(command, ends, mode, file) : 0;
    sys_close(ends[1 - ours]);
    if (!file) {
        sys_close(ends[ours]);
    } else if (error != 0) {
        fclose(file);
        libc_fail(error);
        file = NULL;
    }
    return file;
}

EXPORTED int pclose(struct file *file)
{
    struct stream *stream = take_over(file);
    int closed = &fclose ? fclose(file) : 0;
    if (!stream) /* glibc's pclose is its fclose */
        return libc_is_musl() ? libc_fail(ECHILD) : closed;
    int status = 0;
    long waited = sys_wait(stream->pid, &status);
    release(stream);
    if (waited < 0)
        return libc_fail((int)-waited);
    /* What could not be written is an error in glibc, unless the shell has one to tell. */
    return status == 0 && closed < 0 && !libc_is_musl() ? closed : status;
}
