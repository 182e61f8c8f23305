/* SPDX-License-Identifier: ISC */
/* The lists of programs of a run, as a capsule carries them. Runs in the unit tests only. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "deliver/programs.h"

static struct programs programs;
static struct reason why;
static char directory[512];

static void put(const char *name, mode_t mode)
{
    FILE *file = fopen(name, "w");
    cr_assert(file && fclose(file) == 0 && chmod(name, mode) == 0, "%s", name);
}

/* first: node -> ../second/node24, and tool, which cannot be run; second: node24, node, tool; third is a
 * file. */
static void begin(void)
{
    char made[] = "/tmp/secrun-programs.XXXXXX";
    cr_assert(mkdtemp(made) && chdir(made) == 0 && getcwd(directory, sizeof directory));
    cr_assert(mkdir("first", 0755) == 0 && mkdir("second", 0755) == 0 && mkdir("first/made", 0755) == 0);
    cr_assert(symlink("../second/node24", "first/node") == 0);
    put("second/node24", 0755);
    put("second/node", 0755);
    put("first/tool", 0644);
    put("second/tool", 0755);
    put("second/made", 0755);
    put("third", 0644);
    char path[2048];
    snprintf(path, sizeof path, "%s/third:%s/first:%s/second", directory, directory, directory);
    cr_assert_eq(setenv("PATH", path, 1), 0);
}

static void end(void)
{
    programs_free(&programs);
    cr_assert(chdir("/") == 0);
    char command[1024];
    snprintf(command, sizeof command, "/bin/rm -r %s", directory);
    cr_assert_eq(system(command), 0);
}

TestSuite(programs, .init = begin, .fini = end);

static uint32_t add(const char *text)
{
    uint32_t list = 0;
    cr_assert(programs_add(&programs, text, &list, &why), "%s: %s", text, why.text);
    cr_assert(list > 0 && list <= programs.size);
    cr_assert_eq(programs.bytes[programs.size - 1], '\0');
    return list;
}

/* The strings of a list with '|' behind each, and @ for the directory; lies in a static buffer. */
static const char *shown(uint32_t list)
{
    static char out[4096];
    size_t used = 0, skip = strlen(directory);
    out[0] = '\0';
    for (const char *at = (const char *)programs.bytes + list - 1; *at; at += strlen(at) + 1) {
        cr_assert((const unsigned char *)at < programs.bytes + programs.size);
        bool inside = strncmp(at, directory, skip) == 0;
        used += (size_t)snprintf(out + used, sizeof out - used, "%s%s|", inside ? "@" : "",
                                 at + (inside ? skip : 0));
    }
    return out;
}

Test(programs, a_bare_name_is_also_the_file_that_it_leads_to)
{
    cr_expect_str_eq(shown(add("node")), "node|@/second/node24|");
    cr_expect_str_eq(shown(add("node24")), "node24|@/second/node24|");
    cr_expect_str_eq(shown(add("nowhere, node")), "nowhere|node|@/second/node24|");
}

Test(programs, a_name_is_looked_up_as_execvp_does)
{
    cr_expect_str_eq(shown(add("tool")), "tool|@/second/tool|", "not what cannot be run");
    cr_expect_str_eq(shown(add("made")), "made|@/second/made|", "no directory");
    cr_assert_eq(setenv("PATH", "second", 1), 0);
    cr_expect_str_eq(shown(add("node")), "node|@/second/node|", "below the working directory");
    cr_assert(chdir("first") == 0);
    cr_assert_eq(setenv("PATH", "/nowhere:", 1), 0);
    cr_expect_str_eq(shown(add("node, tool")), "node|@/second/node24|tool|", "in the working directory");
}

Test(programs, without_a_path_the_usual_one_counts)
{
    char resolved[PATH_MAX], expected[PATH_MAX + 8];
    unsetenv("PATH");
    cr_assert(
        realpath(access("/usr/local/bin/sh", X_OK) == 0 ? "/usr/local/bin/sh" : "/usr/bin/sh", resolved));
    snprintf(expected, sizeof expected, "sh|%s|", resolved);
    cr_expect_str_eq(shown(add("sh")), expected);
}

Test(programs, a_path_is_also_the_file_that_it_leads_to)
{
    char text[2048];
    snprintf(text, sizeof text, "%s/first/node, %s/second/tool, /nowhere/at all", directory, directory);
    cr_expect_str_eq(shown(add(text)), "@/first/node|@/second/node24|@/second/tool|/nowhere/at all|");
    snprintf(text, sizeof text, "%s/first/../second//tool", directory);
    cr_expect_str_eq(shown(add(text)), "@/first/../second//tool|@/second/tool|");
}

Test(programs, each_is_there_once_in_a_list)
{
    char text[2048];
    snprintf(text, sizeof text, "node, %s/second/node24, node,node24 , node", directory);
    cr_expect_str_eq(shown(add(text)), "node|@/second/node24|node24|");
}

Test(programs, the_same_list_is_there_once)
{
    char copy[] = "node, tool";
    uint32_t first = add("node, tool"), other = add("sh");
    size_t size = programs.size;
    cr_expect_neq(first, other);
    cr_expect_eq(add("sh"), other);
    cr_expect_eq(add(copy), first);
    cr_expect_eq(add("node,tool ,node"), first);
    cr_expect_eq(programs.size, size);
    cr_expect_neq(add("tool, node"), first);
    cr_expect_neq(add("node"), first);
    cr_expect_neq(add("tool"), first);
    cr_expect_gt(programs.size, size);
    cr_expect_str_eq(shown(first), "node|@/second/node24|tool|@/second/tool|");
}

Test(programs, every_list_begins_behind_the_end_of_another)
{
    static const char *const texts[] = {"a", "b, c", "node", "a, b", "c"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint32_t list = add(texts[i]);
        cr_expect(list == 1 || (programs.bytes[list - 2] == '\0' && programs.bytes[list - 3] == '\0'));
    }
}

Test(programs, the_lists_of_another_capsule_keep_their_places)
{
    static const unsigned char others[] = "git\0/usr/bin/git\0\0nowhere\0";
    cr_assert(programs_begin(&programs, others, sizeof others, &why), "%s", why.text);
    cr_expect_eq(programs.size, sizeof others);
    cr_expect_str_eq(shown(1), "git|/usr/bin/git|");
    cr_expect_eq(add("nowhere"), 19u);
    cr_expect_eq(programs.size, sizeof others);
    cr_expect_eq(add("tool"), sizeof others + 1);
    cr_expect_str_eq(shown(add("tool")), "tool|@/second/tool|");
    cr_expect_eq(memcmp(programs.bytes, others, sizeof others), 0);
    programs_free(&programs);
    cr_assert(programs_begin(&programs, others, 0, &why), "%s", why.text);
    cr_expect_eq(add("tool"), 1u);
}

/* What capsule_check takes may have empty lists, too. */
Test(programs, odd_lists_of_another_capsule_do_no_harm)
{
    static const unsigned char others[] = "\0\0\0a\0\0\0";
    cr_assert(programs_begin(&programs, others, sizeof others - 1, &why), "%s", why.text);
    cr_expect_eq(add("a"), 4u);
    cr_expect_eq(add("b"), sizeof others);
    cr_expect_eq(add("a"), 4u);
}

Test(programs, what_is_no_list_is_refused_and_leaves_nothing)
{
    static const char *const bad[] = {"", ",", "a,", "a b", "./a", "a, none", "a\tb", " "};
    uint32_t list = add("node");
    size_t size = programs.size;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_not(programs_add(&programs, bad[i], &list, &why), "%s", bad[i]);
        cr_expect(strncmp(why.text, "inherit: tree, none, or ", 24) == 0, "%s", why.text);
        cr_expect_eq(programs.size, size);
    }
    cr_expect_eq(list, 1u);
    cr_expect_eq(add("node"), 1u);
}

Test(programs, lists_have_room_for_64_kibibytes_and_no_more)
{
    enum { LENGTH = 4000 };
    static char texts[20][LENGTH + 1];
    uint32_t list;
    size_t fit = PROGRAMS_SIZE_MAX / (LENGTH + 2);
    for (size_t i = 0; i <= fit; i++) {
        memset(texts[i], 'a' + (int)i, LENGTH);
        for (size_t at = 0; at < LENGTH; at += 200)
            texts[i][at] = '/';
        cr_assert_eq(programs_add(&programs, texts[i], &list, &why), i < fit, "%zu: %s", i, why.text);
    }
    cr_expect_str_eq(why.text, "inherit: lists of programs above 65536 bytes");
    cr_expect_eq(programs.size, fit * (LENGTH + 2));
    cr_expect_eq(add(texts[0]), 1u);
    cr_expect_leq(programs.size, (size_t)PROGRAMS_SIZE_MAX);
}

Test(programs, a_path_variable_of_any_length_does_no_harm)
{
    static char path[2048];
    memset(path, 'x', sizeof path - 1);
    memcpy(path + sizeof path - 8, ":second", 8);
    cr_assert_eq(setenv("PATH", path, 1), 0);
    cr_expect_str_eq(shown(add("tool")), "tool|@/second/tool|");
}
