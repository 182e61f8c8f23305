/* SPDX-License-Identifier: ISC */
/* secrunctl edit: the document in an editor; nothing typed is lost, and nothing is left behind. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "support/command.h"
#include "support/ctl.h"
#include "support/live.h"
#include "support/pty.h"

#define DOCUMENT                                                                                             \
    "# top\n[default]\nA = old-hunter2\nA.rotated = 2001-02-03T04:05:06Z\n# about B\nB = kept\n"             \
    "B.rotated = 2001-02-03T04:05:06Z\n"

static void begin(void)
{
    ctl_begin();
    ctl_seal(DOCUMENT);
}

TestSuite(ctl_edit, .init = begin, .fini = scratch_end, .timeout = 300);

static void put(const char *name, const char *text)
{
    put_file(name, text, strlen(text));
}

/* The editor of a test: a shell script that is given the file as $1. It notes where that is, and counts its
 * runs. */
static void use_editor(const char *script)
{
    char text[4096];
    int size = snprintf(text, sizeof text, "echo \"$1\" >edited-path; echo >>runs\n%s\n", script);
    cr_assert(size > 0 && (size_t)size < sizeof text);
    put("editor", text);
    setenv("EDITOR", "sh ./editor", 1);
}

/* The private directory is gone, with whatever was in it. */
static void check_nothing_is_left(void)
{
    ctl_check("directory=$(dirname \"$(cat edited-path)\"); case $directory in */secrunctl.*) ;; *) echo "
              "where;; esac\n"
              "find \"$directory\" 2>/dev/null; true",
              "");
}

static void check_document(const char *expected)
{
    char *document = ctl_open();
    cr_expect_str_eq(document, expected);
    free(document);
}

static void check_edit(const char *err)
{
    struct outcome run = shell("secrunctl edit");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "");
    cr_expect(err[0] ? strstr(run.err, err) != NULL : run.err_size == 0, "%s", run.err);
    cr_expect(!strstr(run.err, "hunter2"), "a value is shown: %s", run.err);
    outcome_free(&run);
    check_nothing_is_left();
}

Test(ctl_edit, puts_what_was_edited_into_the_store)
{
    use_editor("sed -i 's/kept/changed/; s/^# top/# new top/' \"$1\"; printf '[new]\\nC = 3\\n' >>\"$1\"");
    check_edit("");
    ctl_check("age -d -i store/machine.key store/secrets.age | sed 's/= 2[0-9T:-]*Z/= a time/'",
              "# new top\n[default]\nA = old-hunter2\nA.rotated = a time\n# about B\nB = changed\nB.rotated "
              "= a time\nB.previous = kept\nB.previous-rotated = a time\nB.replaced = a time\n"
              "[new]\nC = 3\nC.rotated = a time\n");
}

Test(ctl_edit, notes_when_values_were_changed_and_only_those)
{
    use_editor("sed -i 's/kept/changed/; /^A.rotated/s/2001/1999/' \"$1\"");
    check_edit("");
    ctl_check("secrunctl list --json | python3 -c 'import json, sys\n"
              "for s in json.load(sys.stdin)[\"profiles\"][0][\"secrets\"]:\n"
              "    print(s[\"name\"], s[\"attributes\"][\"rotated\"][:4] if s[\"age_seconds\"] > 100 else "
              "\"now\")'",
              "A 1999\nB now\n");
    use_editor("sed -i 's/changed/again/; s/^B.rotated = .*/B.rotated = 2010-01-01T00:00:00Z/' \"$1\"");
    check_edit("");
    ctl_check("secrunctl export --format ini | grep B.rotated", "B.rotated = 2010-01-01T00:00:00Z\n");
}

Test(ctl_edit, writes_nothing_when_nothing_was_changed)
{
    use_editor("true");
    size_t before_size, after_size;
    char *before = get_file("store/secrets.age", &before_size);
    check_edit("secrunctl: nothing was changed\n");
    char *after = get_file("store/secrets.age", &after_size);
    cr_expect(before_size == after_size && memcmp(before, after, before_size) == 0);
    free(before);
    free(after);
}

Test(ctl_edit, shows_the_document_in_a_private_file_in_memory)
{
    use_editor("stat -f -c %T \"$1\" >found; stat -c '%a %u' \"$1\" \"$(dirname \"$1\")\" >>found; cat "
               "\"$1\" >shown");
    check_edit("nothing was changed");
    ctl_check("id -u >me; cat found | sed \"s/ $(cat me)$/ me/\"", "tmpfs\n600 me\n700 me\n");
    ctl_check("cat shown", DOCUMENT);
}

Test(ctl_edit, uses_no_runtime_directory_on_a_disk)
{
    use_editor("stat -f -c %T \"$1\" >found");
    /* /proc is a directory on no memory file system, wherever the tests run. */
    setenv("XDG_RUNTIME_DIR", "/proc", 1);
    check_edit("nothing was changed");
    ctl_check("cat found", "tmpfs\n");
    setenv("XDG_RUNTIME_DIR", "runtime", 1);
    check_edit("nothing was changed");
}

/* That of whoever became root, and kept his environment: he could put another in the place of the editor's.
 */
Test(ctl_edit, uses_no_runtime_directory_of_another_user)
{
    use_editor("echo \"$1\" >found");
    if (getuid() != 0)
        return;
    char command[512];
    snprintf(
        command, sizeof command,
        "mkdir his; unshare -m sh -c 'mount -t tmpfs -o mode=700,uid=%u none his\n"
        "XDG_RUNTIME_DIR=$PWD/his secrunctl edit 2>/dev/null'; grep -v /his/ found | grep -c secrets.ini",
        ordinary_uid());
    ctl_check(command, "1\n");
}

Test(ctl_edit, refuses_where_no_file_system_is_in_memory)
{
    use_editor("touch started");
    /* Only root can take /dev/shm and /run away from one process. */
    if (getuid() != 0)
        return;
    ctl_check_refused(
        "unshare -m sh -c 'mount --bind /proc /dev/shm && mount --bind /proc /run && secrunctl edit'", 1,
        "no file system in memory to edit on");
    ctl_check("ls started 2>/dev/null; true", "");
}

Test(ctl_edit, takes_the_editor_that_is_set_with_its_arguments)
{
    put("with blank",
        "shift; for last; do :; done; sed -i \"s/kept/$1/\" \"$last\"; echo \"$last\" >edited-path\n");
    setenv("EDITOR", "false", 1);
    setenv("VISUAL", "sh './with blank' -x by-visual", 1);
    check_edit("");
    ctl_check("secrunctl get B", "by-visual");
    setenv("VISUAL", "", 1);
    setenv("EDITOR", "sh \"./with blank\" -x by-editor", 1);
    ctl_check("sed -i s/kept/by-visual/ 'with blank'; secrunctl edit; secrunctl get B", "by-editor");
}

Test(ctl_edit, goes_back_to_the_editor_with_what_does_not_parse)
{
    use_editor("if [ $(wc -l <runs) -eq 1 ]; then printf 'hunter2\\n' >>\"$1\"; else\n"
               "grep -c '^hunter2$' \"$1\" >seen; sed -i 's/^hunter2$/C = 3/' \"$1\"; fi");
    check_edit("secrunctl: line 8: ");
    ctl_check("cat seen; wc -l <runs; secrunctl get C", "1\n2\n3");
}

Test(ctl_edit, does_not_go_back_for_ever_without_anybody_to_ask)
{
    use_editor("printf 'hunter2\\n' >\"$1\"");
    ctl_check_refused("timeout 5 secrunctl edit", 1, "line 1: ");
    check_nothing_is_left();
    /* Not even to an editor that does something every time. */
    use_editor("printf 'hunter2\\n' >>\"$1\"");
    ctl_check_refused("timeout 5 secrunctl edit", 1, "line 8: ");
    check_nothing_is_left();
    check_document(DOCUMENT);
}

Test(ctl_edit, asks_whether_to_go_back_on_a_terminal)
{
    struct pty pty;
    use_editor("if [ $(wc -l <runs) -eq 1 ]; then printf 'hunter2\\n' >>\"$1\"; else\n"
               "sed -i 's/^hunter2$/C = 3/' \"$1\"; fi");
    pty_start(&pty, "secrunctl edit");
    pty_expect(&pty, "secrunctl: line 8: ");
    pty_expect(&pty, "Enter to edit again, q to drop what you wrote: ");
    pty_type_text(&pty, "\r");
    pty_end(&pty);
    cr_expect_eq(pty.status, 0, "%s", pty.text);
    pty_free(&pty);
    ctl_check("secrunctl get C; wc -l <runs", "32\n");
    check_nothing_is_left();
}

Test(ctl_edit, drops_what_was_written_when_told_to)
{
    struct pty pty;
    use_editor("printf 'hunter2\\n' >>\"$1\"");
    pty_start(&pty, "secrunctl edit");
    pty_expect(&pty, "Enter to edit again, q to drop what you wrote: ");
    pty_type_text(&pty, "\r");
    pty_expect(&pty, "Enter to edit again, q to drop what you wrote: ");
    pty_type_text(&pty, "q\r");
    pty_end(&pty);
    cr_expect_eq(pty.status, 1, "%s", pty.text);
    cr_expect(!holds(pty.text, pty.size, "hunter2"), "a value is shown: %s", pty.text);
    pty_free(&pty);
    check_nothing_is_left();
    check_document(DOCUMENT);
}

Test(ctl_edit, ends_at_its_question_when_told_by_a_signal)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct pty pty;
        use_editor("printf 'hunter2\\n' >>\"$1\"");
        pty_start(&pty, "secrunctl edit");
        pty_expect(&pty, "Enter to edit again, q to drop what you wrote: ");
        if (numbers[i] == SIGINT)
            pty_type_text(&pty, "\x03");
        else
            kill(pty.pid, numbers[i]);
        pty_end(&pty);
        cr_expect_eq(pty.status, 128 + numbers[i], "%d: %s", pty.status, pty.text);
        pty_free(&pty);
        check_nothing_is_left();
        check_document(DOCUMENT);
    }
}

Test(ctl_edit, leaves_nothing_of_what_an_editor_makes_beside_the_file)
{
    use_editor(
        "cd \"$(dirname \"$1\")\"; cp \"$1\" \"$1~\"; cp \"$1\" .secrets.ini.swp; ln -s nobody@host.1 "
        "'.#lock'\n"
        "mkfifo fifo; mkdir -p .undo/deep; cp \"$1\" .undo/deep/copy; ln -s / .undo/root; ln \"$1\" linked\n"
        "sed s/kept/changed/ \"$1\" >new; mv new \"$1\"; chmod 400 .secrets.ini.swp");
    check_edit("");
    ctl_check("secrunctl get B", "changed");
}

Test(ctl_edit, keeps_the_store_when_the_editor_fails)
{
    use_editor("sed -i 's/kept/hunter2/' \"$1\"; exit 3");
    ctl_check_refused("secrunctl edit", 1, "failed (status 3); the store is as it was\n");
    check_nothing_is_left();
    use_editor("kill -KILL $$");
    ctl_check_refused("secrunctl edit", 1, "failed (status 137)");
    check_nothing_is_left();
    use_editor("rm \"$1\"");
    ctl_check_refused("secrunctl edit", 1, "No such file");
    check_nothing_is_left();
    use_editor("rm \"$1\"; ln -s /etc/passwd \"$1\"");
    ctl_check_refused("secrunctl edit", 1, "");
    check_nothing_is_left();
    setenv("EDITOR", "./no-such-editor", 1);
    struct outcome run = shell("secrunctl edit");
    cr_expect_eq(run.status, 1);
    cr_expect(strstr(run.err, "secrunctl: hint: set VISUAL or EDITOR\n"), "%s", run.err);
    outcome_free(&run);
    check_document(DOCUMENT);
}

Test(ctl_edit, leaves_nothing_behind_when_a_signal_ends_it)
{
    static const int numbers[] = {SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct live live;
        use_editor("printf 'C = hunter2\\n' >>\"$1\"; echo started; exec sleep 60");
        live_start(&live, "started", 7, "secrunctl edit");
        kill(live.pid, numbers[i]);
        live_end(&live);
        cr_expect_eq(live.status, numbers[i], "wait status %#x\n%s", (unsigned)live.status, live.text);
        live_free(&live);
        check_nothing_is_left();
        check_document(DOCUMENT);
    }
}

/* Ctrl-C reaches both; it is for the editor, as in vi. */
Test(ctl_edit, removes_what_a_killed_one_left_but_not_what_is_in_use)
{
    put("killing", "dirname \"$1\" >killed; kill -KILL $PPID\n");
    put("waiting",
        "dirname \"$1\" >used; touch -d '1 hour ago' \"$(dirname \"$1\")\" \"$(cat killed)\"\n"
        "EDITOR=true secrunctl edit 2>err; ls \"$(cat killed)\" 2>/dev/null; ls \"$(cat used)\"\n");
    struct outcome run = shell("EDITOR='sh ./killing' secrunctl edit; ls \"$(cat killed)\"");
    cr_expect_str_eq(run.out, "secrets.ini\n");
    outcome_free(&run);
    run = shell("EDITOR='sh ./waiting' secrunctl edit");
    check_status(run, 0);
    cr_expect_str_eq(run.out, "secrets.ini\n");
    outcome_free(&run);
}

Test(ctl_edit, leaves_an_interrupt_to_the_editor)
{
    struct pty pty;
    use_editor("trap 'sed -i s/kept/changed/ \"$1\"; exit 0' INT; echo started; while :; do sleep 0.1; done");
    pty_start(&pty, "secrunctl edit");
    pty_expect(&pty, "started");
    pty_type_text(&pty, "\x03");
    pty_end(&pty);
    cr_expect_eq(pty.status, 0, "%d: %s", pty.status, pty.text);
    pty_free(&pty);
    check_nothing_is_left();
    ctl_check("secrunctl get B", "changed");
}

Test(ctl_edit, keeps_what_another_secrunctl_wrote_meanwhile)
{
    use_editor("sed -i '/^A/d; s/kept/mine/; s/^# top/# mine/' \"$1\"; printf 'C = 3\\n' >>\"$1\"\n"
               "echo theirs | secrunctl set D; echo theirs | secrunctl set -p other E");
    check_edit("another secrunctl has changed the store");
    ctl_check("secrunctl get B; secrunctl get C; secrunctl get D; secrunctl get -p other E",
              "mine3theirstheirs");
    ctl_check_refused("secrunctl get A", 1, "has no secret A");
}

Test(ctl_edit, overwrites_no_value_that_another_secrunctl_changed_too)
{
    use_editor("sed -i 's/kept/mine/' \"$1\"; echo theirs | secrunctl set B; echo theirs | secrunctl set A");
    struct outcome run = shell("secrunctl edit");
    cr_expect_eq(run.status, 1, "%s", run.err);
    cr_expect(strstr(run.err, "[default] B: changed by another secrunctl, too"), "%s", run.err);
    outcome_free(&run);
    ctl_check("secrunctl get B; secrunctl get A", "theirstheirs");
    check_nothing_is_left();
}

/* At the second attempt the store is no longer the one that was changed meanwhile: what counts is that it
 * once was. */
Test(ctl_edit, keeps_what_another_wrote_also_when_edited_again)
{
    struct pty pty;
    use_editor("if grep -q mine \"$1\"; then sed -i 's/mine/kept/; s/^A = .*/A = again/' \"$1\"; else\n"
               "sed -i 's/kept/mine/' \"$1\"; echo theirs | secrunctl set B 2>err; fi");
    pty_start(&pty, "secrunctl edit");
    pty_expect(&pty, "changed by another secrunctl, too");
    pty_expect(&pty, "Enter to edit again");
    pty_type_text(&pty, "\n");
    pty_end(&pty);
    cr_expect_eq(pty.status, 0, "%s", pty.text);
    pty_free(&pty);
    ctl_check("secrunctl get B; secrunctl get A", "theirsagain");
}

Test(ctl_edit, by_two_at_once_keeps_both)
{
    put("editor", "echo \"$1\" >\"path.$WHO\"; touch \"in.$WHO\"\n"
                  "while ! [ -e in.1 ] || ! [ -e in.2 ]; do sleep 0.02; done\n"
                  "printf '[by%s]\\nMINE = %s\\n' \"$WHO\" \"$WHO\" >>\"$1\"\n");
    setenv("EDITOR", "sh ./editor", 1);
    ctl_check(
        "WHO=1 secrunctl edit 2>err.1 & WHO=2 secrunctl edit 2>err.2 || echo failed; wait $! || echo failed\n"
        "cat err.1 err.2 | grep -c 'has changed the store'; secrunctl get -p by1 MINE; secrunctl get -p by2 "
        "MINE\n"
        "secrunctl get B; ls \"$(dirname \"$(cat path.1)\")\" \"$(dirname \"$(cat path.2)\")\" 2>/dev/null; "
        "true",
        "1\n12kept");
}

Test(ctl_edit, repairs_a_document_that_does_not_parse)
{
    ctl_seal("[default]\nA = old-hunter2\nhunter2\n");
    use_editor("sed -i 's/^hunter2$/B = 2/' \"$1\"");
    check_edit("");
    ctl_check("secrunctl get A; secrunctl get B", "old-hunter22");
}

Test(ctl_edit, tells_of_quotes_that_are_part_of_a_value)
{
    use_editor("printf 'C = \"hunter2\"\\nD = it\\047s\\n' >>\"$1\"");
    check_edit("secrunctl: [default] C: its value is in quotes, part of it\n");
    use_editor("printf 'E = 1\\n' >>\"$1\"");
    check_edit("");
}

Test(ctl_edit, says_so_when_the_write_fails)
{
    /* The text is within the limit; sealed, with the time of C, it is beyond it. */
    use_editor("printf 'C = %02000d\\n' 0 >>\"$1\"");
    ctl_check_refused("prlimit --fsize=2300 secrunctl edit", 1, "secrets.age: File too large");
    check_nothing_is_left();
}

Test(ctl_edit, takes_no_byte_for_another)
{
    char *value = ctl_large_value(300000);
    struct outcome run = shell_with_input(value, 300000, "secrunctl set LARGE");
    check_status(run, 0);
    outcome_free(&run);
    use_editor("sed -i s/kept/changed/ \"$1\"");
    check_edit("");
    ctl_check_value("default", "LARGE", value, 300000);
    free(value);
}
