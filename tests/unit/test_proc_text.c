/* SPDX-License-Identifier: ISC */
/* What /proc says of a process, with what a hostile one can put into it. Runs in the unit tests only. */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "inspect/process.h"
#include "inspect/proc_text.h"

static struct proc_status status;
static struct proc_stat stat_of;
static struct proc_mapping mapping;

static bool status_of(const char *text)
{
    return proc_status_parse(text, strlen(text), &status);
}

#define STATUS                                                                                               \
    "Name:\tnode\nState:\tS (sleeping)\nTgid:\t4711\nPid:\t4711\nPPid:\t1\nTracerPid:\t12\n"                 \
    "Uid:\t1000\t1001\t1002\t1003\nGid:\t5\t6\t7\t8\n"

Test(proc_text, status_tells_who_and_by_whom_it_is_traced)
{
    cr_assert(status_of(
        STATUS
        "VmSize:\t  2988 kB\nVmSwap:\t      12 kB\nCapPrm:\t00000000000000c0\nCapEff:\t000001fffeffffff\n"
        "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n"));
    cr_expect_eq(status.process, 4711);
    cr_expect_eq(status.thread, 4711);
    cr_expect_eq(status.tracer, 12);
    cr_expect_eq(status.state, 'S');
    cr_expect_eq(status.uids[1], 1001u);
    cr_expect_eq(status.gids[3], 8u);
    cr_expect_eq(status.swap, 12u * 1024);
    cr_expect_eq(status.capabilities, 0x1fffeffffffu);
    cr_expect_eq(status.permitted, 0xc0u);
    cr_expect(status.has_memory && status.no_new_privs && status.seccomp == 2);
}

Test(proc_text, status_of_a_thread_of_the_kernel_has_no_memory)
{
    cr_assert(status_of(STATUS));
    cr_expect(!status.has_memory && !status.no_new_privs && status.seccomp == 0 && status.swap == 0);
}

Test(proc_text, status_without_what_every_kernel_tells_is_refused)
{
    static const char *const wrong[] = {
        "",
        "\n\n",
        "State:\tS\nTgid:\t1\nPid:\t1\nTracerPid:\t0\nUid:\t0\t0\t0\t0\n",
        "State:\nTgid:\t1\nPid:\t1\nTracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n",
        "State:\tS\nTgid:\t1\nPid:\t1\nTracerPid:\t-1\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n",
        "State:\tS\nTgid:\t1\nPid:\t4294967297\nTracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n",
        "State:\tS\nTgid:\t1\nPid:\t1\nTracerPid:\t0\nUid:\t0\t0\t0\nGid:\t0\t0\t0\t0\n",
        "State:\tS\nTgid:\t1\nPid:\t1\nTracerPid:\t0\nUid:\t0\t0\t0\t99999999999\nGid:\t0\t0\t0\t0\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect(!status_of(wrong[i]), "%s", wrong[i]);
}

static bool stat_parse(const char *text)
{
    return proc_stat_parse(text, strlen(text), &stat_of);
}

#define FIELDS "22674 20385 0 -1 4194560 210 0 1 0 0 0 0 0 20 0 1 0 3919537 3059712 438\n"

Test(proc_text, stat_is_read_behind_a_name_of_any_kind)
{
    static const char *const names[] = {"sleep", "a b", ") Z 9 (", "))", "", "\n) S 2"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[256];
        snprintf(text, sizeof text, "22674 (%s) S 21773 " FIELDS, names[i]);
        cr_assert(stat_parse(text), "%s", text);
        cr_expect_eq(stat_of.parent, 21773);
        cr_expect_eq(stat_of.state, 'S');
        cr_expect_eq(stat_of.started, 3919537u, "%s", text);
    }
}

Test(proc_text, stat_that_is_cut_off_is_refused)
{
    static const char *const wrong[] = {"",        "1 (a",      "1 (a)",        "1 (a) ",
                                        "1 (a) S", "1 (a) S x", "1 (a) S 1 2 3"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect(!stat_parse(wrong[i]), "%s", wrong[i]);
}

static bool core_of(const char *text, uint64_t *soft, uint64_t *hard)
{
    return proc_core_limit(text, strlen(text), soft, hard);
}

Test(proc_text, limits_tell_of_core_files)
{
    uint64_t soft, hard;
    cr_assert(core_of("Limit  Soft\nMax stack size  8388608\nMax core file size        0          "
                      "unlimited            bytes     \n",
                      &soft, &hard));
    cr_expect(soft == 0 && hard == UINT64_MAX);
    cr_assert(core_of("Max core file size 17 18", &soft, &hard));
    cr_expect(soft == 17 && hard == 18);
    cr_expect(!core_of("Max core file size", &soft, &hard));
    cr_expect(!core_of("Max core file size 1", &soft, &hard));
    cr_expect(!core_of("Max core file size 1 99999999999999999999999", &soft, &hard));
    cr_expect(!core_of("", &soft, &hard));
}

Test(proc_text, the_map_of_users_tells_who_is_root)
{
    unsigned uid = 7;
    cr_expect(proc_root_of_map("         5     9     1\n         0     100000      65536\n", 54, &uid));
    cr_expect_eq(uid, 100000u);
    cr_expect(!proc_root_of_map("1 100000 65536\n", 15, &uid));
    cr_expect(!proc_root_of_map("0 100000 0\n", 11, &uid));
    cr_expect(!proc_root_of_map("", 0, &uid));
}

static bool begins(const char *line)
{
    return proc_mapping_begin(line, strlen(line), &mapping);
}

static void add(const char *line)
{
    proc_mapping_add(line, strlen(line), &mapping);
}

static enum mapping_kind kind(const char *line)
{
    cr_assert(begins(line), "%s", line);
    return mapping_kind(&mapping, "/usr/lib/secrun/secrun.so");
}

Test(proc_text, a_path_is_known_when_the_file_was_deleted)
{
    cr_expect(proc_path_is("/secretmem", "/secretmem"));
    cr_expect(proc_path_is("/secretmem (deleted)", "/secretmem"));
    static const char *const others[] = {"",
                                         "/secretme",
                                         "/secretmem2",
                                         "/secretmem ",
                                         "/secretmem (deleted",
                                         "/secretmem (deleted) (deleted)",
                                         "x/secretmem",
                                         " (deleted)"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(proc_path_is(others[i], "/secretmem"), "%s", others[i]);
}

Test(proc_text, mappings_are_read_with_what_follows)
{
    cr_assert(begins("7f2f5f0be000-7f2f5f0bf000 rw-p 00000000 00:00 0 "));
    cr_expect(mapping.begin == 0x7f2f5f0be000 && mapping.end == 0x7f2f5f0bf000);
    cr_expect(mapping.readable && mapping.writable && !mapping.executable && !mapping.shared);
    cr_expect_str_eq(mapping.path, "");
    cr_expect_eq(mapping.present, UINT64_MAX);
    add("Rss:                   8 kB");
    add("Swap:                  4 kB");
    add("SwapPss:               4 kB");
    cr_expect_eq(mapping.present, 12u * 1024);
    cr_expect(!mapping.locked && !mapping.undumped);
    add("VmFlags: rd wr mr mw me lo ac dd ");
    cr_expect(mapping.locked && mapping.undumped && !mapping.device);
    add("VmFlags: io");
    cr_expect(mapping.device);
    cr_assert(
        begins("00400000-00401000 r-xs 00001000 fe:00 11003913                           /tmp/a b\\012c"));
    cr_expect(mapping.executable && mapping.shared && !mapping.writable);
    cr_expect_str_eq(mapping.path, "/tmp/a b\\012c");
}

Test(proc_text, lines_that_begin_no_mapping_are_told_apart)
{
    static const char *const others[] = {
        "",
        "Size:                  4 kB",
        "VmFlags: rd",
        "7f2f5f0be000",
        "7f2f5f0be000-",
        "7f2f5f0bf000-7f2f5f0be000 rw-p 0 0 0",
        "1-1 rw-p 0 0 0",
        "11112222333344445-2 rw-p 0 0 0",
        "1-2 rwxz 0 0 0",
        "1-2 rw",
        "AB-CD rw-p 0 0 0",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect(!begins(others[i]), "%s", others[i]);
    char line[8192];
    memset(line, 'x', sizeof line);
    memcpy(line, "1-2 rw-p 0 0 0 /", 16);
    cr_assert(proc_mapping_begin(line, sizeof line, &mapping));
    cr_expect_eq(strlen(mapping.path), MAPPING_PATH - 1);
}

Test(proc_text, mappings_of_secrun_are_known)
{
    cr_expect_eq(kind("1-2 rw-s 0 00:0e 9   /secretmem (deleted)"), MAPPING_SECRET);
    cr_expect_eq(kind("1-2 r-xp 0 fe:00 9   /usr/lib/secrun/secrun.so"), MAPPING_SHIM);
    cr_expect_eq(kind("1-2 r-xp 0 fe:00 9   /opt/x/lib/secrun/secrun.so (deleted)"), MAPPING_SHIM);
    cr_expect_eq(kind("1-2 r-xp 0 00:01 9   /memfd:secrun-stub (deleted)"), MAPPING_STUB);
    cr_expect_eq(kind("1-2 r-xp 0 00:01 9   /usr/lib/secrun/secrun.so.1"), MAPPING_OTHER);
    cr_expect_eq(kind("1-2 r-xp 0 00:01 9   /secretmemory"), MAPPING_OTHER);
    cr_expect_eq(kind("1-2 rw-p 0 00:00 0 "), MAPPING_OTHER);
    add("VmFlags: dd");
    cr_expect_eq(mapping_kind(&mapping, NULL), MAPPING_UNLOCKED);
    add("VmFlags: lo dd");
    cr_expect_eq(mapping_kind(&mapping, "/usr/lib/secrun/secrun.so"), MAPPING_LOCKED);
    cr_expect_eq(mapping_kind(&mapping, NULL), MAPPING_LOCKED);
    cr_assert(begins("1-2 r--p 0 00:00 0   [vvar]"));
    add("VmFlags: dd");
    cr_expect_eq(mapping_kind(&mapping, NULL), MAPPING_OTHER);
}
