/* SPDX-License-Identifier: ISC */
/* secrun below another target: taking the capsule that it is given. Runs in the unit tests only; each test is
 * a process of its own, and has an environment and a descriptor for it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "capsule_sample.h"
#include "deliver/outer.h"

enum { ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static char announced[64];

/* As a parent's shim lays it out: three strings to be seen, in three places. */
static void set_environment(const char *descriptor)
{
    static char slot[2] = "", plain[] = "PLAIN=1", preload[] = "LD_PRELOAD=/shim.so";
    static char *array[] = {slot, plain, preload, announced, NULL};
    snprintf(announced, sizeof announced, "SECRUN_CAPSULE=%s", descriptor);
    environ = array;
}

static struct capsule_header *given(uint32_t places)
{
    const struct capsule_item items[] = {item_of("A", "alpha", 0, CAPSULE_INDEXED | CAPSULE_VALUE),
                                         item_of("LD_PRELOAD", "/users.so", 2, CAPSULE_INDEXED),
                                         item_of("B", "beta", 3, CAPSULE_INDEXED | CAPSULE_VALUE)};
    struct capsule_plan plan = {.place_count = places, .seen_count = 4};
    return capsule_of(items, 3, &plan);
}

/* In a memfd, announced by its number. */
static int put(const void *bytes, size_t size, int seals)
{
    char number[16];
    int fd = memfd_create("capsule", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
    cr_assert_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
    snprintf(number, sizeof number, "%d", fd);
    set_environment(number);
    return fd;
}

static void check_refused(const char *because)
{
    const struct capsule_header *outer;
    struct reason why = {0};
    cr_expect_not(outer_take(&outer, &why));
    cr_expect(strstr(why.text, because), "%s instead of %s", why.text, because);
}

Test(outer, that_is_not_there_changes_nothing)
{
    static char plain[] = "PLAIN=1", other[] = "SECRUN_CAPSULES=1";
    static char *array[] = {plain, other, NULL};
    const struct capsule_header *outer = (const struct capsule_header *)(const void *)array;
    struct reason why;
    environ = array;
    cr_assert(outer_take(&outer, &why));
    cr_expect_null(outer);
    cr_expect(array[0] == plain && array[1] == other);
}

Test(outer, is_taken_into_the_environment_and_its_descriptor_closed)
{
    const struct capsule_header *outer;
    struct reason why = {0};
    struct capsule_header *capsule = given(4);
    int fd = put(capsule, capsule->size, ALL_SEALS);
    cr_assert(outer_take(&outer, &why), "%s", why.text);
    cr_assert_not_null(outer);
    cr_expect_eq(memcmp(outer, capsule, capsule->size), 0);
    cr_expect_eq(fcntl(fd, F_GETFD), -1);
    cr_expect_str_eq(getenv("A"), "alpha");
    cr_expect_str_eq(getenv("B"), "beta");
    cr_expect_str_eq(getenv("PLAIN"), "1");
    cr_expect_str_eq(getenv("LD_PRELOAD"), "/users.so");
    cr_expect_null(getenv("SECRUN_CAPSULE"));
    environ[0][2] = 'x'; /* a program may write into its strings */
    free(capsule);
}

Test(outer, in_memory_that_another_may_change_is_refused)
{
    struct capsule_header *capsule = given(4);
    static const int seals[] = {0,
                                F_SEAL_WRITE,
                                ALL_SEALS & ~F_SEAL_WRITE,
                                ALL_SEALS & ~F_SEAL_SHRINK,
                                ALL_SEALS & ~F_SEAL_GROW,
                                ALL_SEALS & ~F_SEAL_SEAL};
    for (size_t i = 0; i < sizeof seals / sizeof *seals; i++) {
        put(capsule, capsule->size, seals[i]);
        check_refused("neither secret memory nor sealed");
        cr_expect_str_eq(environ[0], "", "nothing is put anywhere");
    }
    free(capsule);
}

Test(outer, that_is_damaged_or_of_another_environment_is_refused)
{
    struct capsule_header *capsule = given(4), *wider = given(5);
    put(wider, wider->size, ALL_SEALS);
    check_refused("capsule: made for another environment");
    put(capsule, capsule->size - 1u, ALL_SEALS);
    check_refused("capsule: of a wrong size");
    put("", 0, ALL_SEALS);
    check_refused("of a wrong size");
    put("nothing of this kind", 20, ALL_SEALS);
    check_refused("capsule: truncated");
    capsule->version++;
    put(capsule, capsule->size, ALL_SEALS);
    check_refused("capsule: of another version of secrun");
    cr_expect_str_eq(environ[0], "");
    free(capsule);
    free(wider);
}

Test(outer, that_is_announced_by_no_descriptor_is_refused)
{
    static const char *const words[] = {"",   "x",   "-1",   "+1",         " 3",
                                        "3 ", "3x",  "1e3",  "4294967299", "99999999999999999999999",
                                        "3,", "3,x", "3,,3", "3,3",        ",3"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        set_environment(words[i]);
        check_refused("no descriptor");
    }
    set_environment("1000000");
    check_refused("its descriptor is not open");
}

Test(outer, that_is_an_ordinary_file_is_refused)
{
    struct capsule_header *capsule = given(4);
    char path[] = "/tmp/secrun-outer.XXXXXX", number[16];
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    unlink(path);
    cr_assert_eq(write(fd, capsule, capsule->size), (ssize_t)capsule->size);
    snprintf(number, sizeof number, "%d", fd);
    set_environment(number);
    check_refused("neither secret memory nor sealed");
    free(capsule);
}

/* The helper of an injection is such a process. */
Test(outer, is_not_in_the_memory_of_a_forked_process)
{
    const struct capsule_header *outer;
    struct reason why = {0};
    struct capsule_header *capsule = given(4);
    int status = 0;
    put(capsule, capsule->size, ALL_SEALS);
    cr_assert(outer_take(&outer, &why), "%s", why.text);
    unsigned char present;
    cr_expect_eq(mincore((void *)(uintptr_t)outer, 1, &present), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(mincore((void *)(uintptr_t)outer, 1, &present) == -1 && errno == ENOMEM ? 0 : 1);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0, "a forked process has the capsule");
    free(capsule);
}
