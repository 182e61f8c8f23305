/* SPDX-License-Identifier: ISC */
/* Looking from outside: see observer.h. Runs in a process of the leak matrix for each cell, partly in a
 * thread of its own. */
#include "matrix/observer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "matrix/secrets.h"
#include "matrix/tree.h"

enum { BLOCK = 1024 * 1024 };

static struct observer *seen;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t sampler;
static bool sampling;
static char block[BLOCK];

static const char *const kinds[OBSERVERS] = {"environment", "argument list", "descriptor",
                                             "core dump",   "file",          "output"};

void observer_describe(const struct sighting *sighting, char *line, size_t size)
{
    const char *names = sighting->secrets ? secrets_names(sighting->secrets) : "a capsule";
    if (sighting->pid > 0)
        snprintf(line, size, "%s of %d (%s) holds %s", kinds[sighting->kind], (int)sighting->pid,
                 sighting->where, names);
    else
        snprintf(line, size, "%s %s holds %s", kinds[sighting->kind], sighting->where, names);
}

static void record(enum observer_kind kind, pid_t pid, uint32_t which, const char *where)
{
    for (size_t i = 0; i < seen->sighting_count && i < SIGHTINGS_MAX; i++) {
        struct sighting *known = &seen->sightings[i];
        if (known->kind == kind && known->pid == pid && strcmp(known->where, where) == 0) {
            known->secrets |= which;
            return;
        }
    }
    if (seen->sighting_count++ >= SIGHTINGS_MAX)
        return;
    struct sighting *sighting = &seen->sightings[seen->sighting_count - 1];
    *sighting = (struct sighting){.kind = kind, .pid = pid, .secrets = which};
    snprintf(sighting->where, sizeof sighting->where, "%s", where);
}

/* Reads a file whole, up to BLOCK bytes; -1 if it cannot be. */
static ssize_t read_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -1;
    ssize_t size = 0, got;
    while (size < BLOCK && (got = read(fd, block + size, (size_t)(BLOCK - size))) != 0) {
        if (got < 0) {
            close(fd);
            return -1;
        }
        size += got;
    }
    close(fd);
    return size;
}

/* An environment can be empty; an argument list is so only where no program runs. */
static bool look_at(pid_t pid)
{
    char path[64], program[96];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    ssize_t size = read_file(path);
    if (size <= 0)
        return false;
    seen->cmdlines++;
    block[BLOCK - 1] = '\0';
    uint32_t which = secrets_in(block, (size_t)size);
    snprintf(program, sizeof program, "%.90s", strnlen(block, (size_t)size) ? basename(block) : "?");
    if (secrets_in(program, strlen(program)))
        strcpy(program, "?");
    if (which)
        record(IN_CMDLINE, pid, which, program);
    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    size = read_file(path);
    if (size < 0)
        return false;
    seen->environs++;
    which = secrets_in(block, (size_t)size);
    if (which)
        record(IN_ENVIRON, pid, which, program);
    return true;
}

/* Is there a descriptor by which a capsule could be read? */
static bool holds_capsule(pid_t pid, char where[static 96])
{
    char path[64], link[256];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *directory = opendir(path);
    bool found = false;
    if (!directory)
        return false;
    for (struct dirent *entry; !found && (entry = readdir(directory));) {
        ssize_t size = readlinkat(dirfd(directory), entry->d_name, link, sizeof link - 1);
        if (size < 0)
            continue;
        link[size] = '\0';
        seen->descriptors++;
        found = strncmp(link, "/memfd:", 7) == 0 || strstr(link, "secretmem") != NULL;
        if (found)
            snprintf(where, 96, "%.10s %.80s", entry->d_name, link);
    }
    closedir(directory);
    return found;
}

static void pause_for(long microseconds)
{
    nanosleep(&(struct timespec){0, microseconds * 1000}, NULL);
}

/* On its way from one program to the next a process has one open for a moment; only what stays is left
 * open. */
static void look_at_descriptors(pid_t pid)
{
    enum { TRIES = 50, BETWEEN = 10000 };
    char where[96];
    for (int i = 0; i < TRIES; i++) {
        if (!holds_capsule(pid, where))
            return;
        pause_for(BETWEEN);
    }
    record(IN_DESCRIPTORS, pid, 0, where);
}

static void *sample(void *unused)
{
    enum { BETWEEN = 200 };
    while (__atomic_load_n(&sampling, __ATOMIC_RELAXED)) {
        pthread_mutex_lock(&lock);
        size_t count = tree_scan();
        for (size_t i = 0; i < count; i++)
            look_at(tree_member(i));
        pthread_mutex_unlock(&lock);
        pause_for(BETWEEN);
    }
    return unused;
}

void observer_begin(struct observer *observer)
{
    seen = observer;
    tree_begin(getpid());
}

bool observer_sample(void)
{
    sampling = true;
    return pthread_create(&sampler, NULL, sample, NULL) == 0;
}

void observer_stop(void)
{
    __atomic_store_n(&sampling, false, __ATOMIC_RELAXED);
    pthread_join(sampler, NULL);
}

bool observer_look(pid_t pid)
{
    bool found = false;
    pthread_mutex_lock(&lock);
    size_t count = tree_scan();
    for (size_t i = 0; i < count; i++) {
        bool read = look_at(tree_member(i));
        found |= read && tree_member(i) == pid;
        look_at_descriptors(tree_member(i));
    }
    pthread_mutex_unlock(&lock);
    return found;
}

static int look_at_file(const char *path, const struct stat *status, int type, struct FTW *at)
{
    if (type == FTW_F && S_ISREG(status->st_mode)) {
        const char *name = path + at->base;
        ssize_t size = read_file(path);
        seen->files++;
        uint32_t which = size > 0 ? secrets_in(block, (size_t)size) : 0;
        if (which)
            record(strncmp(name, "core", 4) == 0 ? IN_CORE : IN_FILES, 0, which, name);
    }
    return 0;
}

void observer_files(const char *directory)
{
    nftw(directory, look_at_file, 16, FTW_PHYS);
}

void observer_text(const char *name, const char *text, size_t size)
{
    uint32_t which = secrets_in(text, size);
    if (which)
        record(IN_OUTPUT, 0, which, name);
}

void observer_kill(void)
{
    pthread_mutex_lock(&lock);
    size_t count = tree_scan();
    for (size_t i = 0; i < count; i++)
        kill(tree_member(i), SIGKILL);
    pthread_mutex_unlock(&lock);
}

const char *observer_any(void)
{
    static char name[96];
    char path[64];
    const char *any = NULL;
    pthread_mutex_lock(&lock);
    if (tree_scan() > 0) {
        snprintf(path, sizeof path, "/proc/%d/comm", (int)tree_member(0));
        ssize_t size = read_file(path);
        snprintf(name, sizeof name, "%.*s", size > 0 ? (int)size - 1 : 0, block);
        any = name;
    }
    pthread_mutex_unlock(&lock);
    return any;
}
