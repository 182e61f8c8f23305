/* SPDX-License-Identifier: ISC */
/* secrunctl scan in git repositories, by the real git: commits, packs, the index, hooks, and repositories
 * that are made to run something. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/scans.h"
#include "support/store.h"
#include "support/wild_watch.h"

#define EXAMPLE TESTS_DIR "/../examples/pre-commit"

static void begin(void)
{
    ctl_begin();
    ctl_seal("[app]\nKEY = hunter2/hunter2+hunter2?\nTOKEN = twelve-hunter2\n");
    setenv("HOME", scratch(), 1);
    struct outcome made =
        shell("git config --global user.name N && git config --global user.email n@example.org && "
              "git config --global init.defaultBranch main && git init -q r && cd r && echo a >a && "
              "git add a && git commit -qm first");
    check_status(made, 0);
    outcome_free(&made);
}

TestSuite(scan_git, .init = begin, .fini = scratch_end, .timeout = 300);

static void check(const char *command, int status, const char *lines)
{
    check_scan("r", command, status, lines);
}

static void run(const char *commands)
{
    run_in("r", commands);
}

/* Two commits with a value, one that takes it out again, a branch that is gone, a merge, a tag, a stash. */
static void make_history(void)
{
    run("set -e; mkdir d; printf 'x\\ntwelve-hunter2\\n' >d/one; git add d; git commit -qm second; git tag "
        "second\n"
        "git rm -q d/one; git commit -qm third\n"
        "git checkout -qb gone; printf twelve-hunter2-gone >two; git add two; git commit -qm fourth; git tag "
        "fourth\n"
        "git checkout -q main; git branch -qD gone; git tag old fourth; git tag -d old >/dev/null\n"
        "git commit -q --allow-empty -m 'a message with twelve-hunter2'; git tag message\n"
        "git checkout -qb side HEAD~1; echo s >s; git add s; git commit -qm side; git checkout -q main; echo "
        "m >m\n"
        "git add m; git commit -qm main; git merge -q --no-commit side >/dev/null 2>&1\n"
        "printf 'twelve-hunter2 in a merge' >m; git add m; git commit -qm merge; git tag merge\n"
        "echo no >m; git commit -qam clean");
}

/* With it, all that was ever sealed to it is anybody's. */
Test(scan_git, finds_the_machine_key)
{
    run("cp ../store/machine.key k; git add k; git commit -qm key; git tag key; base64 -w0 k >b; git add b");
    check("secrunctl -d ../store scan --staged", 1,
          "index:b:1: the machine key in base64, byte 146\nindex:k:3: the machine key, byte 109\n");
    check("secrunctl -d ../store scan --git --json | jq -c '[.profile, .name, .path]'", 0,
          "[null,\"machine key\",\"k\"]\n[null,\"machine key\",null]\n");
    check("secrunctl -d ../store rekey >/dev/null; secrunctl -d ../store scan --staged | grep -c key", 0,
          "2\n");
    check("secrunctl -d ../store scan k ../store", 1, "k:3: the machine key, byte 109\n");
    ctl_check("env K=$(grep -m1 ^AGE store/machine.key) sh -c 'secrunctl scan --proc 2>/dev/null; :' |\n"
              "grep -c ' (sh), environ: the machine key, byte '",
              "1\n");
}

static void check_history(void)
{
    check("for t in second fourth message merge; do echo \"s/$(git rev-parse $t | cut -c1-12)/$t/\"; done "
          ">../names\n"
          "secrunctl scan --git >../found; status=$?; sed -f ../names ../found; exit $status",
          1,
          "commit fourth:two:1: app/TOKEN, byte 0\n"
          "commit merge:m:1: app/TOKEN, byte 0\n"
          "commit message, its text:6: app/TOKEN, byte 197\n"
          "commit second:d/one:2: app/TOKEN, byte 2\n");
}

/* The byte within a commit depends on nothing that changes: times and names have the same length. */
Test(scan_git, finds_values_in_all_commits_and_tells_commit_and_path)
{
    make_history();
    check_history();
    run("git gc -q --aggressive && [ -e .git/objects/pack/*.pack ]");
    check_history();
    run("git pack-refs --all && git clone -q --bare . ../bare.git");
    check("cd ..; secrunctl scan --git bare.git | grep -c 'app/TOKEN'", 0, "4\n");
}

Test(scan_git, finds_values_that_no_commit_has)
{
    run("printf twelve-hunter2 | git hash-object -w --stdin >../id; git commit -q --allow-empty -m x");
    check(
        "secrunctl scan --git >../found; status=$?; sed \"s/$(cut -c1-12 ../id)/ID/\" ../found; exit $status",
        1, "git blob ID, in no commit:1: app/TOKEN, byte 0\n");
    check("secrunctl scan --git --json | jq -c '[.commit,.type,.object == \"'$(cat ../id)'\"]'", 0,
          "[null,\"blob\",true]\n");
}

/* A name stands in the tree of every commit until it is taken out. */
Test(scan_git, tells_a_value_in_a_name_once_and_one_in_a_tag)
{
    run("set -e; echo t >twelve-hunter2; git add twelve-hunter2; git commit -qm top; git tag top\n"
        "mkdir -p d/twelve-hunter2.d; echo d >d/twelve-hunter2.d/f; git add d; git commit -qm deep; git tag "
        "deep\n"
        "for i in 1 2 3; do echo $i >d/twelve-hunter2.d/f; echo $i >b; git add .; git commit -qm $i; done\n"
        "git mv twelve-hunter2 clean; git commit -qm clean; git tag -am 'twelve-hunter2' tag");
    check("for t in top deep tag; do echo \"s/$(git rev-parse $t | cut -c1-12)/$t/\"; done >../names\n"
          "secrunctl scan --git >../found; status=$?; sed -f ../names ../found; exit $status",
          1,
          "commit deep:d/**************.d: app/TOKEN, in the name\n"
          "commit top:**************: app/TOKEN, in the name\n"
          "tag tag, its text:6: app/TOKEN, byte 111\n");
    check("secrunctl scan --git --json | jq -c 'select(.type == \"name\") | [.path,.line]' | sort", 0,
          "[\"**************\",null]\n[\"d/**************.d\",null]\n");
    run("git write-tree >/dev/null; echo t >twelve-hunter2; git add .; git write-tree >../id; git reset -q "
        "--hard");
    check("secrunctl scan --git | sed \"s/$(cut -c1-12 ../id)/ID/\" | grep ID", 0,
          "git tree ID, in no commit:1: app/TOKEN, byte 126\n");
}

Test(scan_git, shows_no_value_that_git_complains_of)
{
    run("echo /none/twelve-hunter2/objects >.git/objects/info/alternates");
    check("git cat-file -e HEAD 2>&1 | sed 's/twelve-[a-z0-9]*/VALUE/'", 0,
          "error: unable to normalize alternate object path: /none/VALUE/objects\n");
    struct outcome seen = shell("cd r; secrunctl scan --git");
    check_status(seen, 0);
    cr_expect_str_eq(seen.out, "");
    cr_expect_str_eq(seen.err, "secrunctl: git: error: unable to normalize alternate object path: "
                               "/none/**************/objects\n");
    outcome_free(&seen);
}

Test(scan_git, finds_nothing_in_a_clean_history)
{
    run("for i in 1 2 3 4 5 6 7 8 9; do head -c 200000 /dev/urandom >f; git add f; git commit -qm $i; done; "
        "git gc -q");
    check("secrunctl scan --git", 0, "");
    check("secrunctl scan --staged", 0, "");
    check("secrunctl scan --gitignore .", 0, "");
}

Test(scan_git, finds_values_in_the_index_and_not_beside_it)
{
    run("mkdir 'd e'; printf 'x\\nhunter2/hunter2+hunter2?' >'d e/f'; git add d*; printf clean >'d e/f'\n"
        "printf twelve-hunter2 >unstaged; printf twelve-hunter2 >>a");
    check("secrunctl scan --staged", 1, "index:d e/f:2: app/KEY, byte 2\n");
    check("cd 'd e' && secrunctl scan --staged", 1, "index:d e/f:2: app/KEY, byte 2\n");
    check("cd .. && secrunctl scan --staged --json r | jq -c '[.in,.path,.name,.line,.type]'", 0,
          "[\"index\",\"d e/f\",\"KEY\",2,\"blob\"]\n");
    run("git add d*");
    check("secrunctl scan --staged", 0, "");
}

Test(scan_git, leaves_out_what_is_ignored_when_asked)
{
    run("printf 'ign*\\n' >.gitignore; printf twelve-hunter2 >ignored; printf twelve-hunter2 >new; mkdir d\n"
        "printf twelve-hunter2 >d/ignored; printf ' twelve-hunter2' >d/new; git add d/new; ln -s ignored "
        "link");
    check("secrunctl scan --gitignore .", 1, "./d/new:1: app/TOKEN, byte 1\n./new:1: app/TOKEN, byte 0\n");
    check("secrunctl scan --gitignore d ignored", 1,
          "d/new:1: app/TOKEN, byte 1\nignored:1: app/TOKEN, byte 0\n");
    check("secrunctl scan . | wc -l", 0, "4\n");
    check("cd ../store && secrunctl scan --gitignore .", 2, "");
}

Test(scan_git, says_what_is_wrong_with_a_repository)
{
    check("cd ..; secrunctl scan --git store", 2, "");
    check("cd ..; secrunctl scan --staged", 2, "");
    check("secrunctl scan --git none", 2, "");
    run("printf '%s\\n' 0123456789 >f; git add f; f=$(git rev-parse :f); rm -f .git/objects/$(echo $f | cut "
        "-c1-2)/$(echo $f | cut -c3-)");
    check("secrunctl scan --staged", 2, "");
}

/* Whoever made the repository wrote its configuration. */
Test(scan_git, runs_nothing_that_a_repository_names)
{
    make_history();
    run("bad=\"touch $PWD/../ran; false\"\n"
        "git config core.fsmonitor \"$bad\"; git config core.pager \"$bad\"; git config gpg.program "
        "\"$PWD/bad\"\n"
        "git config log.showSignature true; git config core.sshCommand \"$bad\"; git config diff.external "
        "\"$PWD/bad\"\n"
        "git config core.editor \"$bad\"; git config filter.f.clean \"$bad\"; git config filter.f.smudge "
        "\"$bad\"\n"
        "git config diff.t.textconv \"$bad\"; git config diff.t.command \"$bad\"; git config core.askPass "
        "\"$PWD/bad\"\n"
        "git config protocol.ext.allow always; git config remote.origin.url \"ext::$PWD/bad\"\n"
        "git config remote.origin.promisor true; git config remote.origin.uploadpack \"$bad\"\n"
        "git config extensions.partialClone origin; git config core.repositoryFormatVersion 1\n"
        "git config alias.cat-file \"!$bad\"; git config alias.ls-files \"!$bad\"; git config core.hooksPath "
        "hooks\n"
        "printf '#!/bin/sh\\ntouch %s/../ran\\n' \"$PWD\" >bad; chmod 755 bad; mkdir hooks\n"
        "for h in post-index-change reference-transaction post-checkout pre-commit fsmonitor-watchman; do cp "
        "bad hooks/$h; cp bad .git/hooks/$h; done\n"
        "printf '* filter=f diff=t\\n' >.git/info/attributes; rm -f ../ran");
    check("secrunctl scan --git | wc -l", 0, "4\n");
    check("secrunctl scan --staged", 0, "");
    check("secrunctl scan --gitignore .", 0, "");
    /* An object is not there, and would be fetched. */
    run("printf '%s\\n' 0123456789 >f; unset GIT_DIR; git -c core.fsmonitor=false -c filter.f.clean=cat -c "
        "core.hooksPath=/dev/null add f\n"
        "f=$(git -c core.fsmonitor=false rev-parse :f); rm -f .git/objects/$(echo $f | cut -c1-2)/$(echo $f "
        "| cut -c3-) ../ran");
    check("secrunctl scan --staged", 2, "");
    check("secrunctl scan --git | wc -l", 0, "4\n");
    check("cat ../ran", 1, "");
    check("git status >/dev/null 2>&1; ls ../ran", 0, "../ran\n"); /* it would have */
}

Test(scan_git, refuses_the_repository_of_another_user)
{
    const char *as = scratch_to_ordinary();
    if (as[0] == '\0')
        return; /* an ordinary user has no second one; root's run of the tests has */
    struct outcome run = shell("chown -R 0:0 r && cd r && %s secrunctl scan --git", as);
    check_status(run, 2);
    cr_expect(strstr(run.err, "dubious ownership"), "%s", run.err);
    outcome_free(&run);
}

Test(scan_git, an_ordinary_user_scans_his_own)
{
    make_history();
    const char *as = scratch_to_ordinary();
    struct outcome run = shell("cd r && %s secrunctl scan --git", as);
    check_status(run, 1);
    outcome_free(&run);
}

/* Of it and of every program that it starts: arguments, environment, output. */
Test(scan_git, shows_no_value_to_the_programs_that_it_starts)
{
    static const char *const pieces[] = {SCANS_PIECE, NULL};
    make_history();
    run("printf twelve-hunter2 >f; git add f");
    struct watched seen =
        watch_shell(100, pieces,
                    "cd r; for how in --git --staged '--gitignore .' --history --proc; do\n"
                    "secrunctl scan $how; secrunctl scan --json $how; done >../out 2>&1; true");
    check_status(seen.outcome, 0);
    cr_expect_str_eq(seen.seen, "");
    /* The shell, secrunctl, git, and journalctl where there is one. */
    cr_expect_geq(seen.starts, (size_t)(1 + 10 + 2 * 6), "%zu programs", seen.starts);
    watched_free(&seen);
    char *out = get_file("out", NULL);
    cr_expect(strstr(out, "app/TOKEN") && strstr(out, "\"TOKEN\""), "%s", out);
    cr_expect(!strstr(out, SCANS_PIECE), "%s", out);
    free(out);
}

/* --- the hook ----------------------------------------------------------------------------------------- */

Test(scan_git, the_hook_refuses_a_commit_with_a_value_and_takes_one_without)
{
    run("cp " EXAMPLE "/pre-commit .git/hooks/pre-commit; printf 'x\\ntwelve-hunter2' >f; git add f");
    check("git commit -qm x", 1, "");
    check("git commit -qm x 2>&1", 1,
          "index:f:2: app/TOKEN, byte 2\n"
          "pre-commit: a secret is about to be committed: take it out, or commit with --no-verify\n");
    run("echo clean >f; git add f; git commit -qm x");
    /* These commit what an index of their own has. */
    run("printf twelve-hunter2 >f; echo b >>a");
    check("git commit -qam x", 1, "");
    check("git commit -qm x f", 1, "");
    check("git commit -qm x a && git log -1 --format=%s --name-only", 0, "\na\nx\n");
    check("SECRUN_DIR=$PWD/none git commit -q --allow-empty -m x", 1, "");
    check("git commit -q --no-verify -am x && git log --oneline | wc -l", 0, "4\n");
}

Test(scan_git, the_hook_works_in_the_pre_commit_framework)
{
    run("{ printf 'repos:\\n- repo: local\\n  hooks:\\n'; sed '/^#/d; s/^/  /' " EXAMPLE
        "/.pre-commit-hooks.yaml; } >.pre-commit-config.yaml\n"
        "pre-commit install >/dev/null && git add .pre-commit-config.yaml && git commit -qm config "
        "2>/dev/null\n"
        "printf twelve-hunter2 >f; git add f");
    check("git commit -qm x 2>&1 | grep -E 'Failed|index:'", 0,
          "index:f:1: app/TOKEN, byte 0\n"
          "values of the secrun store in plaintext..................................Failed\n");
    run("echo clean >f; git add f; git commit -qm x 2>/dev/null; [ $(git log --oneline | wc -l) = 3 ]");
}
