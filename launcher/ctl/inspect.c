/* SPDX-License-Identifier: ISC */
/* secrunctl inspect: what of a running program is exposed, seen from outside. Runs as the operator, mostly
 * root; sees every secret, prints none. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "ctl/inspecting.h"
#include "ctl/invocation.h"
#include "inspect/tree.h"

enum { INSPECT_EXPOSED = 1, INSPECT_TROUBLE = 2 };

static bool read_pid(const char *text, pid_t *pid)
{
    char *end;
    if (*text < '1' || *text > '9')
        return false;
    unsigned long number = strtoul(text, &end, 10);
    *pid = (pid_t)number;
    return *end == '\0' && number <= INT_MAX;
}

static bool check(const struct invocation *invocation, struct reason *why)
{
    pid_t pid;
    for (size_t i = 0; i < invocation->operand_count; i++) {
        if (!read_pid(invocation->operands[i], &pid))
            return fail(why, "inspect: operand %zu is no number of a process", i + 1);
        if (pid == getpid())
            return fail(why, "inspect: %d is this secrunctl itself", (int)pid);
    }
    return !invocation->options[OPTION_MEMORY] || geteuid() == 0 ||
           fail(why, "inspect: --memory is for root");
}

/* Without values to look for, all the rest can still be told. */
static bool load(struct inspecting *inspecting, struct reason *why)
{
    const struct invocation *invocation = inspecting->invocation;
    struct scanning *scanning = &inspecting->scanning;
    struct reason problem = {0};
    bool loaded = store_load(&inspecting->store, invocation, STORE_READ, &problem);
    scanning->document = &inspecting->store.document;
    if (loaded && invocation->options[OPTION_PROFILE] &&
        !store_profile(&inspecting->store, invocation->profile, why))
        return false;
    inspecting->blind = !loaded || !scanning_add_secrets(scanning, NULL, &problem) ||
                        !scan_prepare(&scanning->scan, &problem);
    if (inspecting->blind) {
        message_reason("secrunctl", &problem);
        message("secrunctl", "so no values are looked for");
        inspecting->unseen++;
        return true;
    }
    inspecting->told = calloc(scanning->count, sizeof *inspecting->told);
    return inspecting->told || fail(why, "no memory for %zu secrets", scanning->count);
}

/* A descendant that has ended, or whose number is another's by now, has nothing to look at. */
static bool inspect_relative(struct inspecting *inspecting, const struct relative *relative,
                             struct reason *why)
{
    struct reason gone;
    bool ok = true;
    inspecting->brief = true;
    if (process_open(&inspecting->process, relative->pid, &gone) &&
        inspecting->process.started == relative->started)
        ok = inspect_process(inspecting, why);
    process_close(&inspecting->process);
    return ok;
}

static bool inspect_tree(struct inspecting *inspecting, pid_t pid, struct reason *why)
{
    struct tree tree = {0};
    struct reason problem = {0};
    inspecting->brief = false;
    if (!process_open(&inspecting->process, pid, &problem)) {
        process_close(&inspecting->process);
        message_reason("secrunctl", &problem);
        inspecting->unseen++;
        return true;
    }
    bool ok = inspect_process(inspecting, why) && tree_read(&tree, &inspecting->process, why);
    process_close(&inspecting->process);
    for (size_t i = 0; ok && i < tree.count; i++)
        if (tree.list[i].pid != getpid())
            ok = inspect_relative(inspecting, &tree.list[i], why);
    tree_free(&tree);
    return ok;
}

static int answer(const struct invocation *invocation, struct reason *why)
{
    struct inspecting inspecting = {.invocation = invocation};
    inspecting.json = invocation->options[OPTION_JSON] != NULL;
    inspecting.memory = invocation->options[OPTION_MEMORY] != NULL;
    inspecting.scanning.scan.progress = isatty(STDERR_FILENO);
    inspecting.scanning.scan.report = inspecting_found;
    inspecting.scanning.scan.user = &inspecting;
    asker_start(&inspecting.asker);
    bool ok = load(&inspecting, why);
    for (size_t i = 0; ok && i < invocation->operand_count; i++) {
        pid_t pid = 0;
        ok = read_pid(invocation->operands[i], &pid) && inspect_tree(&inspecting, pid, why);
    }
    scan_progress_end(&inspecting.scanning.scan);
    size_t failures = inspecting.failures;
    if (ok && inspecting.unseen > 0)
        ok = fail(why, "inspect: not all could be looked at");
    asker_end(&inspecting.asker);
    free(inspecting.told);
    scan_free(&inspecting.scanning.scan);
    free(inspecting.scanning.secrets);
    store_close(&inspecting.store);
    if (!ok && failures > 0)
        message_reason("secrunctl", why);
    return failures > 0 ? INSPECT_EXPOSED : ok ? 0 : INSPECT_TROUBLE;
}

const struct verb inspect_verb = {
    .name = "inspect",
    .operands = "[-p PROFILE] [--memory] [--json] PID...",
    .summary = "say what of a running program is exposed",
    .help =
        "Looks from outside at each program, and at all that run below it: environment, command line,\n"
        "descriptors, mappings, dumpable, core limit, tracer, swap. One line each: ok, warn or FAIL, and\n"
        "what to do. Values are looked for as scan does. As another user than root it sees what any\n"
        "program of that user can: there, refused is ok.\n"
        "Exit status: 0 nothing is exposed, 1 something is, 2 something could not be looked at.\n\n"
        "  -p PROFILE  say which secrets a run of this profile gets\n"
        "  --memory    for root: search its memory for copies of values, too\n"
        "  --json      one JSON object a line\n",
    .options = OPTION(PROFILE) | OPTION(JSON) | OPTION(MEMORY),
    .least = 1,
    .most = SIZE_MAX,
    .check = check,
    .answer = answer,
};
