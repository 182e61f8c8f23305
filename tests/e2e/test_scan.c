/* SPDX-License-Identifier: ISC */
/* secrunctl scan: every value that was planted is found, nothing else is, and none is shown. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/pty.h"
#include "support/scans.h"
#include "support/store.h"

#define VALUE "hunter2/hunter2+hunter2?"

static void begin(void)
{
    ctl_begin();
    ctl_seal("[app]\n.include = common\nKEY = " VALUE "\nPEM = -----BEGIN KEY-----\n  hunter2hunter2hunter2\n"
             "  -----END KEY-----\nPORT = 8080\n"
             "[common]\nTOKEN = twelve-hunter2\nMODE = prod\n");
    setenv("V", VALUE, 1);
    struct outcome made = shell("mkdir tree");
    outcome_free(&made);
}

TestSuite(scan_files, .init = begin, .fini = scratch_end, .timeout = 300);
TestSuite(scan_processes, .init = begin, .fini = scratch_end, .timeout = 300);
TestSuite(scan_histories, .init = begin, .fini = scratch_end, .timeout = 300);

static void check(const char *command, int status, const char *lines)
{
    check_scan(".", command, status, lines);
}

static void plant(const char *commands)
{
    run_in("tree", commands);
}

Test(scan_files, tells_secret_form_line_and_byte_of_what_it_finds)
{
    plant("mkdir a; printf 'x\\n y=%s\\n' \"$V\" >a/plain; printf 'twelve-hunter2' >b\n"
          "printf %s \"$V\" | base64 >c; printf ab%s \"$V\" | base64 -w 20 >d; printf %s \"$V\" | od -An -v "
          "-tx1 | tr -d ' \\n' >e\n"
          "printf 'k: |\\n  -----BEGIN KEY-----\\n  hunter2hunter2hunter2\\n  -----END KEY-----\\n' >f\n"
          "echo hunter2%2Fhunter2%2Bhunter2%3F >g; echo nothing here, 8080 prod >h");
    check("secrunctl scan tree", 1,
          "tree/a/plain:2: app/KEY, byte 5\n"
          "tree/b:1: common/TOKEN, byte 0\n"
          "tree/c:1: app/KEY in base64, byte 0\n"
          "tree/d:1: app/KEY in base64, byte 3\n"
          "tree/e:1: app/KEY in hex, byte 0\n"
          "tree/f:2: app/PEM, byte 7\n"
          "tree/g:1: app/KEY in url-encoded, byte 0\n");
    check("secrunctl scan -p common tree", 1, "tree/b:1: common/TOKEN, byte 0\n");
    check("secrunctl scan tree/h tree/b", 1, "tree/b:1: common/TOKEN, byte 0\n");
    check("secrunctl scan - <tree/b", 1, "standard input:1: common/TOKEN, byte 0\n");
}

Test(scan_files, finds_nothing_where_nothing_is)
{
    plant("echo hunter2/hunter2+hunter2 >a; echo twelve-hunter >b; head -c 3000000 /dev/urandom >c; : >d");
    check("secrunctl scan tree store", 0, "");
    check("secrunctl scan /usr/share/doc /usr/include", 0, "");
    check("secrunctl scan - </dev/null", 0, "");
}

Test(scan_files, says_which_values_are_too_short_to_be_looked_for)
{
    struct outcome run = shell("secrunctl scan tree");
    check_status(run, 0);
    cr_expect_str_eq(run.err, "secrunctl: not looked for, shorter than 8 bytes: app/PORT common/MODE\n");
    outcome_free(&run);
    ctl_seal("[app]\nPORT = 8080\n");
    run = shell("secrunctl scan tree");
    check_status(run, 2);
    cr_expect(strstr(run.err, "there is no value to look for"), "%s", run.err);
    outcome_free(&run);
}

Test(scan_files, finds_values_in_archives_binaries_and_large_files)
{
    plant(
        "printf 'twelve-hunter2' >x; tar -cf a.tar x; rm x; { head -c 5000000 /dev/urandom; printf "
        "'\\000twelve-hunter2\\000'; head -c 5000000 /dev/urandom; } >b\n"
        "truncate -s 2T c; printf twelve-hunter2 | dd of=c bs=1 seek=1099511627777 conv=notrunc 2>/dev/null");
    check("timeout 60 secrunctl scan --json tree | jq -c '[.path,.name,.offset]'", 0,
          "[\"tree/a.tar\",\"TOKEN\",512]\n[\"tree/b\",\"TOKEN\",5000001]\n[\"tree/"
          "c\",\"TOKEN\",1099511627777]\n");
}

Test(scan_files, passes_over_links_fifos_sockets_and_what_the_kernel_makes_up)
{
    plant(
        "printf twelve-hunter2 >../outside; ln -s ../outside link; ln -s . cycle; ln -s / root; mkfifo fifo\n"
        "perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => \"socket\", Listen => 1) or die'");
    check("timeout 60 secrunctl scan tree", 0, "");
    check("secrunctl scan tree/link", 1, "tree/link:1: common/TOKEN, byte 0\n");
    check("secrunctl scan /proc", 2, "");
    check("secrunctl scan /proc 2>&1", 2,
          "secrunctl: /proc: not a file system to scan\nsecrunctl: hint: secrunctl scan --proc is for "
          "processes\nsecrunctl: not looked for, shorter than 8 bytes: app/PORT common/MODE\n");
    check("secrunctl scan /sys/kernel", 2, "");
}

Test(scan_files, shows_no_value_and_no_control_character_of_a_name)
{
    plant("mkdir twelve-hunter2; echo twelve-hunter2 >\"$(printf 'twelve-hunter2/a\\033[2J\\n\\377')\"");
    check("secrunctl scan tree", 1,
          "tree/**************/a?[2J??:1: common/TOKEN, byte 0\n"
          "tree/**************: common/TOKEN, in the name\n");
    check("secrunctl scan --json tree | jq -c '[.in,.path,.path_hex]'", 0,
          "[\"file\",\"tree/**************/"
          "a?[2J??\",\"747265652f2a2a2a2a2a2a2a2a2a2a2a2a2a2a2f611b5b324a0aff\"]\n"
          "[\"name\",\"tree/**************\",null]\n");
    check("secrunctl scan tree/twelve-hunter2/none", 2, "");
}

Test(scan_files, names_what_cannot_be_read_and_goes_on)
{
    plant("printf twelve-hunter2 >a; echo >b; mkdir c; printf twelve-hunter2 >d; chmod 0 b c");
    const char *as = scratch_to_ordinary();
    struct outcome run = shell("%s secrunctl scan tree none", as);
    check_status(run, 1);
    cr_expect(strstr(run.out, "tree/a:1") && strstr(run.out, "tree/d:1"), "%s", run.out);
    cr_expect(strstr(run.err, "secrunctl: tree/b: Permission denied\n") &&
                  strstr(run.err, "secrunctl: tree/c: Permission denied\n") &&
                  strstr(run.err, "secrunctl: none: No such file or directory\n") &&
                  strstr(run.err, "secrunctl: 3 could not be read\n"),
              "%s", run.err);
    outcome_free(&run);
    run = shell("rm tree/a tree/d; %s secrunctl scan tree", as);
    check_status(run, 2);
    outcome_free(&run);
}

/* 150,000 bytes of path. */
Test(scan_files, goes_on_beside_a_tree_that_is_too_deep)
{
    plant("perl -e 'my $d = \"d\" x 50; for (1 .. 3000) { mkdir $d and chdir $d or die }'\n"
          "printf twelve-hunter2 >a; mkdir z; printf twelve-hunter2 >z/b");
    struct outcome run = shell("secrunctl scan tree 2>err | sort; rm -rf tree; cat err >&2");
    cr_expect_str_eq(run.out, "tree/a:1: common/TOKEN, byte 0\ntree/z/b:1: common/TOKEN, byte 0\n");
    cr_expect(strstr(run.err, "...: File name too long\nsecrunctl: 1 could not be read\n"), "%s", run.err);
    outcome_free(&run);
}

Test(scan_files, survives_files_that_are_cut_off_and_grow_meanwhile)
{
    struct outcome run = shell(
        "( while [ ! -e done ]; do truncate -s 0 tree/a; head -c 9000000 /dev/zero | tr '\\0' x >>tree/a; "
        "done ) &\n"
        "for i in 1 2 3 4 5 6 7 8 9; do secrunctl scan tree 2>/dev/null || echo $?; done; touch done; wait");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "");
    outcome_free(&run);
}

Test(scan_files, tells_a_value_that_repeats_itself_once_a_place)
{
    ctl_seal("[app]\nZERO = 0000000000\n");
    plant("printf %025d 0 >a; printf %05d 0 >b; head -c 30000000 /dev/zero | tr '\\0' 0 >c");
    check("secrunctl scan tree/a tree/b", 1, "tree/a:1: app/ZERO, byte 0\ntree/a:1: app/ZERO, byte 10\n");
    check("timeout 60 secrunctl scan tree/c | wc -l", 0, "3000000\n");
}

Test(scan_files, tells_programs_one_object_a_line)
{
    plant("printf twelve-hunter2 >a");
    struct outcome run = shell("secrunctl scan --json tree");
    check_status(run, 1);
    cr_expect_str_eq(run.out, "{\"profile\":\"common\",\"name\":\"TOKEN\",\"form\":\"plain\",\"in\":\"file\","
                              "\"path\":\"tree/a\",\"offset\":0,\"line\":1}\n");
    outcome_free(&run);
}

Test(scan_files, shows_progress_on_a_terminal_only)
{
    struct pty pty;
    plant("head -c 50000000 /dev/zero | tr '\\0' x >a");
    pty_start(&pty, "secrunctl scan tree");
    pty_expect(&pty, " MiB, 1 scanned");
    pty_expect(&pty, "nothing found in 47 MiB");
    pty_end(&pty);
    cr_expect_eq(pty.status, 0);
    pty_free(&pty);
    struct outcome run = shell("secrunctl scan -p common tree");
    cr_expect_str_eq(run.err, "secrunctl: not looked for, shorter than 8 bytes: common/MODE\n");
    outcome_free(&run);
}

Test(scan_files, refuses_a_command_line_that_makes_no_sense_and_output_that_gets_lost)
{
    static const char *const wrong[] = {"scan",
                                        "scan --git --staged",
                                        "scan --proc x",
                                        "scan --history x",
                                        "scan --git a b",
                                        "scan --git --gitignore",
                                        "scan --file x tree",
                                        "scan -p none tree",
                                        "scan -d none tree"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct outcome run = shell("secrunctl %s", wrong[i]);
        check_status(run, 2);
        cr_expect(run.out_size == 0 && strncmp(run.err, "secrunctl: ", 11) == 0, "%s: %s", wrong[i], run.err);
        outcome_free(&run);
    }
    plant("printf twelve-hunter2 >a");
    check("secrunctl scan tree >/dev/full", 2, "");
    check("secrunctl scan --json tree >/dev/full", 2, "");
}

/* --- processes -------------------------------------------------------------------------------------- */

Test(scan_processes, finds_values_in_environments_and_command_lines)
{
    const char *as = scratch_to_ordinary();
    struct outcome run =
        shell("%s env KEY=twelve-hunter2 sleep 60 & a=$!\n"
              "%s sh -c 'sleep 60; :' \"$V\" & b=$!\n"
              "sleep 1; unset V; echo $a $b; %s secrunctl scan --json --proc >out 2>err; echo $?\n"
              "jq -c '[.pid,.part,.name,.program]' out | sort; kill $a $b; cat err >&2",
              as, as, as);
    check_status(run, 0);
    int a = 0, b = 0, status = -1;
    cr_assert_eq(sscanf(run.out, "%d %d %d", &a, &b, &status), 3, "%s", run.out);
    char line[128];
    cr_expect_eq(status, 1, "%s%s", run.out, run.err);
    snprintf(line, sizeof line, "[%d,\"environ\",\"TOKEN\",\"sleep\"]", a);
    cr_expect(strstr(run.out, line), "%s%s", run.out, run.err);
    snprintf(line, sizeof line, "[%d,\"cmdline\",\"KEY\",\"sh\"]", b);
    cr_expect(strstr(run.out, line), "%s%s", run.out, run.err);
    cr_expect(!strstr(run.err, SCANS_PIECE), "%s", run.err);
    outcome_free(&run);
}

/* The kernel keeps 15 bytes of it. */
Test(scan_processes, shows_no_piece_of_a_value_in_the_name_of_a_program)
{
    const char *as = scratch_to_ordinary();
    struct outcome run = shell("mkdir tree/hunter2; cp \"$(command -v sleep)\" \"tree/$V\"\n"
                               "%s env -u V \"tree/$V\" 60 & a=$!; sleep 1; unset V\n"
                               "%s secrunctl scan --proc >out 2>err; grep \"process $a \" out | "
                               "sed 's/^process [0-9]* //'; cat err >&2; kill $a",
                               as, as);
    cr_expect_str_eq(run.out, "(***************), cmdline: app/KEY, byte 5\n", "%s%s", run.out, run.err);
    outcome_free(&run);
}

Test(scan_processes, finds_none_of_what_secrun_hands_over)
{
    unsetenv("V");
    struct outcome run =
        shell("secrun -p app -- sh -c 'printenv KEY >/dev/null && touch has; sleep 60' & a=$!\n"
              "while [ ! -e has ]; do sleep 0.1; done\n"
              "secrunctl scan --json --proc 2>err | jq -c \"select(.pid == $a)\"; kill $a");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "");
    outcome_free(&run);
}

Test(scan_processes, says_how_many_it_may_not_read)
{
    unsetenv("V");
    const char *as = scratch_to_ordinary();
    struct outcome run = shell("%s secrunctl scan --proc", as);
    cr_expect(run.status == 0 || run.status == 1, "exit status %d\n%s", run.status, run.err);
    cr_expect(strstr(run.err, "cannot be read\nsecrunctl: hint: root sees them all\n"), "%s", run.err);
    outcome_free(&run);
}

/* --- histories -------------------------------------------------------------------------------------- */

Test(scan_histories, finds_what_was_typed)
{
    unsetenv("V");
    const char *as = scratch_to_ordinary();
    struct outcome run = shell("export HOME=$PWD/tree\n"
                               "printf 'ls\\nexport T=twelve-hunter2\\n' >tree/.bash_history\n"
                               "mkdir -p tree/.local/share/fish; printf -- '- cmd: x twelve-hunter2\\n' "
                               ">tree/.local/share/fish/fish_history\n"
                               "ln -s /dev/zero tree/.zsh_history; mkfifo tree/.python_history\n"
                               "%s timeout 60 secrunctl scan --history >out 2>err; echo $?; grep '/tree/' "
                               "out | sed \"s|$PWD/||\" | sort",
                               as);
    cr_expect_str_eq(run.out,
                     "1\ntree/.bash_history:2: common/TOKEN, byte 12\n"
                     "tree/.local/share/fish/fish_history:1: common/TOKEN, byte 9\n",
                     "%s", run.out);
    outcome_free(&run);
}

/* A journal of its own, which takes mounts of its own. */
Test(scan_histories, finds_what_was_logged)
{
    unsetenv("V");
    if (getuid() != 0)
        return;
    static const char logs[] = "mount -t tmpfs none /run; mkdir -p /run/log/journal /run/systemd/journal\n"
                               "[ ! -d /var/log/journal ] || mount -t tmpfs none /var/log/journal\n"
                               "/lib/systemd/systemd-journald >/dev/null 2>&1 & journald=$!\n"
                               "until [ -S /run/systemd/journal/stdout ]; do sleep 0.1; done\n"
                               "echo 'a token, twelve-hunter2, by mistake' | systemd-cat -t app\n"
                               "echo aHVudGVyMi9odW50ZXIyK2h1bnRlcjI/ | systemd-cat -t app\n"
                               "until journalctl -t app | grep -q aHVu; do sleep 0.1; done\n"
                               "HOME=$PWD/tree secrunctl scan --history; echo $?; kill $journald; wait\n";
    put_file("logs", logs, strlen(logs));
    struct outcome run = shell("timeout 60 unshare -m --propagation private sh logs | sed 's/[0-9]*: /N: /; "
                               "s/byte [0-9]*/byte N/' | grep -v ^/");
    cr_expect_str_eq(run.out, "journal:N: common/TOKEN, byte N\njournal:N: app/KEY in base64, byte N\n1\n",
                     "%s%s", run.out, run.err);
    outcome_free(&run);
}
