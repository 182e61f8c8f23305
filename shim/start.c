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

#include <stdbool.h>

#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>

#include "shim/environ.h"
#include "shim/sys.h"

#ifndef SECRETMEM_MAGIC
#define SECRETMEM_MAGIC 0x5345434d
#endif

enum { STATUS_FAILED = 125 };
enum { MEMFD_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

int shim_progress;
struct shim shim_taken;

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
static void *map(int fd, size_t *size)
{
    struct stat status = {0};
    struct statfs system = {0};
    if (sys_fstat(fd, &status) < 0 || sys_fstatfs(fd, &system) < 0)
        refuse("its descriptor is not open");
    if (status.st_size <= 0 || status.st_size > CAPSULE_SIZE_MAX)
        refuse("of a wrong size");
    *size = (size_t)status.st_size;
    if ((uint32_t)system.f_type == SECRETMEM_MAGIC) {
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

static void take(char **array)
{
    int fd = announced(array);
    if (fd == -1)
        return;
    sys_prctl(PR_SET_DUMPABLE, 0);
    if (fd < 0)
        refuse("announced by something that is no descriptor");
    size_t size;
    const struct capsule_header *capsule = map(fd, &size);
    if (!capsule)
        refuse("cannot be mapped (see RLIMIT_MEMLOCK and RLIMIT_AS)");
    sys_close(fd);
    const char *wrong = capsule_check(capsule, size);
    if (!wrong)
        wrong = environ_patch(array, capsule);
    if (wrong)
        refuse(wrong);
    shield(capsule->flags & CAPSULE_DUMPABLE);
    const struct capsule_entry *entries = capsule_entries(capsule);
    for (uint32_t i = 0; i < capsule->entry_count; i++) {
        const char *name = capsule_string(capsule, &entries[i]);
        unsigned bit = shim_filter_bit(name[0], entries[i].name_size > 1 ? name[1] : '\0');
        shim_taken.filter[bit / 64] |= 1ull << bit % 64;
    }
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

/*
 * glibc's loader has this name and calls constructors as f(argc, argv, envp); musl's has not, calls them
 * with nothing, and has set environ by then. Where there is neither the name nor environ no libc is
 * loaded, and then the loader is glibc's, which hides its own names from such a program: musl's is libc.
 */
extern void *__libc_stack_end __attribute__((weak, visibility("default")));

__attribute__((constructor)) static void on_load(int argc, char **argv, char **envp)
{
    (void)argc;
    (void)argv;
    char ***variable = environ_variable();
    bool musl = variable && !&__libc_stack_end;
    char **array = musl ? *variable : envp;
    if (!array)
        return;
    start(array, variable);
    /* glibc's own constructor does this next; until then a getenv would find nothing. */
    if (variable && !*variable)
        *variable = array;
}
