/* SPDX-License-Identifier: ISC */
/*
 * The constructor: takes the capsule that the launcher announced. Runs inside the target, before its
 * main and (on glibc, by DF_1_INITFIRST) before every other constructor; sees secrets. It MUST ensure that:
 *   1. the target does not reach main without the secrets it was started for: anything amiss ends it;
 *   2. no other process can look into this one from the first moment that it can be helped;
 *   3. the descriptor is closed on every path, and no trace of secrun stays in the environment;
 *   4. a process for which no capsule was announced is left exactly as it is.
 */
#include "shim/start.h"

#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>

#include "shim/environ.h"
#include "shim/libc.h"
#include "shim/sys.h"

#ifndef SECRETMEM_MAGIC
#define SECRETMEM_MAGIC 0x5345434d
#endif

enum { STATUS_FAILED = 125 };
enum { MEMFD_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

enum { GONE_WORDS = 16 }; /* bits for 1,024 hidden secrets; for more, memory is mapped */

int shim_progress;
struct shim shim_taken;

static struct {
    int pid;
    const unsigned char
        *token; /* for process 1 alone: non-zero, but zeroed by the kernel in a forked child */
} process;

/* Is there a secret that this process may keep, and its children are not to have? */
static bool needs_token(const struct capsule_header *capsule)
{
    const struct capsule_entry *entries = capsule_entries(capsule);
    for (uint32_t i = 0; i < capsule->entry_count; i++)
        if ((entries[i].flags & (CAPSULE_VALUE | CAPSULE_KEEP | CAPSULE_TREE)) ==
            (CAPSULE_VALUE | CAPSULE_KEEP))
            return true;
    return false;
}

/* Its number alone would not do: a number is used again, and in a new PID namespace they begin anew. */
static void remember_process(const struct capsule_header *capsule)
{
    process.pid = sys_getpid();
    if (!needs_token(capsule))
        return;
    long page = sys_mmap(1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (page < 0 && page > -4096)
        return;
    if (sys_madvise((void *)page, 1, MADV_WIPEONFORK) == 0) {
        *(unsigned char *)page = 1;
        process.token = (const unsigned char *)page;
    }
}

bool shim_is_same_process(void)
{
    return sys_getpid() == process.pid && (!process.token || *process.token);
}

static _Noreturn void refuse(const char *wrong)
{
    char line[160];
    size_t size = 0;
    const char *const parts[] = {"secrun: capsule: ", wrong, "\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (const char *byte = parts[i]; *byte && size < sizeof line; byte++)
            line[size++] = *byte;
    sys_write(2, line, size);
    sys_exit_group(STATUS_FAILED);
}

/* The descriptor in SECRUN_CAPSULE=N; -1 if nothing is announced, -2 if it is no number. */
static int announced(char *const *array)
{
    const char *text = environ_scan(array, CAPSULE_VARIABLE);
    if (!text)
        return -1;
    int fd = 0;
    size_t digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 9; digits++)
        fd = fd * 10 + (text[digits] - '0');
    return digits > 0 && text[digits] == '\0' ? fd : -2;
}

/* The fallback: out of the memfd, which others might have opened before this process was shielded, into
 * private memory of this process alone. */
static void *copy_sealed(int fd, size_t size)
{
    long from = sys_mmap(size, PROT_READ, MAP_PRIVATE, fd);
    if (from < 0 && from > -4096)
        return NULL;
    long to = sys_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (to < 0 && to > -4096) {
        sys_munmap((void *)from, size);
        return NULL;
    }
    sys_madvise((void *)to, size, MADV_DONTDUMP);
    sys_mlock((void *)to, size);
    const uint64_t *source = (const uint64_t *)from;
    uint64_t *target = (uint64_t *)to;
    for (size_t i = 0; i < (size + 7) / 8; i++) /* both are whole pages */
        target[i] = source[i];
    sys_munmap((void *)from, size);
    return target;
}

/* Only what cannot shrink under us is mapped: secret memory (its size is set once), or a sealed memfd. */
static void *map(int fd, size_t *size, bool *secret)
{
    struct stat status = {0};
    struct statfs system = {0};
    if (sys_fstat(fd, &status) < 0 || sys_fstatfs(fd, &system) < 0)
        refuse("its descriptor is not open");
    if (status.st_size <= 0 || status.st_size > CAPSULE_SIZE_MAX)
        refuse("of a wrong size");
    *size = (size_t)status.st_size;
    *secret = (uint32_t)system.f_type == SECRETMEM_MAGIC;
    if (*secret) {
        long address = sys_mmap(*size, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
        return address < 0 && address > -4096 ? NULL : (void *)address;
    }
    long seals = sys_fcntl(fd, F_GET_SEALS, 0);
    if (seals < 0 || (seals & MEMFD_SEALS) != MEMFD_SEALS)
        refuse("its descriptor is neither secret memory nor sealed");
    return copy_sealed(fd, *size);
}

static void shield(bool dumpable)
{
    if (dumpable) {
        sys_prctl(PR_SET_DUMPABLE, 1);
        return;
    }
    const uint64_t none[2] = {0, 0};
    sys_prlimit(RLIMIT_CORE, none);
}

/* Hidden secrets come last in a capsule; of those without a place, the ones that are found by name. */
static const char *find_hidden(const struct capsule_header *capsule)
{
    static uint64_t gone[GONE_WORDS];
    const struct capsule_entry *entries = capsule_entries(capsule);
    uint32_t first = 0;
    while (first < capsule->entry_count && entries[first].place != CAPSULE_NO_PLACE)
        first++;
    shim_taken.hidden_first = first;
    shim_taken.hidden_count = 0;
    for (uint32_t i = first; i < capsule->entry_count && (entries[i].flags & CAPSULE_INDEXED); i++)
        shim_taken.hidden_count++;
    shim_taken.hidden_gone = gone;
    if (shim_taken.hidden_count <= GONE_WORDS * 64)
        return NULL;
    long page = sys_mmap(shim_taken.hidden_count / 64 * 8 + 8, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (page < 0 && page > -4096)
        return "too large for the memory there is";
    shim_taken.hidden_gone = (uint64_t *)page;
    return NULL;
}

static void index_names(const struct capsule_header *capsule)
{
    const struct capsule_entry *entries = capsule_entries(capsule);
    for (uint32_t i = 0; i < capsule->entry_count; i++) {
        if (!(entries[i].flags & CAPSULE_INDEXED))
            continue;
        const char *name = capsule_string(capsule, &entries[i]);
        unsigned bit = shim_filter_bit(name[0], entries[i].name_size > 1 ? name[1] : '\0');
        shim_taken.filter[bit / 64] |= 1ull << bit % 64;
    }
}

static void take(char **array)
{
    int fd = announced(array);
    if (fd == -1)
        return;
    sys_prctl(PR_SET_DUMPABLE, 0);
    if (fd < 0)
        refuse("announced by something that is no descriptor");
    size_t size;
    const struct capsule_header *capsule = map(fd, &size, &shim_taken.secret_memory);
    if (!capsule)
        refuse("cannot be mapped (see RLIMIT_MEMLOCK and RLIMIT_AS)");
    sys_close(fd);
    const char *wrong = capsule_check(capsule, size);
    if (!wrong)
        wrong = find_hidden(capsule);
    if (!wrong)
        wrong = environ_patch(array, capsule);
    if (wrong)
        refuse(wrong);
    shield(capsule->flags & CAPSULE_DUMPABLE);
    index_names(capsule);
    remember_process(capsule);
    shim_taken.capsule = capsule;
    /* Last: a thread that finds its array here may use all the rest. */
    __atomic_store_n(&shim_taken.array, array, __ATOMIC_RELEASE);
}

static void start(char **array, char ***variable)
{
    int expected = SHIM_NOT_YET;
    if (__atomic_compare_exchange_n(&shim_progress, &expected, SHIM_TAKING, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED)) {
        take(array);
        shim_taken.variable = variable;
        __atomic_store_n(&shim_progress, SHIM_TAKEN, __ATOMIC_RELEASE);
    }
}

void shim_start_early(void)
{
    char ***variable = environ_variable();
    if (variable && *variable)
        start(*variable, variable);
}

/* glibc's loader calls constructors as f(argc, argv, envp); musl's calls them with nothing, and has set
 * environ by then. */
__attribute__((constructor)) static void on_load(int argc, char **argv, char **envp)
{
    (void)argc;
    (void)argv;
    char ***variable = environ_variable();
    char **array = variable && libc_is_musl() ? *variable : envp;
    if (!array)
        return;
    start(array, variable);
    /* glibc's own constructor does this next; until then a getenv would find nothing. */
    if (variable && !*variable)
        *variable = array;
}
