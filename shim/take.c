/* SPDX-License-Identifier: ISC */
/*
 * Taking the capsule: see take.h. Runs inside the target, before its main; sees secrets. It MUST ensure that:
 *   1. the target does not go on without the secrets it was started for: anything amiss ends it;
 *   2. no other process can look into this one from the first moment that it can be helped;
 *   3. the descriptor is closed on every path, and no trace of secrun stays in the environment;
 *   4. a process for which no capsule was announced is left exactly as it is.
 */
#include "shim/take.h"

#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/wait.h>

#include "shim/environ.h"
#include "shim/sys_process.h"

#ifndef SECRETMEM_MAGIC
#define SECRETMEM_MAGIC 0x5345434d
#endif

enum { STATUS_FAILED = 125 };
enum { MEMFD_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

_Noreturn void take_refuse(const char *wrong)
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

/* A number of one to nine digits; -1 if there is none. Moves *text behind it. */
static int read_number(const char **text)
{
    int number = 0;
    size_t digits = 0;
    for (; **text >= '0' && **text <= '9' && digits < 9; digits++)
        number = number * 10 + (*(*text)++ - '0');
    return digits > 0 ? number : -1;
}

/* Is there a SECRUN_CAPSULE=DESCRIPTOR[,HELPER]? A number that is missing or none is -1. */
static bool is_announced(char *const *array, int *fd, int *helper)
{
    const char *text = environ_scan(array, CAPSULE_VARIABLE);
    if (!text)
        return false;
    *fd = read_number(&text);
    *helper = -1;
    if (*text == ',') {
        text++;
        *helper = read_number(&text);
    }
    if (*text != '\0')
        *fd = -1;
    return true;
}

/* Is there another child that has ended, and is not waited for yet? */
static bool has_ended_child(void)
{
    struct sys_signal_info info = {.pid = 0};
    return sys_call6(__NR_waitid, P_ALL, 0, (long)&info, WEXITED | WNOHANG | WNOWAIT, 0, 0) == 0 &&
           info.pid != 0;
}

/*
 * It was made without a signal for its end, so that only __WALL waits for it. The kernel sends SIGCHLD all
 * the same for a child from before an execve: if that is blocked, it is pending now, and is taken back,
 * unless it stands for another child as well.
 */
static void wait_for_helper(int helper)
{
    struct sys_signal_info info = {.pid = 0};
    while (sys_call6(__NR_wait4, helper, 0, __WALL, 0, 0, 0) == -EINTR) {
    }
    if (sys_take_signal(SIGCHLD, &info) && (info.pid != helper || has_ended_child()))
        sys_queue_signal(SIGCHLD, &info);
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
        take_refuse("its descriptor is not open");
    if (status.st_size <= 0 || status.st_size > CAPSULE_SIZE_MAX)
        take_refuse("of a wrong size");
    *size = (size_t)status.st_size;
    *secret = (uint32_t)system.f_type == SECRETMEM_MAGIC;
    if (*secret) {
        long address = sys_mmap(*size, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
        return address < 0 && address > -4096 ? NULL : (void *)address;
    }
    long seals = sys_fcntl(fd, F_GET_SEALS, 0);
    if (seals < 0 || (seals & MEMFD_SEALS) != MEMFD_SEALS)
        take_refuse("its descriptor is neither secret memory nor sealed");
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

const struct capsule_header *take_capsule(char **array, bool *secret_memory)
{
    int fd, helper;
    if (!is_announced(array, &fd, &helper))
        return NULL;
    sys_prctl(PR_SET_DUMPABLE, 0);
    if (helper > 0)
        wait_for_helper(helper);
    if (fd < 0)
        take_refuse("announced by something that is no descriptor");
    size_t size;
    const struct capsule_header *capsule = map(fd, &size, secret_memory);
    if (!capsule)
        take_refuse("cannot be mapped (see RLIMIT_MEMLOCK and RLIMIT_AS)");
    sys_close(fd);
    const char *wrong = capsule_check(capsule, size);
    if (!wrong)
        wrong = environ_patch(array, capsule);
    if (wrong)
        take_refuse(wrong);
    shield(capsule->flags & CAPSULE_DUMPABLE);
    return capsule;
}
