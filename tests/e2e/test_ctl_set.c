/* SPDX-License-Identifier: ISC */
/* secrunctl set: a value goes in byte for byte, by no way that others can see. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"

enum { VALUE_MAX = 1024 * 1024 };

TestSuite(ctl_set, .init = ctl_begin, .fini = scratch_end, .timeout = 300);

static void set(const char *options, const void *value, size_t size)
{
    struct outcome run = shell_with_input(value, size, "secrunctl set %s", options);
    check_status(run, 0);
    cr_expect_str_eq(run.out, "", "set prints: %s", run.out);
    cr_expect(!run.err[0] || strstr(run.err, " is new in [") || strstr(run.err, ", part of it\n"),
              "set says: %s", run.err);
    outcome_free(&run);
}

Test(ctl_set, keeps_every_value_byte_for_byte)
{
    char options[64], name[32];
    for (size_t i = 0; i < ctl_value_count; i++) {
        snprintf(options, sizeof options, "-p many --keep-newline NAME_%zu", i);
        set(options, ctl_values[i].bytes, ctl_values[i].size);
    }
    for (size_t i = 0; i < ctl_value_count; i++) {
        snprintf(name, sizeof name, "NAME_%zu", i);
        ctl_check_value("many", name, ctl_values[i].bytes, ctl_values[i].size);
    }
}

Test(ctl_set, replaces_every_value_by_every_kind_of_value)
{
    for (size_t i = 0; i < ctl_value_count; i++) {
        set("BEFORE --keep-newline", ctl_values[i].bytes, ctl_values[i].size);
        set("NAME --keep-newline", ctl_values[ctl_value_count - 1 - i].bytes,
            ctl_values[ctl_value_count - 1 - i].size);
        ctl_check_value("default", "BEFORE", ctl_values[i].bytes, ctl_values[i].size);
        ctl_check_value("default", "NAME", ctl_values[ctl_value_count - 1 - i].bytes,
                        ctl_values[ctl_value_count - 1 - i].size);
    }
}

Test(ctl_set, gives_secrun_the_same_bytes)
{
    set("-p env KEY", "a ; \"b\"\n c $d\n\n", 15);
    ctl_check("secrun -p env -- sh -c 'printf %s \"$KEY\"'", "a ; \"b\"\n c $d\n");
}

Test(ctl_set, drops_one_line_feed_unless_it_is_to_be_kept)
{
    set("A", "value\n", 6);
    ctl_check_value("default", "A", "value", 5);
    set("A", "value\n\n", 7);
    ctl_check_value("default", "A", "value\n", 6);
    set("A", "value\r\n", 7);
    ctl_check_value("default", "A", "value\r", 6);
    set("A --keep-newline", "value\n", 6);
    ctl_check_value("default", "A", "value\n", 6);
}

Test(ctl_set, reads_a_file_as_it_reads_a_pipe)
{
    put_file("value", "from a file\n", 12);
    set("A --file value", "not this", 8);
    ctl_check_value("default", "A", "from a file", 11);
    set("A --keep-newline --file=value", "", 0);
    ctl_check_value("default", "A", "from a file\n", 12);
    ctl_check_refused("secrunctl set A --file nowhere", 1, "nowhere: No such file");
    ctl_check_refused("secrunctl set A --file .", 1, ".: Is a directory");
}

Test(ctl_set, takes_a_value_up_to_the_limit)
{
    char *value = ctl_large_value(VALUE_MAX + 1);
    set("A --keep-newline", value, VALUE_MAX);
    ctl_check_value("default", "A", value, VALUE_MAX);
    put_file("large", value, VALUE_MAX + 1);
    ctl_check_refused("secrunctl set A --keep-newline <large", 1, "above 1048576 bytes");
    ctl_check_refused("secrunctl set A </dev/zero", 1, "standard input: ");
    free(value);
}

Test(ctl_set, refuses_an_empty_value_unless_it_is_meant)
{
    ctl_check_refused("secrunctl set A </dev/null", 1, "A: an empty value");
    ctl_check_refused("echo | secrunctl set A", 1, "--allow-empty");
    set("A --allow-empty", "", 0);
    ctl_check_value("default", "A", "", 0);
}

Test(ctl_set, refuses_what_no_environment_can_hold)
{
    ctl_check_refused("printf 'hunter2\\0' | secrunctl set A", 1, "A: a NUL byte");
    ctl_check_refused("printf '\\0hunter2' | secrunctl set A", 1, "A: a NUL byte");
}

Test(ctl_set, refuses_a_value_on_the_command_line)
{
    static const char *const commands[] = {
        "secrunctl set A hunter2",           "secrunctl set A=hunter2",
        "secrunctl set -p x A hunter2",      "secrunctl set A hunter2 </dev/null",
        "secrunctl set A hunter2 --file f",  "secrunctl set A=hunter2 --generate",
        "echo x | secrunctl set A= hunter2",
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        ctl_check_refused(commands[i], 2, "can be read by every user of this host (ps)");
    /* Or it is a profile. */
    ctl_check_refused("secrunctl set shopd A", 2, "; -p PROFILE names the profile\n");
}

Test(ctl_set, refuses_names_that_are_none)
{
    static const char *const names[] = {"2A",       "A-B",   "A.rotated",  "A.B", "''",        "'A B'",
                                        "\xC3\xA9", "'[a]'", "LD_PRELOAD", ".A",  "SECRUN_FD", "'A\nB'"};
    char command[512];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(command, sizeof command, "echo hunter2 | secrunctl set -- %s", names[i]);
        ctl_check_refused(command, 2, "");
    }
    snprintf(command, sizeof command, "echo hunter2 | secrunctl set A%0255d", 0);
    ctl_check_refused(command, 2, "");
    ctl_check_refused("echo hunter2 | secrunctl set -p '' A", 2, "");
    ctl_check_refused("echo hunter2 | secrunctl set -p 'a]b' A", 2, "");
    ctl_check_refused("echo hunter2 | secrunctl set -p 'a b' A", 2, "");
    ctl_check_refused("echo hunter2 | secrunctl set -p '#a' A", 2, "");
    ctl_check_refused("echo hunter2 | secrunctl set", 2, "an operand is missing");
}

Test(ctl_set, takes_its_options_anywhere)
{
    ctl_check("echo 1 | secrunctl -p x set A; echo 2 | secrunctl set B -px; echo 3 | secrunctl set -p x C\n"
              "echo 4 | secrunctl set --profile=x D; echo 5 | secrunctl set E --profile x -d store\n"
              "cd /; secrunctl get -p x A; secrunctl -p x get B; secrunctl get C -p x; secrunctl get D -px\n"
              "secrunctl get -d \"$SECRUN_DIR\" -p x E",
              "12345");
}

Test(ctl_set, generates_values_that_nobody_sees)
{
    ctl_check("secrunctl set A --generate; secrunctl set B --generate=16; secrunctl set C --generate=4096\n"
              "secrunctl get A | grep -cE '^[A-Za-z0-9_-]{43}$'\n"
              "secrunctl get B | grep -cE '^[A-Za-z0-9_-]{22}$'; secrunctl get C | wc -c\n"
              "secrunctl get A >1; secrunctl set A --generate; secrunctl get A >2; cmp -s 1 2 || echo others",
              "1\n1\n5462\nothers\n");
    static const char *const sizes[] = {"15", "0", "4097", "-1", "x", "32x", "99999999999999999999", "' 32'"};
    char command[128];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        snprintf(command, sizeof command, "secrunctl set A --generate=%s", sizes[i]);
        ctl_check_refused(command, 2, "--generate: ");
    }
    ctl_check_refused("secrunctl set A --generate --file f", 2, "--generate goes with neither");
}

Test(ctl_set, notes_when_a_value_was_set)
{
    ctl_seal("[default]\nA = old\nA.max-age = 90d\nA.rotated = 2001-02-03T04:05:06Z\nB = other\n");
    ctl_check("before=$(date -u +%FT%TZ); echo new | secrunctl set A; echo 1 | secrunctl set C\n"
              "after=$(date -u +%FT%TZ); age -d -i store/machine.key store/secrets.age |\n"
              "    sed -n 's/^\\(.\\)\\.rotated = //p' >times; wc -l <times\n"
              "while read -r time; do printf '%s\\n' \"$before\" \"$time\" \"$after\" | sort -c; done <times",
              "2\n");
    char *document = ctl_open();
    cr_expect(strstr(document, "A = new\nA.max-age = 90d\nA.rotated = 2"), "%s", document);
    cr_expect(!strstr(document, "B.rotated"), "%s", document);
    free(document);
}

Test(ctl_set, leaves_all_other_lines_as_they_are)
{
    ctl_seal(
        "# top\n\n; another\n[one]\n.note = x\n  \nA=1\n\t \nB   :  2\n# behind B\nM = first\n  second\n\n"
        "[two]\r\nA = 1\r\n# end, without a line feed");
    ctl_check(
        "age -d -i store/machine.key store/secrets.age >before\n"
        "echo changed | secrunctl set -p one B; echo new | secrunctl set -p two N\n"
        "age -d -i store/machine.key store/secrets.age >after\n"
        "diff before after | sed 's/\\(rotated\\|replaced\\) = .*/\\1/; s/\\r//' | grep '^[<>]'",
        "< B   :  2\n> B = changed\n> B.rotated\n> B.previous = 2\n> B.replaced\n> N = new\n> N.rotated\n");
}

/* By a pipe, too: a rotation that misspells the name would leave the old value in use. */
Test(ctl_set, tells_of_one_more_name_beside_others)
{
    ctl_check("{ echo 1 | secrunctl set -p app KEY; echo 2 | secrunctl set -p app KEY\n"
              "echo 3 | secrunctl set -p app KYE; echo 3 | secrunctl set -p app KYE; } 2>&1",
              "secrunctl: KYE is new in [app]\n");
}

/* It is kept as it is, since it may be meant. */
Test(ctl_set, tells_what_a_value_will_hardly_be)
{
    static const char *const values[][2] = {{"tok\\r\\n", "ends with a carriage return"},
                                            {"A=tok\\n", "begins with its name and an equals sign"},
                                            {"\\042tok\\042\\n", "is in quotes"},
                                            {"tok \\n", "ends with a blank"},
                                            {" tok", "begins with a blank"}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char command[256], said[256];
        snprintf(command, sizeof command, "printf '%s' | secrunctl set A 2>&1", values[i][0]);
        snprintf(said, sizeof said, "secrunctl: A: its value %s, part of it\n", values[i][1]);
        ctl_check(command, said);
        snprintf(command, sizeof command, "secrunctl check | sed -n 's/^warn  .default. //p' | grep value");
        snprintf(said, sizeof said, "A: its value %s, part of it\n", values[i][1]);
        ctl_check(command, said);
    }
    ctl_check("printf 'Bearer x y\\n' | secrunctl set A 2>&1", "");
}

Test(ctl_set, makes_the_profile_that_it_names)
{
    set("A", "1", 1);
    /* A script is told, too, since the name may be misspelled; but not of the first, nor a second time. */
    struct outcome run = shell("echo 2 | secrunctl set -p Other.app_1@host+x A");
    check_status(run, 0);
    cr_expect_str_eq(run.err, "secrunctl: [Other.app_1@host+x] is a new profile\n");
    cr_expect_str_eq(run.out, "");
    outcome_free(&run);
    set("-p Other.app_1@host+x B", "3", 1);
    ctl_check("secrunctl get A; secrunctl get -p Other.app_1@host+x A; secrunctl list | grep -c '^\\['",
              "122\n");
}

Test(ctl_set, of_a_value_that_is_included_makes_an_own_one)
{
    ctl_seal("[common]\nA = common\n[app]\n.include = common\n");
    ctl_check("secrunctl get -p app A; echo own | secrunctl set -p app A\n"
              "secrunctl get -p app A; secrunctl get -p common A",
              "commonowncommon");
}

Test(ctl_set, changes_no_document_that_does_not_parse)
{
    ctl_seal("[default]\nA = 1\nhunter2\n");
    ctl_check_refused("echo 2 | secrunctl set A", 1, "secrets.age: line 3: ");
    ctl_check_refused("echo 2 | secrunctl set A", 1, "hint: secrunctl edit");
}
