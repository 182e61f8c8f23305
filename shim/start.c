/* SPDX-License-Identifier: ISC */
/*
 * The constructor: takes the capsule that the launcher announced (take.h has what that must ensure), and sets
 * up what the interposed functions need of it. Runs inside the target, before its main and (on glibc, by
 * DF_1_INITFIRST) before every other constructor; sees secrets.
 */
#include "shim/start.h"

#include <linux/mman.h>

#include "shim/environ.h"
#include "shim/libc.h"
#include "shim/sys.h"
#include "shim/take.h"

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
    if (sys_failed(page))
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
    if (sys_failed(page))
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
    const struct capsule_header *capsule = take_capsule(array, &shim_taken.secret_memory);
    if (!capsule)
        return;
    const char *wrong = find_hidden(capsule);
    if (wrong)
        take_refuse(wrong);
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
