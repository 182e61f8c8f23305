/* SPDX-License-Identifier: ISC */
/*
 * What others see of a running target: another process of the same user, root, and whoever finds a core
 * file. The target is a program that uses its secret and does not copy it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/live.h"
#include "support/program.h"
#include "support/refusal.h"
#include "support/store.h"

TestSuite(attacker, .init = scratch_begin, .fini = scratch_end, .timeout = 300);

#define VALUE   "pk-Qe7vR2mX9tLw4ZbN8sKd1GhJ6yUa3FcP"
#define CONTROL "AHOVCJQXELSZGNUBIPWDKRYFMTAHOVCJ" /* target.c's heap */

static void prepare(void)
{
    store_make_text("store",
                    "[default]\nTOKEN = " VALUE "\n[readable]\n.include = default\n.dumpable = yes\n");
}

static unsigned long address_of(const struct live *live)
{
    unsigned long address = strtoul(live->text, NULL, 0);
    cr_assert_neq(address, 0, "%s", live->text);
    return address;
}

/* No piece of the value of ten bytes or more. */
static void check_no_secret(const char *where, const char *bytes, size_t size)
{
    for (const char *piece = VALUE; strlen(piece) >= 10; piece++)
        cr_assert_null(memmem(bytes, size, piece, 10), "%s holds bytes of the secret", where);
}

/* --- the same user ------------------------------------------------------------------------------------- */

static struct outcome attack(const struct live *live, unsigned long address, const char *become)
{
    struct outcome seen = shell("%s %s %d %#lx", become, program("attacker"), (int)live->pid, address);
    check_status(seen, 0);
    return seen;
}

static void check_all_refused(struct live *live, unsigned long address, const char *become)
{
    struct outcome seen = attack(live, address, become);
    check_attack_refused(&seen);
    live_end(live);
    cr_expect_eq(live->status, 0, "wait status %#x\n%s", (unsigned)live->status, live->text);
    live_free(live);
}

/* before: what runs secrun. */
static void check_target_refuses(const char *before, const char *name)
{
    struct live live;
    prepare();
    const char *become = scratch_to_ordinary();
    live_start(&live, "ready", 5, "%s %s secrun -d store -- %s TOKEN", become, before, program(name));
    check_all_refused(&live, address_of(&live), become);
}

static const char *without_secret_memory(void)
{
    static char before[1024];
    snprintf(before, sizeof before, "%s memfd_secret 38", program("without-call"));
    return before;
}

#define TARGET_REFUSES(test, name)                                                                           \
    Test(attacker, another_process_of_the_same_user_gets_nothing_of_##test)                                  \
    {                                                                                                        \
        check_target_refuses("", name);                                                                      \
    }                                                                                                        \
    Test(attacker, another_process_of_the_same_user_gets_nothing_of_##test##_in_fallback_memory)             \
    {                                                                                                        \
        check_target_refuses(without_secret_memory(), name);                                                 \
    }

TARGET_REFUSES(a_c_program, "target")
TARGET_REFUSES(a_static_c_program, "target-static")
TARGET_REFUSES(a_go_program, "target-go")

Test(attacker, another_process_of_the_same_user_gets_nothing_of_a_python_program)
{
    struct live live;
    prepare();
    const char *become = scratch_to_ordinary();
    live_start(&live, "ready", 5, "%s secrun -d store -- /usr/bin/python3 %s TOKEN", become,
               program("show.py"));
    check_all_refused(&live, 4096, become);
}

Test(attacker, another_process_of_the_same_user_gets_nothing_of_a_node_program)
{
    struct live live;
    prepare();
    const char *become = scratch_to_ordinary();
    live_start(&live, "ready", 5, "%s secrun -d store -- node %s TOKEN", become, program("show.js"));
    check_all_refused(&live, 4096, become);
}

/* The control of those above: what the attacker tries does succeed where it is allowed to. */
static void check_dumpable(const char *name)
{
    struct live live;
    prepare();
    const char *become = scratch_to_ordinary();
    live_start(&live, "ready", 5, "%s secrun -d store -p readable -- %s TOKEN", become, program(name));
    struct outcome seen = attack(&live, address_of(&live), become);
    cr_expect(holds(seen.out, seen.out_size, "environ: open\n"), "%s", seen.out);
    cr_expect(holds(seen.out, seen.out_size, "maps: open\n"), "%s", seen.out);
    outcome_free(&seen);
    size_t size;
    char *bytes = live_proc(live.pid, "environ", &size);
    cr_assert_not_null(bytes);
    check_no_secret("environ", bytes, size);
    free(bytes);
    live_end(&live);
    cr_expect_eq(live.status, 0);
    live_free(&live);
}

Test(attacker, dumpable_yes_opens_the_target_to_its_user_but_shows_slots_only)
{
    check_dumpable("target");
}

Test(attacker, dumpable_yes_opens_an_injected_target_to_its_user_but_shows_slots_only)
{
    check_dumpable("target-static");
    scratch_end();
    scratch_begin();
    check_dumpable("target-go");
}

/* --- the memory ---------------------------------------------------------------------------------------- */

static void check_capsule_is_unreadable(const struct live *live, int memory)
{
    char block[16];
    unsigned long address = address_of(live);
    cr_expect_eq(pread(memory, block, sizeof block, (off_t)address), -1, "mem reads the capsule");
    cr_expect_eq(errno, EIO, "mem: %s", strerror(errno));
    struct iovec local = {block, sizeof block}, remote = {(void *)address, sizeof block};
    cr_expect_eq(process_vm_readv(live->pid, &local, 1, &remote, 1, 0), -1,
                 "process_vm_readv reads the capsule");
    cr_expect_eq(errno, EFAULT, "process_vm_readv: %s", strerror(errno));
    cr_assert_eq(ptrace(PTRACE_ATTACH, live->pid, NULL, NULL), 0, "%s", strerror(errno));
    cr_assert_eq(waitpid(live->pid, NULL, __WALL), live->pid);
    errno = 0;
    cr_expect(ptrace(PTRACE_PEEKDATA, live->pid, (void *)address, NULL) == -1 && errno == EIO,
              "PTRACE_PEEKDATA reads the capsule");
    cr_assert_eq(ptrace(PTRACE_DETACH, live->pid, NULL, NULL), 0);
}

/* Returns how many bytes could be read. */
static size_t check_mapping(int memory, unsigned long begin, unsigned long end, int *controls)
{
    size_t size = end - begin;
    char *bytes = malloc(size);
    cr_assert_not_null(bytes);
    ssize_t got = pread(memory, bytes, size, (off_t)begin);
    if (got > 0) {
        char where[64];
        snprintf(where, sizeof where, "the mapping at %#lx", begin);
        check_no_secret(where, bytes, (size_t)got);
        *controls += memmem(bytes, (size_t)got, CONTROL, strlen(CONTROL)) != NULL;
    }
    free(bytes);
    return got > 0 ? (size_t)got : 0;
}

/* As a debugger's gcore would. */
static void check_all_memory(const struct live *live, int memory)
{
    char path[64], line[4096];
    int controls = 0;
    size_t seen = 0;
    snprintf(path, sizeof path, "/proc/%d/maps", (int)live->pid);
    FILE *maps = fopen(path, "r");
    cr_assert_not_null(maps);
    while (fgets(line, sizeof line, maps)) {
        unsigned long begin, end;
        cr_assert_eq(sscanf(line, "%lx-%lx", &begin, &end), 2);
        seen += check_mapping(memory, begin, end, &controls);
    }
    fclose(maps);
    cr_expect_eq(controls, 1, "the target's own heap was not read");
    cr_expect_gt(seen, (size_t)500000);
}

static void check_memory(const char *profile, const char *name)
{
    struct live live;
    char path[64];
    prepare();
    if (!store_has_secret_memory("store"))
        return;
    live_start(&live, "ready", 5, "secrun -d store -p %s -- %s TOKEN", profile, program(name));
    snprintf(path, sizeof path, "/proc/%d/mem", (int)live.pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    if (memory >= 0) {
        check_capsule_is_unreadable(&live, memory);
        check_all_memory(&live, memory);
        close(memory);
    } else { /* an ordinary user, or a root without CAP_SYS_PTRACE: even better, and not the profile for it */
        cr_expect(errno == EACCES || errno == EPERM);
        cr_expect_str_neq(profile, "readable");
    }
    live_end(&live);
    live_free(&live);
}

/* Not of a program in Go: its runtime copies the whole environment to its heap. */
#define MEMORY(test, name)                                                                                   \
    Test(attacker, root_finds_the_secret_in_no_memory_that_can_be_read_of_##test)                            \
    {                                                                                                        \
        check_memory("default", name);                                                                       \
    }                                                                                                        \
    Test(attacker, a_debugger_that_was_allowed_in_finds_the_secret_in_no_memory_of_##test)                   \
    {                                                                                                        \
        check_memory("readable", name);                                                                      \
    }

MEMORY(a_c_program, "target")
MEMORY(a_static_c_program, "target-static")

/* --- core files ---------------------------------------------------------------------------------------- */

/* Runs `command` until it has crashed, with cores allowed; tells whether one was written, or piped. */
static bool dumps_core(const char *command)
{
    struct live live;
    live_start(&live, "ready", 5, "sh -c 'ulimit -c \"$(ulimit -H -c)\"; exec %s TOKEN crash'", command);
    live_end(&live);
    /* Go's runtime takes the one, and raises the other. */
    cr_assert(WIFSIGNALED(live.status) &&
                  (WTERMSIG(live.status) == SIGSEGV || WTERMSIG(live.status) == SIGABRT),
              "wait status %#x\n%s", (unsigned)live.status, live.text);
    bool dumped = WCOREDUMP(live.status);
    live_free(&live);
    return dumped;
}

/* The core files in the scratch directory; each has the program's heap and no secret. Returns how many. */
static int check_core_files(void)
{
    struct outcome found = shell("ls | grep '^core' || true");
    int count = 0;
    for (char *name = strtok(found.out, "\n"); name; name = strtok(NULL, "\n"), count++) {
        size_t size;
        char *bytes = get_file(name, &size);
        cr_expect(holds(bytes, size, CONTROL), "%s is not a core of the target", name);
        check_no_secret(name, bytes, size);
        free(bytes);
    }
    outcome_free(&found);
    return count;
}

static void check_no_core(const char *name)
{
    char command[1024];
    prepare();
    snprintf(command, sizeof command, "secrun -d store -- %s", program(name));
    cr_expect_not(dumps_core(command), "a core was dumped");
    cr_expect_eq(check_core_files(), 0);
}

/* Whether cores are to be had here (limits, core_pattern) is seen from the same crash without secrun. */
static void check_core(const char *before, const char *name)
{
    char command[1024];
    prepare();
    snprintf(command, sizeof command, "env TOKEN=none %s", program(name));
    bool possible = dumps_core(command);
    struct outcome listed = shell("ls | grep -c '^core'; rm -f core*");
    int files = atoi(listed.out);
    outcome_free(&listed);
    snprintf(command, sizeof command, "%s secrun -d store -p readable -- %s", before, program(name));
    cr_expect_eq(dumps_core(command), possible);
    cr_expect_eq(check_core_files(), files);
}

#define CORE(test, name)                                                                                     \
    Test(attacker, a_crash_leaves_no_core_of_##test)                                                         \
    {                                                                                                        \
        check_no_core(name);                                                                                 \
    }                                                                                                        \
    Test(attacker, a_core_of_a_dumpable_target_is_without_the_secret_for_##test)                             \
    {                                                                                                        \
        check_core("", name);                                                                                \
    }                                                                                                        \
    Test(attacker, a_core_of_a_dumpable_target_is_without_the_secret_in_fallback_memory_for_##test)          \
    {                                                                                                        \
        check_core(without_secret_memory(), name);                                                           \
    }

CORE(a_c_program, "target")
CORE(a_static_c_program, "target-static")

Test(attacker, a_crash_leaves_no_core_of_a_go_program)
{
    check_no_core("target-go");
}
