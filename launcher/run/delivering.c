/* SPDX-License-Identifier: ISC */
/* The second half of a run: see run.h. Runs in secrun; sees the secrets of one profile. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "deliver/preload.h"
#include "run/guard.h"
#include "run/run.h"

/* The file that a path leads to, for the policy of an outer capsule; empty if that cannot be told. */
static const char *resolve(const char *path, char resolved[static PATH_MAX])
{
    if (!realpath(path, resolved))
        resolved[0] = '\0';
    return resolved;
}

int run_lay_out(struct run *run, struct reason *why)
{
    char given[PATH_MAX], interpreter[PATH_MAX];
    struct layout_input input = {
        .inherited = environ,
        .secrets = run->choice.secrets,
        .policies = run->choice.policies,
        .count = run->choice.count,
        .outer = run->outer,
        .inject = run->delivery.way != DELIVERY_PRELOAD,
        .unheld = run->delivery.unheld,
    };
    if (run->outer)
        input.program = (struct policy_program){
            .same_process = true,
            .script = strcmp(run->probe.path, run->probe.binary) != 0,
            .given = resolve(run->probe.path, given),
            .interpreter = resolve(run->probe.binary, interpreter),
        };
    if (!layout_make(&run->layout, &input, why))
        return EXIT_FAILED;
    if (run->layout.withheld_static > 0)
        message(PROGRAM,
                "%s: it runs without %zu of the secrets that secrun was given itself (inherit, static)",
                run->delivery.reason.text, run->layout.withheld_static);
    if (run->layout.item_count > 0 && run->delivery.way == DELIVERY_NONE) { /* the outer target's */
        *why = run->delivery.reason;
        return EXIT_CANNOT_RUN;
    }
    if (run->layout.item_count > 0 && run->delivery.way == DELIVERY_INJECT &&
        run->inject.task != INJECT_STUB) {
        *why = run->unattached;
        fail_within(why, "%s", run->probe.path);
        return EXIT_FAILED;
    }
    uint32_t outer = run->outer ? run->outer->flags : CAPSULE_DUMPABLE;
    run->layout.plan.flags = (outer & (CAPSULE_SECRET_ONLY | CAPSULE_VERBOSE)) |
                             (run->choice.dumpable ? outer & CAPSULE_DUMPABLE : 0) |
                             (run->choice.memory_secret ? CAPSULE_SECRET_ONLY : 0) |
                             (run->options.verbose ? CAPSULE_VERBOSE : 0);
    return 0;
}

static size_t measure(const struct run *run, struct reason *why)
{
    size_t size = capsule_measure(&run->layout.plan);
    if (size == 0)
        fail(why, "the secrets of one run come to more than %d bytes", CAPSULE_SIZE_MAX);
    return size;
}

static bool check_shim(const struct run *run, struct reason *why)
{
    return run->delivery.way != DELIVERY_PRELOAD || preload_check(why);
}

/* With the capsule's descriptor open, which the target's loader has to find room beside. */
static bool try_shim(const struct run *run, struct reason *why)
{
    static const struct elf_memory none;
    bool tells = run->probe.libc && strcmp(run->probe.libc, "musl") != 0;
    if (run->delivery.way != DELIVERY_PRELOAD)
        return true;
    return preload_try(tells ? &none : &run->probe.memory, why);
}

int run_fill(struct run *run, struct reason *why)
{
    struct layout *layout = &run->layout;
    bool secret_only = layout->plan.flags & CAPSULE_SECRET_ONLY;
    size_t size = check_shim(run, why) ? measure(run, why) : 0;
    if (size == 0 || !memory_create(&run->memory, size, secret_only, why))
        return EXIT_FAILED;
    run->memory_reason = *why;
    layout_write(layout, run->memory.bytes);
    layout_announce(layout, run->memory.fd, run->inject.helper);
    const struct capsule_header *capsule = (const struct capsule_header *)(const void *)run->memory.bytes;
    /* Of what is handed off, the shim has looked at the arguments. */
    return (run->options.handoff || guard_arguments(capsule, run->options.command, why)) &&
                   memory_finish(&run->memory, why) && try_shim(run, why)
               ? 0
               : EXIT_FAILED;
}

int run_try(struct run *run, struct reason *why)
{
    size_t size = measure(run, why);
    if (size == 0 || !check_shim(run, why) || !try_shim(run, why))
        return EXIT_FAILED;
    if (memory_secret_available(size, &run->memory_reason)) {
        run->memory_reason = (struct reason){0};
    } else if (run->choice.memory_secret) {
        *why = run->memory_reason;
        return EXIT_FAILED;
    }
    return 0;
}

static char **shell_arguments(const struct run *run)
{
    size_t count = 0;
    while (run->options.command[count])
        count++;
    char **arguments = calloc(count + 3, sizeof *arguments);
    if (!arguments)
        return NULL;
    arguments[0] = (char *)(uintptr_t) "sh";
    arguments[1] = (char *)(uintptr_t)run->probe.path;
    for (size_t i = 1; i < count; i++)
        arguments[i + 1] = run->options.command[i];
    return arguments;
}

/* The block holds no pointer into the document. */
int run_become(struct run *run, struct reason *why)
{
    const char *path = run->probe.through_shell ? "/bin/sh" : run->probe.path;
    if (run->layout.item_count > 0 && !probe_holds(&run->probe, why))
        return EXIT_CANNOT_RUN;
    char **arguments = run->probe.through_shell ? shell_arguments(run) : run->options.command;
    if (!arguments) {
        fail(why, "no memory");
        return EXIT_FAILED;
    }
    if (!run_record_start(run, why)) {
        if (arguments != run->options.command)
            free(arguments);
        return EXIT_FAILED;
    }
    if ((run->layout.plan.flags & CAPSULE_DUMPABLE) || run->layout.item_count == 0)
        unharden(&run->hardening);
    if (run->layout.item_count == 0)
        inject_dismiss(&run->inject);
    document_free(&run->document);
    secret_unshare();
    execve(path, arguments, run->layout.block);
    int status = errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
    fail_errno(why, "%s", path);
    if (arguments != run->options.command)
        free(arguments);
    return status;
}
