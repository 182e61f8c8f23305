/* SPDX-License-Identifier: ISC */
/* One process of secrunctl inspect: what is looked at, and what that says. Runs as the operator, mostly root;
 * the process may be hostile. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/inspecting.h"
#include "deliver/preload.h"
#include "host/key_source.h"
#include "inspect/search.h"

enum { STORE_PATHS = 3, DESCRIPTORS_TOLD = 16 };

struct opened {
    unsigned number;
    enum descriptor_kind kind;
    const char *path;
};

/* What is seen of it, before anything is told. */
struct view {
    const struct process *process;
    const char *key; /* where the machine key is */
    enum shield shield;
    enum look mappings, descriptors;
    bool whole_mappings, whole_descriptors;
    bool shim, shim_gone, stub;
    uint64_t secret, secret_at, locked, unlocked; /* bytes, an address */
    struct opened opened[DESCRIPTORS_TOLD];
    size_t opened_count;
};

static bool see_mapping(void *user, const struct proc_mapping *mapping)
{
    struct view *view = user;
    switch (mapping_kind(mapping, preload_shim())) {
    case MAPPING_SHIM:
        view->shim = true;
        view->shim_gone |= strstr(mapping->path, " (deleted)") != NULL;
        break;
    case MAPPING_STUB:
        view->stub = true;
        break;
    case MAPPING_SECRET:
        view->secret += mapping->end - mapping->begin;
        view->secret_at = mapping->begin;
        break;
    case MAPPING_LOCKED:
        view->locked += mapping->end - mapping->begin;
        break;
    case MAPPING_UNLOCKED:
        if (view->unlocked == 0 && search_finds_capsule(view->process, mapping))
            view->unlocked = mapping->end - mapping->begin;
        break;
    case MAPPING_OTHER:
        break;
    }
    return true;
}

/* Of more than are told, the last gives way to what is worse than a warning. */
static void see_descriptor(void *user, unsigned number, enum descriptor_kind kind, const char *path)
{
    struct view *view = user;
    bool fails = kind == DESCRIPTOR_MEMORY || (kind == DESCRIPTOR_FILE && path == view->key);
    if (view->opened_count < DESCRIPTORS_TOLD)
        view->opened[view->opened_count] = (struct opened){number, kind, path};
    else if (fails)
        view->opened[DESCRIPTORS_TOLD - 1] = (struct opened){number, kind, path};
    view->opened_count++;
}

static void look(const struct inspecting *inspecting, struct view *view, const char *const *paths,
                 const char *key)
{
    const struct process *process = &inspecting->process;
    *view =
        (struct view){.process = process, .key = key, .shield = process_shield(process, &inspecting->asker)};
    view->mappings = process_mappings(process, see_mapping, view, &view->whole_mappings);
    view->descriptors = process_descriptors(process, paths, see_descriptor, view, &view->whole_descriptors);
}

/* May this be another in a moment? A program that is just being started is shielded then, and its capsule
 * taken. */
static bool is_passing(const struct view *view)
{
    bool seen = view->mappings == LOOK_DONE && view->descriptors == LOOK_DONE;
    if (view->opened_count > 0 || view->shield == SHIELD_UNKNOWN || view->mappings == LOOK_FAILED)
        return true;
    return view->shield == SHIELD_DOWN && (!seen || view->shim || view->stub);
}

static void look_twice(struct inspecting *inspecting, struct view *view)
{
    char key[PATH_MAX] = "";
    const struct config *config = &inspecting->store.config;
    const char *paths[STORE_PATHS] = {NULL};
    size_t count = 0;
    if (config->sealed_file[0])
        paths[count++] = config->sealed_file;
    if (config->sealed_file[0] && config->key_source == KEY_FILE) {
        key_source_name(config, key);
        paths[count++] = key;
    }
    look(inspecting, view, paths, key);
    if (is_passing(view)) {
        inspecting_wait(inspecting);
        look(inspecting, view, paths, key);
    }
    /* The paths end here, and those in the view are told as what they are. */
    for (size_t i = 0; i < view->opened_count && i < DESCRIPTORS_TOLD; i++)
        if (view->opened[i].path)
            view->opened[i].path = view->opened[i].path == key ? "the machine key" : "the sealed file";
}

static bool holds(const struct view *view)
{
    return (view->shim || view->stub) && (view->secret > 0 || view->locked > 0 || view->unlocked > 0);
}

/* What cannot be looked at is what the promise is, if it is for that that it cannot be. */
static void tell_unseen(struct inspecting *inspecting, const struct view *view, enum look what_of,
                        const char *what, const char *name)
{
    if (what_of == LOOK_REFUSED && view->shield == SHIELD_UP)
        inspecting_say(inspecting, OK, what, NULL, "%s: refused", name);
    else if (what_of == LOOK_REFUSED)
        inspecting_miss(inspecting, what, "root sees it", "%s: refused to this user", name);
    else
        inspecting_miss(inspecting, what, NULL, "%s: cannot be read", name);
}

static void tell_who(struct inspecting *inspecting)
{
    const struct proc_status *status = &inspecting->process.status;
    static const char *const filters[] = {"", ", strict seccomp", ", a seccomp filter"};
    char capabilities[64] = "no capabilities";
    if (status->capabilities)
        snprintf(capabilities, sizeof capabilities, "capabilities %" PRIx64, status->capabilities);
    inspecting_say(inspecting, OK, "who", NULL, "uid %u, gid %u, %s%s%s", status->uids[1], status->gids[1],
                   capabilities, status->no_new_privs ? ", no new privileges" : "",
                   filters[status->seccomp < 3 ? status->seccomp : 2]);
}

static void tell_delivery(struct inspecting *inspecting, const struct view *view)
{
    const char *how = view->shim ? "preload" : "injection";
    if (view->mappings != LOOK_DONE) {
        tell_unseen(inspecting, view, view->mappings, "delivery", "mappings, which would tell the delivery");
        return;
    }
    if (!view->whole_mappings)
        inspecting_miss(inspecting, "mappings", NULL, "more mappings than are looked at");
    if (holds(view) && view->secret > 0)
        inspecting_say(inspecting, OK, "delivery", NULL, "secrets by %s, %" PRIu64 " bytes of secret memory",
                       how, view->secret);
    else if (holds(view) && view->unlocked == 0)
        inspecting_say(inspecting, WARN, "delivery", "secrunctl check says why there was no memfd_secret",
                       "secrets by %s, in %" PRIu64 " bytes of locked memory, which root can read", how,
                       view->locked);
    else if (holds(view))
        inspecting_say(inspecting, WARN, "delivery",
                       "raise RLIMIT_MEMLOCK: LimitMEMLOCK= in its unit, --ulimit memlock= of its container",
                       "secrets by %s, in %" PRIu64 " bytes of memory that can be swapped, and root can read",
                       how, view->unlocked);
    else if (view->shim || view->stub)
        inspecting_say(inspecting, inspecting->brief ? OK : WARN, "delivery",
                       "if it is to have some: secrun -n says what its profile gives it",
                       "the shim is mapped, and holds no secrets");
    else
        inspecting_say(inspecting, inspecting->brief ? OK : WARN, "delivery",
                       "was it started by secrun? A child that gets no secrets has none",
                       "nothing of secrun is mapped: neither the shim nor an injected page");
    if (view->shim_gone)
        inspecting_say(inspecting, WARN, "delivery", "restart the program, to get the one that is installed",
                       "its shim has been replaced or removed since it was started");
}

/* Neither ptrace(2) nor a read of its memory gets at it, not from root either: tried with one byte. */
static void tell_proof(struct inspecting *inspecting, const struct view *view)
{
    if (view->mappings != LOOK_DONE || view->secret == 0)
        return;
    switch (search_touch(&inspecting->process, view->secret_at)) {
    case LOOK_REFUSED:
        inspecting_say(inspecting, OK, "secret_memory", NULL,
                       "secret memory: a read from outside is refused, %s",
                       geteuid() == 0 ? "root's too" : "tried as this user");
        return;
    case LOOK_DONE:
        inspecting_say(inspecting, FAIL, "secret_memory", NULL, "secret memory: can be read from outside");
        return;
    case LOOK_FAILED:
        tell_unseen(inspecting, view, LOOK_FAILED, "secret_memory", "secret memory");
    }
}

static void tell_shield(struct inspecting *inspecting, const struct view *view)
{
    bool refused = view->mappings != LOOK_DONE;
    if (view->shield == SHIELD_UP)
        inspecting_say(inspecting, OK, "dumpable", NULL,
                       "not dumpable: programs of uid %u can neither read nor trace it",
                       inspecting->process.status.uids[1]);
    else if (view->shield == SHIELD_UNKNOWN)
        inspecting_miss(inspecting, "dumpable",
                        geteuid() == 0 ? "look from where it runs, with all capabilities" : "look as root",
                        "dumpable or not cannot be told from here");
    else if ((refused || holds(view)) && process_is_root_elsewhere(&inspecting->process))
        inspecting_say(inspecting, WARN, "dumpable", "who owns a container gets at all that is in it",
                       "programs of uid %u outside its user namespace can read it",
                       inspecting->process.status.uids[1]);
    else if (refused || holds(view))
        inspecting_say(inspecting, FAIL, "dumpable",
                       "take dumpable = yes out of its profile, unless it is being debugged",
                       "dumpable: programs of uid %u can read it, and its secrets with it",
                       inspecting->process.status.uids[1]);
    else
        inspecting_say(inspecting, OK, "dumpable", NULL,
                       "dumpable: programs of uid %u can read it; secrun gave it nothing",
                       inspecting->process.status.uids[1]);
}

static void tell_descriptors(struct inspecting *inspecting, const struct view *view)
{
    if (view->descriptors != LOOK_DONE) {
        tell_unseen(inspecting, view, view->descriptors, "descriptors", "descriptors");
        return;
    }
    if (!view->whole_descriptors)
        inspecting_miss(inspecting, "descriptors", NULL, "more descriptors than are looked at");
    for (size_t i = 0; i < view->opened_count && i < DESCRIPTORS_TOLD; i++) {
        const struct opened *opened = &view->opened[i];
        switch (opened->kind) {
        case DESCRIPTOR_MEMORY:
            inspecting_say(inspecting, FAIL, "descriptors", "nothing in it took the capsule: restart it",
                           "descriptor %u: a capsule, which others can open by way of /proc", opened->number);
            break;
        case DESCRIPTOR_SECRET:
            inspecting_say(inspecting, WARN, "descriptors", "nothing in it took the capsule: restart it",
                           "descriptor %u: secret memory, which whatever it executes can map",
                           opened->number);
            break;
        case DESCRIPTOR_STUB:
            inspecting_say(inspecting, WARN, "descriptors", NULL,
                           "descriptor %u: the page of an injection, which is not over", opened->number);
            break;
        case DESCRIPTOR_FILE:
            inspecting_say(inspecting, strcmp(opened->path, "the machine key") == 0 ? FAIL : WARN,
                           "descriptors", "a program that secrun runs needs neither: close it before",
                           "descriptor %u: %s is open there", opened->number, opened->path);
        }
    }
    if (view->opened_count > DESCRIPTORS_TOLD)
        inspecting_say(inspecting, WARN, "descriptors", NULL, "descriptors: and %zu more such",
                       view->opened_count - DESCRIPTORS_TOLD);
    if (view->opened_count == 0)
        inspecting_say(inspecting, OK, "descriptors", NULL,
                       "descriptors: no capsule is open, nor a file of the store");
}

static void tell_core(struct inspecting *inspecting, const struct view *view)
{
    uint64_t soft, hard;
    char text[32] = "unlimited";
    if (process_core_limit(&inspecting->process, &soft, &hard) != LOOK_DONE) {
        tell_unseen(inspecting, view, LOOK_FAILED, "core", "core limit");
        return;
    }
    if (soft != UINT64_MAX)
        snprintf(text, sizeof text, "%" PRIu64 " bytes", soft);
    if (soft == 0)
        inspecting_say(inspecting, OK, "core", NULL, "core limit 0: a crash leaves no core file");
    else if (view->shield == SHIELD_UP)
        inspecting_say(inspecting, WARN, "core", "see fs.suid_dumpable, and who raised it",
                       "core limit %s: no core file is written while it is not dumpable", text);
    else
        inspecting_say(inspecting, holds(view) ? FAIL : OK, "core", holds(view) ? "ulimit -c 0" : NULL,
                       "core limit %s: a core file would have what it copied of its secrets", text);
}

static void tell_status(struct inspecting *inspecting)
{
    const struct proc_status *status = &inspecting->process.status;
    char name[PROCESS_NAME], shown[PROCESS_NAME];
    pid_t tracer = process_tracer(&inspecting->process);
    if (tracer > 0) {
        process_name_of(tracer, name);
        scan_cover_pieces(&inspecting->scanning.scan, name);
        inspecting_say(inspecting, WARN, "tracer", NULL, "traced by %s (process %d), which sees what it does",
                       printable(shown, sizeof shown, name, strlen(name)), (int)tracer);
    } else {
        inspecting_say(inspecting, OK, "tracer", NULL, "nothing traces it");
    }
    if (status->swap > 0)
        inspecting_say(inspecting, WARN, "swap", "encrypt the swap, or turn it off",
                       "%" PRIu64 " KiB of it are in swap; secrets that it copied may be among them",
                       status->swap / 1024);
    else
        inspecting_say(inspecting, OK, "swap", NULL, "nothing of it is in swap");
}

static bool tell_part(struct inspecting *inspecting, const struct view *view, const char *part,
                      const char *name, struct reason *why)
{
    enum look seen;
    bool whole;
    size_t before = inspecting->failures;
    if (inspecting->blind)
        return true;
    if (!search_part(&inspecting->scanning.scan, &inspecting->process, part, &seen, &whole, why))
        return false;
    if (seen != LOOK_DONE)
        tell_unseen(inspecting, view, seen, part, name);
    else if (!whole)
        inspecting_miss(inspecting, part, NULL, "%s: larger than a program's can be, and not read to its end",
                        name);
    else if (inspecting->failures == before)
        inspecting_say(inspecting, OK, part, NULL, "%s: no value of the store%s", name,
                       inspecting->scanning.short_count > 0 ? " of 8 bytes or more" : "");
    return true;
}

static bool tell_memory(struct inspecting *inspecting, const struct view *view, struct reason *why)
{
    enum look seen;
    bool whole;
    size_t before = inspecting->trouble;
    if (inspecting->blind || !inspecting->memory)
        return true;
    inspecting->exposed = view->shield == SHIELD_DOWN;
    if (!search_memory(&inspecting->scanning.scan, &inspecting->process, holds(view), &seen, &whole, why))
        return false;
    if (seen != LOOK_DONE)
        tell_unseen(inspecting, view, seen, "memory", "memory");
    else if (!whole)
        inspecting_miss(inspecting, "memory", NULL, "memory: some of it could not be searched");
    else if (inspecting->trouble == before)
        inspecting_say(inspecting, OK, "memory", NULL,
                       "memory: no copy of a value outside its secret memory");
    return true;
}

/* The slots that a program is started with have no names: what a run would get is all that can be said. */
static bool tell_names(struct inspecting *inspecting, struct reason *why)
{
    const struct document *document = &inspecting->store.document;
    const char *name = inspecting->invocation->options[OPTION_PROFILE];
    const struct document_profile *profile = NULL;
    const struct document_entry **secrets = NULL;
    char text[768] = "";
    size_t count, used = 0;
    for (size_t i = 0; i < document->profile_count; i++)
        if (strcmp(document->profiles[i].name, name ? name : inspecting->process.name) == 0)
            profile = &document->profiles[i];
    if (!profile) {
        inspecting_say(inspecting, OK, "names", NULL,
                       "which names it got cannot be told from outside; -p PROFILE lists those of a run");
        return true;
    }
    if (!document_select(document, profile, &secrets, &count, why))
        return false;
    for (size_t i = 0; i < count && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, " %s", secrets[i]->name);
    free(secrets);
    inspecting_say(inspecting, OK, "names", NULL, "which names it got cannot be told; a run of [%s] gets%s%s",
                   profile->name, count > 0 ? text : " none", used >= sizeof text ? "..." : "");
    return true;
}

static void sum_up(struct inspecting *inspecting, const struct view *view)
{
    const char *delivery = view->mappings != LOOK_DONE ? "refused"
                           : view->stub && holds(view) ? "secrets by injection"
                           : holds(view)               ? "secrets by preload"
                                                       : "no secrets";
    if (inspecting->brief && !inspecting->json && inspecting->trouble == 0)
        inspecting_sum_up(inspecting, "child", "child of %d: %s%s%s", (int)inspecting->process.parent,
                          delivery, view->shield == SHIELD_UP ? ", not dumpable" : "",
                          inspecting->blind ? "" : ", no value in its environment and command line");
}

bool inspect_process(struct inspecting *inspecting, struct reason *why)
{
    struct view view;
    inspecting->trouble = 0;
    if (inspecting->told)
        memset(inspecting->told, 0, inspecting->scanning.count * sizeof *inspecting->told);
    look_twice(inspecting, &view);
    tell_who(inspecting);
    tell_delivery(inspecting, &view);
    tell_proof(inspecting, &view);
    if (!tell_part(inspecting, &view, "environ", "environment", why) ||
        !tell_part(inspecting, &view, "cmdline", "command line", why))
        return false;
    tell_shield(inspecting, &view);
    tell_descriptors(inspecting, &view);
    tell_core(inspecting, &view);
    tell_status(inspecting);
    if (!inspecting->brief && holds(&view) && !tell_names(inspecting, why))
        return false;
    if (!tell_memory(inspecting, &view, why))
        return false;
    if (process_is_there(&inspecting->process)) {
        sum_up(inspecting, &view);
    } else if (!inspecting->brief) {
        inspecting_say(inspecting, WARN, "ended", NULL, "it has ended meanwhile");
        inspecting->unseen++;
    }
    return true;
}
