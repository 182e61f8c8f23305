/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes hand-over at exec: a program that holds any secrets runs another in any environment, that one a
 * third, and so on. What the kernel and each of them are given is held against the rules, told again in plain
 * loops.
 *
 * The files under test are included, with the system calls that they make caught; what stands beside them in
 * the shim and asks the kernel has a stand-in here.
 */
#include "fuzz/hand_over_rules.h"
#include "shim/sys.h"

static long caught_execve(const char *path, char *const *arguments, char *const *environment);
static long caught_close(int fd);
#define sys_execve caught_execve
#define sys_close  caught_close
/* Linked as well, since secrun makes such memory, too. */
#define carrier_create      caught_carrier_create
#define carrier_release     caught_carrier_release
#define carrier_leaves_room caught_carrier_leaves_room
/* Both libc's headers and the kernel's have one. */
#define timeval kernel_timeval
#include "shim/hand_over.c"
#include "shim/hand_over_capsule.c"
#include "shim/hand_over_fate.c"
#include "shim/hand_over_run.c"
#include "shim/hand_over_tell.c"
#undef timeval
#undef sys_execve
#undef sys_close

enum { RUNS = 3, CARRIER = 7, NOT_RUN = ENOENT };

/* --- the stand-ins ------------------------------------------------------------------------------- */

int shim_progress = SHIM_TAKEN;
struct shim shim_taken;
static uint64_t hidden_gone[1];
static struct carrier_memory made; /* the capsule for the program that is run */
static bool is_open, was_run;

void shim_start_early(void)
{
}

bool shim_is_same_process(void)
{
    return run_of.same_process;
}

int reach_find(const struct exec_call *call, struct reach *reach, struct reach_names *names)
{
    (void)call;
    *reach = (struct reach){
        .withheld = run_of.out_of_reach ? "out of reach" : NULL,
        .preload = !run_of.out_of_reach || run_of.preload,
        .handoff = run_of.handoff,
        .path = "/bin/program",
        .gains_privilege = run_of.privileged,
        .script = run_of.script,
    };
    if (names) {
        strcpy(names->given, run_of.given);
        strcpy(names->program, run_of.program);
    }
    return 0;
}

bool reach_has_path(const struct exec_call *call)
{
    (void)call;
    return true;
}

int carrier_create(struct carrier_memory *memory, size_t size, bool secret, bool fallback)
{
    (void)secret, (void)fallback;
    *memory = made = (struct carrier_memory){.fd = CARRIER, .size = size, .bytes = calloc(1, size)};
    is_open = true;
    return memory->bytes ? 0 : ENOMEM;
}

bool carrier_leaves_room(int fd)
{
    return fd == CARRIER;
}

int carrier_release(struct carrier_memory *memory)
{
    (void)memory;
    return 0;
}

static long caught_close(int fd)
{
    require(is_open && fd == CARRIER);
    is_open = false;
    return 0;
}

void line_begin(struct line *line)
{
    line->size = 0;
}

void line_add(struct line *line, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        line->size += text[i] != '\0';
}

void line_text(struct line *line, const char *text)
{
    line_add(line, text, strlen(text));
}

void line_number(struct line *line, size_t number)
{
    line->size += number > 0;
}

void line_write(struct line *line)
{
    require(line->size > 0);
}

/* --- what is held against what ------------------------------------------------------------------- */

/* What the kernel gets, and shows to all. Of the carrier, what the user preloads. */
static void check_block(const char *string)
{
    for (size_t i = 0; i < wanted.count; i++)
        if (wanted.plain[i] && wanted.array[i] == string)
            return;
    static const char preload[] = "LD_PRELOAD=" SECRUN_SHIM;
    bool carrier = made.bytes && strncmp(string, preload, sizeof preload - 1) == 0;
    if (carrier)
        string += sizeof preload - 1 + (string[sizeof preload - 1] == ':');
    for (size_t i = 0; carrier && i < wanted.count; i++)
        if (wanted.plain[i] && has_name_of(wanted.array[i], "LD_PRELOAD") &&
            strcmp(wanted.array[i] + sizeof "LD_PRELOAD", string) == 0)
            return;
    for (size_t i = 0; i < secret_count; i++)
        require(!stands_in(&secrets[i], string) || (carrier && secrets[i].size < 8));
}

/* getenv gives the first of a name, and what is hidden where there is none. */
static void check_found(const struct capsule_header *capsule, const char *name, bool hidden)
{
    size_t size = strlen(name), first = 0;
    const struct capsule_entry *entry = capsule_find(capsule, name, size, capsule_hash(name, size));
    while (first < wanted.count && !has_name_of(wanted.array[first], name))
        first++;
    if (hidden)
        require(entry && entry->place == CAPSULE_NO_PLACE);
    else
        require(!entry || entry->place == first);
}

static long caught_execve(const char *path, char *const *arguments, char *const *environment)
{
    char *array[STRINGS_MAX + 3];
    size_t count = 0;
    bool handed_off = strcmp(path, SECRUN_PROGRAM) == 0;
    require(handed_off == (run_of.handoff && wanted.capsule));
    require(!handed_off || (strcmp(arguments[1], "--handoff") == 0 &&
                            strcmp(arguments[2], "/bin/program") == 0 && !strcmp(arguments[0], "secrun")));
    was_run = true;
    for (; environment[count]; count++) {
        check_block(environment[count]);
        array[count] = environment[count];
    }
    array[count] = NULL;
    require((made.bytes != NULL) == wanted.capsule);
    if (made.bytes) {
        const struct capsule_header *capsule = (const void *)made.bytes;
        require(!capsule_check(capsule, made.size));
        require(!environ_patch(array, capsule));
        for (size_t i = 0; i < secret_count; i++)
            check_found(capsule, secrets[i].name, wanted.hidden[i]);
    }
    for (count = 0; array[count]; count++)
        require(count < wanted.count && strcmp(array[count], wanted.array[count]) == 0);
    require(count == wanted.count);
    return -NOT_RUN;
}

/* --- the whole ----------------------------------------------------------------------------------- */

/* The capsule that a launcher would write. */
static unsigned char *first_capsule(void)
{
    struct capsule_writer writer;
    struct capsule_plan plan = {.lists = lists, .lists_size = sizeof lists, .flags = CAPSULE_VERBOSE};
    unsigned char *block = NULL;
    for (int writing = 0; writing < 2; writing++) {
        uint32_t place = 0;
        for (size_t i = 0; i < 2 * secret_count; i++) {
            const struct secret *secret = &secrets[i % secret_count];
            if (secret->hidden != (i >= secret_count))
                continue;
            struct capsule_item item = {secret->name,
                                        secret->value,
                                        strlen(secret->name),
                                        secret->size,
                                        secret->hidden ? CAPSULE_NO_PLACE : place++,
                                        CAPSULE_INDEXED | CAPSULE_VALUE | CAPSULE_KEEP,
                                        secret->list};
            item.flags |= (secret->tree ? CAPSULE_TREE : 0) | (secret->allow ? CAPSULE_ARGV_ALLOW : 0) |
                          (secret->refuse ? CAPSULE_ARGV_REFUSE : 0) |
                          (secret->statics == 'w' ? CAPSULE_STATIC_WITHHOLD : 0) |
                          (secret->statics == 'r' ? CAPSULE_STATIC_REFUSE : 0) |
                          (secret->statics == 'e' ? CAPSULE_STATIC_ENVIRON : 0);
            if (writing)
                capsule_put(&writer, &item);
            else
                capsule_plan(&plan, &item);
        }
        plan.place_count = plan.seen_count = place;
        if (!writing) {
            block = calloc(1, capsule_measure(&plan));
            capsule_begin(&writer, block, &plan);
        }
    }
    require(!capsule_check(block, ((const struct capsule_header *)(const void *)block)->size));
    return block;
}

static void take(const unsigned char *block, unsigned gone)
{
    const struct capsule_header *capsule = (const void *)block;
    const struct capsule_entry *entries = capsule_entries(capsule);
    shim_taken = (struct shim){.capsule = capsule, .hidden_gone = hidden_gone};
    while (shim_taken.hidden_first < capsule->entry_count &&
           entries[shim_taken.hidden_first].place != CAPSULE_NO_PLACE)
        shim_taken.hidden_first++;
    hidden_gone[0] = 0;
    for (uint32_t i = shim_taken.hidden_first; i < capsule->entry_count; i++) {
        char name[8] = "";
        if (!(entries[i].flags & CAPSULE_INDEXED))
            break;
        memcpy(name, capsule_string(capsule, &entries[i]), entries[i].name_size);
        hidden_gone[0] |= (uint64_t)(gone >> (find_secret(name) - secrets) & 1) << shim_taken.hidden_count++;
    }
}

/* Runs a program. Is one with a capsule running then? */
static bool hand_on(char *const *environment, const char *argument, unsigned gone)
{
    char *const arguments[] = {(char *)(uintptr_t)argument, NULL};
    const struct exec_call call = {AT_FDCWD, "/bin/program", 0, arguments, environment, false};
    want(environment, argument, gone);
    made = (struct carrier_memory){0};
    was_run = false;
    int error = exec_program(&call);
    require(error == (wanted.refused ? EPERM : NOT_RUN) && was_run == !wanted.refused && !is_open);
    for (size_t i = 0; i < secret_count && made.bytes; i++) {
        secrets[i].keep = keeps(&secrets[i]);
        secrets[i].held = wanted.held[i];
        secrets[i].hidden = wanted.hidden[i];
    }
    return made.bytes != NULL;
}

/* What a program hands on, and the next one again, does not grow. */
static void settle(unsigned char *block, char **environment)
{
    uint32_t before = UINT32_MAX;
    read_run();
    run_of.same_process = true;
    run_of.out_of_reach = run_of.handoff = run_of.privileged = run_of.preload = false;
    for (int i = 0; i < 3; i++) {
        take(block, 0);
        if (!hand_on(environment, "", 0))
            break;
        memcpy(environment, wanted.array, sizeof wanted.array);
        free(block);
        block = made.bytes;
        const struct capsule_header *capsule = (const void *)block;
        require(i == 0 || capsule->entry_count <= before);
        before = capsule->entry_count;
    }
    free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *strings[STRINGS_MAX], *environment[STRINGS_MAX + 1] = {NULL};
    input = data;
    input_left = size;
    read_secrets();
    unsigned char *block = first_capsule();
    size_t count = next(STRINGS_MAX + 1);
    for (size_t i = 0; i < count; i++)
        environment[i] = strings[i] = read_string();
    for (int i = 0; i < RUNS; i++) {
        char argument[TEXT_MAX] = "";
        unsigned gone = next(256);
        read_run();
        compose(argument);
        take(block, gone);
        if (!hand_on(environment, argument, gone))
            continue;
        memcpy(environment, wanted.array, sizeof wanted.array);
        free(block);
        block = made.bytes;
    }
    settle(block, environment);
    for (size_t i = 0; i < count; i++)
        free(strings[i]);
    return 0;
}
