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
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/wait.h>

#include "shim/capsule_map.h"
#include "shim/environ.h"
#include "shim/sys_process.h"

enum { STATUS_FAILED = 125 };

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
    struct capsule_announced announced;
    if (!capsule_find_announced(array, &announced))
        return NULL;
    sys_prctl(PR_SET_DUMPABLE, 0);
    if (announced.helper > 0)
        wait_for_helper(announced.helper);
    if (announced.fd < 0)
        take_refuse("announced by something that is no descriptor");
    void *block;
    size_t size;
    const char *wrong = capsule_map(announced.fd, &block, &size, secret_memory);
    if (wrong)
        take_refuse(wrong);
    sys_close(announced.fd);
    const struct capsule_header *capsule = block;
    wrong = capsule_check(capsule, size);
    if (!wrong)
        wrong = environ_patch(array, capsule);
    if (wrong)
        take_refuse(wrong);
    shield(capsule->flags & CAPSULE_DUMPABLE);
    return capsule;
}
