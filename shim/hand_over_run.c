/* SPDX-License-Identifier: ISC */
/* The call that ends a hand-over, of the program itself or of secrun: see hand_over.h. Runs inside the target
 * on the way to an exec; puts what the kernel is given in the place of secrets. */
#include "shim/hand_over.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/resource.h>

#include "shim/libc.h"
#include "shim/sys_process.h"
#include "shim/text.h"

int hand_over_run(const struct exec_call *call, char *const *environment)
{
    if (call->directory == AT_FDCWD && call->flags == 0)
        return (int)-sys_execve(call->path, call->arguments, environment);
    return (int)-sys_execveat(call->directory, call->path, call->arguments, environment, call->flags);
}

enum { ROOM = 8 }; /* descriptors */

bool hand_over_make_room(struct hand_over *work)
{
    if (work->raised || sys_getrlimit(RLIMIT_NOFILE, work->limits) < 0)
        return false;
    const uint64_t raised[2] = {work->limits[0] + ROOM, work->limits[1]};
    work->raised = raised[0] <= raised[1] && sys_prlimit(RLIMIT_NOFILE, raised) == 0;
    return work->raised;
}

void hand_over_give_back_room(struct hand_over *work)
{
    if (work->raised)
        sys_prlimit(RLIMIT_NOFILE, work->limits);
    work->raised = false;
}

enum { ARGUMENTS_ON_STACK = 1024 }; /* what is more is mapped, as in hand_over.c */

/* arguments: room for the caller's and four more. */
static int exec_secrun(const struct hand_over *work, const char **arguments)
{
    char *const *given = work->call->arguments;
    size_t count = 0;
    arguments[count++] = "secrun";
    arguments[count++] = "--handoff";
    arguments[count++] = work->reach.path;
    for (; given && *given; given++)
        arguments[count++] = *given;
    arguments[count] = NULL;
    return (int)-sys_execve(SECRUN_PROGRAM, (char *const *)(uintptr_t)arguments, work->block);
}

/* Runs secrun in the place of the program, which it injects into and becomes. */
static int run_handed_off(const struct hand_over *work)
{
    size_t count = 0;
    while (work->call->arguments && work->call->arguments[count])
        count++;
    size_t size = (count + 4) * sizeof(char *);
    if (count <= ARGUMENTS_ON_STACK || work->call->own_stack)
        return exec_secrun(work, __builtin_alloca(size));
    long memory = sys_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (sys_failed(memory))
        return (int)-memory;
    int error = exec_secrun(work, (const char **)memory);
    sys_munmap((void *)memory, size);
    return error;
}

int hand_over_run_with_capsule(struct hand_over *work)
{
    static char slot[1] = "";
    struct block_carriers carriers;
    struct carrier_memory memory;
    block_lay_out(work->block, work->kinds, work->count, work->reach.preload && !work->reach.handoff,
                  &carriers);
    hand_over_index(work);
    int error = hand_over_fill(work, &carriers, &memory);
    if (error)
        return error;
    size_t users = strlen(carriers.users);
    char announced[sizeof CAPSULE_VARIABLE "=" + TEXT_NUMBER_MAX];
    text_add_number(text_add(announced, CAPSULE_VARIABLE "="), (unsigned)memory.fd);
    text_add(text_add(text_add(work->preload, PRELOAD_VARIABLE "=" SECRUN_SHIM), users > 0 ? ":" : ""),
             carriers.users);
    for (size_t i = 0; i < work->count; i++)
        if (work->kinds[i] != BLOCK_PLAIN)
            work->block[i] = slot;
    if (carriers.preload != BLOCK_NONE)
        work->block[carriers.preload] = work->preload;
    work->block[carriers.capsule] = announced;
    work->block[carriers.place_count] = NULL;
    hand_over_give_back_room(work);
    if (!carrier_leaves_room(memory.fd))
        error = EMFILE;
    else
        error = work->reach.handoff ? run_handed_off(work) : hand_over_run(work->call, work->block);
    sys_close(memory.fd);
    return error;
}
