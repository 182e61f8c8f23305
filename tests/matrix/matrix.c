/* SPDX-License-Identifier: ISC */
/*
 * matrix PROGRAMS [--filter GLOB]… [--expect-failure] [--list]: the leak matrix. Each cell of the table
 * starts a tree of processes under the secrun that SECRUN_STAGE names, and is judged by what the witnesses at
 * the ends of the tree see, and by what an observer sees meanwhile from outside. Two cells at a time, each in
 * a process of its own. Exits 1 if a cell fails; with --expect-failure, 0 as soon as one does.
 */
#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "matrix/judge.h"
#include "matrix/observer.h"
#include "matrix/run.h"
#include "matrix/secrets.h"
#include "matrix/table.h"

enum { JOBS = 2, FILTERS_MAX = 8 };

/* Written by the cell's process, read by this one after its end. */
struct result {
    bool done;
    char reason[REASON_MAX];
    uint64_t environs, cmdlines;
    size_t sightings;
};

static struct {
    const char *filters[FILTERS_MAX];
    size_t filter_count;
    bool expect_failure, list;
    struct table table;
    struct result *results;
    char scratch[64];
    struct places places;
    size_t cells, failed, sightings, runtimes;
    uint64_t environs, cmdlines;
} matrix;

/* Does a crash leave a file where the process ran? Some machines give it to a program instead. */
static bool leaves_cores(void)
{
    char pattern[256] = "";
    struct rlimit limit;
    FILE *file = fopen("/proc/sys/kernel/core_pattern", "re");
    if (file) {
        (void)!fread(pattern, 1, sizeof pattern - 1, file);
        fclose(file);
    }
    return strncmp(pattern, "core", 4) == 0 && getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max > 0;
}

static bool is_chosen(const struct cell *cell)
{
    if ((cell->root && getuid() != 0) || (cell->seen >> IN_CORE & 1 && !leaves_cores()))
        return false;
    for (size_t i = 0; i < matrix.filter_count; i++)
        if (fnmatch(matrix.filters[i], cell->name, 0) == 0)
            return true;
    return matrix.filter_count == 0;
}

/* --- in the cell's process ------------------------------------------------------------------------------ */

static void run_in_process(const struct cell *cell, size_t number, struct result *result)
{
    static struct run sealed, plain;
    static struct observer observer;
    struct places places = matrix.places;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    snprintf(places.directory, sizeof places.directory, "%s/%zu", matrix.scratch, number);
    snprintf(places.work, sizeof places.work, "%s/work", places.directory);
    snprintf(places.socket, sizeof places.socket, "%s/socket", places.directory);
    observer_begin(&observer);
    if (cell->same)
        run_cell(cell, &places, false, &plain);
    run_cell(cell, &places, true, &sealed);
    observer_files(places.work);
    observer_text("standard output", sealed.output, sealed.output_size);
    observer_text("standard error", sealed.error, sealed.error_size);
    judge(cell, &sealed, cell->same ? &plain : NULL, &observer, result->reason);
    result->environs = observer.environs;
    result->cmdlines = observer.cmdlines;
    for (size_t i = 0; i < observer.sighting_count && i < SIGHTINGS_MAX; i++)
        result->sightings += !(cell->seen >> observer.sightings[i].kind & 1);
    result->done = true;
    _exit(0);
}

/* --- over all cells ------------------------------------------------------------------------------------- */

/* By what the command begins with: the same shell under two names is one. */
static void count_runtime(const struct cell *cell)
{
    if (!cell->runtime_words)
        return;
    for (const struct cell *before = matrix.table.cells; before < cell; before++)
        if (is_chosen(before) && before->runtime_words && strcmp(before->words[0], cell->words[0]) == 0)
            return;
    matrix.runtimes++;
}

static void take_result(const struct cell *cell, const struct result *result)
{
    matrix.cells++;
    matrix.environs += result->environs;
    matrix.cmdlines += result->cmdlines;
    matrix.sightings += result->sightings;
    count_runtime(cell);
    const char *reason = result->done ? result->reason : "the matrix itself failed in this cell";
    if (!*reason)
        return;
    matrix.failed++;
    printf("leak matrix: %s: ", cell->name);
    for (; *reason; reason++) {
        putchar(*reason);
        if (*reason == '\n')
            printf("    ");
    }
    putchar('\n');
    fflush(stdout);
}

static void on_stop(int number)
{
    (void)number;
    run_stopped = 1;
}

static struct {
    pid_t pid; /* 0: none */
    size_t cell;
} jobs[JOBS];

/* Fills up the jobs; returns how many are at work. */
static size_t start_jobs(size_t *next)
{
    size_t running = 0;
    for (size_t i = 0; i < JOBS; i++) {
        while (*next < matrix.table.count && !is_chosen(&matrix.table.cells[*next]))
            ++*next;
        bool more =
            *next < matrix.table.count && !run_stopped && !(matrix.expect_failure && matrix.failed > 0);
        if (jobs[i].pid == 0 && more) {
            size_t cell = (*next)++;
            fflush(NULL);
            jobs[i].cell = cell;
            jobs[i].pid = fork();
            if (jobs[i].pid == 0)
                run_in_process(&matrix.table.cells[cell], cell, &matrix.results[cell]);
        }
        running += jobs[i].pid > 0;
    }
    return running;
}

static void run_all(void)
{
    const int stops[] = {SIGHUP, SIGINT, SIGTERM};
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        sigaction(stops[i], &(struct sigaction){.sa_handler = on_stop}, NULL);
    for (size_t next = 0; start_jobs(&next) > 0;) {
        pid_t pid = wait(NULL);
        for (size_t i = 0; i < JOBS; i++) {
            if (pid > 0 && jobs[i].pid == pid) {
                take_result(&matrix.table.cells[jobs[i].cell], &matrix.results[jobs[i].cell]);
                jobs[i].pid = 0;
            } else if (run_stopped && jobs[i].pid > 0) {
                kill(jobs[i].pid, SIGTERM);
            }
        }
    }
}

__attribute__((format(printf, 1, 2))) static bool shell(const char *format, ...)
{
    char command[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(command, sizeof command, format, list);
    va_end(list);
    return system(command) == 0;
}

static bool prepare(const char *programs)
{
    static char store[128], secrun[512], own[128];
    const char *stage = getenv("SECRUN_STAGE"), *base = getenv("TMPDIR");
    if (!stage) {
        fprintf(stderr, "leak matrix: SECRUN_STAGE is not set: run it by make\n");
        return false;
    }
    umask(022);
    if (!base || !*base || strlen(base) > 32) /* a socket's path is short */
        base = "/tmp";
    snprintf(matrix.scratch, sizeof matrix.scratch, "%s/leak-matrix.XXXXXX", base);
    if (!mkdtemp(matrix.scratch) || chmod(matrix.scratch, 0711) != 0) {
        perror(matrix.scratch);
        return false;
    }
    snprintf(store, sizeof store, "%s/store", matrix.scratch);
    snprintf(own, sizeof own, "%s/programs", matrix.scratch);
    snprintf(secrun, sizeof secrun, "%s/bin/secrun", stage);
    matrix.places =
        (struct places){.programs = own, .scripts = TESTS_DIR "/matrix", .store = store, .secrun = secrun};
    return secrets_make() && shell("'" TESTS_DIR "/matrix/programs.sh' '%s' '%s'", programs, own) &&
           secrets_store(store, TESTS_DIR "/matrix/profiles", own);
}

static bool take_options(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--expect-failure") == 0)
            matrix.expect_failure = true;
        else if (strcmp(argv[i], "--list") == 0)
            matrix.list = true;
        else if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc && matrix.filter_count < FILTERS_MAX)
            matrix.filters[matrix.filter_count++] = argv[++i];
        else
            return false;
    }
    return argc > 1;
}

int main(int argc, char **argv)
{
    if (!take_options(argc, argv)) {
        fprintf(stderr, "usage: matrix PROGRAMS [--filter GLOB]… [--expect-failure] [--list]\n");
        return 2;
    }
    if (!table_read(TESTS_DIR "/matrix/cells", &matrix.table))
        return 2;
    for (size_t i = 0; matrix.list && i < matrix.table.count; i++)
        if (is_chosen(&matrix.table.cells[i]))
            puts(matrix.table.cells[i].name);
    if (matrix.list)
        return 0;
    bool ready = prepare(argv[1]);
    matrix.results = mmap(NULL, (matrix.table.count + 1) * sizeof *matrix.results, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ready && matrix.results != MAP_FAILED)
        run_all();
    if (matrix.scratch[0])
        shell("rm -rf '%s'", matrix.scratch);
    printf("leak matrix: %zu cells, %zu runtimes, %d observers, %ju environments and %ju command lines read, "
           "%zu failed, %zu sightings\n",
           matrix.cells, matrix.runtimes, OBSERVERS, (uintmax_t)matrix.environs, (uintmax_t)matrix.cmdlines,
           matrix.failed, matrix.sightings);
    if (matrix.cells == 0 || run_stopped)
        return 2;
    return (matrix.failed == 0) == matrix.expect_failure;
}
