/* SPDX-License-Identifier: ISC */
/*
 * Hand-over at exec: see exec.h. Runs inside the target on the way to every exec; sees secrets. It, and what
 * it calls (hand_over.h), MUST ensure that:
 *   1. no string given to the kernel holds a secret's value, in the environment, or, where policy forbids it,
 * in the arguments;
 *   2. the program gets exactly the environment that its parent meant it to have, less what policy withholds;
 *   3. a failed exec leaves no descriptor, no mapping, and changes nothing;
 *   4. nothing is allocated, locked or written that another thread, or the parent of a vfork child, can see.
 */
#include "shim/hand_over.h"

#include <linux/errno.h>
#include <linux/mman.h>

#include "shim/environ.h"
#include "shim/libc.h"
#include "shim/sys.h"

/* What is larger is mapped: a vfork child cannot give that back to its parent when its exec succeeds. */
enum { STACK_MAX = 8 * 1024 };

static int hand_over(struct hand_over *work)
{
    int error = reach_find(work->call, &work->reach, work->names);
    if (error == EMFILE && hand_over_make_room(work))
        error = reach_find(work->call, &work->reach, work->names);
    if (error)
        return error;
    work->program = (struct policy_program){
        .same_process = shim_is_same_process(),
        .script = work->reach.script,
        .given = work->names ? work->names->given : "",
        .interpreter = work->names ? work->names->program : "",
    };
    error = hand_over_guard_arguments(work);
    if (error)
        return error;
    error = hand_over_sort(work);
    if (!error)
        error = hand_over_hold_hidden(work);
    if (error)
        return error;
    hand_over_tell_withheld(work);
    hand_over_tell_plain(work);
    if (hand_over_carries_secret(work))
        return hand_over_run_with_capsule(work);
    hand_over_give_back_room(work);
    return hand_over_run(work->call, work->block);
}

/* What the work takes that is not of a fixed size. */
struct needs {
    size_t entries; /* of the environment */
    size_t known;   /* words of a bit for each entry of the capsule */
    size_t preload; /* bytes of the longest LD_PRELOAD there may be */
    bool names;
};

static struct needs measure(const struct exec_call *call, const struct capsule_header *capsule)
{
    struct needs needs = {.known = (capsule->entry_count + 63) / 64,
                          .names = capsule->lists_size > 0 || !reach_has_path(call)};
    char *const *environment = call->environment;
    for (; environment && environment[needs.entries]; needs.entries++) {
        const char *entry = environment[needs.entries];
        size_t size = block_has_name(entry, PRELOAD_VARIABLE) ? strlen(entry) : 0;
        needs.preload = size > needs.preload ? size : needs.preload;
    }
    needs.preload += sizeof PRELOAD_VARIABLE "=" SECRUN_SHIM ":";
    return needs;
}

static size_t bytes_of(const struct needs *needs)
{
    return (needs->names ? sizeof(struct reach_names) : 0) + (needs->entries + 3) * sizeof(char *) +
           needs->known * sizeof(uint64_t) + needs->entries * (sizeof(struct mark) + 1) + needs->preload;
}

/* Shares the memory out, what has to be aligned first. */
static int with_memory(const struct exec_call *call, const struct shim *shim, const struct needs *needs,
                       unsigned char *memory)
{
    struct hand_over work = {.call = call, .shim = shim, .capsule = shim->capsule, .given = needs->entries};
    if (needs->names) {
        work.names = (struct reach_names *)(void *)memory;
        memory += sizeof *work.names;
    }
    work.block = (char **)(void *)memory;
    work.known = (uint64_t *)(void *)(work.block + needs->entries + 3);
    work.marks = (struct mark *)(void *)(work.known + needs->known);
    work.kinds = (unsigned char *)(work.marks + needs->entries);
    work.preload = (char *)(work.kinds + needs->entries);
    for (size_t i = 0; i < needs->known; i++)
        work.known[i] = 0;
    int error = hand_over(&work);
    hand_over_give_back_room(&work);
    return error;
}

int exec_program(const struct exec_call *call)
{
    const struct shim *shim = shim_state();
    if (!shim->capsule)
        return hand_over_run(call, call->environment);
    struct needs needs = measure(call, shim->capsule);
    size_t size = bytes_of(&needs);
    if (size <= STACK_MAX || (call->own_stack && needs.preload <= STACK_MAX))
        return with_memory(call, shim, &needs, __builtin_alloca(size));
    long memory = sys_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (sys_failed(memory))
        return (int)-memory;
    int error = with_memory(call, shim, &needs, (unsigned char *)memory);
    sys_munmap((void *)memory, size);
    return error;
}
