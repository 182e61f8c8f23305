/* SPDX-License-Identifier: ISC */
/*
 * Hand-over at exec: see exec.h. Runs inside the target on the way to every exec; sees secrets. It MUST
 * ensure that:
 *   1. no string given to the kernel holds a secret's value, in the environment, or, where policy forbids it,
 * in the arguments;
 *   2. the program gets exactly the environment that its parent meant it to have, less what policy withholds;
 *   3. a failed exec leaves no descriptor, no mapping, and changes nothing;
 *   4. nothing is allocated, locked or written that another thread, or the parent of a vfork child, can see.
 */
#include "shim/exec.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/resource.h>

#include "shim/block.h"
#include "shim/capsule_write.h"
#include "shim/carrier.h"
#include "shim/environ.h"
#include "shim/libc.h"
#include "shim/line.h"
#include "shim/policy.h"
#include "shim/reach.h"
#include "shim/start.h"
#include "shim/sys_process.h"

/* What is larger is mapped: a vfork child cannot give that back to its parent when its exec succeeds. */
enum { STACK_MAX = 8 * 1024 };

struct mark {
    uint32_t flags, list;
};

/* What becomes of a string that holds a secret, or of a secret that is in no array. Those from WITHHELD on
 * stay behind, each for its own reason. */
enum fate {
    GIVEN,
    PLAIN,
    REFUSED,
    WITHHELD,           /* by inherit, */
    WITHHELD_STATIC,    /* by static, */
    WITHHELD_UNREACHED, /* or since nothing gets it in */
    FATES,
};

struct withheld {
    size_t count;
    const struct capsule_entry *first; /* a secret in the first of them */
};

struct hand_over {
    const struct exec_call *call;
    const struct shim *shim;
    const struct capsule_header *capsule; /* this process's */
    struct reach reach;
    struct policy_program program;
    /* In the caller's memory: */
    struct reach_names *names; /* NULL where no policy asks for them */
    char **block;              /* the environment for the kernel, and two entries to spare */
    uint64_t *known;           /* by entry of the capsule: it stands in a longer value */
    struct mark *marks;        /* by entry of the block: what the new capsule says of it */
    unsigned char *kinds;      /* likewise */
    char *preload;             /* LD_PRELOAD=, the shim, and what the program has there */
    uint64_t limits[2];        /* RLIMIT_NOFILE as the program is to have it, while it is raised */
    bool raised;
    size_t given; /* entries of the environment when it was measured; threads may add some */
    size_t count; /* entries that the program is to see */
    struct withheld withheld[FATES - WITHHELD]; /* and those that it is not, by their fate */
    const struct capsule_entry *plain_first;    /* a secret that the program has in its plain environment */
};

static int run(const struct exec_call *call, char *const *environment)
{
    if (call->directory == AT_FDCWD && call->flags == 0)
        return (int)-sys_execve(call->path, call->arguments, environment);
    return (int)-sys_execveat(call->directory, call->path, call->arguments, environment, call->flags);
}

/* --- descriptors --------------------------------------------------------------------------------- */

enum { ROOM = 8 };

/* A plain exec needs no descriptor, so one must be had also where the program has used up all: above its soft
 * limit, as long as it takes. */
static bool make_room(struct hand_over *work)
{
    if (work->raised || sys_getrlimit(RLIMIT_NOFILE, work->limits) < 0)
        return false;
    const uint64_t raised[2] = {work->limits[0] + ROOM, work->limits[1]};
    work->raised = raised[0] <= raised[1] && sys_prlimit(RLIMIT_NOFILE, raised) == 0;
    return work->raised;
}

static void give_back_room(struct hand_over *work)
{
    if (work->raised)
        sys_prlimit(RLIMIT_NOFILE, work->limits);
    work->raised = false;
}

/* How a line calls the program. */
static const char *shown(const struct hand_over *work)
{
    const char *path = work->call->path;
    struct capsule_match match;
    if (!path || !path[0])
        return "a program given by its descriptor";
    capsule_match_begin(&match, work->capsule, path, strlen(path));
    return capsule_match_next(&match) ? "a program whose path holds a secret" : path;
}

/* --- arguments ----------------------------------------------------------------------------------- */

/* 0, or EPERM where policy refuses. One line for one exec, however many arguments there are. */
static int guard_arguments(const struct hand_over *work)
{
    const struct capsule_entry *found = NULL;
    size_t at = 0;
    for (size_t i = 0; work->call->arguments && work->call->arguments[i]; i++) {
        const struct capsule_entry *entry = policy_guard(work->capsule, work->call->arguments[i]);
        if (entry && (!found || (entry->flags & CAPSULE_ARGV_REFUSE))) {
            found = entry;
            at = i;
        }
        if (found && (found->flags & CAPSULE_ARGV_REFUSE))
            break;
    }
    if (!found)
        return 0;
    bool refused = found->flags & CAPSULE_ARGV_REFUSE;
    struct line line;
    line_begin(&line);
    line_text(&line, shown(work));
    line_text(&line, refused ? ": not run: argument " : ": argument ");
    line_number(&line, at);
    line_text(&line, " holds ");
    line_add(&line, capsule_string(work->capsule, found), found->name_size);
    line_text(&line, refused ? " (argv = refuse)" : ", which /proc shows to all");
    line_write(&line);
    return refused ? EPERM : 0;
}

/* --- the environment ----------------------------------------------------------------------------- */

/* It is told by the secret's name: what the program calls it may be the secret itself. */
static void withhold(struct hand_over *work, enum fate fate, const struct capsule_entry *entry)
{
    struct withheld *withheld = &work->withheld[fate - WITHHELD];
    if (withheld->count++ == 0)
        withheld->first = entry;
}

/* One line, and EPERM: the program is not to be run. */
static int refuse_static(const struct hand_over *work, const struct capsule_entry *entry)
{
    struct line line;
    line_begin(&line);
    line_text(&line, shown(work));
    line_text(&line, ": not run with ");
    line_add(&line, capsule_string(work->capsule, entry), entry->name_size);
    line_text(&line, " (static = refuse): ");
    line_text(&line, work->reach.withheld);
    line_write(&line);
    return EPERM;
}

/* Of a program that nothing holds to a policy: the capsule gets into it. */
static bool gets_in(const struct reach *reach)
{
    return reach->handoff || reach->preload;
}

/* What becomes of a string that the program may have: for one that nothing holds to a policy, by `static`. */
static enum fate find_fate(const struct hand_over *work, const struct policy_verdict *verdict)
{
    const struct reach *reach = &work->reach;
    if (verdict->withheld)
        return WITHHELD;
    if (!reach->withheld)
        return GIVEN;
    switch (policy_static(verdict)) {
    case CAPSULE_STATIC_REFUSE:
        return REFUSED;
    case CAPSULE_STATIC_WITHHOLD:
        return gets_in(reach) ? WITHHELD_STATIC : WITHHELD_UNREACHED;
    case CAPSULE_STATIC_ENVIRON:
        return reach->gains_privilege ? WITHHELD_UNREACHED : PLAIN;
    default:
        return gets_in(reach) ? GIVEN : WITHHELD_UNREACHED;
    }
}

/* Sorts what the caller gives into the block: what the program gets, in order. 0 or an errno. */
static int sort_environment(struct hand_over *work)
{
    char *const *environment = work->call->environment;
    for (size_t i = 0; i < work->given && environment[i]; i++) {
        char *entry = environment[i];
        if (block_has_name(entry, CAPSULE_VARIABLE))
            continue;
        struct policy_verdict verdict = policy_judge(work->capsule, entry, &work->program, NULL);
        enum fate fate = verdict.secret ? find_fate(work, &verdict) : PLAIN;
        if (fate == REFUSED)
            return refuse_static(work, verdict.entry);
        if (fate >= WITHHELD) {
            withhold(work, fate, verdict.entry);
            continue;
        }
        if (fate == PLAIN && verdict.secret && !work->plain_first)
            work->plain_first = verdict.entry;
        if (verdict.part && fate == GIVEN) /* the program is to recognise what it gets */
            policy_judge(work->capsule, entry, &work->program, work->known);
        work->marks[work->count] =
            fate == GIVEN ? (struct mark){verdict.flags, verdict.list} : (struct mark){0};
        work->kinds[work->count] = fate == GIVEN ? BLOCK_SECRET : BLOCK_PLAIN;
        work->block[work->count++] = entry;
    }
    work->block[work->count] = NULL;
    return 0;
}

/* Is there an entry of that name among the first `count` of what the program is to see? */
static bool has_name(const struct hand_over *work, size_t count, const char *name, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        const char *entry = work->block[i];
        size_t at = 0;
        if (entry[0] != name[0])
            continue;
        while (at < size && entry[at] == name[at])
            at++;
        if (at == size && entry[at] == '=')
            return true;
    }
    return false;
}

/* Is it for policy to say whether the program has a secret that is in no array? Not where the environment was
 * cleared, or the secret unset, and not where another variable of its name stands. */
static bool is_hidden_there(const struct hand_over *work, uint32_t index)
{
    const struct shim *shim = work->shim;
    const struct capsule_entry *entry = &capsule_entries(work->capsule)[index];
    uint32_t bit = index - shim->hidden_first;
    bool gone = __atomic_load_n(&shim->hidden_gone[bit / 64], __ATOMIC_ACQUIRE) >> bit % 64 & 1;
    return work->count > 0 && !gone &&
           !has_name(work, work->count, capsule_string(work->capsule, entry), entry->name_size);
}

/* What becomes of it; *flags, if it is given. A plain environment is not where it is to be seen. */
static enum fate find_hidden_fate(const struct hand_over *work, uint32_t index, uint32_t *flags)
{
    const struct reach *reach = &work->reach;
    const struct capsule_entry *entry = &capsule_entries(work->capsule)[index];
    if (!policy_allows(work->capsule, entry, &work->program, flags))
        return WITHHELD;
    if (!reach->withheld)
        return GIVEN;
    if (entry->flags & CAPSULE_STATIC_REFUSE)
        return REFUSED;
    if (!gets_in(reach))
        return WITHHELD_UNREACHED;
    return entry->flags & CAPSULE_STATICS ? WITHHELD_STATIC : GIVEN;
}

static bool takes_hidden(const struct hand_over *work, uint32_t index, uint32_t *flags)
{
    return is_hidden_there(work, index) && find_hidden_fate(work, index, flags) == GIVEN;
}

/* Tells of those that do not go along. 0 or an errno. */
static int hold_hidden(struct hand_over *work)
{
    const struct shim *shim = work->shim;
    uint32_t flags;
    for (uint32_t i = shim->hidden_first; i < shim->hidden_first + shim->hidden_count; i++) {
        const struct capsule_entry *entry = &capsule_entries(work->capsule)[i];
        enum fate fate = is_hidden_there(work, i) ? find_hidden_fate(work, i, &flags) : GIVEN;
        if (fate == REFUSED)
            return refuse_static(work, entry);
        if (fate >= WITHHELD)
            withhold(work, fate, entry);
    }
    return 0;
}

/* --- the capsule --------------------------------------------------------------------------------- */

typedef void visit_fn(void *user, const struct capsule_item *item);

static struct capsule_item item_of_string(const char *string)
{
    struct capsule_item item = {.name_size = block_name_size(string)};
    item.name = item.name_size > 0 ? string : NULL;
    item.value = item.name ? string + item.name_size + 1 : string;
    /* NOLINTNEXTLINE(clang-analyzer-unix.cstring.NullArg): neither is null */
    item.value_size = strlen(item.value);
    return item;
}

static struct capsule_item item_of_entry(const struct hand_over *work, const struct capsule_entry *entry,
                                         uint32_t flags)
{
    struct capsule_item item = {.place = CAPSULE_NO_PLACE, .flags = flags, .list = entry->list};
    item.name_size = entry->name_size;
    item.name = entry->name_size > 0 ? capsule_string(work->capsule, entry) : NULL;
    item.value = capsule_value(work->capsule, entry, &item.value_size);
    return item;
}

/*
 * The carriers have their places: which of the entries that travel is the first of its name? One whose hash
 * has not been met is; the others are looked for.
 */
static void index_placed(struct hand_over *work)
{
    uint64_t met[16] = {0}; /* 1,024 bits */
    for (size_t i = 0; i < work->count; i++) {
        const char *entry = work->block[i];
        size_t size = block_name_size(entry);
        uint32_t bit = capsule_hash(entry, size) % 1024;
        bool again = met[bit / 64] >> bit % 64 & 1;
        met[bit / 64] |= 1ull << bit % 64;
        if (size > 0 && work->kinds[i] != BLOCK_PLAIN && !(again && has_name(work, i, entry, size)))
            work->marks[i].flags |= CAPSULE_INDEXED;
    }
}

static void visit_placed(const struct hand_over *work, visit_fn *visit, void *user)
{
    for (size_t i = 0; i < work->count; i++) {
        if (work->kinds[i] == BLOCK_PLAIN)
            continue;
        struct capsule_item item = item_of_string(work->block[i]);
        item.place = (uint32_t)i;
        item.flags = work->marks[i].flags;
        item.list = work->marks[i].list;
        visit(user, &item);
    }
}

/* Every item of the new capsule, in its order; the same each time. */
static void visit_items(const struct hand_over *work, visit_fn *visit, void *user)
{
    const struct capsule_entry *entries = capsule_entries(work->capsule);
    const struct shim *shim = work->shim;
    uint32_t flags;
    visit_placed(work, visit, user);
    for (uint32_t i = shim->hidden_first; i < shim->hidden_first + shim->hidden_count; i++)
        if (takes_hidden(work, i, &flags)) {
            struct capsule_item item = item_of_entry(work, &entries[i], flags);
            visit(user, &item);
        }
    for (uint32_t i = 0; i < work->capsule->entry_count; i++)
        if (policy_is_known(work->capsule, work->known, i, &work->program, &flags)) {
            struct capsule_item item = item_of_entry(work, &entries[i], flags);
            visit(user, &item);
        }
}

static void plan_item(void *user, const struct capsule_item *item)
{
    capsule_plan(user, item);
}

static void put_item(void *user, const struct capsule_item *item)
{
    capsule_put(user, item);
}

static bool carries_secret(const struct hand_over *work)
{
    uint32_t flags;
    for (size_t i = 0; i < work->count; i++)
        if (work->kinds[i] == BLOCK_SECRET)
            return true;
    for (uint32_t i = 0; i < work->shim->hidden_count; i++)
        if (takes_hidden(work, work->shim->hidden_first + i, &flags))
            return true;
    return false;
}

/* Puts the capsule into memory that the program will inherit. */
static int fill_capsule(struct hand_over *work, const struct block_carriers *carriers,
                        struct carrier_memory *memory)
{
    const struct capsule_header *capsule = work->capsule;
    struct capsule_plan plan = {
        .flags = capsule->flags,
        .place_count = (uint32_t)carriers->place_count,
        .seen_count = (uint32_t)work->count,
        .lists = (const char *)capsule + capsule->lists,
        .lists_size = capsule->lists_size,
    };
    struct capsule_writer writer;
    visit_items(work, plan_item, &plan);
    size_t size = capsule_measure(&plan);
    if (size == 0)
        return E2BIG;
    bool fallback = !(capsule->flags & CAPSULE_SECRET_ONLY);
    int error = carrier_create(memory, size, work->shim->secret_memory, fallback);
    if (error == EMFILE && make_room(work))
        error = carrier_create(memory, size, work->shim->secret_memory, fallback);
    if (error)
        return error;
    capsule_begin(&writer, memory->bytes, &plan);
    visit_items(work, put_item, &writer);
    bool whole = capsule_end(&writer);
    error = carrier_release(memory);
    if (!error && !whole)
        error = EAGAIN; /* another thread has changed a string meanwhile */
    if (error)
        sys_close(memory->fd);
    return error;
}

static char *append(char *to, const char *text)
{
    while (*text)
        *to++ = *text++;
    *to = '\0';
    return to;
}

static void write_number(char *to, int number)
{
    char digits[12];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0)
        *to++ = digits[--count];
    *to = '\0';
}

enum { ARGUMENTS_ON_STACK = 1024 }; /* what is more is mapped, as above */

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
    if ((unsigned long)memory > -4096ul)
        return (int)-memory;
    int error = exec_secrun(work, (const char **)memory);
    sys_munmap((void *)memory, size);
    return error;
}

static int run_with_capsule(struct hand_over *work)
{
    static char slot[1] = "";
    struct block_carriers carriers;
    struct carrier_memory memory;
    block_lay_out(work->block, work->kinds, work->count, work->reach.preload && !work->reach.handoff,
                  &carriers);
    index_placed(work);
    int error = fill_capsule(work, &carriers, &memory);
    if (error)
        return error;
    size_t users = strlen(carriers.users);
    char announced[sizeof CAPSULE_VARIABLE "=" + 12];
    write_number(append(announced, CAPSULE_VARIABLE "="), memory.fd);
    append(append(append(work->preload, PRELOAD_VARIABLE "=" SECRUN_SHIM), users > 0 ? ":" : ""),
           carriers.users);
    for (size_t i = 0; i < work->count; i++)
        if (work->kinds[i] != BLOCK_PLAIN)
            work->block[i] = slot;
    if (carriers.preload != BLOCK_NONE)
        work->block[carriers.preload] = work->preload;
    work->block[carriers.capsule] = announced;
    work->block[carriers.place_count] = NULL;
    give_back_room(work);
    if (!carrier_leaves_room(memory.fd))
        error = EMFILE;
    else
        error = work->reach.handoff ? run_handed_off(work) : run(work->call, work->block);
    sys_close(memory.fd);
    return error;
}

/* --- all of it ----------------------------------------------------------------------------------- */

/* Why, behind what is known of the program, and what would help. */
static const char *find_remedy(const struct hand_over *work, enum fate fate)
{
    switch (fate) {
    case WITHHELD_STATIC:
        return "static = inject would give it";
    case WITHHELD_UNREACHED:
        return work->reach.no_handoff;
    default:
        return NULL;
    }
}

static void tell_fate(const struct hand_over *work, enum fate fate)
{
    const struct withheld *withheld = &work->withheld[fate - WITHHELD];
    const char *remedy = find_remedy(work, fate);
    struct line line;
    line_begin(&line);
    line_text(&line, shown(work));
    line_text(&line, ": ");
    line_text(&line, fate == WITHHELD ? "not among those that inherit" : work->reach.withheld);
    line_text(&line, ": runs without ");
    line_add(&line, capsule_string(work->capsule, withheld->first), withheld->first->name_size);
    if (withheld->count > 1) {
        line_text(&line, " and ");
        line_number(&line, withheld->count - 1);
        line_text(&line, " more");
    }
    if (remedy) {
        line_text(&line, " (");
        line_text(&line, remedy);
        line_text(&line, ")");
    }
    line_write(&line);
}

/* With -v; and where the program takes this one's place, and is what secrun was to run in the end. */
static void tell_withheld(const struct hand_over *work)
{
    bool verbose = work->capsule->flags & CAPSULE_VERBOSE;
    bool in_place = work->reach.withheld && work->program.same_process;
    for (enum fate fate = WITHHELD; fate < FATES; fate++)
        if (work->withheld[fate - WITHHELD].count > 0 && (verbose || in_place) && !work->reach.unsure)
            tell_fate(work, fate);
}

/* With -v. */
static void tell_plain(const struct hand_over *work)
{
    if (!work->plain_first || !(work->capsule->flags & CAPSULE_VERBOSE))
        return;
    struct line line;
    line_begin(&line);
    line_text(&line, shown(work));
    line_text(&line, ": has ");
    line_add(&line, capsule_string(work->capsule, work->plain_first), work->plain_first->name_size);
    line_text(&line, " in its plain environment, which /proc shows (static = environ)");
    line_write(&line);
}

static int hand_over(struct hand_over *work)
{
    int error = reach_find(work->call, &work->reach, work->names);
    if (error == EMFILE && make_room(work))
        error = reach_find(work->call, &work->reach, work->names);
    if (error)
        return error;
    work->program = (struct policy_program){
        .same_process = shim_is_same_process(),
        .script = work->reach.script,
        .given = work->names ? work->names->given : "",
        .interpreter = work->names ? work->names->program : "",
    };
    error = guard_arguments(work);
    if (error)
        return error;
    error = sort_environment(work);
    if (!error)
        error = hold_hidden(work);
    if (error)
        return error;
    tell_withheld(work);
    tell_plain(work);
    if (carries_secret(work))
        return run_with_capsule(work);
    give_back_room(work);
    return run(work->call, work->block);
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
    give_back_room(&work);
    return error;
}

int exec_program(const struct exec_call *call)
{
    const struct shim *shim = shim_state();
    if (!shim->capsule)
        return run(call, call->environment);
    struct needs needs = measure(call, shim->capsule);
    size_t size = bytes_of(&needs);
    if (size <= STACK_MAX || (call->own_stack && needs.preload <= STACK_MAX))
        return with_memory(call, shim, &needs, __builtin_alloca(size));
    long memory = sys_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (memory < 0 && memory > -4096)
        return (int)-memory;
    int error = with_memory(call, shim, &needs, (unsigned char *)memory);
    sys_munmap((void *)memory, size);
    return error;
}
